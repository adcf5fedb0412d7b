package register

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"tocsin"
)

// ErrIntegrity says that the log holds something else under our command than what we wrote: an alarm, never retried.
var ErrIntegrity = errors.New("the log holds other content under this command")

// maxCached is how many incidents' states are kept between commands (a few KiB each).
const maxCached = 1024

// A cache keeps the states of the incidents last worked on. It is never believed: each use reads the log's newer
// entries, and a write against an old state loses.
type cache struct {
	mu    sync.Mutex
	order *list.List // of *cached, the newest in front
	byID  map[string]*list.Element
}

// A cached state and the lock that its users take turns by, so that one process never conflicts with itself.
type cached struct {
	mu    sync.Mutex
	id    string
	state *state
}

// seq is the last entry of the state that is kept of an incident, 0 for none.
func (c *cache) seq(id string) int64 {
	c.mu.Lock()
	el, ok := c.byID[id]
	c.mu.Unlock()
	if !ok {
		return 0
	}
	e := el.Value.(*cached)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.seq
}

// forget drops the states of incidents.
func (c *cache) forget(ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if el, ok := c.byID[id]; ok {
			c.order.Remove(el)
			delete(c.byID, id)
		}
	}
}

func newCache() *cache { return &cache{order: list.New(), byID: map[string]*list.Element{}} }

func (c *cache) entry(id string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.byID[id]; ok {
		c.order.MoveToFront(el)
		return el.Value.(*cached)
	}
	if c.order.Len() >= maxCached {
		last := c.order.Back()
		delete(c.byID, c.order.Remove(last).(*cached).id)
	}
	e := &cached{id: id, state: newState()}
	c.byID[id] = c.order.PushFront(e)
	return e
}

// catchUp reads what was appended since the state was last used. The caller holds the lock.
func (r *Register) catchUp(ctx context.Context, c *cached) error {
	entries, err := r.store.Entries(ctx, c.id, c.state.seq+1)
	if err != nil {
		return fmt.Errorf("log of incident %s: %w", c.id, err)
	}
	if c.state.seq > 0 && slices.ContainsFunc(entries, func(e tocsin.LogEntry) bool { return e.Action == tocsin.ActErase }) {
		c.state = newState() // what is kept has values that were erased since
		if entries, err = r.store.Entries(ctx, c.id, 1); err != nil {
			return fmt.Errorf("log of incident %s: %w", c.id, err)
		}
	}
	for _, e := range entries {
		if e.Seq == c.state.seq+1 && e.Prev != c.state.head {
			c.state = newState() // what is kept is not what is stored: begin anew next time
			return fmt.Errorf("log of incident %s, entry %d does not follow the one before it: %w", c.id, e.Seq, ErrIntegrity)
		}
		if err := c.state.apply(e); err != nil {
			c.state = newState()
			return err
		}
	}
	return nil
}

// A view is what a command is judged by: an incident as its log now tells, and what the log already knows.
type view struct {
	incident tocsin.Incident // zero, with an empty log
	events   map[string]eventState
	commands map[string]int64
	moved    map[string]string // events that were split off, to the incident that they went to
	seq      int64
}

// look gives the current state to see, which must not be kept.
func (r *Register) look(ctx context.Context, id string, see func(view)) error {
	c := r.cache.entry(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := r.catchUp(ctx, c); err != nil {
		return err
	}
	see(viewOf(c.state))
	return nil
}

// peek is look without a copy of the state: an incident may be large.
func (r *Register) peek(ctx context.Context, id string, see func(*state)) error {
	c := r.cache.entry(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := r.catchUp(ctx, c); err != nil {
		return err
	}
	see(c.state)
	return nil
}

func viewOf(s *state) view {
	return view{incident: s.clone(), events: s.events, commands: s.commands, moved: s.moved, seq: s.seq}
}

// Incident is the incident's state as its log tells now, not as the projection may still show it. It returns
// [tocsin.ErrNotFound] where there is no such log.
func (r *Register) Incident(ctx context.Context, id string) (tocsin.Incident, error) {
	var v view
	if err := r.look(ctx, id, func(now view) { v = now }); err != nil {
		return tocsin.Incident{}, err
	}
	if v.seq == 0 {
		return tocsin.Incident{}, fmt.Errorf("incident %s: %w", id, tocsin.ErrNotFound)
	}
	return v.incident, nil
}

// Rebuild verifies an incident's log, projects it from its first entry and stores the result: what the register shows
// is then what the log says. A log that is not intact is a [*ChainError], and nothing is stored.
func (r *Register) Rebuild(ctx context.Context, id string) (tocsin.Incident, error) {
	entries, err := r.store.Entries(ctx, id, 1)
	if err != nil {
		return tocsin.Incident{}, fmt.Errorf("log of incident %s: %w", id, err)
	}
	if err := VerifyChain(entries); err != nil {
		return tocsin.Incident{}, err
	}
	i, err := Project(entries)
	if err != nil {
		return tocsin.Incident{}, fmt.Errorf("incident %s: %w", id, err)
	}
	if err := r.store.PutIncident(ctx, i); err != nil {
		return tocsin.Incident{}, fmt.Errorf("projection of incident %s: %w", id, err)
	}
	return i, nil
}

// A draft says what an entry will say, once its place in the log is known. decide makes it of the incident's current
// state; nil means that there is nothing to write.
type draft func(now view) (*tocsin.LogEntry, error)

// write appends what the draft makes of the current state, and stores the projection. It is the one way into a log.
// A command that is already in the log changes nothing: done is then false. When another writer takes the place, the
// state is read anew and the draft asked again, a bounded number of times.
//
// A state that is kept from before is tried as it is: the place after it is free only if nobody wrote meanwhile, so
// that a write that succeeds rests on the newest state, and one that does not has cost one request. What a draft
// refuses, it refuses of a state just read.
func (r *Register) write(ctx context.Context, id, command string, make draft) (tocsin.Incident, bool, error) {
	c := r.cache.entry(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	return r.locked(ctx, c, command, make, c.state.seq > 0)
}

// found writes into a log that is most likely empty.
func (r *Register) found(ctx context.Context, id, command string, make draft) (tocsin.Incident, bool, error) {
	c := r.cache.entry(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	return r.locked(ctx, c, command, make, true)
}

// locked is write, by the holder of the state's lock; guess says that the state is tried as it is.
func (r *Register) locked(ctx context.Context, c *cached, command string, make draft, guess bool) (tocsin.Incident, bool, error) {
	var lost *tocsin.LogEntry
	for range r.opts.Attempts {
		if !guess {
			if err := r.catchUp(ctx, c); err != nil {
				return tocsin.Incident{}, false, err
			}
		}
		if seq, ok := c.state.commands[command]; ok {
			r.metrics.repeated.Inc()
			if err := r.same(ctx, c.id, seq, lost); err != nil {
				return tocsin.Incident{}, false, err
			}
			return r.project(ctx, c, lost != nil)
		}
		e, err := make(viewOf(c.state))
		if guess && (err != nil || e == nil) {
			guess = false
			continue
		}
		guess = false
		if err != nil {
			return tocsin.Incident{}, false, err
		}
		if e == nil {
			return r.project(ctx, c, false)
		}
		if err := r.seal(e, c, command); err != nil {
			return tocsin.Incident{}, false, err
		}
		switch err := r.store.Append(ctx, *e); {
		case errors.Is(err, tocsin.ErrConflict):
			r.metrics.conflicts.WithLabelValues("log").Inc()
			lost = e
		case err != nil:
			return tocsin.Incident{}, false, fmt.Errorf("append %s to incident %s: %w", e.Action, c.id, err)
		default:
			r.metrics.entries.WithLabelValues(string(e.Action)).Inc()
			if r.opts.Wrote != nil {
				r.opts.Wrote(c.id)
			}
			if err := c.state.apply(*e); err != nil {
				return tocsin.Incident{}, false, err
			}
			return r.project(ctx, c, true)
		}
	}
	return tocsin.Incident{}, false, fmt.Errorf("append to incident %s, %d attempts: %w", c.id, r.opts.Attempts, tocsin.ErrConflict)
}

// seal gives the entry its place in the log.
func (r *Register) seal(e *tocsin.LogEntry, c *cached, command string) error {
	e.Incident, e.Seq, e.Prev, e.Command = c.id, c.state.seq+1, c.state.head, command
	e.Recorded, e.Effective = r.now(), e.Effective.UTC().Round(0)
	e.From = c.state.incident.Status
	if e.To == e.From {
		e.From, e.To = "", ""
	}
	if e.To != "" {
		e.Skipped = e.From.Skipped(e.To)
	} else {
		e.From = ""
	}
	e.Phase = phase(e.Action)
	if err := commit(e); err != nil {
		return err
	}
	hash, err := EntryHash(*e)
	if err != nil {
		return fmt.Errorf("hash of %s for incident %s: %w", e.Action, c.id, err)
	}
	e.Hash = hash
	return nil
}

// same checks a machine's entry that was refused at its place against the one stored under its command: the answer to
// our own append may have been lost. A person's command may be given twice at different times; the first one stands.
func (r *Register) same(ctx context.Context, id string, seq int64, lost *tocsin.LogEntry) error {
	if lost == nil || lost.Seq != seq || lost.By.Kind == "person" || lost.By.Kind == "token" {
		return nil
	}
	entries, err := r.store.Entries(ctx, id, seq)
	if err != nil || len(entries) == 0 {
		return errors.Join(fmt.Errorf("log of incident %s, entry %d: %w", id, seq, tocsin.ErrNotFound), err)
	}
	ours, err := digest(*lost)
	if err != nil {
		return err
	}
	theirs, err := digest(entries[0])
	if err != nil {
		return err
	}
	if ours != theirs {
		r.metrics.integrity.Inc()
		return fmt.Errorf("incident %s, entry %d, command %s: %w", id, seq, lost.Command, ErrIntegrity)
	}
	return nil
}

// project stores the current state; the store drops it where it has a newer one.
func (r *Register) project(ctx context.Context, c *cached, done bool) (tocsin.Incident, bool, error) {
	if c.state.seq == 0 {
		return tocsin.Incident{}, done, nil
	}
	i := c.state.clone()
	if err := r.store.PutIncident(ctx, i); err != nil {
		return tocsin.Incident{}, done, fmt.Errorf("projection of incident %s: %w", i.ID, err)
	}
	return i, done, nil
}
