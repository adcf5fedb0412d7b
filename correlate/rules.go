package correlate

import (
	"tocsin"
	"tocsin/rules"
)

// New returns an engine with no state, that correlates by the rules of set.
func New(cfg Config, set *rules.Set) *Engine { return newEngine(cfg, plansOf(set)) }

// Use puts another rule set in force and returns the events that this closed. The state of a rule carries over where
// its [rules.Rule.Shape] is the same; else its open events close, with reload among the reasons of their completeness, and it
// starts afresh (ruling 18). Matches of an older set go to the same state where the shape is the same, and are
// counted as stale where it is not.
func (e *Engine) Use(set *rules.Set) []tocsin.Event {
	e.begin()
	e.use(plansOf(set))
	return e.out
}

// plansOf is the only place that reads a rule set.
func plansOf(set *rules.Set) planSet {
	plans := planSet{hash: set.Hash, opener: set.Matcher()}
	for _, r := range set.Rules() {
		if r.Status == rules.Deprecated {
			continue
		}
		c, ref := r.Correlate, r.Ref()
		var steps []step
		var ends sequenceEnds
		if c.Kind == rules.Sequence {
			steps, ends = stepsOf(c.Steps)
		}
		kind := string(c.Kind)
		if c.Kind == rules.Leaky && c.Field != "" {
			kind = leakyDistinct
		}
		plans.plans = append(plans.plans, plan{
			id: r.ID, ref: &ref, kind: kind, groupBy: c.GroupBy, requires: r.Requires, span: int64(c.Span), quiet: int64(c.Quiet),
			maxOpen: int64(c.MaxOpen), leak: int64(c.LeakSpeed), steps: steps, sequenceEnds: ends, memory: int64(c.Forget), baseline: slotsOf(c), expect: c.Expect, ratio: c.Ratio, gauge: gaugeOf(c), atLeast: c.AtLeast,
			decay: int64(c.Decay), points: int64(c.Points) * 1000, tactics: c.Tactics, history: int64(c.History), learn: int64(c.Learn), rank: r.Rank, heard: set.Heard(r.ID),
			maxKeys: c.Limits.Keys, maxBytes: c.Limits.Bytes, shape: r.Shape(), novel: novelPlanOf(&c),
		})
	}
	return plans
}

// stepsOf are the steps of a sequence, and what it must not see.
func stepsOf(all []rules.Step) (steps []step, ends sequenceEnds) {
	values := 0
	for i, s := range all {
		switch {
		case s.Until:
			ends.until |= 1 << i
		case s.Absent && s.After < len(steps):
			steps[s.After].absent |= 1 << i
		case s.Absent:
			ends.trail |= 1 << i
			ends.trailing = max(ends.trailing, int64(s.Within))
		default:
			one := step{atLeast: s.AtLeast, within: int64(s.Within)}
			if s.Distinct != "" {
				values++
				one.value = values
			}
			steps = append(steps, one)
		}
	}
	return steps, ends
}

// gaugeOf is what a rule measures. Its numbers were checked where the rule was read.
func gaugeOf(c rules.Correlate) gauge {
	percentile, _ := amountOf(c.Percentile) // in billionths
	g := gauge{of: c.Measure, percentile: int64(percentile.lo / 100_000)}
	for i, b := range c.Bounds[:min(len(c.Bounds), maxBounds)] {
		than, _ := amountOf(b.Than)
		g.bounds[i] = bound{b.Is, than}
	}
	return g
}

// slotsOf is how many spans a baseline has.
func slotsOf(c rules.Correlate) int64 {
	if c.Span <= 0 {
		return 0
	}
	return int64(c.Baseline / c.Span)
}
