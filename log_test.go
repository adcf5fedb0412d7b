package tocsin

import (
	"fmt"
	"testing"
)

// The id of an entry has eight digits at least, so that ids order as numbers do.
func TestLogEntryID(t *testing.T) {
	for _, seq := range []int64{0, 1, 9, 10, 123, 9_999_999, 99_999_999, 100_000_000, 1 << 62, -1} {
		if got, want := LogEntryID("202611-a", seq), fmt.Sprintf("202611-a:%08d", seq); got != want {
			t.Errorf("%d: %s, want %s", seq, got, want)
		}
	}
}
