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

// A batch is the store as emissions that are applied together see it: what was read for all of them at once is not
// read again, what they wrote is known, and their writes go out together. What was read is believed until a write that
// rests on it loses: then the store is asked. Projections are left to the end: they follow from the logs.
type batch struct {
	Store
	bulk   Bulk
	gather *gather

	mu        sync.Mutex
	verdicts  map[string]tocsin.Verdict // as known; Version 0: known not to be there
	slots     map[string]tocsin.Slot
	logs      map[string]tail // by incident
	incidents map[string]tocsin.Incident
}

// A tail is what a log holds from a number on.
type tail struct {
	from    int64
	entries []tocsin.LogEntry
}

func newBatch(s Store, bulk Bulk) *batch {
	return &batch{
		Store: s, bulk: bulk, gather: &gather{bulk: bulk}, verdicts: map[string]tocsin.Verdict{}, slots: map[string]tocsin.Slot{},
		logs: map[string]tail{}, incidents: map[string]tocsin.Incident{},
	}
}

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

// known runs f with the lock held.
func (b *batch) known(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// Verdict implements [Verdicts].
func (b *batch) Verdict(ctx context.Context, event string) (v tocsin.Verdict, err error) {
	var ok bool
	b.known(func() { v, ok = b.verdicts[event] })
	if !ok {
		v, err = b.Store.Verdict(ctx, event)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return v, err
		}
		b.known(func() { b.verdicts[event] = v })
	}
	if v.Version == 0 {
		return tocsin.Verdict{}, fmt.Errorf("verdict on %s: %w", event, tocsin.ErrNotFound)
	}
	return v, nil
}

// Slot implements [Slots].
func (b *batch) Slot(ctx context.Context, id string) (s tocsin.Slot, err error) {
	var ok bool
	b.known(func() { s, ok = b.slots[id] })
	if !ok {
		s, err = b.Store.Slot(ctx, id)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return s, err
		}
		b.known(func() { b.slots[id] = s })
	}
	if s.Version == 0 {
		return tocsin.Slot{}, fmt.Errorf("slot %s: %w", id, tocsin.ErrNotFound)
	}
	return s, nil
}

// Entries implements [Log].
func (b *batch) Entries(ctx context.Context, incident string, from int64) (entries []tocsin.LogEntry, err error) {
	ok := false
	b.known(func() {
		var t tail
		if t, ok = b.logs[incident]; ok {
			ok = t.from <= from && from <= t.from+int64(len(t.entries))
		}
		if ok {
			entries = slices.Clone(t.entries[from-t.from:])
		}
	})
	if ok {
		return entries, nil
	}
	return b.Store.Entries(ctx, incident, from)
}

// PutVerdict implements [Verdicts].
func (b *batch) PutVerdict(ctx context.Context, v tocsin.Verdict) error {
	errs, err := b.gather.save(ctx, 1, func(d *tocsin.Documents) (int, int) {
		d.Verdicts = append(d.Verdicts, v)
		return tocsin.OfVerdicts, len(d.Verdicts) - 1
	})
	err = errors.Join(append(errs, err)...)
	b.known(func() {
		if delete(b.verdicts, v.Event); err == nil {
			b.verdicts[v.Event] = v
		}
	})
	return err
}

// PutSlots stores slots as [Slots] would each, with one request.
func (b *batch) PutSlots(ctx context.Context, slots []tocsin.Slot) error {
	errs, err := b.gather.save(ctx, len(slots), func(d *tocsin.Documents) (int, int) {
		d.Slots = append(d.Slots, slots...)
		return tocsin.OfSlots, len(d.Slots) - len(slots)
	})
	b.known(func() {
		for n, s := range slots {
			if delete(b.slots, s.ID); err == nil && errs[n] == nil {
				b.slots[s.ID] = s
			}
		}
	})
	return errors.Join(append(errs, err)...)
}

// PutSlot implements [Slots].
func (b *batch) PutSlot(ctx context.Context, s tocsin.Slot) error {
	return b.PutSlots(ctx, []tocsin.Slot{s})
}

// Append implements [Log].
func (b *batch) Append(ctx context.Context, e tocsin.LogEntry) error {
	errs, err := b.gather.save(ctx, 1, func(d *tocsin.Documents) (int, int) {
		d.Entries = append(d.Entries, e)
		return tocsin.OfEntries, len(d.Entries) - 1
	})
	err = errors.Join(append(errs, err)...)
	b.known(func() {
		t, ok := b.logs[e.Incident]
		switch {
		case err != nil || ok && e.Seq != t.from+int64(len(t.entries)):
			delete(b.logs, e.Incident)
		case ok:
			t.entries = append(t.entries, e)
			b.logs[e.Incident] = t
		}
	})
	return err
}

// PutIncident implements [Projection], at the end.
func (b *batch) PutIncident(_ context.Context, i tocsin.Incident) error {
	b.known(func() {
		if old, ok := b.incidents[i.ID]; !ok || old.Revision <= i.Revision {
			b.incidents[i.ID] = i
		}
	})
	return nil
}

// Incident implements [Projection].
func (b *batch) Incident(ctx context.Context, id string) (tocsin.Incident, error) {
	var i tocsin.Incident
	var ok bool
	if b.known(func() { i, ok = b.incidents[id] }); ok {
		return i, nil
	}
	return b.Store.Incident(ctx, id)
}

// Next implements [Counter].
func (b *batch) Next(ctx context.Context, counter string) (int64, error) {
	return b.gather.next(ctx, counter)
}

// ShowIncident stores a projection that was left to the end now.
func (b *batch) ShowIncident(ctx context.Context, id string) error {
	var i tocsin.Incident
	var ok bool
	b.known(func() {
		i, ok = b.incidents[id]
		delete(b.incidents, id)
	})
	if !ok {
		return nil
	}
	errs, err := b.gather.save(ctx, 1, func(d *tocsin.Documents) (int, int) {
		d.Incidents = append(d.Incidents, i)
		return tocsin.OfIncidents, len(d.Incidents) - 1
	})
	return errors.Join(append(errs, err)...)
}

// show stores the projections that were left to the end.
func (b *batch) show(ctx context.Context) error {
	if len(b.incidents) == 0 {
		return nil
	}
	var d tocsin.Documents
	for _, id := range slices.Sorted(maps.Keys(b.incidents)) {
		d.Incidents = append(d.Incidents, b.incidents[id])
	}
	errs, err := b.bulk.Save(ctx, d)
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("projections: %w", err)
	}
	return nil
}
