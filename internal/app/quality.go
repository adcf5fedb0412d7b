package app

import (
	"context"
	"sync"
	"time"

	"tocsin/register"
)

// qualities remember for a while how rules did: working it out reads the register.
type qualities struct {
	store register.Assessed
	now   func() time.Time

	mu    sync.Mutex
	known map[qualityKey]knownQuality
}

type qualityKey struct {
	tenant string
	span   time.Duration // before now
}

type knownQuality struct {
	until time.Time // when it is too old
	value register.Qualities
}

// An answer is given again for qualityRest times as long as it took to find: asking takes a twentieth of the store's
// time at most. Questions are about spans of whole minutes before now, so that those meet that are asked one after another.
const (
	qualityRest  = 20
	qualityGrain = time.Minute
)

// of is [register.RuleQuality], or an answer of a moment ago. One question is worked on at a time.
func (q *qualities) of(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
	key := qualityKey{tenant, q.now().Sub(since).Round(qualityGrain)} // of when it was asked, however long it waits
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	for k, v := range q.known {
		if !now.Before(v.until) {
			delete(q.known, k)
		}
	}
	if v, ok := q.known[key]; ok {
		return v.value, nil
	}
	value, err := register.RuleQuality(ctx, q.store, tenant, since.Truncate(qualityGrain))
	if err != nil {
		return value, err
	}
	if q.known == nil {
		q.known = map[qualityKey]knownQuality{}
	}
	done := q.now()
	q.known[key] = knownQuality{done.Add(qualityRest * done.Sub(now)), value}
	return value, nil
}
