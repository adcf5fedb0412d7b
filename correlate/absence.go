package correlate

import (
	"strconv"

	"tocsin"
)

// absenceKind: an alert that meets the first condition is followed by none that meets the second, within the span. Its
// answer is another alert whose time is at least its own and at most span later; one answer answers all. It fires at
// the moment the span is over, and its run is the alert alone.
type absenceKind struct{ settledKind }

// The conditions of an absence.
const (
	meetsAfter   = 1 << iota // what is to be answered
	meetsWithout             // the answer
)

func (absenceKind) values(_ *track, m *tocsin.Match) []string { return conditions(m.Conditions) }
func (absenceKind) begin(p *plan) machine                     { return &absences{plan: p} }
func (absenceKind) member(*plan, *item) bool                  { return true }
func (absenceKind) ahead(p *plan) (delay, forward int64)      { return p.span, p.span }

func (absenceKind) lacks(_ *plan, x *item) int {
	if met(x)&meetsAfter != 0 {
		return 1
	}
	return 2
}

// Absences are the alerts that wait for their answer: since the last answer all that ask for one, and so neighbours
// among the held ones.
type absences struct {
	plan  *plan
	n     int
	first order // of those that wait
	alone bool  // the others of its time are answered: by it
}

func (m *absences) pass(h *held, t int64, out *[]firing) {
	for m.n > 0 && m.first.at+m.plan.span < t {
		*out = append(*out, firing{m.first, m.first, m.first.at + m.plan.span})
		if m.n--; m.n == 0 {
			return
		}
		i := h.past(m.first)
		if m.alone {
			i = h.since(m.first.at + 1)
		}
		m.first, m.alone = h.all()[i].order, false
	}
}

func (m *absences) take(_ *held, same []item, _ *[]firing) {
	answers, last := 0, 0
	for i := range same {
		if met(&same[i])&meetsWithout != 0 {
			answers, last = answers+1, i
		}
	}
	switch {
	case answers == 0:
		if m.n == 0 {
			m.first, m.alone = same[0].order, false
		}
		m.n += len(same)
	case answers == 1 && met(&same[last])&meetsAfter != 0: // no alert answers itself
		m.n, m.first, m.alone = 1, same[last].order, true
	default:
		m.n = 0
	}
}

func (m *absences) due() int64 {
	if m.n == 0 {
		return never
	}
	return m.first.at + m.plan.span
}

func (m *absences) reach() int64 {
	if m.n == 0 {
		return never
	}
	return m.first.at
}

func (m *absences) lacks() int {
	if m.n > 0 {
		return 1
	}
	return 2
}

func (m *absences) copy() machine {
	c := *m
	return &c
}

func (*absences) layout(*coder) bool { return false }

// tell implements [teller]: which alerts wait for their answer, and until when.
func (absenceKind) tell(st *state, _ int64, s *tocsin.Standing) {
	s.Have = s.Need - 1
	m := newestOf[*absences](st)
	if m.n == 0 {
		s.Have = max(s.Need-2, 0)
		return
	}
	s.Awaits, s.Until = true, instant(m.due())
	s.Parts = append(s.Parts, tocsin.StandingPart{Name: "unanswered alerts", Need: 1, Done: true})
	s.Notes = append(s.Notes, strconv.Itoa(m.n)+" wait for their answer, the first since "+stampOf(m.first.at))
}
