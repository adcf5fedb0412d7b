package elastic

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// State says whether the store can be written to.
type State string

// The states of a store.
const (
	OK       State = "ok"
	Degraded State = "degraded" // requests are being repeated, or wait for an answer: an outage, or more than the cluster can take
	Halted   State = "halted"   // a write was refused for a reason that no retry cures; the operator's to mend
)

// Health is how the store fares.
type Health struct {
	State   State  `json:"state"`
	Reason  string `json:"reason,omitempty"` // of the last failure, while not ok
	Retries int64  `json:"retries"`          // requests repeated since the start
}

// Health returns how the store fares. A halt lasts until a later write, or read, succeeds.
func (s *Store) Health() Health { return s.health.read() }

// side is what a state belongs to: reads may work while writes are turned away, as on a full disk.
type side int

const (
	writing side = iota
	reading
	sides
)

// patience is how long a request may wait for its answer before the store counts as degraded: a server that stands
// still closes no connection, and fails nothing before the request's own timeout.
const patience = 10 * time.Second

type health struct {
	logger  *slog.Logger
	metrics *metrics
	mu      sync.Mutex
	retries int64
	of      [sides]Health
	halts   map[string]time.Time // indices that writes are turned away from, and when they were last; "": all
	asked   map[*time.Time]bool  // when the requests under way were sent
}

// haltStands is how long a halt stands where others write and nobody repeats what was turned away: who waits for an
// operator repeats it each 10 to 20 seconds, who asked for a person does not.
const haltStands = 30 * time.Second

// read returns the worse side's state, or that an answer is overdue.
func (h *health) read() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	state := h.worst()
	state.Retries = h.retries
	if waited := h.waited(); state.State == OK && waited > patience {
		state.State, state.Reason = Degraded, fmt.Sprintf("no answer for %v", waited.Round(time.Second))
	}
	return state
}

// ask takes note of a request; answered, of its end.
func (h *health) ask() (answered func()) {
	begun := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked == nil {
		h.asked = map[*time.Time]bool{}
	}
	h.asked[&begun] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.asked, &begun)
	}
}

// waited is how long the oldest request under way has waited.
func (h *health) waited() time.Duration {
	var longest time.Duration
	for begun := range h.asked {
		longest = max(longest, time.Since(*begun))
	}
	return longest
}

// rank orders states, the worst last.
func (s State) rank() int {
	switch s {
	case Halted:
		return 2
	case Degraded:
		return 1
	default:
		return 0
	}
}

func (h *health) worst() Health {
	worst := Health{State: OK}
	for _, one := range h.of {
		if one.State.rank() > worst.State.rank() {
			worst = one
		}
	}
	return worst
}

// degrade records retries of one side; it is [sinks.Retry]'s Told.
func (h *health) degrade(of side) func(int, time.Duration, error) {
	return func(_ int, wait time.Duration, err error) {
		h.metrics.retries.Inc()
		if of == writing && h.halted() { // which is worse, and stands
			h.retried()
			return
		}
		if h.set(of, Health{State: Degraded, Reason: err.Error()}, 1) {
			h.logger.Warn("elasticsearch degraded", "err", err, "wait", wait)
		}
	}
}

func (h *health) recover(of side) {
	if h.set(of, Health{State: OK}, 0) {
		h.logger.Info("elasticsearch recovered")
	}
}

func (h *health) halt(of side, err error) {
	if h.set(of, Health{State: Halted, Reason: err.Error()}, 0) {
		h.logger.Error("elasticsearch halted", "err", err)
	}
}

// stop halts the writing to the index that an answer is about.
func (h *health) stop(err error) {
	var index string
	if of, ok := errors.AsType[haltError](err); ok {
		index = of.index
	}
	h.mu.Lock()
	if h.halts == nil {
		h.halts = map[string]time.Time{}
	}
	h.halts[index] = time.Now()
	h.mu.Unlock()
	h.halt(writing, err)
}

// wrote ends the halts of the indices that actions were carried out in. One of another index stands: that the engine
// can be saved says nothing of alerts.
func (h *health) wrote(actions []action) {
	h.mu.Lock()
	for i := range actions {
		delete(h.halts, actions[i].index)
	}
	delete(h.halts, "")
	for index, at := range h.halts {
		if time.Since(at) > haltStands {
			delete(h.halts, index)
		}
	}
	h.mu.Unlock()
	if !h.halted() {
		h.recover(writing)
	}
}

func (h *health) retried() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retries++
}

func (h *health) halted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.halts) > 0
}

// set reports whether the state as a whole is another one than before.
func (h *health) set(of side, now Health, retries int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.worst().State
	h.of[of], h.retries = now, h.retries+retries
	after := h.worst().State
	if before != after {
		h.metrics.state.Set(float64(after.rank()))
	}
	return before != after
}
