package decode

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
)

//go:embed builtin/*.yaml
var builtinFiles embed.FS

// builtins are the formats that come as mapping files, loaded once: a mapping is immutable, and its patterns are costly
// to compile.
var builtins = sync.OnceValue(func() map[string]*Mapping {
	all := map[string]*Mapping{}
	err := fs.WalkDir(builtinFiles, "builtin", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := builtinFiles.ReadFile(name)
		if err != nil {
			return err
		}
		m, err := loadMapping(name, text, true)
		if err == nil {
			all[m.Format] = m
		}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("a shipped mapping: %v", err)) //nolint:forbidigo // a bug: TestBuiltins loads them all
	}
	return all
})

// builtIn is the mapping of that format, which is in the binary.
func builtIn(format string) *Mapping { return builtins()[format] }
