package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tocsin"
)

// A batch is the store as emissions that are applied together see it: what was read for all of them is not read again,
// and what they write is known and kept back, until it is flushed. Projections come last: they follow from the logs.
type batch struct {
	Store
	bulk    Bulk
	numbers *numbers

	mu        sync.Mutex
	verdicts  map[string]tocsin.Verdict // as known; Version 0: known not to be there
	slots     map[string]tocsin.Slot
	logs      map[string]tail // by incident
	incidents map[string]tocsin.Incident
	plan      plan
	left      int // emissions from the current one on
	copied    int // bytes of originals that are kept back
}

// A tail is what a log holds from a number on.
type tail struct {
	from    int64
	entries []tocsin.LogEntry
}

func newBatch(s Store, bulk Bulk, n *numbers) *batch {
	return &batch{
		Store: s, bulk: bulk, numbers: n, verdicts: map[string]tocsin.Verdict{}, slots: map[string]tocsin.Slot{},
		logs: map[string]tail{}, incidents: map[string]tocsin.Incident{},
	}
}

// begin says that the next emission is applied.
func (b *batch) begin(left int) {
	b.left = left
	b.plan.begin()
}

// wrote are the incidents in whose logs something was written.
func (b *batch) wrote() []string { return slices.Collect(maps.Keys(b.incidents)) }

// load reads what is wanted, with one request for all, before the chains begin.
func (b *batch) load(ctx context.Context, w tocsin.Wanted) error {
	d, err := b.bulk.Load(ctx, w)
	if err != nil {
		return err
	}
	for _, id := range w.Verdicts {
		b.verdicts[id] = tocsin.Verdict{}
	}
	for _, v := range d.Verdicts {
		b.verdicts[v.Event] = v
	}
	for _, id := range w.Slots {
		b.slots[id] = tocsin.Slot{}
	}
	for _, s := range d.Slots {
		b.slots[s.ID] = s
	}
	for id, from := range w.Logs {
		b.logs[id] = tail{from: from}
	}
	for _, e := range d.Entries {
		t := b.logs[e.Incident]
		t.entries = append(t.entries, e)
		b.logs[e.Incident] = t
	}
	return nil
}

// Verdict implements [Verdicts].
func (b *batch) Verdict(ctx context.Context, event string) (tocsin.Verdict, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan.reads(ofVerdict + event)
	v, ok := b.verdicts[event]
	if !ok {
		var err error
		if v, err = b.Store.Verdict(ctx, event); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return v, err
		}
		b.verdicts[event] = v
	}
	if v.Version == 0 {
		return tocsin.Verdict{}, fmt.Errorf("verdict on %s: %w", event, tocsin.ErrNotFound)
	}
	return v, nil
}

// Slot implements [Slots].
func (b *batch) Slot(ctx context.Context, id string) (tocsin.Slot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan.reads(ofSlot + id)
	s, ok := b.slots[id]
	if !ok {
		var err error
		if s, err = b.Store.Slot(ctx, id); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return s, err
		}
		b.slots[id] = s
	}
	if s.Version == 0 {
		return tocsin.Slot{}, fmt.Errorf("slot %s: %w", id, tocsin.ErrNotFound)
	}
	return s, nil
}

// Entries implements [Log].
func (b *batch) Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan.reads(ofLog + incident)
	t, ok := b.logs[incident]
	if !ok || from < t.from || from > t.from+int64(len(t.entries)) {
		stored, err := b.Store.Entries(ctx, incident, from)
		if err != nil {
			return nil, err
		}
		for _, e := range t.entries { // what is kept back
			if e.Seq == from+int64(len(stored)) {
				stored = append(stored, e)
			}
		}
		t = tail{from, stored}
		b.logs[incident] = t
	}
	return slices.Clone(t.entries[from-t.from:]), nil
}

// PutVerdict implements [Verdicts].
func (b *batch) PutVerdict(_ context.Context, v tocsin.Verdict) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.verdicts[v.Event] = v
	b.plan.writes(tocsin.Documents{Verdicts: []tocsin.Verdict{v}}, ofVerdict+v.Event)
	return nil
}

// PutSlots stores slots as [Slots] would each, all in one step.
func (b *batch) PutSlots(slots []tocsin.Slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]string, len(slots))
	for n, s := range slots {
		b.slots[s.ID], names[n] = s, ofSlot+s.ID
	}
	b.plan.writes(tocsin.Documents{Slots: slots}, names...)
}

// PutSlot implements [Slots].
func (b *batch) PutSlot(_ context.Context, s tocsin.Slot) error {
	b.PutSlots([]tocsin.Slot{s})
	return nil
}

// Append implements [Log].
func (b *batch) Append(_ context.Context, e tocsin.LogEntry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.logs[e.Incident]
	if ok && e.Seq != t.from+int64(len(t.entries)) {
		return fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrConflict)
	}
	if !ok {
		t.from = e.Seq
	}
	t.entries = append(t.entries, e)
	b.logs[e.Incident] = t
	b.plan.writes(tocsin.Documents{Entries: []tocsin.LogEntry{e}}, ofLog+e.Incident)
	return nil
}

// PutIncident implements [Projection], at the end.
func (b *batch) PutIncident(_ context.Context, i tocsin.Incident) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.incidents[i.ID]; !ok || old.Revision <= i.Revision {
		b.incidents[i.ID] = i
	}
	return nil
}

// Incident implements [Projection].
func (b *batch) Incident(ctx context.Context, id string) (tocsin.Incident, error) {
	b.mu.Lock()
	i, ok := b.incidents[id]
	b.mu.Unlock()
	if ok {
		return i, nil
	}
	return b.Store.Incident(ctx, id)
}

// ShowIncident stores a projection before what the emission writes next.
func (b *batch) ShowIncident(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i, ok := b.incidents[id]; ok {
		b.plan.writes(tocsin.Documents{Incidents: []tocsin.Incident{i}}, ofProjection+id)
	}
}

// Next implements [Counter]. Numbers are handed out in rows, of as many as the batch may need.
func (b *batch) Next(ctx context.Context, counter string) (int64, error) {
	return b.numbers.next(ctx, b.bulk, counter, int64(b.left))
}

// flush writes what was kept back, step by step, and the projections. It wraps [tocsin.ErrConflict] where another writer
// has come in between: then no later step was written.
func (b *batch) flush(ctx context.Context) error {
	for _, d := range b.plan.steps() {
		if err := b.save(ctx, d); err != nil {
			return err
		}
	}
	var d tocsin.Documents
	for _, id := range slices.Sorted(maps.Keys(b.incidents)) {
		d.Incidents = append(d.Incidents, b.incidents[id])
	}
	return b.save(ctx, d)
}

func (b *batch) save(ctx context.Context, d tocsin.Documents) error {
	if d.Len() == 0 {
		return nil
	}
	errs, err := b.bulk.Save(ctx, d)
	return errors.Join(append(errs, err)...)
}
