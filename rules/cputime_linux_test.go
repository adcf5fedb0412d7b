package rules

import (
	"syscall"
	"time"
)

// CPUTime is the processor time of the calling thread: other work on the machine does not count.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
