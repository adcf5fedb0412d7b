package kafka

import (
	"testing"
	"time"
)

// A partition that is read to its end again and again, as records trickle in, has been at its end since the last of them.
func TestAtEndSinceTheLastRecord(t *testing.T) {
	m, err := newMetrics(nil, "g")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	p := &Partition{topic: Topic{Name: "t"}, shared: &shared{metrics: m, opts: Options{Now: func() time.Time { return now }}}}
	read := func(next int64) {
		p.next, p.progress.HighWatermark = next, next
		p.note()
	}
	read(1)
	for range 3 {
		now = now.Add(time.Minute)
		read(p.next + 1)
	}
	now = now.Add(time.Second)
	read(p.next) // nothing
	if since := now.Sub(p.Progress().AtEnd); since != time.Second {
		t.Errorf("at its end for %v", since)
	}
}
