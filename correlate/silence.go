package correlate

import "tocsin"

// silenceKind: a key that was heard of is not heard of for longer than the span. It fires at the moment the span is
// over, once, and its event is open until the key is heard of again or is forgotten. The event is of no alert: it begins
// with the last one and ends with the moment it fell due.
type silenceKind struct{ settledKind }

func (silenceKind) values(*track, *tocsin.Match) []string { return nil }
func (silenceKind) begin(p *plan) machine                 { return &silences{plan: p, at: unset, now: unset} }
func (silenceKind) member(*plan, *item) bool              { return true }
func (silenceKind) ahead(p *plan) (delay, forward int64)  { return 0, p.span }
func (silenceKind) lacks(*plan, *item) int                { return 1 }

// Silences are what the newest alerts of a key, all of one time, are waited after for.
type silences struct {
	plan    *plan
	lo, hi  order // the alerts
	at, now int64
	waits   bool
}

func (m *silences) pass(_ *held, t int64, out *[]firing) {
	m.now = max(m.now, t)
	if m.waits && m.at+m.plan.span < t {
		*out = append(*out, firing{m.lo, m.hi, m.at + m.plan.span})
		m.waits = false
	}
}

func (m *silences) take(_ *held, same []item, _ *[]firing) {
	m.lo, m.hi, m.at, m.waits = same[0].order, same[len(same)-1].order, same[0].at, true
}

func (m *silences) due() int64 {
	if !m.waits {
		return never
	}
	return m.at + m.plan.span
}

// reach keeps the newest alert until the key is forgotten.
func (m *silences) reach() int64 {
	if m.at == unset || m.now-m.at > m.plan.memory {
		return never
	}
	return m.at
}

func (m *silences) lacks() int { return 1 }

func (m *silences) copy() machine {
	c := *m
	return &c
}

func (*silences) layout(*coder) bool { return false }

// heard ends the silences of a key with the alert that follows each.
func (e *Engine) heard(st *state) {
	all := st.held.all()
	for _, b := range st.bursts {
		i := st.held.past(b.last)
		if i < len(all) && all[i].at < st.fold.to && (b.end == 0 || all[i].at < b.end) {
			b.end = all[i].at
		}
		if b.end == 0 {
			continue
		}
		for _, ev := range b.events {
			if ev.open {
				e.cause = b.end
				e.shut(st, b, ev)
			}
		}
		e.hasten(st, b.forgetAt(b.events[0], &st.track.plan, e.lateness))
	}
}

// silent makes of what an event says of its alerts what it says of a silence.
func (p *plan) silent(ev *event, out *tocsin.Event) {
	out.Count, out.Last = 0, instant(ev.body.last.at+p.span)
	out.Evidence = tocsin.Evidence{Alerts: []tocsin.AlertRef{}, Events: []string{}}
}

// tell implements [teller]: until when the key is waited for.
func (silenceKind) tell(st *state, _ int64, s *tocsin.Standing) {
	if m := newestOf[*silences](st); m.waits {
		s.Awaits, s.Until = true, instant(m.due())
	}
}
