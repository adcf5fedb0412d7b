package cputime

import (
	"syscall"
	"time"
)

// Process is what this process has used, in the kernel too; 0 where the system does not say it.
func Process() time.Duration { return used(syscall.RUSAGE_SELF) }

// Thread is what the calling thread has used: a caller that compares two answers stays on one ([runtime.LockOSThread])
// or accepts that it may not have.
func Thread() time.Duration { return used(syscall.RUSAGE_THREAD) }

func used(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
