package register

import (
	"context"
	"slices"

	"tocsin"
)

// mostAhead bounds how many originals are read for one emission and those behind it, and mostCopied how many bytes of
// copies wait until they are written: an emission has no more than its own [MaxExhibits] beyond that.
const (
	mostAhead  = 256
	mostCopied = 16 << 20
)

// copies is a [batch] as the exhibits of the emissions that are applied together: originals are read for many of them at
// once, and copies are kept back like all else that they write.
type copies struct {
	batch     *batch
	stored    Exhibits
	ahead     [][]tocsin.AlertRef      // what each emission behind the current one may ask for
	originals map[string]*tocsin.Alert // as known; nil: known not to be there
}

// keepCopies lets the register of a batch read and write copies through it, where they are in the same store.
func (r *Register) keepCopies(b *batch, all []Emission) *copies {
	of, ok := r.opts.Exhibits.(Bulk)
	if !ok || of != b.bulk {
		return nil
	}
	c := &copies{batch: b, stored: r.opts.Exhibits, ahead: make([][]tocsin.AlertRef, len(all))}
	for n, em := range all {
		c.ahead[n] = r.cache.uncopied(b.verdicts[em.Event.ID].Incident, em.Event.Evidence.Alerts)
	}
	r.opts.Exhibits = c
	return c
}

// begin says that the next emission is applied.
func (c *copies) begin() {
	if c != nil {
		c.ahead = c.ahead[1:]
	}
}

// uncopied are those of the alerts that the kept state of an incident has no copy of; none where it has as many as are
// kept. Where no state is kept, it is all of them.
func (c *cache) uncopied(incident string, refs []tocsin.AlertRef) []tocsin.AlertRef {
	c.mu.Lock()
	el, ok := c.byID[incident]
	c.mu.Unlock()
	if !ok {
		return refs
	}
	e := el.Value.(*cached)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.state.collected) >= MaxExhibits {
		return nil
	}
	var left []tocsin.AlertRef
	for _, ref := range refs {
		if !e.state.collected[ref.ID] {
			left = append(left, ref)
		}
	}
	return left
}

// Originals implements [Exhibits].
func (c *copies) Originals(ctx context.Context, refs []tocsin.AlertRef) (alerts []tocsin.Alert, err error) {
	if slices.ContainsFunc(refs, c.unread) {
		if err := c.read(ctx, refs); err != nil {
			return nil, err
		}
	}
	for _, ref := range refs {
		if a := c.originals[ref.ID]; a != nil {
			alerts = append(alerts, *a)
		}
	}
	return alerts, nil
}

func (c *copies) unread(ref tocsin.AlertRef) bool {
	_, known := c.originals[ref.ID]
	return !known
}

// read reads what is asked for, and with it what is likely to be asked for next. What was read before is let go of: an
// emission asks for its own once.
func (c *copies) read(ctx context.Context, refs []tocsin.AlertRef) error {
	wanted := slices.Clone(refs)
	c.originals = map[string]*tocsin.Alert{}
	for _, ref := range refs {
		c.originals[ref.ID] = nil
	}
	for _, refs := range c.ahead {
		if len(wanted)+len(refs) > mostAhead {
			break
		}
		for _, ref := range refs {
			if c.unread(ref) {
				c.originals[ref.ID] = nil
				wanted = append(wanted, ref)
			}
		}
	}
	found, err := c.stored.Originals(ctx, wanted)
	for n := range found {
		c.originals[found[n].ID] = &found[n]
	}
	return err
}

// PutExhibits implements [Exhibits].
func (c *copies) PutExhibits(_ context.Context, all []tocsin.Exhibit) error {
	c.batch.mu.Lock()
	defer c.batch.mu.Unlock()
	c.batch.plan.exhibits(all)
	for _, x := range all {
		c.batch.copied += len(x.Original)
	}
	return nil
}

// Exhibits implements [Exhibits]; copies that are kept back are not seen.
func (c *copies) Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error) {
	return c.stored.Exhibits(ctx, incident, ids, originals)
}
