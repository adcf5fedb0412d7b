package integrity

import (
	"context"
	"testing"

	"tocsin"
)

// A lagging store lists no checkpoint that was created a moment ago, unless it is asked for by its size; and before the
// answer to the first question for the tree is read, between is called.
type lagging struct {
	full
	hidden  int64 // the size from which on none is listed
	between func()
}

func (l *lagging) Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error) {
	all, err := l.full.Checkpoints(ctx, 0, 1000)
	var seen []tocsin.Checkpoint
	for _, c := range all {
		if c.Size >= from && len(seen) < limit && (c.Size < l.hidden || c.Size == from) {
			seen = append(seen, c)
		}
	}
	if from < 0 && len(seen) > 0 {
		seen = seen[len(seen)-1:]
	}
	return seen, err
}

func (l *lagging) Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error) {
	all, err := l.full.Stretches(ctx, from, limit)
	if between := l.between; between != nil {
		l.between = nil
		between()
	}
	return all, err
}

// A daemon that starts while another one seals takes nothing for rolled back, and signs where no search shows yet that the
// other has signed.
func TestSealedByAnotherMeanwhile(t *testing.T) {
	w := newWorld(t, newMemory())
	w.incident(1)
	w.seal()
	late := w.another()
	store := &lagging{full: w.store, hidden: 1 << 40, between: func() { w.incident(2); w.seal() }}
	late.Store = store
	for range 2 {
		if err := late.Seal(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if sum, err := verifyStore(t.Context(), w.store, w.trust(), 0); err != nil || len(sum.Faults) > 0 {
		t.Errorf("%+v (%v)", sum.Faults, err)
	}
}

// What was published a moment ago is in the store, if no search shows it yet.
func TestPublishedAMomentAgo(t *testing.T) {
	w := newWorld(t, newMemory())
	w.incident(1)
	w.seal()
	all, err := w.store.Checkpoints(t.Context(), -1, 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d checkpoints: %v", len(all), err)
	}
	w.store = &lagging{full: w.store, hidden: all[0].Size}
	if sum, err := verifyStore(t.Context(), w.store, w.trust(), 0); err != nil || len(sum.Faults) > 0 || sum.Checkpoints != 1 {
		t.Errorf("%+v (%v)", sum, err)
	}
}
