package correlate

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"tocsin"
)

// shownParts bounds the values that a standing names.
const shownParts = 50

// recent is the index of the first held alert that shares a window with now. Where none does, it is the beginning of
// the window that ends with the newest.
func (st *state) recent(now int64) (lo int, over bool) {
	all, span := st.held.all(), st.track.plan.span
	if lo = st.held.since(now - span + 1); lo < len(all) || len(all) == 0 {
		return lo, false
	}
	return st.held.since(all[len(all)-1].at - span + 1), true
}

// tell implements [teller].
func (matchKind) tell(*state, int64, *tocsin.Standing) {}

// tell implements [teller]: how many alerts the window holds.
func (countKind) tell(st *state, now int64, s *tocsin.Standing) {
	lo, _ := st.recent(now)
	all := st.held.all()
	s.Have = min(len(all)-lo, s.Need)
	if lo < len(all) {
		s.Until = instant(all[lo].at + st.track.plan.span)
	}
	if best, at := st.fullest(); best > s.Have && best < s.Need {
		s.Notes = append(s.Notes, fmt.Sprintf("the most that a window held was %d, at %s", best, stampOf(at)))
	}
}

// fullest is the most alerts that a window over the held ones has, and the time of its last.
func (st *state) fullest() (n int, at int64) {
	all, lo := st.held.all(), 0
	for hi := range all {
		for all[hi].at-all[lo].at >= st.track.plan.span {
			lo++
		}
		if hi-lo+1 > n {
			n, at = hi-lo+1, all[hi].at
		}
	}
	return n, at
}

// tell implements [teller]: which values the window holds.
func (distinctKind) tell(st *state, now int64, s *tocsin.Standing) {
	lo, _ := st.recent(now)
	parts := st.sightings(lo)
	s.Have = min(len(parts), s.Need)
	for i := range parts {
		parts[i].Name = plainValue(parts[i].Name)
	}
	s.Parts = parts[:min(len(parts), shownParts)]
	if all := st.held.all(); lo < len(all) {
		s.Until = instant(oldestOf(parts, all[lo].at) + st.track.plan.span)
	}
}

// sightings are the values of the held alerts from index lo on, newest last, with when each was last seen.
func (st *state) sightings(lo int) []tocsin.StandingPart {
	index := map[string]int{}
	parts := []tocsin.StandingPart{}
	for _, x := range st.held.all()[lo:] {
		for _, v := range x.p.values {
			i, ok := index[v]
			if !ok {
				i = len(parts)
				index[v] = i
				parts = append(parts, tocsin.StandingPart{Name: v, Need: 1, Done: true})
			}
			parts[i].Have++
			parts[i].At = instant(x.at)
		}
	}
	slices.SortStableFunc(parts, func(a, b tocsin.StandingPart) int { return a.At.Compare(b.At) })
	return parts
}

// oldestOf is when the part that was seen longest ago was seen.
func oldestOf(parts []tocsin.StandingPart, otherwise int64) int64 {
	if len(parts) == 0 {
		return otherwise
	}
	return parts[0].At.UnixNano()
}

// plainValue is the text that [appendValue] encoded.
func plainValue(encoded string) string {
	for i := 1; i < len(encoded); i++ {
		if encoded[i] == ':' {
			return encoded[i+1:]
		}
	}
	return encoded
}

// tell implements [teller]: which conditions were met.
func (setKind) tell(st *state, now int64, s *tocsin.Standing) {
	lo, _ := st.recent(now)
	seen := st.sightings(lo)
	for k := range s.Need {
		part := tocsin.StandingPart{Name: "condition " + strconv.Itoa(k+1), Need: 1}
		for _, v := range seen {
			if condition(v.Name) == 1<<k {
				part.Have, part.Done, part.At = v.Have, true, v.At
				part.Until = v.At.Add(durationOf(st.track.plan.span))
				s.Have++
			}
		}
		s.Parts = append(s.Parts, part)
	}
	if all := st.held.all(); lo < len(all) {
		s.Until = instant(oldestOf(seen, all[lo].at) + st.track.plan.span)
	}
}

func durationOf(n int64) time.Duration { return time.Duration(n) }

// tell implements [teller]: which steps are complete, and what is awaited until when.
func (sequenceKind) tell(st *state, now int64, s *tocsin.Standing) {
	p := &st.track.plan
	lo, _ := st.recent(now)
	all := st.held.all()
	if lo == len(all) {
		lo = max(len(all)-1, 0)
	}
	if len(all) == 0 {
		return
	}
	at := max(now, all[len(all)-1].at)
	if over := all[lo].at+p.span <= at; over {
		at = all[len(all)-1].at // the time of the newest window: now is beyond it
	}
	var c chain
	done := c.walk(p.steps, all[lo:], at)
	s.Have = done
	for low, high := lo+1, len(all); low < high; { // the latest beginning from which as much is complete
		mid := (low + high) / 2
		var other chain
		if other.walk(p.steps, all[mid:], at) >= done && done > 0 {
			lo, low = mid, mid+1
			c = other
		} else {
			high = mid
		}
	}
	s.Until = instant(all[lo].at + p.span)
	for k, step := range p.steps {
		part := tocsin.StandingPart{Name: "step " + strconv.Itoa(k+1), Need: step.atLeast, Done: k < done}
		if part.Done {
			part.Have, part.At = step.atLeast, instant(c.opened(k+1, all))
		}
		if k == done {
			c.await(k, at, &part)
			if !part.Until.IsZero() && part.Until.Before(s.Until) {
				s.Until = part.Until
			}
		}
		s.Parts = append(s.Parts, part)
	}
}

// walk follows alerts through the steps and returns how many of them are complete and can still be followed at a time.
func (c *chain) walk(steps []step, all []item, at int64) (done int) {
	c.begin(steps)
	if _, ok := c.follow(all); ok {
		return len(steps)
	}
	for k := len(steps) - 1; k > 0; k-- {
		if _, ok := c.need(k, at); ok {
			return k
		}
	}
	return 0
}

// opened is when the step before k was complete.
func (c *chain) opened(k int, all []item) int64 {
	if k < len(c.open) && len(c.open[k]) > 0 {
		return c.open[k][0].at
	}
	return all[len(all)-1].at
}

// await fills in what is missing of the first step that is not complete.
func (c *chain) await(k int, at int64, part *tocsin.StandingPart) {
	need, ok := c.need(k, at)
	if !ok {
		return
	}
	part.Have = max(part.Need-need, 0)
	if w := c.steps[k].within; w > 0 && k > 0 {
		part.Until = instant(c.open[k][0].at + w)
	}
}

// tell implements [teller]: how full the bucket is.
func (leakyKind) tell(st *state, now int64, s *tocsin.Standing) {
	p, all := &st.track.plan, st.held.all()
	if len(all) == 0 {
		return
	}
	var l bucketLevel
	if st.level != nil {
		l = *st.level
	}
	if !l.known || l.order != all[len(all)-1].order {
		l = bucketLevel{}
		for i := st.emptyBefore(len(all) - 1); i < len(all); i++ {
			l.pour(all[i].order, p)
		}
	}
	level := max(l.level-(now-l.at), 0)
	s.Have = max(s.Need-int((p.span-level)/p.leak)-1, 0)
	s.Notes = append(s.Notes, fmt.Sprintf("the bucket holds %.1f of %d at %s and loses one every %s",
		float64(level)/float64(p.leak), p.atLeast-1, stampOf(now), durationOf(p.leak)))
	s.Until = instant(l.at + l.level) // when it is empty
}

// tellFold says of a kind that the watermark decides when it does.
func (st *state) tellFold(s *tocsin.Standing) {
	s.Need, s.Unit = 0, ""
	if n := st.held.len() - st.held.since(st.fold.to); n > 0 && st.fold.to != unset {
		s.Notes = append(s.Notes, fmt.Sprintf("%d of its alerts are ahead of the watermark, and wait for it", n))
	}
	if due := st.fold.head.due(); due != never {
		s.Awaits, s.Until = true, instant(due)
		return
	}
	s.Notes = append(s.Notes, fmt.Sprintf("as far as the watermark has come it lacks %d", st.fold.head.lacks()))
}

// tell implements [teller]: whether the rule is learning.
func (firstSeenKind) tell(st *state, now int64, s *tocsin.Standing) {
	s.Need, s.Unit = 0, ""
	if tk := st.track; tk.began != unset && tk.learns(now) {
		s.Notes = append(s.Notes, "the rule is learning until "+stampOf(tk.began+tk.plan.learn)+": nothing fires before")
	}
}

// tell implements [teller]: what the scores inside the span add up to.
func (riskKind) tell(st *state, now int64, s *tocsin.Standing) {
	p := &st.track.plan
	lo, _ := st.recent(now)
	all := st.held.all()
	var sum int64
	for i := lo; i < len(all); i++ {
		sum = min(sum+decayed(scoreOf(&all[i]), all[len(all)-1].at-all[i].at, p.decay), maxScore)
	}
	s.Unit, s.Have = "points", int(sum/1000)
	if p.tactics > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d different tactics are wanted too", p.tactics))
	}
	if lo < len(all) {
		s.Until = instant(all[lo].at + p.span)
	}
}

func stampOf(n int64) string { return instant(n).Format(time.RFC3339Nano) }

var _ = [...]teller{matchKind{}, countKind{}, distinctKind{}, setKind{}, sequenceKind{}, leakyKind{}, firstSeenKind{}, riskKind{}}
