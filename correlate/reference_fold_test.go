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
	case "silence":
		return referenceSilence(p, ms, end)
	case "spike":
		runs = referenceSpike(p, ms)
	case "measure":
		runs = referenceMeasure(p, ms)
	case "sequence":
		runs = referencePattern(p, ms, end)
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
	_, ok := p.family().(fold)
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

// referencePattern: for each time t at which a sequence can be complete, the alerts that meet a step's condition, from the
// last alert before t that meets until on, or from where the span begins if that is later.
func referencePattern(p plan, ms []tocsin.Match, end time.Time) (runs [][]int) {
	for i, m := range ms {
		t := m.Alert.Time
		if i+1 < len(ms) && ms[i+1].Alert.Time.Equal(t) || !referenceSequence(p, ms, t) {
			continue
		}
		if p.trail != 0 && !t.Add(time.Duration(p.trailing)).Before(end) {
			continue
		}
		from := t.Add(1 - time.Duration(p.span))
		for _, u := range ms {
			if at := u.Alert.Time; u.Conditions&p.until != 0 && at.Before(t) && at.After(from) {
				from = at
			}
		}
		var run []int
		for j, x := range ms {
			if at := x.Alert.Time; !at.Before(from) && !at.After(t) && x.Conditions&(1<<len(p.steps)-1) != 0 {
				run = append(run, j)
			}
		}
		runs = append(runs, run)
	}
	return runs
}

// referenceSequence: whether there are a time f, and times at which the steps are complete, the last of them at t, and
// alerts for all of them.
func referenceSequence(p plan, ms []tocsin.Match, t time.Time) bool {
	last, deadline := len(p.steps)-1, t.Add(time.Duration(p.trailing))
	met := func(mask uint64, in func(at time.Time) bool) bool {
		return slices.ContainsFunc(ms, func(m tocsin.Match) bool { return m.Conditions&mask != 0 && in(m.Alert.Time) })
	}
	if met(p.trail, func(at time.Time) bool { return at.After(t) && !at.After(deadline) }) {
		return false
	}
	var times []time.Time
	for _, m := range ms {
		if n := len(times); !m.Alert.Time.After(t) && (n == 0 || !times[n-1].Equal(m.Alert.Time)) {
			times = append(times, m.Alert.Time)
		}
	}
	for f, first := range times {
		if int64(t.Sub(first)) >= p.span {
			continue
		}
		if met(p.until, func(at time.Time) bool {
			return at.After(first) && (at.Before(t) || p.trail != 0 && !at.After(deadline))
		}) {
			continue
		}
		var places []func(m tocsin.Match) bool
		var choose func(k, from int) bool
		choose = func(k, from int) bool {
			if k > last {
				return seated(places, ms)
			}
			for i := from; i < len(times); i++ {
				s, start, end := p.steps[k], times[from], times[i]
				if k == last && !end.Equal(t) || k > 0 && s.within > 0 && int64(end.Sub(start)) > s.within ||
					k > 0 && met(s.absent, func(at time.Time) bool { return at.After(start) && at.Before(end) }) ||
					!met(1<<k, end.Equal) {
					continue
				}
				before := len(places)
				var ok bool
				if places, ok = referencePlaces(places, s, k, ms, start, end); ok && choose(k+1, i) {
					return true
				}
				places = places[:before]
			}
			return false
		}
		if choose(0, f) {
			return true
		}
	}
	return false
}

// referencePlaces are what a step needs between two times: one alert at the second of them, and the others anywhere, or
// different values enough among all alerts that meet its condition.
func referencePlaces(places []func(m tocsin.Match) bool, s step, k int, ms []tocsin.Match, start, end time.Time) ([]func(m tocsin.Match) bool, bool) {
	inside := func(m tocsin.Match) bool {
		return m.Conditions>>k&1 == 1 && !m.Alert.Time.Before(start) && !m.Alert.Time.After(end)
	}
	places = append(places, func(m tocsin.Match) bool { return m.Conditions>>k&1 == 1 && m.Alert.Time.Equal(end) })
	if s.value == 0 {
		for range s.atLeast - 1 {
			places = append(places, inside)
		}
		return places, true
	}
	values := make(map[string]bool)
	for _, m := range ms {
		if inside(m) {
			for _, v := range m.Values[s.value-1].Items() {
				values[tocsin.KeyText([]tocsin.Value{v})] = true
			}
		}
	}
	return places, len(values) >= s.atLeast
}

// referenceSilence: each time of an alert after which there is none up to and with span later, once that is over. The event
// is of no alert, though it says what those of that time say.
func referenceSilence(p plan, ms []tocsin.Match, end time.Time) (out []settled) {
	for i, m := range ms {
		t := m.Alert.Time
		due := t.Add(time.Duration(p.span))
		if !due.Before(end) || i+1 < len(ms) && !ms[i+1].Alert.Time.After(due) {
			continue
		}
		first := i
		for first > 0 && ms[first-1].Alert.Time.Equal(t) {
			first--
		}
		ev := referenceEvent(p, ms[first:i+1])
		ev.Count, ev.Alerts, ev.Last = 0, "", stamp(due)
		out = append(out, ev)
	}
	return out
}

// referenceSpike: each time t at which the window (t - span, t] holds at_least alerts and ratio times the rate of the
// baseline, where the key's history began before that.
func referenceSpike(p plan, ms []tocsin.Match) (runs [][]int) {
	span := time.Duration(p.span)
	slotOf := func(at time.Time) int64 { return floor(at.UnixNano(), p.span) }
	since := 0
	for i, m := range ms {
		t := m.Alert.Time
		if i > 0 && t.Sub(ms[i-1].Alert.Time) > span*time.Duration(p.baseline+2) {
			since = i
		}
		if i+1 < len(ms) && ms[i+1].Alert.Time.Equal(t) {
			continue
		}
		newest := slotOf(t)
		for !time.Unix(0, (newest+1)*p.span-1).Before(t.Add(1 - span)) { // its last nanosecond lies in the window
			newest--
		}
		var run []int
		past := int64(0)
		for j, x := range ms[:i+1] {
			at := x.Alert.Time
			if at.After(t.Add(-span)) {
				run = append(run, j)
			}
			if n := slotOf(at); j >= since && n <= newest && n > newest-p.baseline {
				past++
			}
		}
		if slotOf(ms[since].Alert.Time) <= newest-p.baseline && len(run) >= p.atLeast && float64(len(run))*float64(p.baseline) >= p.ratio*float64(past) {
			runs = append(runs, run)
		}
	}
	return runs
}
