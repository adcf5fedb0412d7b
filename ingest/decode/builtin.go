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
	names, err := fs.Glob(builtinFiles, "builtin/*.yaml")
	if err != nil {
		panic(err)
	}
	all := map[string]*Mapping{}
	for _, name := range names {
		text, err := builtinFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		m, err := loadMapping(name, text, true)
		if err != nil {
			panic(fmt.Sprintf("a shipped mapping: %v", err)) // TestBuiltins loads them all
		}
		all[m.Format] = m
	}
	return all
})

// builtIn is the mapping of that format, which is in the binary.
func builtIn(format string) *Mapping { return builtins()[format] }
