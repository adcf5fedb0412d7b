package web

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

const (
	// pulseRest is how long a mark is given again: the store is asked once in it, however many readers wait for what changes.
	pulseRest = time.Second
	// countsLast bounds how long counts are taken for those of a mark, should the store have answered of two moments.
	countsLast = 15 * time.Second
	// countsMost is of how many readers a tenant's counts are kept.
	countsMost = 1000
)

// A pulse tells whether incidents were written since, and counts them once for each change and not for each look.
type pulse struct {
	store Counter
	mu    sync.Mutex
	beats map[string]*beat // by tenant
}

// A beat is the last mark of a tenant's incidents.
type beat struct {
	asking sync.Mutex // held by who asks the store
	mu     sync.Mutex
	mark   string
	at     time.Time // of the answer
	counts map[string]countsOf
}

// A countsOf is what was counted for a reader.
type countsOf struct {
	mark string
	at   time.Time
	n    []int64
}

// readerOf tells readers apart who may know of different things, though they have one name.
func readerOf(who auth.Identity) string {
	return strings.Join([]string{who.Actor.Kind, who.Actor.ID, who.Actor.Role, strconv.FormatBool(who.Open)}, "\x00")
}

func newPulse(store Counter) *pulse { return &pulse{store: store, beats: map[string]*beat{}} }

func (p *pulse) of(tenant string) *beat {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.beats[tenant]
	if b == nil {
		b = &beat{counts: map[string]countsOf{}}
		p.beats[tenant] = b
	}
	return b
}

// recent is the mark of a moment ago. Where the store does not answer, or somebody asks it at this moment, it is the last
// that was known.
func (p *pulse) recent(ctx context.Context, tenant string) string {
	b := p.of(tenant)
	mark, at := b.last()
	if time.Since(at) < pulseRest || !b.asking.TryLock() {
		return mark
	}
	defer b.asking.Unlock()
	if now, err := p.now(ctx, tenant); err == nil {
		return now
	}
	return mark
}

// now is the mark as the store has it.
func (p *pulse) now(ctx context.Context, tenant string) (string, error) {
	mark, err := p.store.Mark(ctx, tenant)
	if err != nil {
		return "", err
	}
	b := p.of(tenant)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mark, b.at = mark, time.Now()
	return mark, nil
}

func (b *beat) last() (string, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mark, b.at
}

// counts counts for a reader who is shown what is as new as a mark.
func (p *pulse) counts(ctx context.Context, tenant, reader, mark string, queries []tocsin.Query) ([]int64, error) {
	b := p.of(tenant)
	b.mu.Lock()
	known, ok := b.counts[reader]
	b.mu.Unlock()
	if ok && known.mark == mark && len(known.n) == len(queries) && time.Since(known.at) < countsLast {
		return slices.Clone(known.n), nil
	}
	n, err := p.store.Counts(ctx, queries)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.counts) >= countsMost {
		clear(b.counts)
	}
	b.counts[reader] = countsOf{mark, time.Now(), slices.Clone(n)}
	return n, nil
}
