package cputime_test

import (
	"runtime"
	"testing"

	"tocsin/internal/cputime"
)

// Work makes both grow, and a thread has used no more than its process.
func TestGrows(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, thread := cputime.Process(), cputime.Thread()
	for cputime.Thread() == thread {
	}
	if cputime.Process() <= process {
		t.Errorf("the thread has used %v and the process nothing", cputime.Thread()-thread)
	}
}
