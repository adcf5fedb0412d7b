package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// A watch looks at the run from outside: that no committed offset goes back, and what memory the daemons have.
type watch struct {
	client *kafka.Client
	groups map[string]map[string][]int // group -> topic -> partitions
	fleet  func() []*daemon

	mu      sync.Mutex
	offsets map[string]int64
	back    []string
	samples int
	memory  map[int][]sample // by pid
}

// A sample is what a process had at a time.
type sample struct {
	at    time.Time
	bytes int64
}

func newWatch(client *kafka.Client, groups map[string]map[string][]int, fleet func() []*daemon) *watch {
	return &watch{client: client, groups: groups, fleet: fleet, offsets: map[string]int64{}, memory: map[int][]sample{}}
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
					w.note(fmt.Sprintf("%s %s/%d", group, topic, p.Partition), p.CommittedOffset)
				}
			}
		}
	}
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

func (w *watch) weigh() {
	for _, d := range w.fleet() {
		pid := d.pid()
		if pid == 0 {
			continue
		}
		if rss, err := resident(pid); err == nil {
			w.mu.Lock()
			w.memory[pid] = append(w.memory[pid], sample{time.Now(), rss})
			w.mu.Unlock()
		}
	}
}

// resident is the memory of a process.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib int64
	_, err = fmt.Sscan(rest, &kib)
	return kib << 10, err
}

// settledAfter is how long a process may take until its memory is looked at for growth.
const settledAfter = 30 * time.Second

// leastLooked is how long a process must be looked at behind that: growth is told for a minute, and what a daemon does in
// some seconds, as catching up, is none.
const leastLooked = time.Minute

// weight is the most that any process had, and the steepest growth in bytes a minute of one that lived long enough to
// tell: the slope of the line through its samples.
func (w *watch) weight() (peak, slope int64, told int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, samples := range w.memory {
		for _, s := range samples {
			peak = max(peak, s.bytes)
		}
		from := 0
		for from < len(samples) && samples[from].at.Sub(samples[0].at) < settledAfter {
			from++
		}
		if late := samples[from:]; len(late) > 60 && late[len(late)-1].at.Sub(late[0].at) >= leastLooked {
			slope = max(slope, steepness(late))
			told++
		}
	}
	return peak, slope, told
}

// steepness is the slope of the line through samples, by least squares, in bytes a minute.
func steepness(samples []sample) int64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(samples))
	for _, s := range samples {
		x, y := s.at.Sub(samples[0].at).Minutes(), float64(s.bytes)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d > 0 {
		return int64((n*sxy - sx*sy) / d)
	}
	return 0
}
