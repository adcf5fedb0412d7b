package enrich

import (
	"sync/atomic"
	"time"
)

// A Live is the knowledge in force while it changes. It is safe for concurrent use.
type Live struct {
	spec    Spec
	now     func() time.Time
	current atomic.Pointer[Knowledge]
	faulty  atomic.Bool
	hits    []atomic.Int64 // by list
}

// NewLive reads what the spec names; see [Read] for the error.
func NewLive(spec Spec, now func() time.Time) (*Live, error) {
	l := &Live{spec: spec, now: now, hits: make([]atomic.Int64, len(spec.Lists))}
	k, err := Read(spec)
	if err != nil {
		return nil, err
	}
	l.current.Store(k)
	return l, nil
}

// Current is what is in force.
func (l *Live) Current() *Knowledge { return l.current.Load() }

// Reload reads everything again and puts it in force; it reports whether that is something else than before. Where there
// are faults the old knowledge stays.
func (l *Live) Reload() (changed bool, err error) {
	k, err := Read(l.spec)
	l.faulty.Store(err != nil)
	if err != nil {
		return false, err
	}
	return l.current.Swap(k).version != k.version, nil
}

// Stale names the lists whose files are older than they may be.
func (l *Live) Stale() []string {
	var names []string
	for _, list := range l.Current().lists {
		if list.Stale(l.now()) {
			names = append(names, list.Name)
		}
	}
	return names
}

// Enricher makes an enricher of what is in force now. It goes on with that until [Enricher.Renew].
func (l *Live) Enricher() *Enricher {
	e := NewEnricher(l.Current())
	e.live = l
	e.count = func(list, n int) { l.hits[list].Add(int64(n)) }
	return e
}

// Renew takes over what has been put in force since, and reports whether that is something else. It is called between two
// batches, so that all of a batch is enriched by the same knowledge.
func (e *Enricher) Renew() (changed bool) {
	if e.live == nil {
		return false
	}
	k := e.live.Current()
	if k == e.k {
		return false
	}
	changed = k.version != e.k.version
	e.use(k)
	return changed
}
