package correlate

import (
	"testing"
	"time"

	"tocsin"
)

// A partition that has brought nothing yet says nothing of the time: what is expected is waited for from the first time
// that all partitions know, not from the beginning of the calendar.
func TestExpectedKeysWaitForATime(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "silence", span: int64(time.Minute), quiet: 1, memory: int64(time.Hour), expect: []string{"ids1"}})
	listed := []tocsin.SourcePartition{{Source: "s"}, {Source: "s", Partition: 1}}
	mark := func(partition int32, greatest time.Time) []tocsin.Event {
		return e.Mark(tocsin.Marker{SourcePartition: listed[partition], Greatest: greatest, Listed: listed})
	}
	for _, said := range [][]tocsin.Event{mark(0, time.Time{}), mark(1, at(0)), mark(0, at(0)), mark(0, at(60)), mark(1, at(60))} {
		if len(said) != 0 {
			t.Fatalf("silent from %s to %s, with nothing to wait after", said[0].First, said[0].Last)
		}
	}
	mark(0, at(61))
	said := mark(1, at(61))
	if len(said) != 1 || !said[0].First.Equal(at(0)) || !said[0].Last.Equal(at(60)) {
		t.Errorf("emissions %+v", said)
	}
}
