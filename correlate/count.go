package correlate

import "tocsin"

// countKind: at least at_least alerts inside the span.
type countKind struct{}

func (countKind) values(*track, *tocsin.Match) []string { return nil }

func (countKind) newest(st *state) (lo, missing int) {
	p := &st.track.plan
	all := st.held.all()
	last := len(all) - 1
	if lo = last - p.atLeast + 1; lo >= 0 && all[last].at-all[lo].at < p.span {
		// More than at_least alerts are in the window only where an earlier one satisfied too.
		return lo, 0
	}
	lo = st.held.since(all[last].at - p.span + 1)
	return lo, max(p.atLeast-(last-lo+1), 1)
}

func (countKind) around(st *state, pos int) (lo, hi int, ok bool) {
	p := &st.track.plan
	all := st.held.all()
	for k := pos; k < min(pos+p.atLeast, len(all)); k++ {
		first := k - p.atLeast + 1
		if first < 0 || all[k].at-all[first].at >= p.span {
			continue
		}
		if !ok {
			lo, ok = first, true
		}
		hi = k
	}
	return lo, hi, ok
}

// A window to come holds one new alert and so needs at most at_least - 1 of the older ones.
func (countKind) keep(st *state, settled int, horizon int64) int {
	return min(st.reachable(settled, horizon), st.track.plan.atLeast-1)
}

func (countKind) note(*state, *item) {}
func (countKind) rebuild(*state)     {}
