//go:build unix

package file

import (
	"fmt"
	"io/fs"
	"syscall"
)

// identity tells files apart whatever they are called: a file that is renamed keeps it.
func identity(_ string, info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%x:%x", s.Dev, s.Ino)
	}
	return info.Name()
}
