//go:build unix

package integrity

import (
	"syscall"
	"testing"
	"time"
)

// perSecond reports how many entries were checked in a second on the clock, and in one of processor time: what other work
// on the machine does not stretch as much.
func perSecond(b *testing.B, entries int, used time.Duration) {
	b.Helper()
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(entries)/used.Seconds(), "entries/core-s")
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
