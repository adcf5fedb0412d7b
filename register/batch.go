package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tocsin"
)

// A Bulk is a store that reads and writes many documents with one request. The registrar uses it where a request
// costs more than what it carries; a store without it is used one document at a time.
type Bulk interface {
	// Load returns what is there of what is wanted, in real time. Of each log it returns what stands without a gap from
	// the wanted number on.
	Load(ctx context.Context, w tocsin.Wanted) (tocsin.Documents, error)
	// Save writes each document by itself and in no order, as PutSlot, PutVerdict, Append, PutIncident and, where the
	// store has them, PutExhibits would, and answers for each in the order of [tocsin.Documents]. The error says that the answers are not known: some may be
	// written. No two may be of one id or one log.
	Save(ctx context.Context, d tocsin.Documents) ([]error, error)
	// NextOf hands out n numbers in a row and returns the first, as n calls of Next would.
	NextOf(ctx context.Context, counter string, n int64) (int64, error)
}

// An Emission is one emission of an event, and the assessment that the scale makes of it.
type Emission struct {
	Event      tocsin.Event
	Assessment tocsin.Assessment
}

// maxBatch bounds how many emissions are worked on together: their verdicts and the tails of their incidents' logs
// are in memory meanwhile, and what they lead to.
const maxBatch = 512

// batchTries bounds how often a batch is worked out anew after losing to another writer, before its emissions are
// applied one by one.
const batchTries = 4

// ApplyAll is [Register.Apply] of each emission, and gives the register what one after the other would give it. Over a
// [Bulk] what many emissions rest on is read at once, what they lead to is worked out in their order, and then written
// in as few requests as the order of writes allows: within an emission it is that of Apply, and an emission that reads
// or writes what an earlier one does, where either writes, is written after it. So whatever cuts it short, the same
// emissions again complete it.
func (r *Register) ApplyAll(ctx context.Context, all []Emission) error {
	r = r.current()
	bulk, ok := r.store.(Bulk)
	if !ok {
		return r.applyEach(ctx, all)
	}
	for some := range slices.Chunk(all, maxBatch) {
		if err := r.applyBatch(ctx, bulk, some); err != nil {
			return err
		}
	}
	return nil
}

func (r *Register) applyEach(ctx context.Context, all []Emission) error {
	for _, em := range all {
		if _, err := r.Apply(ctx, em.Event, em.Assessment); err != nil {
			return err
		}
	}
	return nil
}

func (r *Register) applyBatch(ctx context.Context, bulk Bulk, all []Emission) error {
	for tries := 0; len(all) > 0 && tries < batchTries; {
		n, err := r.tryBatch(ctx, bulk, all)
		switch {
		case err == nil:
			all, tries = all[n:], 0
		case errors.Is(err, tocsin.ErrConflict):
			tries++
			r.metrics.conflicts.WithLabelValues("batch").Inc()
		default:
			return err
		}
	}
	return r.applyEach(ctx, all)
}

// tryBatch works a batch out and writes it, or as many of its first emissions as fit into memory. Where an emission
// fails, those before it are written.
func (r *Register) tryBatch(ctx context.Context, bulk Bulk, all []Emission) (written int, err error) {
	b := newBatch(r.store, bulk, r.numbers)
	together := *r
	together.store = b
	if err := together.prepare(ctx, b, all); err != nil {
		return 0, err
	}
	c := together.keepCopies(b, all)
	for n := 0; n < len(all) && b.copied < mostCopied; n++ {
		b.begin(len(all) - n)
		c.begin()
		_, failed := together.Apply(ctx, all[n].Event, all[n].Assessment)
		if failed == nil {
			written = n + 1
			continue
		}
		r.cache.forget(b.wrote())
		if n == 0 {
			return 0, failed
		}
		return 0, cmp.Or(r.applyBatch(ctx, bulk, all[:n]), failed)
	}
	if err = b.flush(ctx); err != nil { // what was worked out is not what is stored
		r.cache.forget(b.wrote())
	}
	return written, err
}

// prepare reads what the emissions most likely rest on: verdicts and slots with one request, and the logs of the
// incidents that these name with another.
func (r *Register) prepare(ctx context.Context, b *batch, all []Emission) error {
	w := tocsin.Wanted{}
	for _, em := range all {
		w.Verdicts = append(w.Verdicts, em.Event.ID)
		if em.Event.MergedInto != "" {
			w.Verdicts = append(w.Verdicts, em.Event.MergedInto)
		}
		for _, t := range tokens(em.Event, em.Assessment.Shared) {
			w.Slots = append(w.Slots, tocsin.SlotID(em.Event.Tenant, t.field, t.value))
		}
	}
	w.Verdicts, w.Slots = once(w.Verdicts), once(w.Slots)
	if err := b.load(ctx, w); err != nil {
		return fmt.Errorf("what %d emissions rest on: %w", len(all), err)
	}
	var incidents []string
	for _, em := range all {
		incidents = append(incidents, tocsin.IncidentID(em.Event.Tenant, em.Event.ID, founded(em.Event), 0))
	}
	for _, v := range b.verdicts {
		incidents = append(incidents, v.Incident, v.RecursOf)
	}
	for _, s := range b.slots {
		incidents = append(incidents, s.Incident)
	}
	return r.loadLogs(ctx, b, once(incidents))
}

// once sorts ids and drops what is there twice, and "".
func once(ids []string) []string {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// loadLogs reads what the logs of incidents got since their states were kept, with one request for all.
func (r *Register) loadLogs(ctx context.Context, b *batch, ids []string) error {
	w := tocsin.Wanted{Logs: map[string]int64{}}
	for _, id := range ids {
		w.Logs[id] = r.cache.seq(id) + 1
	}
	if err := b.load(ctx, w); err != nil {
		return fmt.Errorf("logs of %d incidents: %w", len(ids), err)
	}
	return nil
}
