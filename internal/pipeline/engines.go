package pipeline

import (
	"maps"
	"slices"
	"sync"

	"tocsin"
	"tocsin/correlate"
)

// Engines are the engines that run in this daemon, one for each partition of the matches log that it owns (in embedded
// mode one, of partition 0). They may be asked while they run. The zero value has none; it is safe for concurrent use,
// and a nil *Engines takes no note.
type Engines struct {
	mu      sync.Mutex
	running map[int32]running
}

// running is an engine and the lock that its owner holds while it changes.
type running struct {
	lock   *sync.Mutex
	engine func() *correlate.Engine
}

// open lets an engine be asked until the returned function is called.
func (e *Engines) open(partition int32, lock *sync.Mutex, engine func() *correlate.Engine) (closed func()) {
	if e == nil {
		return func() {}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == nil {
		e.running = map[int32]running{}
	}
	e.running[partition] = running{lock, engine}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.running, partition)
	}
}

// Partitions are those of the matches log whose engines run here, in order.
func (e *Engines) Partitions() []int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.running))
}

// NoveltyHosts asks every engine how the hosts of a name stand, see [correlate.Engine.NoveltyHosts].
func (e *Engines) NoveltyHosts(rule, tenant, host string) (all []tocsin.NoveltyHost) {
	e.each(func(engine *correlate.Engine) { all = append(all, engine.NoveltyHosts(rule, tenant, host)...) })
	return all
}

// each hands over the engines that run, one after the other, each while nothing else uses it.
func (e *Engines) each(do func(*correlate.Engine)) {
	for _, n := range e.Partitions() {
		e.mu.Lock()
		r, runs := e.running[n]
		e.mu.Unlock()
		if runs {
			r.lock.Lock()
			do(r.engine())
			r.lock.Unlock()
		}
	}
}

// WhyNot asks every engine how a key of a rule stands, see [correlate.Engine.WhyNot]. The answer is that of the engine
// that holds the key, with the counts and the other keys of all. It is false where no engine has the rule.
func (e *Engines) WhyNot(rule, tenant string, key []tocsin.Value) (answer tocsin.Standing, ok bool) {
	e.each(func(engine *correlate.Engine) {
		s, known := engine.WhyNot(rule, tenant, key)
		switch {
		case !known:
		case !ok:
			answer, ok = s, true
		case answer.State == tocsin.StandingUnknown && s.State != tocsin.StandingUnknown:
			answer = s.With(answer)
		default:
			answer = answer.With(s)
		}
	})
	return answer, ok
}
