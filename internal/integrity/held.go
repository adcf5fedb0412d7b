package integrity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/register"
)

// A Whole store hands out its register span by span, each log with all that is kept of it; see package sinks.
type Whole interface {
	Spans(ctx context.Context) ([]tocsin.LogRange, error)
	Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error
	HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(x tocsin.Exhibit, odd error) error) error
	HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error)
}

// A finding is what was found of one log. Its texts are its own: those that a store hands out may be parts of a page of
// documents, which would be kept with them.
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
	ids      []string                   // of the copies that the log names
	left     []string                   // of copies that were made again, see unnamed
	gone     []vanished                 // exhibits without their bytes
	said     map[string]tocsin.Disposal // by exhibit: what a custody says of those that are gone
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
		for _, x := range f.gone { // of a log with a fault too: else they would be told to be there still
			v.disposals.missing(x)
		}
		if f.fault != nil {
			v.sum.Faults = append(v.sum.Faults, f.fault)
			continue
		}
		v.backlog.add(f.waits)
		v.disposals.tell(f.log, f.said)
		v.sum.Proven += f.proven
		v.sum.Exhibits += f.exhibits
		v.sum.Erased += f.erased
		v.left = append(v.left, f.left...)
		v.open += f.open
		if f.open > 0 && (v.opened.IsZero() || f.opened.Before(v.opened)) {
			v.opened, v.first = f.opened, f.first
		}
	}
}

// check checks one log and the incident that it tells of.
func (v *verification) check(h tocsin.Held) (*finding, error) {
	f := &finding{log: strings.Clone(h.Log), incident: h.State != nil, entries: len(h.Entries)}
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
	if h.Stretches != nil && !v.found(leaves, h.Stretches) {
		return fmt.Errorf("log %s: the stretches by which proofs of its entries are made are not those of the tree that hold its leaves", h.Log)
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

// found reports whether the stretches by which a log is found are those that hold its leaves. Of those that came after the
// tree was read nothing is known.
func (v *verification) found(leaves []leafOf, there []int64) bool {
	known := -1 // which stretch the last leaf was in
	for _, l := range leaves {
		n, ok := slices.BinarySearch(v.firsts, l.at)
		if !ok {
			n--
		}
		if n == known {
			continue
		}
		if len(there) == 0 || there[0] != v.firsts[n] {
			return false
		}
		known, there = n, there[1:]
	}
	return len(there) == 0 || there[0] >= v.size
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
	if err == nil && bytes.Equal(got, want) { // it is written otherwise and says the same
		return want, sameMembers(doc, want, projected.ID)
	}
	if err != nil {
		return want, err
	}
	return nil, fmt.Errorf("incident %s: its state, of revision %d, is not what its log tells: %s", projected.ID, there.Revision, differing(got, want))
}

// sameMembers looks for members of a state that say something to other readers alone.
func sameMembers(doc, want []byte, id string) error {
	there, err := tocsin.PlainJSON(doc)
	if err != nil {
		return err
	}
	known, err := tocsin.PlainJSON(want)
	if err != nil {
		return err
	}
	beyond("", there, known, func(at, _ string, _ map[string]any) {
		err = fmt.Errorf("incident %s: its state has %s, which is none of what its log tells", id, at)
	})
	return err
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
