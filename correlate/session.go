package correlate

import (
	"slices"
	"time"

	"tocsin"
)

// A session is what scored on a host without a pause: an event that opens later tells of those before it.
type session struct {
	first, last int64
	points      int64
	rules       []string
	refs        []mention
}

const (
	sessionGap   = int64(15 * time.Minute)
	maxSessions  = 16 // of a host
	sessionRules = 8
	sessionRefs  = 3
)

// remember puts a contribution into the session of its host.
func (sc *scope) remember(c *contribution) {
	n, h := sc.plan(), c.pair.host
	if k := len(h.sessions); k == 0 || c.at-h.sessions[k-1].last >= sessionGap {
		h.sessions = slices.DeleteFunc(h.sessions, func(s session) bool {
			return s.last < sc.now-n.lookBack || s.points < n.session
		})
		if len(h.sessions) == maxSessions {
			h.sessions = slices.Delete(h.sessions, 0, 1)
		}
		h.sessions = append(h.sessions, session{first: c.at, last: c.at})
	}
	s := &h.sessions[len(h.sessions)-1]
	s.last = max(s.last, c.at)
	if c.counts {
		s.points += c.worth()
	}
	if len(s.rules) < sessionRules && !slices.Contains(s.rules, c.pair.rule.name) {
		s.rules = append(s.rules, c.pair.rule.name)
	}
	if len(s.refs) < sessionRefs && len(c.refs) > 0 {
		s.refs = append(s.refs, c.refs[0])
	}
}

// lookBack tells of the earlier sessions of a host that scored high: possibly earlier steps of the same.
func (sc *scope) lookBack(ep *episode, h *novelHost) {
	n := sc.plan()
	for _, s := range h.sessions {
		old := s.last <= sc.now-sc.tk.plan.span && s.last >= sc.now-n.lookBack
		if !old || s.points < n.session || len(ep.past) == maxPast {
			continue
		}
		past := s.tell(h)
		if slices.ContainsFunc(ep.past, func(p tocsin.NoveltyPast) bool { return p.Host == past.Host && p.First.Equal(past.First) }) {
			continue
		}
		ep.past = append(ep.past, past)
	}
}
