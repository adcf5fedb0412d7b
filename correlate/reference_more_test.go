package correlate

import (
	"math/big"
	"slices"

	"pgregory.net/rapid"

	"tocsin"
)

// drawKind draws what kinds risk and first_seen have beside the others.
func drawKind(t *rapid.T, s *scene) {
	switch s.plan.kind {
	case "risk":
		s.plan.decay = int64(unit) * rapid.Int64Range(0, 6).Draw(t, "decay")
		s.plan.tactics = rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "tactics")
		for i := range s.alerts {
			m := &s.alerts[i]
			m.Values = []tocsin.Value{tocsin.FloatValue(rapid.SampledFrom([]float64{0, 0.5, 1, 1.0004, 2}).Draw(t, "score"))}
			m.Facts.Tactics = rapid.SampledFrom([][]string{nil, {"TA0001"}, {"TA0002"}, {"TA0001", "TA0002"}}).Draw(t, "tactics of an event")
		}
	case "measure":
		drawMeasure(t, s)
	case "first_seen":
		s.plan.history = int64(unit) * rapid.SampledFrom([]int64{1, 3, 10, 40, 300}).Draw(t, "history")
		s.plan.learn = rapid.SampledFrom([]int64{0, 0, int64(unit) * 5, int64(unit) * 40, int64(unit) * 1000}).Draw(t, "learn")
	}
}

// scores says whether the scores of a window's events, as old as they are at its last one, add up to at_least points, and
// whether they name enough tactics. A score is thousandths of a point, halved for each whole decay of age, less its part of
// the half that the rest of the age is of a decay; what is cut off is cut off in favour of the event.
func scores(p plan, window []tocsin.Match) bool {
	last := window[len(window)-1].Alert.Time
	sum := new(big.Int)
	var tactics []string
	for _, m := range window {
		score := big.NewInt(p.points)
		if len(m.Values) > 0 {
			f, _ := m.Values[0].Float()
			score = big.NewInt(int64(f*1000 + 0.5))
		}
		if p.decay > 0 {
			age := int64(last.Sub(m.Alert.Time))
			score.Rsh(score, uint(age/p.decay))
			off := new(big.Int).Mul(score, big.NewInt(age%p.decay))
			score.Sub(score, off.Div(off, big.NewInt(2*p.decay)))
		}
		sum.Add(sum, score)
		for _, t := range m.Facts.Tactics {
			if !slices.Contains(tactics, t) {
				tactics = append(tactics, t)
			}
		}
	}
	return sum.Cmp(big.NewInt(int64(p.atLeast)*1000)) >= 0 && len(tactics) >= p.tactics
}

// firstOnes are the alerts whose values their key did not show within history before them, and after the time to learn.
func firstOnes(p plan, accepted []tocsin.Match) []tocsin.Match {
	all := slices.Clone(accepted)
	slices.SortFunc(all, compareAlerts)
	var out []tocsin.Match
	for i, m := range all {
		first := int64(m.Alert.Time.Sub(all[0].Alert.Time)) >= p.learn
		for _, o := range all[:i] {
			same := o.Tenant == m.Tenant && tocsin.KeyText(o.Key) == tocsin.KeyText(m.Key) && slices.EqualFunc(o.Values, m.Values, tocsin.Value.Equal)
			if same && int64(m.Alert.Time.Sub(o.Alert.Time)) < p.history {
				first = first && o.Alert.ID == m.Alert.ID // the same alert twice
			}
		}
		if first {
			out = append(out, m)
		}
	}
	return out
}
