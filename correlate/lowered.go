package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// A lowering is what people's verdict does to a pair of a rule and a host: from one time of its alerts to another, what it
// scores counts for a quarter.
type lowering struct {
	incident    string
	from, until int64
}

// maxLowered bounds the pairs of a scope that count for less; beyond it those go first that would end first.
const maxLowered = 4096

const lowerBy = 4

func lowerKey(buf []byte, rule, host string) []byte {
	return append(append(append(buf, rule...), 0), host...)
}

// lowers reports whether an alert's pair counts for less at the alert's time.
func (sc *scope) lowers(w *noticed) bool {
	if len(sc.lowered) == 0 {
		return false
	}
	var buf [128]byte
	l, ok := sc.lowered[string(lowerKey(buf[:0], w.rule, w.host))]
	return ok && w.at >= l.from && w.at < l.until
}

// Lower takes in what people made of events of kind novelty. It counts by the alerts' own time, so that where in the log it
// stands does not matter as long as the watermark has not passed that time. An engine that does not hold the scope passes it over.
func (e *Engine) Lower(f tocsin.Feedback) {
	e = e.owner(f.Rule)
	tk := e.tracks[f.Rule]
	if tk == nil || tk.novel == nil || len(f.Key) != len(tk.plan.groupBy) {
		return
	}
	for _, key := range tocsin.Spellings(f.Key) {
		sc := tk.novel.scopes[string(appendName(nil, f.Tenant, key))]
		if sc == nil {
			continue
		}
		before := sc.bytes()
		sc.lower(&f)
		tk.bytes += sc.bytes() - before
		return
	}
}

func (sc *scope) lower(f *tocsin.Feedback) {
	maps.DeleteFunc(sc.lowered, func(_ string, l lowering) bool { // a condition on each: the order does not matter
		return l.until <= sc.now || f.Revoked && l.incident == f.Incident
	})
	if f.Revoked {
		return
	}
	if sc.lowered == nil {
		sc.lowered = map[string]lowering{}
	}
	for _, p := range f.Pairs {
		sc.lowered[string(lowerKey(nil, p.Rule, p.Host))] = lowering{f.Incident, nanos(f.From), nanos(f.Until)}
	}
	if over := len(sc.lowered) - maxLowered; over > 0 {
		for _, key := range sc.lowerKeys(func(a, b string) int {
			return cmp.Or(cmp.Compare(sc.lowered[a].until, sc.lowered[b].until), cmp.Compare(a, b))
		})[:over] {
			delete(sc.lowered, key)
		}
	}
}

func (sc *scope) lowerKeys(by func(a, b string) int) []string {
	return slices.SortedFunc(maps.Keys(sc.lowered), by)
}

// tellLowered are the pairs that count for less, those last that end last, at most [maxTold].
func (sc *scope) tellLowered() (told []tocsin.NoveltyLowered, more int) {
	keys := sc.lowerKeys(func(a, b string) int {
		return cmp.Or(cmp.Compare(sc.lowered[b].until, sc.lowered[a].until), cmp.Compare(a, b))
	})
	for _, key := range keys {
		l := sc.lowered[key]
		if l.until <= sc.now {
			continue
		}
		if len(told) == maxTold {
			more++
			continue
		}
		rule, host, _ := strings.Cut(key, "\x00")
		told = append(told, tocsin.NoveltyLowered{
			FeedbackPair: tocsin.FeedbackPair{Rule: rule, Host: host}, Incident: l.incident, From: instant(l.from), Until: instant(l.until),
		})
	}
	return told, more
}

// A loweredScope is where in a snapshot lowered pairs belong.
type loweredScope struct {
	rule string
	name string
	sc   *scope
}

// layoutLowered writes or reads the pairs that count for less, behind everything else: snapshots of before there were any
// end without it.
func (e *Engine) layoutLowered(c *coder) {
	var all []loweredScope
	for at := e; at != nil && !c.reading; at = at.next {
		for _, tk := range at.novel {
			for _, name := range tk.novel.names() {
				if sc := tk.novel.scopes[name]; len(sc.lowered) > 0 {
					all = append(all, loweredScope{tk.plan.id, name, sc})
				}
			}
		}
	}
	if !c.reading && len(all) == 0 && !e.continued() {
		return
	}
	list(c, &all, 3, func(s *loweredScope) {
		c.text(&s.rule)
		c.text(&s.name)
		if c.reading {
			if s.sc = e.scopeNamed(s.rule, s.name); s.sc == nil {
				c.fail("lowered pairs of no scope")
				return
			}
			s.sc.lowered = map[string]lowering{}
		}
		keys := s.sc.lowerKeys(cmp.Compare[string])
		list(c, &keys, 4, func(key *string) {
			c.text(key)
			l := s.sc.lowered[*key]
			c.text(&l.incident)
			c.at(&l.from)
			c.at(&l.until)
			s.sc.lowered[*key] = l
		})
	})
}

func (e *Engine) scopeNamed(rule, name string) *scope {
	for at := e; at != nil; at = at.next {
		if tk := at.tracks[rule]; tk != nil && tk.novel != nil {
			return tk.novel.scopes[name]
		}
	}
	return nil
}
