package integrity

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
)

// A Verifiable store is all that a check of a whole register reads: what proves it, and the register as it is held, with
// what the store keeps beside it.
type Verifiable interface {
	Tree
	Checkpoints
	Whole
	WholeBacklogs
}

// A Summary is what became of the check of a whole register.
type Summary struct {
	Report
	Incidents   int
	Checkpoints int
}

// settling is how long a state may lag behind its log, and a search behind both, while a daemon writes.
const settling = 2 * time.Second

// VerifyStore checks a register that may be written to meanwhile: the tree against the checkpoints, those of the store
// and those of the second place; each log against its chain and its leaves; each incident against its log; the evidence.
func VerifyStore(ctx context.Context, s Verifiable, t Trust) (Summary, error) {
	return verifyStore(ctx, s, t, settling)
}

func verifyStore(ctx context.Context, s Verifiable, t Trust, settling time.Duration) (Summary, error) {
	v := &verification{store: s, leaves: map[string][]leafOf{}, seen: map[string]bool{}}
	var err error
	if v.last, err = v.tree(ctx, t); err != nil {
		return v.sum, err
	}
	if err := v.backlogs(ctx); err != nil {
		return v.sum, err
	}
	spans, err := v.store.Spans(ctx)
	if err != nil {
		return v.sum, fmt.Errorf("list the logs: %w", err)
	}
	if err := v.each(ctx, spans); err != nil {
		return v.sum, err
	}
	if err := v.again(ctx, settling); err != nil {
		return v.sum, err
	}
	v.close()
	return v.sum, nil
}

// each checks spans side by side. What is odd is looked at again.
func (v *verification) each(ctx context.Context, spans []tocsin.LogRange) error {
	work := make(chan tocsin.LogRange)
	errs := make([]error, 2*runtime.GOMAXPROCS(0)) // half of the time a server is waited for
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() {
			for span := range work {
				if errs[n] != nil {
					continue
				}
				found, err := v.span(ctx, span)
				errs[n] = err
				v.take(found, false)
			}
		})
	}
	for _, span := range spans {
		work <- span
	}
	close(work)
	wg.Wait()
	return errors.Join(errs...)
}

// again looks once more, and alone, at the logs in which something was wrong, and at those that the tree knows and that
// were not there: a daemon may have written between two reads, and a search lags behind.
func (v *verification) again(ctx context.Context, settling time.Duration) error {
	for log := range v.leaves {
		if !v.seen[log] {
			v.suspects = append(v.suspects, log)
		}
	}
	unexplained := v.disposals.unexplained()
	if len(v.suspects) == 0 && len(unexplained) == 0 {
		return nil
	}
	slices.Sort(v.suspects)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settling):
	}
	for _, log := range v.suspects {
		found, err := v.span(ctx, tocsin.Only(log))
		if err != nil {
			return err
		}
		if len(found) == 0 && len(v.leaves[log]) == 0 { // what was there alone is gone
			continue
		}
		if len(found) == 0 {
			gone, fault := v.check(tocsin.Held{Log: log})
			gone.fault = fault
			found = []*finding{gone}
		}
		v.take(found, true)
	}
	return v.reread(ctx, v.disposals.unexplained())
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

// leaf notes a leaf. The map's keys are their own texts: what a leaf says is part of the whole stretch.
func (v *verification) leaf(l tocsin.TreeLeaf, at int64) {
	all, ok := v.leaves[l.Incident]
	if !ok {
		l.Incident = strings.Clone(l.Incident)
	}
	v.leaves[l.Incident] = append(all, newLeaf(l, at))
}

type verification struct {
	store  Verifiable
	last   Statement           // the last checkpoint of the store
	leaves map[string][]leafOf // by log, in order
	firsts []int64             // of the tree's stretches, in order
	size   int64               // of the tree that was read

	mu        sync.Mutex
	sum       Summary
	seen      map[string]bool // logs that were looked at
	suspects  []string        // logs in which something was wrong
	backlog   backlogCheck
	disposals disposals
	open      int       // entries without a leaf
	opened    time.Time // when the oldest of these was recorded
	first     string    // which that is
	left      []string  // copies that no entry names, of alerts of which there is another that one names
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
	for read := range v.stretches(ctx) {
		if read.err != nil {
			return Statement{}, fmt.Errorf("tree: %w", read.err)
		}
		if read.odd != nil {
			v.fault("%w", read.odd)
		}
		for n, s := range read.all {
			if s.First != p.size || len(s.Leaves) == 0 {
				v.fault("the tree has a hole at leaf %d: the next stretch begins at leaf %d", p.size, s.First)
				return Statement{}, nil
			}
			v.grow(&p, s, read.hashes[n], wanted)
		}
	}
	v.against("stored", stored, p.size, wanted)
	v.against("published", published, p.size, wanted)
	if len(stored) == 0 {
		return Statement{}, nil
	}
	return stored[len(stored)-1], nil
}

// grow adds a stretch to the tree, and notes the roots of the sizes that are wanted.
func (v *verification) grow(p *peaked, s tocsin.Stretch, hashes []tlog.Hash, wanted map[int64]tlog.Hash) {
	v.firsts, v.size = append(v.firsts, s.First), s.End()
	stored := s.Hashes
	for n, l := range s.Leaves {
		v.leaf(l, p.size)
		for _, h := range p.add(hashes[n]) {
			stored = without(stored, h)
		}
		if _, ok := wanted[p.size]; ok {
			wanted[p.size] = p.root()
		}
	}
	if stored == nil || len(stored) > 0 {
		v.fault("stretch of the tree at leaf %d: the hashes of the tree that it holds are not those that its leaves make: proofs that are made with it do not hold", s.First)
	}
}

// without takes a hash off the beginning of stored ones; nil where another stands there.
func without(stored []byte, h tlog.Hash) []byte {
	if !bytes.HasPrefix(stored, h[:]) {
		return nil
	}
	return stored[len(h):]
}

// stretchesRead are some stretches, and the hashes of their leaves.
type stretchesRead struct {
	all    []tocsin.Stretch
	hashes [][]tlog.Hash
	odd    error // what is wrong with them
	err    error
}

// stretches reads the tree, ahead of who adds it up.
func (v *verification) stretches(ctx context.Context) iter.Seq[stretchesRead] {
	return func(yield func(stretchesRead) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		read := make(chan stretchesRead, 2)
		wg.Go(func() {
			defer close(read)
			for next := int64(0); ; {
				var r stretchesRead
				r.all, r.odd, r.err = v.store.HeldStretches(ctx, next, 16)
				for _, s := range r.all {
					hashes := make([]tlog.Hash, len(s.Leaves))
					for n, l := range s.Leaves {
						hashes[n] = leafHash(l)
					}
					r.hashes, next = append(r.hashes, hashes), max(next, s.End())
				}
				if r.err == nil && r.odd == nil && len(r.all) == 0 {
					return
				}
				select {
				case read <- r:
				case <-ctx.Done():
					return
				}
				if r.err != nil || len(r.all) == 0 {
					return
				}
			}
		})
		for r := range read {
			if !yield(r) {
				return
			}
		}
	}
}

// against holds the tree's roots against checkpoints and tells the first that disagrees.
func (v *verification) against(which string, all []Statement, size int64, roots map[int64]tlog.Hash) {
	for _, st := range all {
		switch at := st.At.Format(time.RFC3339); {
		case st.Size > size:
			v.fault("the %s checkpoint of %s says %s, the tree has %d: the register was rolled back or cut", which, at, tocsin.Counted(st.Size, "entry"), size)
			return
		case roots[st.Size] != st.Root:
			v.fault("the %s checkpoint of %s says another root for its %s than the tree has: one of these leaves, or the checkpoint, was changed", which, at, tocsin.Counted(st.Size, "entry"))
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
		stored = append(stored, v.readable(page, t)...)
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
	have := map[int64]bool{}
	for _, st := range stored {
		have[st.Size] = true
	}
	for _, st := range published {
		if have[st.Size] {
			continue
		}
		late, err := v.store.Checkpoints(ctx, st.Size, 1) // a list may not have what was published a moment ago
		if err != nil {
			return nil, nil, fmt.Errorf("checkpoints: %w", err)
		}
		if len(late) == 0 || late[0].Size != st.Size {
			v.fault("the published checkpoint of %s (%s) is not in the store: it was removed, or the register was rolled back", st.At.Format(time.RFC3339), tocsin.Counted(st.Size, "entry"))
			break
		}
		stored, have[st.Size] = append(stored, v.readable(late, t)...), true
	}
	v.sum.Checkpoints = len(stored)
	slices.SortStableFunc(stored, func(a, b Statement) int { return cmp.Compare(a.Size, b.Size) })
	v.places(t.Places, stored, t)
	return stored, published, nil
}

// readable are those of the store's checkpoints that can be read; the others are faults.
func (v *verification) readable(page []tocsin.Checkpoint, t Trust) (stored []Statement) {
	for _, c := range page {
		st, err := OpenCheckpoint(c.Note, t.Keys)
		if err == nil && st.Size != c.Size {
			err = fmt.Errorf("it says %s", tocsin.Counted(st.Size, "entry"))
		}
		if err == nil && !st.At.Equal(c.At) {
			err = fmt.Errorf("it says it is of %s, and its note says %s", c.At.Format(time.RFC3339), st.At.Format(time.RFC3339))
		}
		if err != nil {
			v.fault("stored checkpoint of %s: %w", tocsin.Counted(c.Size, "entry"), err)
			continue
		}
		stored = append(stored, st)
	}
	return stored
}

// close says what was not covered.
func (v *verification) close() {
	if v.open > 0 {
		v.sum.uncovered("%s waiting for the next checkpoint, the first is %s of %s: the chains were checked, and what is cut off there does not show", tocsin.Counted(v.open, "entry"), v.first, v.opened.Format(time.RFC3339))
	}
	if v.last.Size == 0 {
		v.sum.uncovered("all entries as a whole: no checkpoint was signed, so that an end that was cut off, or a log that was removed, does not show")
	}
	v.disposals.settle(&v.sum.Report)
	v.backlog.compare(v)
	if len(v.left) > 0 {
		v.sum.uncovered("%s that no entry names, the first is %s: each is of an alert that was copied again, as a daemon that was killed leaves it", tocsin.Counted(len(v.left), "exhibit"), slices.Min(v.left))
	}
	v.sum.uncovered("events, assessments and alerts themselves: what of them led to an incident is in its log and its evidence")
	v.sum.uncovered("what is no part of the register: the audit log, dead letters, notices, users, who reported something, the slots by which events find an incident, the counter of numbers, the marks by which the registrar finds what has no leaf, when a stretch of the tree was written, and how many alerts and events there were")
	v.sum.uncovered(always)
	slices.SortFunc(v.sum.Faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}
