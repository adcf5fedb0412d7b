package integrity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
	"tocsin/register"
)

// A Verifiable store is all that a check of a whole register reads.
type Verifiable interface {
	register.Projection
	register.Exhibits
	Store
}

// A Summary is what became of the check of a whole register.
type Summary struct {
	Report
	Incidents   int
	Checkpoints int
}

// settling is how long a state may lag behind its log while a daemon writes.
const settling = 2 * time.Second

// VerifyStore checks a register that may be written to meanwhile: the tree against the checkpoints, those of the store
// and those of the second place; each log against its chain and its leaves; each incident against its log; the evidence.
func VerifyStore(ctx context.Context, s Verifiable, t Trust) (Summary, error) {
	return verifyStore(ctx, s, t, settling)
}

func verifyStore(ctx context.Context, s Verifiable, t Trust, settling time.Duration) (Summary, error) {
	v := &verification{store: s, settling: settling, leaves: map[string][]leafOf{}}
	last, err := v.tree(ctx, t)
	if err != nil {
		return v.sum, err
	}
	logs, err := v.logs(ctx)
	if err != nil {
		return v.sum, err
	}
	work := make(chan string)
	errs := make([]error, max(runtime.GOMAXPROCS(0), 2))
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() {
			for log := range work {
				if errs[n] == nil {
					errs[n] = v.log(ctx, log, last)
				}
			}
		})
	}
	for _, log := range logs {
		work <- log
	}
	close(work)
	wg.Wait()
	v.close(last)
	return v.sum, errors.Join(errs...)
}

// A leafOf is what the tree holds of an entry.
type leafOf struct {
	seq, at int64
	hash    [sha256.Size]byte // all zero: no hash at all
}

func newLeaf(l tocsin.TreeLeaf, at int64) leafOf { return leafOf{l.Seq, at, hashOf(l.Hash)} }

func hashOf(text string) (h [sha256.Size]byte) {
	if n, err := hex.Decode(h[:], []byte(text)); err != nil || n != len(h) {
		return [sha256.Size]byte{}
	}
	return h
}

type verification struct {
	store    Verifiable
	settling time.Duration
	leaves   map[string][]leafOf // by log, in order

	mu     sync.Mutex
	sum    Summary
	open   int       // entries without a leaf
	opened time.Time // when the oldest of these was recorded
	first  string    // which that is
}

func (v *verification) fault(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.fault(format, args...)
}

// tree reads the whole tree and holds it against all checkpoints; it returns the last of the store's.
func (v *verification) tree(ctx context.Context, t Trust) (Statement, error) {
	stored, published, err := v.checkpoints(ctx, t)
	if err != nil {
		return Statement{}, err
	}
	wanted := map[int64]tlog.Hash{}
	for _, st := range slices.Concat(stored, published) {
		wanted[st.Size] = tlog.Hash{}
	}
	var p peaked
	for {
		more, err := v.store.Stretches(ctx, p.size, 16)
		if err != nil {
			return Statement{}, fmt.Errorf("tree: %w", err)
		}
		if len(more) == 0 {
			break
		}
		for _, s := range more {
			if s.First != p.size || len(s.Leaves) == 0 {
				v.fault("the tree has a hole at leaf %d: the next stretch begins at leaf %d", p.size, s.First)
				return Statement{}, nil
			}
			for n, l := range s.Leaves {
				v.leaves[l.Incident] = append(v.leaves[l.Incident], newLeaf(l, s.First+int64(n)))
				p.add(leafHash(l))
				if _, ok := wanted[s.First+int64(n)+1]; ok {
					wanted[p.size] = p.root()
				}
			}
		}
	}
	v.against("stored", stored, p.size, wanted)
	v.against("published", published, p.size, wanted)
	if len(stored) == 0 {
		return Statement{}, nil
	}
	return stored[len(stored)-1], nil
}

// against holds the tree's roots against checkpoints and tells the first that disagrees.
func (v *verification) against(which string, all []Statement, size int64, roots map[int64]tlog.Hash) {
	for _, st := range all {
		switch at := st.At.Format(time.RFC3339); {
		case st.Size > size:
			v.fault("the %s checkpoint of %s says %d entries, the tree has %d: the register was rolled back or cut", which, at, st.Size, size)
			return
		case roots[st.Size] != st.Root:
			v.fault("the %s checkpoint of %s says another root for its %d entries than the tree has: one of these leaves, or the checkpoint, was changed", which, at, st.Size)
			return
		}
	}
}

// checkpoints reads those of the store and those of the second place.
func (v *verification) checkpoints(ctx context.Context, t Trust) (stored, published []Statement, err error) {
	for from := int64(0); ; {
		page, err := v.store.Checkpoints(ctx, from, 500)
		if err != nil {
			return nil, nil, fmt.Errorf("checkpoints: %w", err)
		}
		for _, c := range page {
			st, err := OpenCheckpoint(c.Note, t.Keys)
			if err == nil && st.Size != c.Size {
				err = fmt.Errorf("it says %d entries", st.Size)
			}
			if err != nil {
				v.fault("stored checkpoint of %d entries: %w", c.Size, err)
				continue
			}
			stored = append(stored, st)
		}
		if len(page) < 500 {
			break
		}
		from = page[len(page)-1].Size + 1
	}
	for n, text := range t.Published {
		st, err := OpenCheckpoint(text, t.Keys)
		if err != nil {
			v.fault("published checkpoint %d: %w", n+1, err)
			continue
		}
		published = append(published, st)
	}
	v.sum.Checkpoints = len(stored)
	have := map[int64]bool{}
	for _, st := range stored {
		have[st.Size] = true
	}
	for _, st := range published {
		if !have[st.Size] {
			v.fault("the published checkpoint of %s (%d entries) is not in the store: it was removed, or the register was rolled back", st.At.Format(time.RFC3339), st.Size)
			break
		}
	}
	return stored, published, nil
}

// logs lists all logs: those of the incidents, those with a leaf, and those that wait for theirs.
func (v *verification) logs(ctx context.Context) ([]string, error) {
	all := map[string]bool{}
	for log := range v.leaves {
		all[log] = true
	}
	q := tocsin.Query{Limit: 500}
	for {
		page, err := v.store.Incidents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list the incidents: %w", err)
		}
		for _, i := range page.Items {
			all[i.ID] = true
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	waiting, err := v.store.Unsequenced(ctx, time.Time{}, 1_000_000)
	if err != nil {
		return nil, fmt.Errorf("entries without a leaf: %w", err)
	}
	for _, h := range waiting {
		all[h.Incident] = true
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// log checks one log and what belongs to it. What was written between two reads is read again.
func (v *verification) log(ctx context.Context, id string, last Statement) error {
	for again := false; ; again = true {
		entries, err := v.store.Entries(ctx, id, 1)
		if err != nil {
			return fmt.Errorf("log %s: %w", id, err)
		}
		i, err := v.store.Incident(ctx, id)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return fmt.Errorf("incident %s: %w", id, err)
		}
		fault := v.check(id, i, entries, last)
		if fault != nil && !again && (len(entries) == 0 || int64(len(entries)) != i.Revision) && !handling(entries) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(v.patience()):
			}
			continue
		}
		if fault == nil {
			fault, err = v.evidence(ctx, id, entries)
			if err != nil {
				return err
			}
		}
		v.count(entries, i.ID != "", fault, last.Size)
		return nil
	}
}

// patience is how long to wait for a state that lags; a store in which nothing is wrong yet is worth it.
func (v *verification) patience() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.sum.Faults) > 0 {
		return 0
	}
	return v.settling
}

// handling reports whether a log is one of custody or disposal, of which there is no incident.
func handling(entries []tocsin.LogEntry) bool {
	return len(entries) > 0 && slices.Contains([]tocsin.Action{tocsin.ActAccess, tocsin.ActExport, tocsin.ActTransfer, tocsin.ActDispose}, entries[0].Action)
}

func (v *verification) check(id string, i tocsin.Incident, entries []tocsin.LogEntry, last Statement) error {
	for n, l := range v.leaves[id] {
		switch {
		case l.seq != int64(n)+1:
			return fmt.Errorf("log %s, entry %d: the tree has entry %d in its place", id, n+1, l.seq)
		case n >= len(entries):
			return fmt.Errorf("log %s, entry %d: it is in the tree and was removed from the log", id, n+1)
		}
	}
	if len(entries) > 0 && entries[0].Incident != id {
		return fmt.Errorf("log %s, entry 1: it belongs to %s", id, entries[0].Incident)
	}
	if handling(entries) {
		if err := register.VerifyChain(entries); err != nil {
			return err
		}
	} else if err := checkState(Export{Incident: i, Log: entries}); err != nil {
		return err
	} else if i.ID == "" {
		return fmt.Errorf("incident %s: it has a log and is not in the register", id)
	}
	for n, l := range v.leaves[id] {
		if hashOf(entries[n].Hash) != l.hash {
			return fmt.Errorf("log %s, entry %d: it is not what came into the tree", id, n+1)
		}
	}
	for _, e := range entries[len(v.leaves[id]):] {
		if e.Recorded.Before(last.At.Add(-allowance)) {
			return fmt.Errorf("log %s, entry %d: it says it was recorded at %s, before the checkpoint of %s, and is not in its tree", id, e.Seq, e.Recorded.Format(time.RFC3339), last.At.Format(time.RFC3339))
		}
	}
	return nil
}

// allowance is how far the clocks of daemons may differ.
const allowance = time.Minute

// evidence checks the copies that a log names.
func (v *verification) evidence(ctx context.Context, id string, entries []tocsin.LogEntry) (fault, err error) {
	ids, err := register.ExhibitIDs(entries)
	if err != nil || len(ids) == 0 {
		return err, nil
	}
	all, err := v.store.Exhibits(ctx, id, ids, true)
	if err != nil {
		return nil, fmt.Errorf("evidence of incident %s: %w", id, err)
	}
	there := map[string]bool{}
	for _, x := range all {
		err := CheckExhibit(x)
		if err == nil && x.Original == nil && x.Size > 0 {
			err = fmt.Errorf("evidence %s (alert %s): its bytes are gone", x.ID, x.Alert)
		}
		if err != nil {
			return fmt.Errorf("incident %s: %w", id, err), nil
		}
		there[x.ID] = true
	}
	for _, want := range ids {
		if !there[want] {
			return fmt.Errorf("incident %s: evidence %s: the log names it and it is gone", id, want), nil
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Exhibits += len(all)
	return nil, nil
}

func (v *verification) count(entries []tocsin.LogEntry, incident bool, fault error, size int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Entries += len(entries)
	if incident {
		v.sum.Incidents++
	}
	if fault != nil {
		v.sum.Faults = append(v.sum.Faults, fault)
		return
	}
	proven := 0
	for _, l := range v.leaves[entries[0].Incident] {
		if l.at < size {
			proven++
		}
	}
	v.sum.Proven += proven
	for _, e := range entries {
		for _, c := range e.Personal {
			if c.Salt == "" {
				v.sum.Erased++
			}
		}
	}
	for _, e := range entries[proven:] {
		if v.open++; v.opened.IsZero() || e.Recorded.Before(v.opened) {
			v.opened, v.first = e.Recorded, e.ID()
		}
	}
}

// close says what was not covered.
func (v *verification) close(last Statement) {
	if v.open > 0 {
		v.sum.uncovered("%d entries that wait for the next checkpoint, the first is %s of %s: their chains were checked, and what is cut off of them does not show", v.open, v.first, v.opened.Format(time.RFC3339))
	}
	if last.Size == 0 {
		v.sum.uncovered("all entries as a whole: no checkpoint was signed, so that an end that was cut off, or a log that was removed, does not show")
	}
	v.sum.uncovered("events, assessments and alerts themselves: what of them led to an incident is in its log and its evidence")
	v.sum.uncovered(always)
	slices.SortFunc(v.sum.Faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}
