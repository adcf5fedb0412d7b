package simulator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/ingest"
	"tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
)

const (
	session   = 2 * time.Second // after which a member that says nothing is left out
	rebalance = 4 * time.Second // after which the others do not wait for one that hands over
	heartbeat = time.Second     // within which a member learns that its partitions are to be handed over
)

// A group shares the partitions of a topic among its members, as a coordinator of Kafka does: all of them stop, then all
// of them begin anew.
type group struct {
	world      *world
	name       string
	topic      string
	members    []*member
	generation int32
	committed  map[int32]int64
	wanted     chan struct{} // holds one when a rebalance is wanted
}

// A member is a daemon's part in a group.
type member struct {
	d     *daemon
	serve func(context.Context, *pipeline.Generation) error
	given chan *tenure // holds the generation that it is to serve
	now   *tenure
}

// A tenure is one member's share of one generation.
type tenure struct {
	g       *group
	m       *member
	id      int32
	ctx     context.Context
	revoke  context.CancelFunc
	drain   context.Context
	drained context.CancelFunc
	done    chan struct{}
}

// Draining implements [pipeline.Tenancy].
func (t *tenure) Draining() context.Context { return t.drain }

// Commit implements [pipeline.Tenancy]. The coordinator takes commits of the newest generation alone.
func (t *tenure) Commit(offsets map[kafka.TopicPartition]int64) error {
	if t.drain.Err() != nil {
		return ingest.ErrRevoked
	}
	var refused bool
	err := t.m.d.call(t.drain, "log", t.g.world.fate(), func() {
		if refused = t.id != t.g.generation; refused {
			return
		}
		for tp, offset := range offsets {
			if before, ok := t.g.committed[tp.Partition]; ok && offset < before {
				t.g.world.violated(fmt.Sprintf("group %s: the offset of %s %d goes from %d back to %d", t.g.name, tp.Topic, tp.Partition, before, offset))
			}
			t.g.committed[tp.Partition] = offset
		}
	})
	if refused {
		return ingest.ErrRevoked
	}
	return err
}

// want asks for a rebalance. The world's lock is held.
func (g *group) want() {
	select {
	case g.wanted <- struct{}{}:
	default:
	}
}

// join adds a member and serves its generations until ctx ends; then it leaves.
func (g *group) join(ctx context.Context, d *daemon, serve func(context.Context, *pipeline.Generation) error) error {
	m := &member{d: d, serve: serve, given: make(chan *tenure, 1)}
	g.world.mu.Lock()
	g.members = append(g.members, m)
	g.want()
	g.world.mu.Unlock()
	defer g.leave(m)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.dead.Done():
			return errDead
		case t := <-m.given:
			if err := m.hold(ctx, t); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// hold serves one generation.
func (m *member) hold(ctx context.Context, t *tenure) error {
	defer close(t.done)
	defer t.drained()
	owned, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(t.ctx, stop)()                              //nolint:contextcheck // a generation ends by itself
	defer context.AfterFunc(m.d.dead, func() { stop(); t.drained() })() //nolint:contextcheck // and so does a life
	defer context.AfterFunc(owned, func() {                             // shutting down, or handing over
		select {
		case <-t.drain.Done():
		case <-time.After(rebalance - heartbeat):
			t.drained()
		}
	})()
	gen := &pipeline.Generation{ID: t.id, Tenancy: t}
	gen.Partitions = t.g.share(m, t)
	err := m.serve(owned, gen)
	switch {
	case m.d.dead.Err() != nil:
		return errDead
	case owned.Err() != nil:
		return nil
	case err == nil || errors.Is(err, ingest.ErrRevoked): // it joins again
		err = nil
		t.g.world.mu.Lock()
		t.g.want()
		t.g.world.mu.Unlock()
	}
	return err
}

// share makes the partitions that are a member's, by its place among the members that take part.
func (g *group) share(m *member, t *tenure) []pipeline.Partition {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	place, of := 0, 0
	for _, o := range g.members {
		if o == m {
			place = of
		}
		if o.now != nil && o.now.id == t.id {
			of++
		}
	}
	var out []pipeline.Partition
	for i, l := range g.world.logs[g.topic] {
		if of == 0 || (i+int(t.id))%of != place {
			continue
		}
		committed, ok := g.committed[l.id]
		if !ok {
			committed = -1
		}
		r := &reader{d: m.d, log: l, source: "sim", committed: committed, next: max(committed, 0)}
		r.progress = kafka.Progress{Topic: l.topic, Partition: l.id}
		out = append(out, r)
	}
	return out
}

// leave takes a member out; a dead one is missed only after a while.
func (g *group) leave(m *member) {
	w := g.world
	if m.d.dead.Err() != nil {
		time.Sleep(session)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, o := range g.members {
		if o == m {
			g.members = append(g.members[:i], g.members[i+1:]...)
			break
		}
	}
	g.want()
}

// coordinate rebalances whenever it is wanted, until ctx ends.
func (g *group) coordinate(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.wanted:
			g.rebalance(ctx)
		}
	}
}

// rebalance tells the members to hand over, waits for them, and gives out the next generation. A member that stands
// still is told nothing and left out: when it wakes it acts for a while as if the partitions were its own.
func (g *group) rebalance(ctx context.Context) {
	var told []*tenure
	g.world.mu.Lock()
	for _, m := range g.members {
		if m.now != nil && m.d.wakes() <= 0 && m.d.dead.Err() == nil {
			told = append(told, m.now)
		}
	}
	g.world.mu.Unlock()
	limit := time.NewTimer(rebalance)
	defer limit.Stop()
	for _, t := range told {
		time.AfterFunc(time.Duration(g.world.float()*float64(heartbeat)), t.revoke)
	}
	expired := false
	for _, t := range told {
		if expired {
			break
		}
		select {
		case <-t.done:
		case <-limit.C:
			expired = true
		case <-ctx.Done():
			return
		}
	}
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	g.generation++
	for _, m := range g.members {
		if m.d.dead.Err() != nil { // it does not join again
			m.now = nil
			continue
		}
		if late := m.d.wakes(); late > 0 { // it learns when it wakes, and joins again
			if m.now != nil {
				time.AfterFunc(late+time.Duration(g.world.random.Int64N(int64(heartbeat))), m.now.revoke)
			}
			time.AfterFunc(late+heartbeat, func() { g.world.mu.Lock(); defer g.world.mu.Unlock(); g.want() })
			m.now = nil
			continue
		}
		if m.now != nil {
			m.now.revoke()
			m.now.drained()
		}
		m.now = &tenure{g: g, m: m, id: g.generation, done: make(chan struct{})}
		m.now.ctx, m.now.revoke = context.WithCancel(ctx) //nolint:fatcontext // each tenure has its own
		m.now.drain, m.now.drained = context.WithCancel(ctx)
		select {
		case <-m.given: // one that it did not come to
		default:
		}
		m.given <- m.now
	}
}

// wakes is how long a daemon will stand still.
func (d *daemon) wakes() time.Duration { return time.Until(d.frozen) }
