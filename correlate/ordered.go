package correlate

import (
	"cmp"
	pile "container/heap"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

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
func (o *Ordered) Snapshot() ([]byte, error) {
	kept := make([]keptMatch, len(o.held))
	for i, m := range o.held {
		kept[i] = keptMatch{Match: m, Key: keep(m.Key), Values: keep(m.Values)}
	}
	waiting, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("matches that wait: %w", err)
	}
	state := o.Engine.Snapshot()
	out := binary.BigEndian.AppendUint64(nil, uint64(len(state)))
	return append(append(out, state...), waiting...), nil
}

var errSnapshot = errors.New("damaged snapshot")

// RestoreOrdered reads what [Ordered.Snapshot] wrote.
func RestoreOrdered(cfg Config, set *rules.Set, data []byte) (*Ordered, error) {
	if len(data) < 8 {
		return nil, errSnapshot
	}
	size := binary.BigEndian.Uint64(data)
	if size > uint64(len(data)-8) {
		return nil, errSnapshot
	}
	e, err := Restore(cfg, set, data[8:8+size])
	if err != nil {
		return nil, err
	}
	o := &Ordered{Engine: e}
	var kept []keptMatch
	if err := json.Unmarshal(data[8+size:], &kept); err != nil {
		return nil, fmt.Errorf("%w: %w", errSnapshot, err)
	}
	for _, k := range kept {
		k.Match.Key, k.Match.Values = unkeep(k.Key), unkeep(k.Values)
		o.held = append(o.held, k.Match)
	}
	pile.Init(&o.held)
	return o, nil
}

// A matchHeap has the match of the earliest alert on top. Of equal times the content decides, so that the order does
// not depend on where the records came from, and last where they stood.
type matchHeap []tocsin.Match

func (h matchHeap) Len() int      { return len(h) }
func (h matchHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h matchHeap) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	return cmp.Or(
		a.Alert.Time.Compare(b.Alert.Time), cmp.Compare(a.Alert.Digest, b.Alert.Digest), cmp.Compare(a.Alert.ID, b.Alert.ID),
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

// A keptMatch is a match in a snapshot: JSON does not keep every value as it is, so that those of the key and those
// that are counted are written exactly.
type keptMatch struct {
	tocsin.Match
	Key    []keptValue `json:"key"`
	Values []keptValue `json:"values"`
}

type keptValue struct {
	Kind tocsin.Kind `json:"k"`
	Text []byte      `json:"t"`
	List []keptValue `json:"l,omitempty"`
}

func keep(vs []tocsin.Value) []keptValue {
	if vs == nil {
		return nil
	}
	out := make([]keptValue, len(vs))
	for i, v := range vs {
		out[i] = keptValue{Kind: v.Kind(), Text: []byte(v.Text())}
		if v.Kind() == tocsin.List {
			out[i].Text, out[i].List = nil, keep(v.Items())
		}
	}
	return out
}

func unkeep(ks []keptValue) []tocsin.Value {
	if ks == nil {
		return nil
	}
	out := make([]tocsin.Value, len(ks))
	for i, k := range ks {
		if k.Kind == tocsin.List {
			out[i] = tocsin.ListValue(unkeep(k.List)...)
			continue
		}
		out[i] = scalarOf(k.Kind, string(k.Text))
	}
	return out
}
