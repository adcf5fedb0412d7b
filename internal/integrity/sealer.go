package integrity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
)

// A Sequencer lists logs with entries that have no leaf in the tree.
type Sequencer interface {
	Unsequenced(ctx context.Context, since time.Time, limit int) ([]tocsin.LogHead, error)
}

// ErrRolledBack says that the register holds less, or something else, than a checkpoint in the second place says it
// did. Nothing is signed then: an operator must look.
var ErrRolledBack = errors.New("the register is not what was published of it: it was rolled back or changed")

// A Sealer gives every log entry its leaf in the tree, once, and signs and publishes checkpoints of the tree. Several may
// work on one store: a stretch of the tree is created by one of them, and the others go on behind it.
type Sealer struct {
	Store   Store
	Origin  string // first line of the checkpoints
	Signers []note.Signer
	Anchors []Anchor
	Now     func() time.Time
	Log     *slog.Logger

	mu      sync.Mutex
	started bool
	tree    peaked
	signed  int64     // size of the last checkpoint
	since   time.Time // what was recorded before was looked at
	whole   time.Time // when all logs were looked at last
}

const (
	wholeEvery = time.Hour        // as clocks differ and searches lag, all logs are looked at now and then
	overlap    = 10 * time.Minute // what was recorded so long before the last look is looked at again
	maxLeaves  = 2048             // of a stretch; the same as sinks.MaxLeaves, which bounds what a store takes
)

// Seal gives leaves to the entries that have none and, where the tree grew, signs a checkpoint and publishes it. It may
// be cut short anywhere and is completed when it is called again.
func (s *Sealer) Seal(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	if err := s.sequence(ctx); err != nil {
		return err
	}
	if len(s.Signers) == 0 || s.tree.size <= s.signed {
		return nil
	}
	return s.checkpoint(ctx)
}

// start reads how far the tree is, and holds it against what was published of it. What was said of the tree is read before
// the tree: another daemon may let it grow, and say so, in between.
func (s *Sealer) start(ctx context.Context) error {
	if s.started {
		return nil
	}
	signed, err := s.Store.Checkpoints(ctx, -1, 1)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	published := make([]string, len(s.Anchors))
	for n, a := range s.Anchors {
		if published[n], err = a.Last(ctx); err != nil {
			return err
		}
	}
	r := newReader(ctx, s.Store)
	last, err := s.Store.Stretches(ctx, -1, 1)
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	s.tree = peaked{}
	if len(last) > 0 {
		if s.tree, err = peaksOf(r, last[0].End()); err != nil {
			return fmt.Errorf("tree: %w", err)
		}
		if err := s.Store.PutStretch(ctx, last[0]); err != nil { // what goes with it may be missing
			return fmt.Errorf("tree: %w", err)
		}
	}
	s.signed = 0
	for _, c := range signed {
		if _, err := s.agrees(r, c.Note); err != nil {
			return err
		}
		s.signed = c.Size
	}
	for n, a := range s.Anchors {
		size := int64(0)
		if published[n] != "" {
			if size, err = s.agrees(r, published[n]); err != nil {
				return err
			}
		}
		if len(signed) > 0 && published[n] != signed[0].Note && size <= s.signed { // it was killed before it published
			if err := a.Publish(ctx, signed[0]); err != nil {
				return err
			}
		}
	}
	s.started = true
	return nil
}

// agrees holds the tree against a checkpoint, and tells the size that it speaks of.
func (s *Sealer) agrees(r *reader, text string) (int64, error) {
	st, err := OpenCheckpoint(text, nil)
	if err != nil {
		return 0, err
	}
	return st.Size, agree(r, &s.tree, st)
}

func agree(r *reader, p *peaked, st Statement) error {
	if st.Size > p.size {
		return fmt.Errorf("the checkpoint of %s says %s, the tree has %d: %w", st.At.Format(time.RFC3339), tocsin.Counted(st.Size, "entry"), p.size, ErrRolledBack)
	}
	root := p.root()
	if st.Size < p.size {
		var err error
		if root, err = tlog.TreeHash(st.Size, r); err != nil {
			return fmt.Errorf("root of %d leaves: %w", st.Size, err)
		}
	}
	if root != st.Root {
		return fmt.Errorf("the checkpoint of %s says another root for %s than the tree has: %w", st.At.Format(time.RFC3339), tocsin.Counted(st.Size, "entry"), ErrRolledBack)
	}
	return nil
}

// catchUp takes in the stretches of others.
func (s *Sealer) catchUp(ctx context.Context) error {
	for {
		more, err := s.Store.Stretches(ctx, s.tree.size, 16)
		if err != nil {
			return fmt.Errorf("tree: %w", err)
		}
		for _, st := range more {
			if st.First != s.tree.size {
				s.started = false // what is known of the tree is not what it is
				return fmt.Errorf("stretch at leaf %d of a tree of %d: %w", st.First, s.tree.size, errHoles)
			}
			s.tree.grow(st.Leaves)
		}
		if len(more) == 0 {
			return nil
		}
	}
}

// sequence gives leaves to the entries that have none.
func (s *Sealer) sequence(ctx context.Context) error {
	begun, since := s.Now(), s.since
	if begun.Sub(s.whole) >= wholeEvery {
		since = time.Time{}
	}
	for {
		heads, err := s.Store.Unsequenced(ctx, since, 500)
		if err != nil {
			return fmt.Errorf("entries without a leaf: %w", err)
		}
		leaves, err := s.leaves(ctx, heads)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			break
		}
		if err := s.append(ctx, leaves); err != nil {
			return err
		}
	}
	if s.since = begun.Add(-overlap); since.IsZero() {
		s.whole = begun
	}
	return nil
}

// leaves are those of the entries behind the heads, by log and number: the same entries always come in the same order.
func (s *Sealer) leaves(ctx context.Context, heads []tocsin.LogHead) ([]tocsin.TreeLeaf, error) {
	slices.SortFunc(heads, func(a, b tocsin.LogHead) int { return cmp.Compare(a.Incident, b.Incident) })
	var leaves []tocsin.TreeLeaf
	for _, h := range heads {
		entries, err := s.Store.Entries(ctx, h.Incident, h.Seq+1)
		if err != nil {
			return nil, fmt.Errorf("log %s: %w", h.Incident, err)
		}
		for _, e := range entries {
			leaves = append(leaves, tocsin.TreeLeaf{Incident: e.Incident, Seq: e.Seq, Hash: e.Hash})
		}
	}
	return leaves, nil
}

// append stores leaves in stretches. Where another daemon was first the rest is left: it may have given them theirs.
func (s *Sealer) append(ctx context.Context, leaves []tocsin.TreeLeaf) error {
	for portion := range slices.Chunk(leaves, maxLeaves) {
		next := peaked{size: s.tree.size, peaks: slices.Clone(s.tree.peaks)}
		st := next.grow(portion)
		st.At = s.Now().UTC().Truncate(time.Second)
		switch err := s.Store.PutStretch(ctx, st); {
		case errors.Is(err, tocsin.ErrConflict):
			before := s.tree.size
			if err := s.catchUp(ctx); err != nil {
				return err
			}
			if s.tree.size == before {
				return fmt.Errorf("tree of %d leaves: %w", before, tocsin.ErrConflict)
			}
			return nil
		case err != nil:
			return fmt.Errorf("tree: %w", err)
		}
		s.tree = next
	}
	return nil
}

// checkpoint signs the tree as it is: stored first, so that what is published is always there.
func (s *Sealer) checkpoint(ctx context.Context) error {
	c, err := Statement{Origin: s.Origin, Size: s.tree.size, Root: s.tree.root(), At: s.Now()}.sign(s.Signers...)
	if err != nil {
		return err
	}
	switch err := s.Store.PutCheckpoint(ctx, c); {
	case errors.Is(err, tocsin.ErrConflict): // another daemon signed the same tree
		there, err := s.Store.Checkpoints(ctx, c.Size, 1)
		if err != nil {
			return fmt.Errorf("checkpoints: %w", err)
		}
		if len(there) == 0 || there[0].Size != c.Size {
			return fmt.Errorf("checkpoint of %d leaves: %w", c.Size, tocsin.ErrConflict)
		}
		c = there[0]
	case err != nil:
		return fmt.Errorf("checkpoint: %w", err)
	}
	var errs []error
	for _, a := range s.Anchors {
		errs = append(errs, a.Publish(ctx, c))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.signed = c.Size
	s.Log.DebugContext(ctx, "checkpoint signed", "entries", c.Size)
	return nil
}
