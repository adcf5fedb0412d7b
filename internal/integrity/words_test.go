package integrity

import "testing"

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"1 entry": Count(1, "entry"), "0 entries": Count(0, "entry"), "2 entries": Count(int64(2), "entry"),
		"1 day": Count(1, "day"), "2 days": Count(2, "day"), "1 checkpoint": Count(1, "checkpoint"), "3 published checkpoints": Count(3, "published checkpoint"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
