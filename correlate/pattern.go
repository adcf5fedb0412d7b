package correlate

import (
	"slices"

	"tocsin"
)

// patternKind: a sequence of which an alert may be the end. Its steps follow one another as those of every sequence do,
// and no alert that meets an absent condition lies between two steps: after the time at which the first of the two is
// complete and before that at which the second is. No alert that meets until lies after the sequence's first alert and
// before its last. A trailing absent asks the same of the time from the last alert to its deadline, which it includes;
// the sequence fires at the deadline, else at its last alert.
//
// Its run is the alerts that meet a step's condition, inside the span up to that last alert, but none before the newest
// alert that ended what was pending.
type patternKind struct{ settledKind }

func (patternKind) values(tk *track, m *tocsin.Match) []string { return stepValues(tk, m) }
func (patternKind) begin(p *plan) machine                      { return newFollower(p) }
func (patternKind) member(p *plan, x *item) bool               { return met(x)&(1<<len(p.steps)-1) != 0 }

func (patternKind) ahead(p *plan) (delay, forward int64) { return p.trailing, p.span + p.trailing }

func (patternKind) lacks(p *plan, x *item) int {
	n := 1
	for k, s := range slices.Backward(p.steps) {
		if met(x)>>k&1 == 1 {
			break
		}
		n += s.atLeast
	}
	return n
}

// pass implements [machine].
func (m *follower) pass(h *held, t int64, out *[]firing) {
	n := 0
	for n < len(m.wait) && m.wait[n].at+m.plan.trailing < t {
		m.fire(h, m.wait[n], out)
		n++
	}
	m.wait = slices.Delete(m.wait, 0, n)
	m.now = max(m.now, t)
}

// take implements [machine].
func (m *follower) take(h *held, same []item, out *[]firing) {
	at, p := same[0].at, m.plan
	if first, ok := m.slice(same); ok {
		one := pending{at, first, max(at-p.span+1, m.end)}
		if p.trail == 0 {
			m.fire(h, one, out)
		} else {
			m.wait = append(m.wait, one)
		}
	}
	var set uint64
	for i := range same {
		set |= met(&same[i])
	}
	if set&p.trail != 0 {
		m.wait = slices.DeleteFunc(m.wait, func(w pending) bool { return w.at < at })
	}
	for k, s := range p.steps {
		if set&s.absent != 0 {
			m.open[k] = slices.DeleteFunc(m.open[k], func(o start) bool { return o.at < at })
		}
		if set&p.until != 0 {
			m.open[k] = slices.DeleteFunc(m.open[k], func(o start) bool { return o.first < at })
		}
	}
	if set&p.until != 0 {
		m.wait = slices.DeleteFunc(m.wait, func(w pending) bool { return w.first < at })
		m.end = at
	}
}

// fire says that a sequence holds.
func (m *follower) fire(h *held, w pending, out *[]firing) {
	all := h.all()
	i, j := h.since(w.from), h.since(w.at+1)-1
	mask := uint64(1)<<len(m.plan.steps) - 1
	for i < j && met(&all[i])&mask == 0 {
		i++
	}
	for j > i && met(&all[j])&mask == 0 {
		j--
	}
	if j < i {
		return
	}
	*out = append(*out, firing{all[i].order, all[j].order, w.at + m.plan.trailing})
}

func (m *follower) due() int64 {
	if len(m.wait) == 0 {
		return never
	}
	return m.wait[0].at + m.plan.trailing
}

func (m *follower) reach() int64 {
	t := m.now - m.plan.span + 1
	if len(m.wait) > 0 {
		t = min(t, m.wait[0].from)
	}
	return t
}

func (m *follower) lacks() int {
	if len(m.wait) > 0 {
		return 1
	}
	return m.lacksOf()
}

func (m *follower) copy() machine {
	c := *m
	c.seen, c.wait, c.born = slices.Clone(m.seen), slices.Clone(m.wait), nil
	c.open, c.last = slices.Clone(m.open), slices.Clone(m.last)
	for k := range c.open {
		c.open[k], c.last[k] = slices.Clone(m.open[k]), slices.Clone(m.last[k])
	}
	return &c
}

func (*follower) layout(*coder) bool { return false }

// stepValues are the conditions that an alert meets, and for the steps that ask for different values those that it
// shows them.
func stepValues(tk *track, m *tocsin.Match) []string {
	texts, own := conditions(m.Conditions), false
	for k, s := range tk.plan.steps {
		if s.value == 0 || m.Conditions>>k&1 == 0 || s.value > len(m.Values) {
			continue
		}
		for _, v := range m.Values[s.value-1].Items() {
			if v.Kind() == tocsin.Null {
				continue
			}
			if !own {
				texts, own = slices.Clone(texts), true
			}
			texts = append(texts, string(append([]byte{stepMark, byte(k)}, tk.pool.valueText(v)[0]...)))
		}
	}
	return texts
}

// stepMark opens the text of a value that an alert shows a step; its step follows.
const stepMark = 0xff

// stepValue is the step that a text is a value of, false for a condition.
func stepValue(text string) (step int, ok bool) {
	if len(text) < 2 || text[0] != stepMark {
		return 0, false
	}
	return int(text[1]), true
}

// tell implements [teller]: how far the steps have come, or until when nothing may follow.
func (patternKind) tell(st *state, _ int64, s *tocsin.Standing) {
	m := newestOf[*follower](st)
	s.Have = 0
	for k := range m.open {
		if k > 0 && len(m.open[k]) > 0 {
			s.Have = k
		}
	}
	if len(m.wait) > 0 {
		s.Have, s.Awaits, s.Until = len(m.open), true, instant(m.due())
		s.Notes = append(s.Notes, "the steps are complete since "+stampOf(m.wait[0].at)+"; nothing may follow")
	} else if s.Have > 0 && len(m.open[s.Have]) > 0 {
		o := m.open[s.Have]
		s.Until = instant(o[len(o)-1].first + st.track.plan.span)
	}
}
