package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// Memory is judged in two ways. At no time may a daemon have more than a fixed amount, whatever it does. And where nothing
// is amiss it may not grow: a daemon that catches up takes memory and gives it back, and a slope over that says nothing, so
// growth is told over stretches in which no fault is done and little waits, from some time behind the last of both on, and
// a run of a schedule has rests for it.
const (
	memoryLimit  = 512 << 20
	slopeLimit   = 32 << 20         // bytes a minute
	settledAfter = 30 * time.Second // of a process's life
	calmAfter    = 10 * time.Second // since a fault, or since more waited than may
	leastLooked  = 30 * time.Second // a stretch that tells
	mostApart    = 5 * time.Second  // two looks of the same stretch
	calmSeconds  = 10               // so many seconds' worth of records may be on their way in all logs
)

// A sample is what a process had at a time.
type sample struct {
	at    time.Time
	bytes int64
	calm  bool
}

// disturb says that something is done to what runs, until the function that it returns is called.
func (w *watch) disturb() (over func()) {
	w.add(1)
	return func() { w.add(-1) }
}

func (w *watch) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults, w.unrest = w.faults+n, time.Now()
}

// waits notes whether more waits in the logs than may, or cannot be told.
func (w *watch) waits(ctx context.Context) {
	n, err := w.waiting(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || n > w.few || w.faults > 0 {
		w.unrest = time.Now()
	}
}

// waiting is how many records of all logs their groups have not committed.
func (w *watch) waiting(ctx context.Context) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for group, topics := range w.groups {
		ask := map[string][]kafka.OffsetRequest{}
		for topic, partitions := range topics {
			for _, id := range partitions {
				ask[topic] = append(ask[topic], kafka.LastOffsetOf(id))
			}
		}
		ends, err := w.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: ask})
		if err != nil {
			return 0, err
		}
		more, err := w.beyond(group, ends.Topics)
		if err != nil {
			return 0, err
		}
		n += more
	}
	return n, nil
}

// beyond is how far the ends of a group's logs are ahead of what it has committed.
func (w *watch) beyond(group string, ends map[string][]kafka.PartitionOffsets) (n int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for topic, of := range ends {
		for _, end := range of {
			if end.Error != nil {
				return 0, end.Error
			}
			n += max(end.LastOffset-w.offsets[placeName(group, topic, end.Partition)], 0)
		}
	}
	return n, nil
}

// calm reports whether nothing has been amiss for a while.
func (w *watch) calm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults == 0 && time.Since(w.unrest) >= calmAfter
}

func (w *watch) weigh() {
	calm := w.calm()
	for _, d := range w.fleet() {
		pid := d.pid()
		if pid == 0 {
			continue
		}
		if rss, err := resident(pid); err == nil {
			w.mu.Lock()
			w.memory[pid] = append(w.memory[pid], sample{time.Now(), rss, calm})
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

// A weight is what the samples tell: the most that any process had, the steepest growth in bytes a minute over a calm
// stretch, how many such stretches there were, and how long all of them.
type weight struct {
	peak, slope int64
	stretches   int
	looked      time.Duration
}

func (w *watch) weight() (all weight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, samples := range w.memory {
		for _, s := range samples {
			all.peak = max(all.peak, s.bytes)
		}
		for _, stretch := range calmStretches(samples) {
			all.slope = max(all.slope, steepness(stretch))
			all.stretches++
			all.looked += stretch[len(stretch)-1].at.Sub(stretch[0].at)
		}
	}
	return all
}

// troubles are what must not be; told is whether there must have been a stretch to judge.
func (w weight) troubles(told bool) (all []string) {
	if w.peak > memoryLimit {
		all = append(all, fmt.Sprintf("a daemon had %d MiB", w.peak>>20))
	}
	if w.slope > slopeLimit {
		all = append(all, fmt.Sprintf("a daemon's memory grew by %d MiB a minute in calm", w.slope>>20))
	}
	if told && w.stretches == 0 {
		all = append(all, fmt.Sprintf("no daemon was in calm for %v: whether memory grows cannot be told", leastLooked))
	}
	return all
}

// calmSince reports whether a process has been in calm for long enough to tell growth, behind a time.
func (w *watch) calmSince(pid int, begun time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := calmStretches(w.memory[pid])
	if len(all) == 0 {
		return false
	}
	last := all[len(all)-1]
	return last[len(last)-1].at.Sub(begun) >= leastLooked
}

// calmStretches are the samples of a process that follow one another in calm, for long enough to tell growth.
func calmStretches(samples []sample) (all [][]sample) {
	from := 0
	end := func(to int) {
		if to > from && samples[to-1].at.Sub(samples[from].at) >= leastLooked {
			all = append(all, samples[from:to])
		}
	}
	for i, s := range samples {
		switch young := s.at.Sub(samples[0].at) < settledAfter; {
		case young || !s.calm:
			end(i)
			from = i + 1
		case i > from && s.at.Sub(samples[i-1].at) > mostApart:
			end(i)
			from = i
		}
	}
	end(len(samples))
	return all
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
