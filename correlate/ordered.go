package correlate

import (
	"bytes"
	"cmp"
	pile "container/heap"
	"encoding/binary"
	"fmt"
	"slices"

	"tocsin"
	"tocsin/rules"
)

// An Ordered engine takes the matches of recorded sources in the order of their event time: it keeps them until the
// watermark passes them. History that is read from several partitions, each at its own pace, then leads to the same
// emissions in the same order as history that is read from one file. Matches of live sources go straight through.
// Like [Engine] it is a value: deterministic, and for one goroutine.
type Ordered struct {
	*Engine
	held matchHeap
	wide int // bytes of a match in the last snapshot, about
}

// maxOrdered bounds the matches that wait: about 300 MB of small ones. Beyond it the earliest goes on out of turn, as
// a late one would.
const maxOrdered = 1 << 18

// NewOrdered returns an engine without state.
func NewOrdered(cfg Config, set *rules.Set) *Ordered { return &Ordered{Engine: New(cfg, set)} }

// Step takes a match in, see [Engine.Step].
func (o *Ordered) Step(m tocsin.Match) []tocsin.Event {
	if !m.Recorded || (o.watermark != unset && nanos(m.Alert.Time) <= o.watermark) {
		return o.take(m)
	}
	m.Key, m.Values, m.Entities = slices.Clone(m.Key), slices.Clone(m.Values), slices.Clone(m.Entities) // see [Engine.Release]
	pile.Push(&o.held, m)
	if len(o.held) > maxOrdered {
		return o.take(o.next())
	}
	return nil
}

// take steps a match. What recorded history leads to says so, also before the first marker does.
func (o *Ordered) take(m tocsin.Match) []tocsin.Event {
	events := o.Engine.Step(m)
	for i := range events {
		events[i].Recorded = events[i].Recorded || m.Recorded
	}
	return events
}

// Mark takes a marker in, see [Engine.Mark]: what the watermark passes is stepped before it closes anything.
func (o *Ordered) Mark(m tocsin.Marker) []tocsin.Event {
	if len(o.held) == 0 {
		return o.Engine.Mark(m)
	}
	var out []tocsin.Event
	for to := o.after(m); len(o.held) > 0 && to != unset && nanos(o.held[0].Alert.Time) <= to; {
		out = append(out, o.take(o.next())...)
	}
	if most := cap(o.held); most > 1024 && len(o.held) < most/4 { // history came in a flood
		o.held = slices.Clone(o.held)
	}
	return append(out, o.Engine.Mark(m)...)
}

func (o *Ordered) next() tocsin.Match {
	m, _ := pile.Pop(&o.held).(tocsin.Match)
	return m
}

// Recorded reports whether a declared source is one that replays history.
func (o *Ordered) Recorded() bool { return o.recorded() }

// Ended reports whether all recorded sources have come to their end and no live one is active.
func (o *Ordered) Ended() bool { return o.ended }

// Snapshot saves the engine and the matches that wait.
func (o *Ordered) Snapshot() []byte {
	state := o.Engine.Snapshot()
	c := &coder{format: SnapshotFormat, buf: make([]byte, 0, 8+len(state)+len(o.held)*o.wide)}
	c.buf = append(binary.BigEndian.AppendUint64(c.buf, uint64(len(state))), state...)
	before := len(c.buf)
	list(c, (*[]tocsin.Match)(&o.held), leastMatch, c.match)
	o.wide = (len(c.buf) - before) / max(len(o.held), 1) * 9 / 8
	return c.buf
}

// RestoreOrdered reads what [Ordered.Snapshot] wrote.
func RestoreOrdered(cfg Config, set *rules.Set, data []byte) (*Ordered, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes: %w", len(data), ErrSnapshot)
	}
	size := binary.BigEndian.Uint64(data)
	if size > uint64(len(data)-8) {
		return nil, fmt.Errorf("the engine is cut off: %w", ErrSnapshot)
	}
	state, waiting := data[8:8+size], data[8+size:]
	e, err := Restore(cfg, set, state)
	if err != nil {
		return nil, err
	}
	o := &Ordered{Engine: e}
	format := int(state[len(magic)])
	if format < compactHeld {
		o.held, err = readKept(waiting)
	} else {
		c := &coder{buf: waiting, format: format, reading: true, names: map[string]string{}}
		list(c, (*[]tocsin.Match)(&o.held), leastMatch, c.match)
		if len(c.buf) > 0 {
			c.fail("%d bytes are left over", len(c.buf))
		}
		err = c.err
	}
	pile.Init(&o.held)
	return o, err
}

// A matchHeap has the match of the earliest alert on top. Of equal times the content decides, so that the order does
// not depend on where the records came from, and last where they stood.
type matchHeap []tocsin.Match

func (h matchHeap) Len() int      { return len(h) }
func (h matchHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h matchHeap) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	return cmp.Or(
		a.Alert.Time.Compare(b.Alert.Time), bytes.Compare(a.Alert.Digest[:], b.Alert.Digest[:]), cmp.Compare(a.Alert.ID, b.Alert.ID),
		cmp.Compare(a.Index, b.Index)) < 0
}

// Push implements [container/heap.Interface].
func (h *matchHeap) Push(x any) {
	if m, ok := x.(tocsin.Match); ok {
		*h = append(*h, m)
	}
}

// Pop implements [container/heap.Interface].
func (h *matchHeap) Pop() any {
	old := *h
	m := old[len(old)-1]
	old[len(old)-1] = tocsin.Match{}
	*h = old[:len(old)-1]
	return m
}
