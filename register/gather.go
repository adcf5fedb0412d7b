package register

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin"
)

// A gather puts the writes of chains that run side by side into one request. It waits until every chain waits, so that
// none is left behind by a step; a chain that waits for a lock which another holds would wait for ever, so it goes
// ahead without it after linger.
type gather struct {
	bulk Bulk

	mu      sync.Mutex
	running int // chains that are not at their end
	waiting int // …and of these, such as wait for an answer
	pending *round
}

// linger is how long a request waits for chains that do something else: little beside the request itself.
const linger = 5 * time.Millisecond

// A round is one request in the making.
type round struct {
	docs    tocsin.Documents
	numbers map[string]int64 // wanted of each counter
	asked   int              // chains that wait for it
	late    *time.Timer
	done    chan struct{}
	errs    []error          // of docs
	first   map[string]int64 // of numbers
	err     error
}

func (g *gather) begin(chains int) { g.running = chains }

// leave says that a chain has come to its end.
func (g *gather) leave(ctx context.Context) {
	g.mu.Lock()
	g.running--
	r := g.whole()
	g.mu.Unlock()
	g.send(ctx, r)
}

// join adds to the next request, sends it if nobody else is to come, and returns it answered.
func (g *gather) join(ctx context.Context, add func(*round)) *round {
	g.mu.Lock()
	if g.pending == nil {
		r := &round{numbers: map[string]int64{}, done: make(chan struct{})}
		r.late = time.AfterFunc(linger, func() { g.send(ctx, g.taken(r)) })
		g.pending = r
	}
	r := g.pending
	add(r)
	r.asked++
	g.waiting++
	now := g.whole()
	g.mu.Unlock()
	g.send(ctx, now)
	<-r.done
	return r
}

// whole is the request in the making, if every chain waits. The caller holds the lock.
func (g *gather) whole() *round {
	if g.pending == nil || g.waiting < g.running {
		return nil
	}
	r := g.pending
	g.pending = nil
	return r
}

// taken is the request, if nobody has sent it yet.
func (g *gather) taken(r *round) *round {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending != r {
		return nil
	}
	g.pending = nil
	return r
}

// send does a request and wakes those who wait for it; nil does nothing.
func (g *gather) send(ctx context.Context, r *round) {
	if r == nil {
		return
	}
	r.late.Stop()
	r.first = map[string]int64{}
	for _, counter := range slices.Sorted(maps.Keys(r.numbers)) {
		if r.err == nil {
			r.first[counter], r.err = g.bulk.NextOf(ctx, counter, r.numbers[counter])
		}
	}
	if r.err == nil && r.docs.Len() > 0 {
		r.errs, r.err = g.bulk.Save(ctx, r.docs)
	}
	g.mu.Lock()
	g.waiting -= r.asked
	g.mu.Unlock()
	close(r.done)
}

// save writes a chain's documents of one kind with the next request; add puts them there and says where they begin.
func (g *gather) save(ctx context.Context, n int, add func(*tocsin.Documents) (kind, at int)) ([]error, error) {
	var kind, at int
	r := g.join(ctx, func(r *round) { kind, at = add(&r.docs) })
	if r.err != nil {
		return nil, r.err
	}
	at += r.docs.Offset(kind)
	return r.errs[at : at+n : at+n], nil
}

// next takes one number of a counter with the next request.
func (g *gather) next(ctx context.Context, counter string) (int64, error) {
	var mine int64
	r := g.join(ctx, func(r *round) {
		mine = r.numbers[counter]
		r.numbers[counter]++
	})
	return r.first[counter] + mine, r.err
}
