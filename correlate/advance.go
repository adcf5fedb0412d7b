package correlate

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// Mark takes a marker in, moves the watermark as far as the markers allow, and returns the events that this closed.
// The watermark never goes back; a marker of an older owner than one already heard is ignored.
func (e *Engine) Mark(m tocsin.Marker) []tocsin.Event {
	e.begin()
	e.mark(m)
	return e.out
}

func (e *Engine) mark(m tocsin.Marker) {
	before := e.lateness
	if m.Gap != nil {
		e.gap(*m.Gap)
	}
	counts := e.heed(m)
	if counts {
		e.watch(&m)
	}
	if e.lateness < before {
		e.queue.sooner(e.lateness)
	}
	if counts && e.watermark != unset {
		if e.unasked && e.watermark > earliest { // before it nobody has said what time it is
			e.expect()
			e.unasked = false
		}
		e.advance(e.watermark)
		if e.ended {
			e.complete(false)
			e.advanceScopes(e.watermark + 1) // nothing more of that time is to come
			e.settled()
		}
	}
	if e.next != nil {
		e.rise(e)
		e.lift()
	}
}

// Finish ends a recorded input: every open event closes, as if the watermark had passed everything, and all keys are
// forgotten. The watermark becomes the greatest time that a marker named or an alert had. What only time after it could
// decide, such as a deadline that is still to come, is never said.
func (e *Engine) Finish() []tocsin.Event {
	e.begin()
	e.finish()
	return e.out
}

func (e *Engine) finish() {
	for _, r := range e.readers { // a maximum: the order does not matter
		e.watermark = max(e.watermark, r.greatest)
	}
	if e.greatest != unset {
		e.watermark = max(e.watermark, e.greatest)
	}
	if e.watermark != unset {
		e.horizon = max(e.horizon, e.watermark-e.lateness)
		e.advance(e.watermark)
		e.complete(true)
	}
	e.horizon = never
	e.advance(never)
	e.horizon = max(e.watermark, earliest)
	if e.next != nil {
		e.rise(e)
		e.lift()
		e.next.begin()
		e.next.finish()
		e.out = append(e.out, e.next.out...)
	}
}

// advance does what is due at or before limit, in the order of event time, rule and key.
func (e *Engine) advance(limit int64) {
	for len(e.queue) > 0 && e.queue[0].due <= limit {
		st := e.queue[0].st
		if due := st.nextDue(e.lateness); due > st.due {
			st.due = due
			e.queue.fix(st)
			continue
		}
		e.expire(st)
	}
	if len(e.novel) > 0 {
		e.advanceScopes(limit)
	}
}

// expire closes and forgets what is due for st.
func (e *Engine) expire(st *state) {
	st.catchUp()
	before, now := st.bytes, st.due
	if st.fold != nil {
		e.unfold(st, min(now, e.watermark))
		e.settleFold(st)
	}
	e.cause = now
	e.closeEvents(st, now)
	if st.fold == nil {
		st.trim(max(e.horizon, st.own))
	}
	st.track.bytes += st.bytes - before
	if st.over(now, e.lateness) {
		e.dismiss(st)
		return
	}
	if len(st.bursts) == 0 && st.bucket == 0 {
		st.keepAlerts()
	}
	st.abate()
	st.settleDown()
	st.due = st.nextDue(e.lateness)
	e.queue.fix(st)
}

// closeEvents closes the events of a key whose time is over, and forgets those that no late alert can change any more.
func (e *Engine) closeEvents(st *state, now int64) {
	p := &st.track.plan
	kept := st.bursts[:0]
	for _, b := range st.bursts {
		for len(b.events) > 0 {
			ev := b.events[0]
			if b.forgetAt(ev, p, e.lateness) > now || p.takesBack() && len(kept) > 0 {
				break // alerts of an earlier burst are held, and with them those of this one
			}
			e.shut(st, b, ev)
			st.bytes -= ev.bytes()
			b.before = ev.id
			b.events = slices.Delete(b.events, 0, 1)
		}
		for _, ev := range b.events {
			if b.closeAt(ev, p) <= now {
				e.shut(st, b, ev)
			}
		}
		if len(b.events) > 0 {
			kept = append(kept, b)
		}
	}
	if clear(st.bursts[len(kept):]); len(kept) < len(st.bursts) {
		st.apart().bursts = kept
	}
}

// keepAlerts is what becomes of a key that has alerts and no event.
func (st *state) keepAlerts() {
	if st.fold == nil {
		st.track.kind.rebuild(st)
	}
	if st.fold == nil && st.held.len() > 0 {
		st.lack(st.track.kind.newest(st))
	}
	st.track.place(st)
}

// shut closes ev where it is open.
func (e *Engine) shut(st *state, b *burst, ev *event) {
	if st.track.shut(ev) {
		e.say(st, b, ev, tocsin.MilestoneClosed)
	}
}

// Open is how many events are open.
func (e *Engine) Open() int {
	n := 0
	for _, tk := range e.tracks {
		n += tk.open
	}
	if e.next != nil {
		n += e.next.Open()
	}
	return n
}

// Watermark is the event time that no alert in time lies before; zero while a listed partition was not heard of.
func (e *Engine) Watermark() time.Time { return instant(e.watermark) }

// Reached is the watermark as people are told it: zero too where no partition has had an alert yet, and the watermark
// therefore lies before the beginning of time.
func (e *Engine) Reached() time.Time {
	if e.watermark <= earliest {
		return time.Time{}
	}
	return e.Watermark()
}

// Degrade marks every event that opens with an alert up to until as not surely whole, for a reason such as gap or
// restart_without_snapshot.
func (e *Engine) Degrade(reason string, until time.Time) {
	if e.next != nil {
		e.next.Degrade(reason, until)
	}
	for i := range e.suspicions {
		if e.suspicions[i].reason == reason {
			e.suspicions[i].until = max(e.suspicions[i].until, nanos(until))
			return
		}
	}
	e.suspicions = append(e.suspicions, doubt{reason, nanos(until)})
	slices.SortFunc(e.suspicions, func(a, b doubt) int { return strings.Compare(a.reason, b.reason) })
}
