package integrity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
)

// A Whole store hands out its register span by span, each log with all that is kept of it; see package sinks.
type Whole interface {
	Spans(ctx context.Context) ([]tocsin.LogRange, error)
	Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error
	HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(tocsin.Exhibit) error) error
}

// A finding is what was found of one log.
type finding struct {
	log      string
	incident bool
	entries  int
	proven   int // of these, in the tree of the last checkpoint
	exhibits int
	erased   int
	open     int // entries that have no place in the tree of the last checkpoint
	opened   time.Time
	first    string
	fault    error
	waits    []wait
}

// An exhibit that a log names.
type named struct{ incident, id string }

// span checks the logs of a span and the evidence that they name.
func (v *verification) span(ctx context.Context, span tocsin.LogRange) ([]*finding, error) {
	var all []*finding
	wanted := map[named]*finding{}
	err := v.store.Held(ctx, span, func(h tocsin.Held) error {
		f, fault := v.check(h)
		var ids []string
		if fault == nil {
			ids, fault = register.ExhibitIDs(h.Entries)
		}
		f.fault, all = fault, append(all, f)
		for _, id := range ids {
			wanted[named{h.Log, id}] = f
		}
		return nil
	})
	if err != nil || len(wanted) == 0 {
		return all, err
	}
	err = v.store.HeldExhibits(ctx, span, func(x tocsin.Exhibit) error {
		name := named{x.Incident, x.ID}
		f := wanted[name]
		if f == nil {
			return nil
		}
		delete(wanted, name)
		f.exhibits++
		fault := CheckExhibit(x)
		if fault == nil && x.Original == nil && x.Size > 0 {
			fault = fmt.Errorf("evidence %s (alert %s): its bytes are gone", x.ID, x.Alert)
		}
		if fault != nil && f.fault == nil {
			f.fault = fmt.Errorf("incident %s: %w", x.Incident, fault)
		}
		return nil
	})
	for name, f := range wanted {
		if f.fault == nil {
			f.fault = fmt.Errorf("incident %s: evidence %s: the log names it and it is gone", name.incident, name.id)
		}
	}
	return all, err
}

// take adds up what was found. What is wrong is final only where it was looked at again.
func (v *verification) take(all []*finding, final bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range all {
		v.seen[f.log] = true
		if f.fault != nil && !final {
			v.suspects = append(v.suspects, f.log)
			continue
		}
		v.sum.Entries += f.entries
		if f.incident {
			v.sum.Incidents++
		}
		if f.fault != nil {
			v.sum.Faults = append(v.sum.Faults, f.fault)
			continue
		}
		v.backlog.add(f.waits)
		v.sum.Proven += f.proven
		v.sum.Exhibits += f.exhibits
		v.sum.Erased += f.erased
		v.open += f.open
		if f.open > 0 && (v.opened.IsZero() || f.opened.Before(v.opened)) {
			v.opened, v.first = f.opened, f.first
		}
	}
}

// check checks one log and the incident that it tells of.
func (v *verification) check(h tocsin.Held) (*finding, error) {
	f := &finding{log: h.Log, incident: h.State != nil, entries: len(h.Entries)}
	if h.Odd != nil {
		return f, h.Odd
	}
	if err := v.placed(h, f); err != nil {
		return f, err
	}
	if h.State != nil && len(v.backlog.times) > 0 {
		f.waits = v.backlog.waits(h.Entries)
	}
	return f, nil
}

// placed checks a log against its leaves and its chain.
func (v *verification) placed(h tocsin.Held, f *finding) error {
	leaves := v.leaves[h.Log]
	for n, l := range leaves {
		switch {
		case l.seq != int64(n)+1:
			return fmt.Errorf("log %s, entry %d: the tree has entry %d in its place", h.Log, n+1, l.seq)
		case n >= len(h.Entries) || h.Entries[n].Seq > int64(n)+1:
			return fmt.Errorf("log %s, entry %d: it is in the tree and was removed from the log", h.Log, n+1)
		}
	}
	if err := told(h); err != nil {
		return err
	}
	for n, l := range leaves {
		if hashOf(h.Entries[n].Hash) != l.hash {
			return fmt.Errorf("log %s, entry %d: it is not what came into the tree", h.Log, n+1)
		}
		if l.at < v.last.Size {
			f.proven++
		}
	}
	for n := range h.Entries {
		e := &h.Entries[n]
		for _, c := range e.Personal {
			if c.Salt == "" {
				f.erased++
			}
		}
		if n >= len(leaves) && e.Recorded.Before(v.last.At.Add(-allowance)) {
			return fmt.Errorf("log %s, entry %d: it says it was recorded at %s, before the checkpoint of %s, and is not in its tree", h.Log, e.Seq, e.Recorded.Format(time.RFC3339), v.last.At.Format(time.RFC3339))
		}
		if n >= f.proven {
			if f.open++; f.opened.IsZero() || e.Recorded.Before(f.opened) {
				f.opened, f.first = e.Recorded, e.ID()
			}
		}
	}
	return nil
}

// allowance is how far the clocks of daemons may differ.
const allowance = time.Minute

// told checks the chain of a log, and that the incident, and what is kept beside it, is what the log tells.
func told(h tocsin.Held) error {
	if len(h.Entries) == 0 {
		return fmt.Errorf("incident %s: its log is empty", h.Log)
	}
	if h.Entries[0].Incident != h.Log {
		return fmt.Errorf("log %s, entry 1: it belongs to %s", h.Log, h.Entries[0].Incident)
	}
	if err := register.VerifyChain(h.Entries); err != nil {
		return err
	}
	if handling(h.Entries) && h.State == nil {
		return nil
	}
	projected, err := register.Project(h.Entries)
	if err != nil {
		return fmt.Errorf("incident %s: its log cannot be projected: %w", h.Log, err)
	}
	if h.State == nil {
		return fmt.Errorf("incident %s: it has a log and is not in the register", h.Log)
	}
	text, err := sameState(h.State, &projected)
	if err != nil || h.Shown == nil {
		return err
	}
	return h.Shown(&projected, text, earlier(h.Entries))
}

// sameState holds an incident's document against what its log tells, and returns the JSON of that.
func sameState(doc []byte, projected *tocsin.Incident) (want []byte, err error) {
	want, err = json.Marshal(projected)
	if err != nil || bytes.Equal(doc, want) {
		return want, err
	}
	var there tocsin.Incident
	if err := json.Unmarshal(doc, &there); err != nil {
		return nil, fmt.Errorf("incident %s: its state cannot be read: %w", projected.ID, err)
	}
	if at := tocsin.MemberTwice(doc); at != "" {
		return nil, fmt.Errorf("incident %s: its state has %s twice: who reads it takes the one or the other", projected.ID, at)
	}
	got, err := json.Marshal(there)
	if err != nil || bytes.Equal(got, want) { // it is written otherwise and says the same
		return want, err
	}
	return nil, fmt.Errorf("incident %s: its state, of revision %d, is not what its log tells: %s", projected.ID, there.Revision, differing(got, want))
}

// earlier are the states that an incident was in.
func earlier(entries []tocsin.LogEntry) iter.Seq[*tocsin.Incident] {
	return func(yield func(*tocsin.Incident) bool) {
		for n := range entries {
			if i, err := register.Project(entries[:n+1]); err == nil && !yield(&i) {
				return
			}
		}
	}
}

// handling reports whether a log is one of custody or disposal, of which there is no incident.
func handling(entries []tocsin.LogEntry) bool {
	return len(entries) > 0 && slices.Contains([]tocsin.Action{tocsin.ActAccess, tocsin.ActExport, tocsin.ActTransfer, tocsin.ActDispose}, entries[0].Action)
}
