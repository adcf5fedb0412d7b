package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tocsin/register"
)

// qualities know how rules did. Working it out reads the register, which takes from milliseconds to a minute, so that
// it is done beside the questions: an answer that is too old is given all the same where the new one takes longer
// than [qualityPatience].
type qualities struct {
	store register.Assessed
	now   func() time.Time

	mu     sync.Mutex
	runs   bool // else whoever asks works it out
	known  map[qualityKey]*knownQuality
	wanted []qualityKey // in the order in which they were asked for
	wake   chan struct{}
}

type qualityKey struct {
	tenant string
	span   time.Duration // before now
}

type knownQuality struct {
	value   register.Qualities
	found   bool // there is a value, of whatever age
	err     error
	until   time.Time     // when the value is too old
	asked   time.Time     // last
	working chan struct{} // closed once what is worked on is known; nil: nothing is
}

// An answer is given again for qualityRest times as long as it took to find: asking takes a twentieth of the store's
// time at most. Questions are about spans of whole minutes before now, so that those meet that are asked one after another.
const (
	qualityRest     = 20
	qualityGrain    = time.Minute
	qualityPatience = 50 * time.Millisecond
	qualityForget   = time.Hour // behind the last question
	qualityFirst    = 90 * 24 * time.Hour
)

func newQualities(store register.Assessed, now func() time.Time) *qualities {
	return &qualities{store: store, now: now, known: map[qualityKey]*knownQuality{}, wake: make(chan struct{}, 1)}
}

// of is [register.RuleQuality] as it was a while ago. Where nothing is known yet it waits until ctx is done.
func (q *qualities) of(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
	if !q.running() {
		return register.RuleQuality(ctx, q.store, tenant, since)
	}
	key := qualityKey{tenant, q.now().Sub(since).Round(qualityGrain)}
	last, working := q.ask(key)
	if working == nil {
		return last.value, nil
	}
	var patience <-chan time.Time
	if last.found {
		t := time.NewTimer(qualityPatience)
		defer t.Stop()
		patience = t.C
	}
	select {
	case <-working:
		last = q.last(key)
		return last.value, last.err
	case <-patience:
		return last.value, nil
	case <-ctx.Done():
		return register.Qualities{}, fmt.Errorf("how rules did is being worked out: %w", ctx.Err())
	}
}

func (q *qualities) running() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.runs
}

func (q *qualities) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.runs = true
}

// end tells those who still wait that nobody works out what they asked for.
func (q *qualities) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.runs, q.wanted = false, nil
	for _, k := range q.known {
		if k.working != nil {
			k.err = context.Canceled
			close(k.working)
			k.working = nil
		}
	}
}

// ask notes a question, and returns what is known. Working is nil where that is new enough.
func (q *qualities) ask(key qualityKey) (last knownQuality, working <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	for other, k := range q.known {
		if k.working == nil && now.Sub(k.asked) >= qualityForget {
			delete(q.known, other)
		}
	}
	k := q.known[key]
	if k == nil {
		k = &knownQuality{}
		q.known[key] = k
	}
	k.asked = now
	if k.working == nil && (!k.found || !now.Before(k.until)) {
		k.working = make(chan struct{})
		q.wanted = append(q.wanted, key)
		select {
		case q.wake <- struct{}{}:
		default: // it is awake
		}
	}
	return *k, k.working
}

func (q *qualities) last(key qualityKey) knownQuality {
	q.mu.Lock()
	defer q.mu.Unlock()
	return *q.known[key] // asked for just now, so that it is not forgotten
}

// run works out what is asked for until ctx is done, one question at a time, and first what the page of rules will ask.
func (q *qualities) run(ctx context.Context) error {
	q.begin()
	defer q.end()
	q.ask(qualityKey{span: qualityFirst})
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.wake:
		}
		for key, ok := q.next(); ok && ctx.Err() == nil; key, ok = q.next() {
			q.work(ctx, key)
		}
	}
}

// next is the question that waits longest.
func (q *qualities) next() (key qualityKey, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.wanted) == 0 {
		return key, false
	}
	key, q.wanted = q.wanted[0], q.wanted[1:]
	return key, true
}

func (q *qualities) work(ctx context.Context, key qualityKey) {
	begun := q.now()
	value, err := register.RuleQuality(ctx, q.store, key.tenant, begun.Add(-key.span).Truncate(qualityGrain))
	done := q.now()
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.known[key]
	if k.err = err; err == nil {
		k.value, k.found, k.until = value, true, done.Add(qualityRest*done.Sub(begun))
	}
	close(k.working)
	k.working = nil
}
