package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// A watch looks at the run from outside: that no committed offset goes back, what waits to be read, and what memory the
// daemons have.
type watch struct {
	client *kafka.Client
	groups map[string]map[string][]int // group -> topic -> partitions
	fleet  func() []*daemon
	few    int64 // records that may be on their way where nothing is amiss

	mu      sync.Mutex
	offsets map[string]int64
	back    []string
	samples int
	memory  map[int][]sample // by pid
	faults  int              // that are being done
	unrest  time.Time        // when something was last done, or waited
}

func newWatch(client *kafka.Client, groups map[string]map[string][]int, fleet func() []*daemon, few int64) *watch {
	return &watch{client: client, groups: groups, fleet: fleet, few: few, unrest: time.Now(), offsets: map[string]int64{}, memory: map[int][]sample{}}
}

// run looks every 200 ms until ctx ends.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.look(ctx)
		if n%5 == 0 {
			w.waits(ctx)
			w.weigh()
		}
	}
}

func (w *watch) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for group, topics := range w.groups {
		reply, err := w.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: topics})
		if err != nil || reply.Error != nil {
			continue // the broker is away
		}
		for topic, partitions := range reply.Topics {
			for _, p := range partitions {
				if p.Error == nil && p.CommittedOffset >= 0 {
					w.note(placeName(group, topic, p.Partition), p.CommittedOffset)
				}
			}
		}
	}
}

func placeName(group, topic string, partition int) string {
	return fmt.Sprintf("%s %s/%d", group, topic, partition)
}

// note takes one committed offset in.
func (w *watch) note(name string, offset int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples++
	if was, ok := w.offsets[name]; ok && offset < was {
		w.back = append(w.back, fmt.Sprintf("%s went from %d back to %d", name, was, offset))
	}
	w.offsets[name] = offset
}
