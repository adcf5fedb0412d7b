package correlate

import (
	"slices"
	"strconv"

	"tocsin"
)

// distinctKind: at least at_least different values of a field inside the span. The state keeps the at_least values
// seen last, newest first, each with the time it was last seen; they decide the newest window exactly.
type distinctKind struct{}

// A sighting is a value and when it was last seen.
type sighting struct {
	value string
	at    int64
}

// values are the alert's values, encoded so that equal values and only these have equal texts.
func (distinctKind) values(tk *track, m *tocsin.Match) []string {
	if len(m.Values) == 1 && m.Values[0].Kind() != tocsin.List && m.Values[0].Len() > 0 {
		return tk.pool.valueText(m.Values[0])
	}
	var texts []string
	for _, v := range m.Values {
		for _, one := range v.Items() {
			t := tk.pool.valueText(one)[0]
			if !slices.Contains(texts, t) {
				texts = append(texts, t)
			}
		}
	}
	return texts
}

// appendValue appends the unambiguous text of a value, as [tocsin.KeyText] writes it.
func appendValue(buf []byte, v tocsin.Value) []byte {
	t, plain := v.Str()
	if !plain {
		t = v.Text()
	}
	switch kind, n := '0'+byte(v.Kind()), len(t); {
	case n < 10:
		buf = append(buf, kind, '0'+byte(n), ':')
	case n < 100:
		buf = append(buf, kind, '0'+byte(n/10), '0'+byte(n%10), ':')
	default:
		buf = append(strconv.AppendInt(append(buf, kind), int64(n), 10), ':')
	}
	return append(buf, t...)
}

func (distinctKind) newest(st *state) (lo, missing int) {
	p := &st.track.plan
	all := st.held.all()
	x := &all[len(all)-1]
	live := 0
	if p.wide() {
		live = st.values()
	}
	for live < len(st.seen) && st.seen[live].at > x.at-p.span {
		live++
	}
	if live < p.atLeast {
		return 0, p.atLeast - live
	}
	return st.held.since(x.at - p.span + 1), 0
}

// note keeps the at_least values seen last, exactly, whatever the order in which the alerts come.
func (distinctKind) note(st *state, x *item) {
	if st.track.plan.wide() {
		st.noteWide(x)
		return
	}
	for _, v := range x.p.values {
		st.see(sighting{v, x.at}, st.track.plan.atLeast)
	}
}

func (st *state) see(s sighting, limit int) {
	i := slices.IndexFunc(st.seen, func(o sighting) bool { return o.value == s.value })
	switch {
	case i >= 0 && st.seen[i].at >= s.at:
		return
	case i < 0 && len(st.seen) < limit:
		st.apart().seen = append(st.seen, s)
		i = len(st.seen) - 1
	case i < 0:
		i = len(st.seen) - 1
		if st.seen[i].at >= s.at {
			return
		}
	}
	for ; i > 0 && st.seen[i-1].at < s.at; i-- {
		st.seen[i] = st.seen[i-1]
	}
	st.seen[i] = s
}

func (distinctKind) around(st *state, pos int) (lo, hi int, ok bool) {
	p := &st.track.plan
	all := st.held.all()
	x := all[pos].order
	home := st.within(x)
	counts := make(map[string]int)
	left := st.held.since(x.at - p.span + 1)
	first := left
	for right := left; right < len(all) && all[right].at-x.at < p.span; right++ {
		for _, v := range all[right].p.values {
			counts[v]++
		}
		for ; all[right].at-all[left].at >= p.span; left++ {
			forget(counts, all[left].p.values)
		}
		if right < pos || len(counts) < p.atLeast {
			continue
		}
		if !ok {
			first, ok = left, true
		}
		hi = right
		if b := st.within(all[right].order); b != nil && b != home {
			break // the rest is that burst's, and what is beyond would have joined it before
		}
	}
	return first, hi, ok
}

func forget(counts map[string]int, values []string) {
	for _, v := range values {
		if counts[v]--; counts[v] == 0 {
			delete(counts, v)
		}
	}
}

// A window's first alert is the earliest inside the span, so all of them are kept.
func (distinctKind) keep(st *state, settled int, horizon int64) int {
	return st.reachable(settled, horizon)
}

// rebuild sees the alerts of the newest window again.
func (k distinctKind) rebuild(st *state) {
	if st.track.plan.wide() {
		st.recollect()
		return
	}
	st.unseen()
	all := st.held.all()
	for i := len(all) - 1; i >= 0 && all[i].at > all[len(all)-1].at-st.track.plan.span; i-- {
		k.note(st, &all[i])
	}
}
