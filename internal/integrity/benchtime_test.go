//go:build unix

package integrity

import (
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
