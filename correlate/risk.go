package correlate

import (
	"math"
	"math/bits"
	"slices"
	"strconv"

	"tocsin"
)

// riskKind: the scores of the events inside the span add up to at_least, and they name enough ATT&CK tactics. An event
// counts once for each key. Beside the newest of a window an older event counts for less: half for each decay that it is
// older, on a straight line in between. Scores are thousandths of a point and ages nanoseconds, all whole numbers, so
// that every machine gets the same. More events only add: the condition is monotone.
type riskKind struct{}

// maxScore bounds what one event adds, in thousandths of a point.
const maxScore = 1_000_000_000_000

// values are the event's score in thousandths of a point, rounded.
func (riskKind) values(tk *track, m *tocsin.Match) []string {
	score := tk.plan.points
	if len(m.Values) > 0 {
		f, ok := m.Values[0].Float()
		if !ok {
			return nil
		}
		score = int64(math.Round(min(max(f*1000, 0), maxScore)))
	}
	return []string{strconv.FormatInt(score, 10)}
}

func scoreOf(x *item) int64 {
	if len(x.p.values) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(x.p.values[0], 10, 64)
	if err != nil {
		return 0 // of a snapshot that was tampered with
	}
	return min(max(n, 0), maxScore)
}

// decayed is what a score counts for at an age: half for each decay, on a straight line in between, rounded up.
func decayed(score, age, decay int64) int64 {
	if decay <= 0 || score == 0 {
		return score
	}
	n := age / decay
	if n >= 63 {
		return 0
	}
	score >>= n
	hi, lo := bits.Mul64(uint64(score), uint64(age%decay))
	off, _ := bits.Div64(hi, lo, 2*uint64(decay))
	return score - int64(off)
}

// lacks is how many points the run all lacks at its last event, and at least one where tactics are missing.
func (riskKind) lacks(p *plan, all []item) int {
	need, last := int64(p.atLeast)*1000, all[len(all)-1].at
	var sum int64
	var tactics []string
	for i := range slices.Backward(all) {
		if sum < need {
			sum = min(sum+decayed(scoreOf(&all[i]), last-all[i].at, p.decay), need)
		}
		for _, t := range all[i].p.facts.Tactics {
			if len(tactics) < p.tactics && !slices.Contains(tactics, t) {
				tactics = append(tactics, t)
			}
		}
		if sum >= need && len(tactics) >= p.tactics {
			return 0
		}
	}
	return max(int((need-sum+999)/1000), 1)
}

func (k riskKind) newest(st *state) (lo, missing int) {
	all := st.held.all()
	lo = st.held.since(all[len(all)-1].at - st.track.plan.span + 1)
	return lo, k.lacks(&st.track.plan, all[lo:])
}

// around tries each event from pos on as the last of a window.
func (k riskKind) around(st *state, pos int) (lo, hi int, ok bool) {
	p := &st.track.plan
	all := st.held.all()
	for last := pos; last < len(all) && all[last].at-all[pos].at < p.span; last++ {
		first := st.held.since(all[last].at - p.span + 1)
		if k.lacks(p, all[first:last+1]) > 0 {
			continue
		}
		if !ok {
			lo, ok = first, true
		}
		hi = last
	}
	return lo, hi, ok
}

func (riskKind) keep(st *state, settled int, horizon int64) int {
	return st.reachable(settled, horizon)
}

func (riskKind) note(*state, *item) {}
func (riskKind) rebuild(*state)     {}
