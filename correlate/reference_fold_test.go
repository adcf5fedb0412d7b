package correlate

import (
	"slices"
	"time"

	"tocsin"
)

// referenceFold evaluates a rule whose condition more alerts can undo, over all the accepted alerts of one key, sorted,
// when the watermark has come to end. It follows the package documentation word for word:
//
//  1. A firing is a set of alerts and the moment that decides over it; it is said when the watermark has passed that.
//  2. A burst is a maximal set of firings that share alerts or of which one begins less than quiet after the last alert of
//     those before. Its alerts are those of its firings.
//  3. Its events are cut by max_open as those of every kind.
func referenceFold(p plan, ms []tocsin.Match, end time.Time) []settled {
	var runs [][]int
	switch p.kind {
	case "absence":
		runs = referenceAbsence(p, ms, end)
	case leakyDistinct:
		runs = referenceBuckets(p, ms)
	}
	slices.SortStableFunc(runs, func(a, b []int) int { return a[0] - b[0] })
	var out []settled
	for len(runs) > 0 {
		burst := slices.Clone(runs[0])
		n := 1
		for n < len(runs) {
			last := slices.Max(burst)
			if runs[n][0] > last && int64(ms[runs[n][0]].Alert.Time.Sub(ms[last].Alert.Time)) >= p.quiet {
				break
			}
			burst = append(burst, runs[n]...)
			n++
		}
		runs = runs[n:]
		slices.Sort(burst)
		var alerts []tocsin.Match
		for _, i := range slices.Compact(burst) {
			alerts = append(alerts, ms[i])
		}
		out = append(out, referenceBurst(p, alerts)...)
	}
	return out
}

// referenceAbsence: each alert that meets the first condition and that no other alert answers, which meets the second at a
// time from its own to span later, once that time is over.
func referenceAbsence(p plan, ms []tocsin.Match, end time.Time) (runs [][]int) {
	for i, a := range ms {
		deadline := a.Alert.Time.Add(time.Duration(p.span))
		fires := a.Conditions&1 != 0 && deadline.Before(end)
		for j, b := range ms {
			if j != i && b.Conditions&2 != 0 && !b.Alert.Time.Before(a.Alert.Time) && !b.Alert.Time.After(deadline) {
				fires = false
			}
		}
		if fires {
			runs = append(runs, []int{i})
		}
	}
	return runs
}

// folds reports whether the condition of a plan is one that more alerts can undo.
func folds(p plan) bool {
	_, ok := kindOf(p.kind).(fold)
	return ok
}

// referenceBuckets follows one bucket after the other, alert by alert, as a limiter of tokens. A bucket overflows where
// an alert with a value that it has not seen finds less than one token; it is gone then, and where more than at_least
// leaks have passed since the last token was taken. The run of a firing is from the at_least-th last alert that took, or
// asked for, a token.
func referenceBuckets(p plan, ms []tocsin.Match) (runs [][]int) {
	leak := time.Duration(p.leak)
	full := leak * time.Duration(p.atLeast-1)
	var asked []int // of the bucket; nil for none
	var seen map[string]bool
	var tokens time.Duration // in parts of a leak
	for i, m := range ms {
		at := m.Alert.Time
		if len(asked) > 0 && at.Sub(ms[asked[len(asked)-1]].Alert.Time) > leak*time.Duration(p.atLeast) {
			asked = nil
		}
		if asked == nil {
			seen, tokens = map[string]bool{}, full
		}
		values := []string{"none"}
		if len(m.Values) > 0 {
			values = nil
			for _, v := range m.Values {
				for _, one := range v.Items() {
					values = append(values, tocsin.KeyText([]tocsin.Value{one}))
				}
			}
			if values == nil {
				values = []string{"none"}
			}
		}
		fresh := false
		for _, v := range values {
			fresh = fresh || !seen[v]
			seen[v] = true
		}
		if !fresh {
			continue
		}
		if len(asked) > 0 {
			tokens = min(tokens+at.Sub(ms[asked[len(asked)-1]].Alert.Time), full)
		}
		asked = append(asked, i)
		if tokens >= leak {
			tokens -= leak
			continue
		}
		var run []int
		for k := asked[len(asked)-p.atLeast]; k <= i; k++ {
			run = append(run, k)
		}
		runs = append(runs, run)
		asked = nil
	}
	return runs
}
