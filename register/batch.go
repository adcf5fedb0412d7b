package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tocsin"
)

// A Bulk is a store that reads and writes many documents with one request. The registrar uses it where a request
// costs more than what it carries; a store without it is used one document at a time.
type Bulk interface {
	// Load returns what is there of what is wanted, in real time. Of each log it returns what stands without a gap from
	// the wanted number on.
	Load(ctx context.Context, w tocsin.Wanted) (tocsin.Documents, error)
	// Save writes each document by itself and in no order, as PutSlot, PutVerdict, Append and PutIncident would, and
	// answers for each in the order of [tocsin.Documents]. The error says that the answers are not known: some may be
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
// are in memory meanwhile.
const maxBatch = 256

// ApplyAll is [Register.Apply] of each emission, and gives the register what one after the other would give it. Over a
// [Bulk] those that touch no slot, event or incident in common are applied side by side, so that each step of all of
// them is one request; those that do keep their order. Whatever cuts it short, the same emissions again complete it.
func (r *Register) ApplyAll(ctx context.Context, all []Emission) error {
	bulk, ok := r.store.(Bulk)
	if !ok {
		for _, em := range all {
			if _, err := r.Apply(ctx, em.Event, em.Assessment); err != nil {
				return err
			}
		}
		return nil
	}
	for some := range slices.Chunk(all, maxBatch) {
		if err := r.applyBatch(ctx, bulk, some); err != nil {
			return err
		}
	}
	return nil
}

func (r *Register) applyBatch(ctx context.Context, bulk Bulk, all []Emission) error {
	b := newBatch(r.store, bulk)
	together := *r
	together.store = b
	chains, err := together.chains(ctx, b, all)
	if err != nil {
		return err
	}
	b.gather.begin(len(chains))
	errs := make([]error, len(chains))
	var running sync.WaitGroup
	for n, chain := range chains {
		running.Go(func() {
			defer b.gather.leave(ctx)
			for _, em := range chain {
				if _, err := together.Apply(ctx, em.Event, em.Assessment); err != nil {
					errs[n] = err
					return
				}
			}
		})
	}
	running.Wait()
	return cmp.Or(errors.Join(errs...), b.show(ctx))
}

// chains reads what the emissions rest on and parts them: what touches a slot, an event or an incident in common
// is one chain, in its order.
func (r *Register) chains(ctx context.Context, b *batch, all []Emission) ([][]Emission, error) {
	w := tocsin.Wanted{}
	for _, em := range all {
		w.Verdicts = append(w.Verdicts, em.Event.ID)
		if em.Event.MergedInto != "" {
			w.Verdicts = append(w.Verdicts, em.Event.MergedInto)
		}
		w.Slots = append(w.Slots, slotsOf(em)...)
	}
	w.Verdicts, w.Slots = once(w.Verdicts), once(w.Slots)
	if err := b.load(ctx, w); err != nil {
		return nil, fmt.Errorf("what %d emissions rest on: %w", len(all), err)
	}
	touched := make([][]string, len(all))
	for n, em := range all {
		touched[n] = b.touches(em)
	}
	if err := r.follows(ctx, b, touched); err != nil {
		return nil, err
	}
	return part(all, touched), nil
}

// once sorts ids and drops what is there twice.
func once(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// slotsOf are the slots that an emission may look at.
func slotsOf(em Emission) []string {
	var ids []string
	for _, t := range tokens(em.Event, em.Assessment.Shared) {
		ids = append(ids, tocsin.SlotID(em.Event.Tenant, t.field, t.value))
	}
	return ids
}

// The prefixes keep the ids of events, slots and incidents apart.
const (
	ofEvent    = "event "
	ofSlot     = "slot "
	ofIncident = "incident "
)

// touches names what an emission reads or writes, as far as verdicts and slots tell.
func (b *batch) touches(em Emission) []string {
	e := em.Event
	found := []string{ofEvent + e.ID, ofIncident + tocsin.IncidentID(e.Tenant, e.ID, founded(e), 0)}
	if e.MergedInto != "" {
		found = append(found, ofEvent+e.MergedInto)
	}
	for _, id := range []string{e.ID, e.MergedInto} {
		v := b.verdicts[id]
		for _, incident := range []string{v.Incident, v.RecursOf} {
			if incident != "" {
				found = append(found, ofIncident+incident)
			}
		}
		if len(v.Assessment.Shared) > 0 {
			found = append(found, prefixed(ofSlot, slotsOf(Emission{e, v.Assessment}))...)
		}
	}
	for _, id := range slotsOf(em) {
		found = append(found, ofSlot+id)
		if s, ok := b.slots[id]; ok && s.Incident != "" {
			found = append(found, ofIncident+s.Incident)
		}
	}
	return found
}

func prefixed(prefix string, ids []string) []string {
	out := make([]string, len(ids))
	for n, id := range ids {
		out[n] = prefix + id
	}
	return out
}

// follows reads the logs of the incidents that are touched, and adds what those were merged into, recur from, relate to
// or gave events to.
func (r *Register) follows(ctx context.Context, b *batch, touched [][]string) error {
	more := map[string][]string{} // by incident
	for range maxHops {
		var unread []string
		for n := range touched {
			for _, name := range touched[n] {
				id, ok := strings.CutPrefix(name, ofIncident)
				if _, read := more[id]; ok && !read {
					more[id] = nil
					unread = append(unread, id)
				}
			}
		}
		if len(unread) == 0 {
			return nil
		}
		if err := r.loadLogs(ctx, b, unread); err != nil {
			return err
		}
		for _, id := range unread {
			err := r.peek(ctx, id, func(s *state) {
				i := &s.incident
				for _, other := range slices.AppendSeq([]string{i.Into, i.RecursOf}, maps.Values(s.moved)) {
					if other != "" {
						more[id] = append(more[id], ofIncident+other)
					}
				}
				more[id] = append(more[id], prefixed(ofIncident, i.Related)...)
			})
			if err != nil {
				return err
			}
		}
		for n := range touched {
			for _, name := range touched[n] {
				if id, ok := strings.CutPrefix(name, ofIncident); ok {
					touched[n] = union(touched[n], more[id]...)
				}
			}
		}
	}
	return nil
}

// loadLogs reads what the logs of incidents got since their states were kept, with one request for all.
func (r *Register) loadLogs(ctx context.Context, b *batch, ids []string) error {
	w := tocsin.Wanted{Logs: map[string]int64{}}
	for _, id := range ids {
		c, err := r.cache.take(ctx, id)
		if err != nil {
			return err
		}
		w.Logs[id] = c.state.seq + 1
		c.release()
	}
	if err := b.load(ctx, w); err != nil {
		return fmt.Errorf("logs of %d incidents: %w", len(ids), err)
	}
	return nil
}

// part joins what is connected by a name in common, and keeps the order within.
func part(all []Emission, touched [][]string) [][]Emission {
	root := make([]int, len(all)) // of each emission: the first of those that it is connected with, by way of others
	find := func(n int) int {
		for root[n] != n {
			root[n] = root[root[n]]
			n = root[n]
		}
		return n
	}
	first := map[string]int{}
	for n := range all {
		root[n] = n
		for _, name := range touched[n] {
			other, ok := first[name]
			if !ok {
				first[name] = n
				continue
			}
			a, b := find(other), find(n)
			root[max(a, b)] = min(a, b)
		}
	}
	var chains [][]Emission
	at := map[int]int{}
	for n := range all {
		r := find(n)
		if _, ok := at[r]; !ok {
			at[r] = len(chains)
			chains = append(chains, nil)
		}
		chains[at[r]] = append(chains[at[r]], all[n])
	}
	return chains
}
