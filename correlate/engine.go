package correlate

import (
	"time"

	"tocsin"
)

// Config is what an engine can be told beside its rules. The zero Config is usable.
type Config struct {
	// Lateness of sources before their first marker says it; 0 is an hour.
	Lateness time.Duration
	// AllEvidence keeps a reference to every alert of an event instead of the first and last hundred: memory then
	// grows with the events.
	AllEvidence bool
	// MaxHeld bounds the alerts within lateness that one key holds; 0 is 131,072, about 10 MB. Beyond it the oldest
	// half is settled early and the key's events are marked degraded: flood.
	MaxHeld int
	// Owns reports whether the matches of a key come to this engine, where several share the keys: silences wait for the
	// expected keys that they own. Nil owns all.
	Owns func(tenant, rule string, key []tocsin.Value) bool
}

// An Engine is a deterministic state machine: the same records in the same order always make the same events.
type Engine struct {
	cfg  Config
	rank int // of its rules
	progress
	set        string // content hash of the rule set in force
	shapes     []shapes
	tracks     map[string]*track // by rule id
	last       *track            // of the match before, nil where there is none
	novel      []*track          // those of kind novelty, by rule id
	queue      queue
	origins    map[origin]*seenOrigin
	suspicions []doubt            // about all rules
	sights     map[string]*sights // by source: the fields that rules require
	unasked    bool               // rules came into force whose expected keys were not looked at
	greatest   int64              // time of an alert that was stepped
	unknown    int64              // matches of rules that the set does not have

	next   *Engine // of the rank above; nil where no rule reads events
	opener opener
	tells  []telling // what the rank above is to hear of the call in hand
	told   int64     // how many it has heard
	link   *link     // of the match in hand, nil for one of an alert
	mute   bool      // bursts are folded anew: nothing is said

	out    []tocsin.Event // of the call in hand
	backed []tocsin.Event // found when nobody could take them: the next call returns them
	match  tocsin.Match   // in hand
	firing *tocsin.Match
	cause  int64  // event time of what is being answered
	name   []byte // scratch

	address
	pool pool
	memo memo
	foresight
	came   *seenOrigin // of the match before
	quoted quotation
	quoting

	kin       *kin // of the match before, and what it was found by
	kinFamily *family
	kinTenant string
	kinKey    []tocsin.Value
	left      leaving
}

// shapes are the shapes of a rule set that was in force: matches of it may still come.
type shapes struct {
	set   string
	rules map[string]string
}

// rememberedSets is how many rule sets back a match's shape can be told.
const rememberedSets = 8

// seenOrigin is an origin and how far its matches were seen.
type seenOrigin struct {
	origin
	mark mark
}

func newEngine(cfg Config, set planSet) *Engine { return newRank(cfg, set, 1) }

func newRank(cfg Config, set planSet, rank int) *Engine {
	if cfg.Lateness <= 0 {
		cfg.Lateness = time.Hour
	}
	if cfg.MaxHeld <= 0 {
		cfg.MaxHeld = 1 << 17
	}
	e := &Engine{
		cfg: cfg, rank: rank, progress: newProgress(cfg.Lateness), pool: newPool(), tracks: make(map[string]*track), origins: make(map[origin]*seenOrigin),
		sights: make(map[string]*sights), greatest: unset,
	}
	e.use(set)
	return e
}

// Step takes one match in and returns the events it changed, nil for none. A monotone condition fires on the alert that
// completes it (ruling 5). The engine keeps what m refers to: the caller must not change it afterwards, see [Engine.Release].
func (e *Engine) Step(m tocsin.Match) []tocsin.Event {
	e.match = m // a copy in place: a pointer to the argument would put every match on the heap
	return e.Take(&e.match)
}

// Take is [Engine.Step] of a match that the caller holds anyway.
func (e *Engine) Take(m *tocsin.Match) []tocsin.Event {
	if e.goesAlong(m) {
		return nil
	}
	e.begin()
	at := e
	if e.next != nil {
		if at = e.owner(m.Rule); at != e {
			at.begin()
		}
	}
	at.step(m)
	if e.next != nil {
		e.rise(at)
	}
	return e.out
}

func (e *Engine) step(m *tocsin.Match) []tocsin.Event {
	tk := e.accepts(m)
	if tk == nil {
		return e.out
	}
	tk.counts.matches++
	at := max(nanos(m.Alert.Time), earliest)
	from := e.origin(m)
	reread := from.covers(m)
	e.greatest = max(e.greatest, at)
	e.firing, e.cause = m, at
	e.evaluate(tk, at, from, reread)
	e.firing = nil
	return e.out
}

// covers reports whether the origin was seen as far as m before, and notes that it is now.
func (o *seenOrigin) covers(m *tocsin.Match) bool {
	pos, index := m.Alert.Ref.Position(), int32(m.Index)
	if o.mark.covers(pos, index) {
		return true
	}
	o.mark.pos, o.mark.index = pos, index
	return false
}

// begin starts a call.
func (e *Engine) begin() { e.out, e.backed = e.backed, nil }

// accepts returns the track that a match belongs to, nil where it goes no further, and counts why.
func (e *Engine) accepts(m *tocsin.Match) *track {
	tk := e.last
	if tk == nil || !equalText(tk.plan.id, m.Rule) {
		tk = e.follows(tk, m.Rule)
	}
	switch {
	case tk == nil:
		e.unknown++
		return nil
	case m.Suppressed != "":
		tk.counts.suppressed++
		return nil
	case len(m.Key) != len(tk.plan.groupBy) || !equalText(m.Set, e.set) && !e.sameShape(m):
		tk.counts.stale++
		return nil
	}
	return tk
}

// follows is the track of a match that comes after one of another track, which mostly is the one that came then before.
func (e *Engine) follows(last *track, rule string) *track {
	if last != nil && last.then != nil && equalText(last.then.plan.id, rule) {
		e.last = last.then
		return e.last
	}
	tk := e.tracks[rule]
	if tk == nil {
		return nil
	}
	if last != nil {
		last.then = tk
	}
	e.last = tk
	return tk
}

// sameShape reports whether the match was made by a rule whose state is that of the rule in force. A set that the
// engine does not know is trusted.
func (e *Engine) sameShape(m *tocsin.Match) bool {
	for i := range e.shapes {
		if e.shapes[i].set == m.Set {
			return e.shapes[i].rules[m.Rule] == e.tracks[m.Rule].plan.shape
		}
	}
	return true
}

// origin interns where the match's alert came from.
func (e *Engine) origin(m *tocsin.Match) *seenOrigin {
	r := &m.Alert.Ref
	if c := e.came; c != nil && c.partition == r.Partition && equalText(c.topic, r.Topic) && equalText(c.source, m.Alert.Source) &&
		equalText(c.file, r.File) && equalText(c.incarnation, r.Incarnation) {
		return c
	}
	o := origin{source: m.Alert.Source, file: r.File, topic: r.Topic, incarnation: r.Incarnation, partition: r.Partition}
	if known, ok := e.origins[o]; ok {
		e.came = known
		return known
	}
	seen := &seenOrigin{origin: o, mark: mark{pos: -1}}
	e.origins[o] = seen
	return seen
}

// evaluate decides by an alert's time what it may still change, and lets it.
//
// An alert within lateness is compared with those its key holds: the same order is the same alert. Where the key no
// longer holds alerts of that time, a position of its log that was seen before is a second reading.
func (e *Engine) evaluate(tk *track, at int64, from *seenOrigin, reread bool) {
	if tk.novel != nil {
		e.notice(tk, at, from, reread)
		return
	}
	if tk.seen != nil {
		e.behold(tk, at, from)
		return
	}
	if e.refused(tk, at, reread) {
		return
	}
	var st *state
	if tk.family != nil {
		var left bool
		if left, st = e.leaveTogether(tk, at, from); left {
			e.enforce(tk, at)
			return
		}
	}
	a := arrival{at: at, from: from}
	e.read(&a, tk, st)
	if st == nil {
		st = e.stateAt(tk, e.firing, a.of)
	}
	if e.leave(tk, st, &a) {
		e.enforce(tk, at)
		return
	}
	st.catchUp()
	e.takeIn(tk, st, &a, reread)
}

// refused counts a match that comes too late to be looked at, or that was held before.
func (e *Engine) refused(tk *track, at int64, reread bool) bool {
	m := e.firing
	tooLate := at < e.watermark && at < e.watermark-e.latenessOf(m.Alert.Source, m.Alert.Ref.Partition)
	if !tooLate && at >= e.horizon {
		return false
	}
	switch {
	case reread || e.holds(tk, at):
		tk.counts.duplicates++
		return true
	case !always(tk.plan.kind):
		tk.counts.late[m.Alert.Source]++
		return true
	}
	return false
}

// takeIn holds the alert of the match in hand, or lets it join an event that is over.
func (e *Engine) takeIn(tk *track, st *state, a *arrival, reread bool) {
	before := st.bytes
	if floor := max(e.horizon, st.own); a.at < floor {
		if reread {
			tk.counts.duplicates++
			return
		}
		st.look()
		a.x.share(&e.pool, &a.p, nil)
		if st.fold != nil || !e.joinLate(st, &a.x, always(tk.plan.kind)) {
			tk.counts.late[e.firing.Alert.Source]++
		}
	} else if !e.hold(st, &a.x, &a.p) {
		tk.counts.duplicates++
		return
	}
	e.settle(st, before, a.at)
}

// holds reports whether the alert of the match in hand is among those its key holds.
func (e *Engine) holds(tk *track, at int64) bool {
	st := tk.states.find(e.addressOf(e.firing))
	if st == nil {
		return false
	}
	st.unlag()
	x, _ := e.itemOf(e.firing, at, nil)
	_, found := st.held.find(x.order)
	return found
}

// hold puts x among the key's alerts and lets it have its effect. It reports false for one that is there already.
func (e *Engine) hold(st *state, x *item, p *saying) bool {
	all := st.held.all()
	pos := len(all)
	if pos > 0 && !all[pos-1].before(x.order) {
		var found bool
		if pos, found = st.held.find(x.order); found {
			return false
		}
	}
	var neighbour *item
	if pos > 0 {
		neighbour = &all[pos-1]
	}
	if p.common() {
		x.p = e.memo.common(&e.pool, p)
		x.own(neighbour == nil || !neighbour.p.same(x.p))
	} else {
		x.share(&e.pool, p, neighbour)
	}
	e.put(st, pos, x)
	st.bytes += x.cost()
	if len(all) == 0 {
		e.hasten(st, x.at+st.track.plan.useful()+e.lateness)
	}
	if st.fold != nil {
		e.fold(st, &st.held.all()[pos])
		return true
	}
	e.join(st, pos)
	return true
}

// settle ends a step of st: what is settled goes, and the limits are enforced.
func (e *Engine) settle(st *state, before, at int64) {
	if st.fold != nil {
		e.settleFold(st)
	} else {
		if st.tidies() {
			st.trim(max(e.horizon, st.own))
		}
		st.crowd(e.cfg.MaxHeld, e.horizon)
	}
	if st.until != unset { // an event was taken back: with the last one the key may be over sooner
		e.hasten(st, st.nextDue(e.lateness))
	}
	st.track.bytes += st.bytes - before
	st.track.place(st)
	st.wait()
	st.settleDown()
	e.enforce(st.track, at)
}

// hasten moves st forward in the queue where due is sooner.
func (e *Engine) hasten(st *state, due int64) {
	if due < st.due {
		st.due = due
		e.queue.fix(st)
	}
}
