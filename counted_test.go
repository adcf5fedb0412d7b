package tocsin

import "testing"

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"1 entry": Counted(1, "entry"), "0 entries": Counted(0, "entry"), "2 entries": Counted(int64(2), "entry"),
		"1 day": Counted(1, "day"), "2 days": Counted(2, "day"), "1 checkpoint": Counted(1, "checkpoint"), "3 published checkpoints": Counted(3, "published checkpoint"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
