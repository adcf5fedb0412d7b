//go:build unix

package app

import (
	"os"
	"syscall"
)

// flock takes a file's lock for as long as it is open, or fails at once.
func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
