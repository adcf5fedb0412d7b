package replay

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/rules"
)

// A TestResult is the outcome of one test that stands in a rule. Err says what came out otherwise.
type TestResult struct {
	Rule *rules.Rule
	Test string
	Err  error
}

// orders is how many arrival orders a test with shuffle runs through.
const orders = 200

// TestRules runs the tests of every rule of the set, each rule with the others beside it.
func TestRules(ctx context.Context, set *rules.Set, scales *classify.Scales, assets *classify.Assets) iter.Seq[TestResult] {
	return func(yield func(TestResult) bool) {
		for _, rule := range set.Rules() {
			for _, t := range rule.Tests {
				err := testRule(ctx, Options{Set: set, Scales: scales, Assets: assets}, rule, t)
				if err != nil {
					err = fmt.Errorf("%s:%d: %w", t.File, t.Line, err)
				}
				if !yield(TestResult{Rule: rule, Test: t.Name, Err: err}) {
					return
				}
			}
		}
	}
}

// testRule runs one test, and where it asks for it the same alerts in many seeded orders.
func testRule(ctx context.Context, o Options, rule *rules.Rule, t rules.Test) error {
	base := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	alerts := t.Alerts(base)
	// All the orders lie within lateness, so that they must agree.
	o.Disorder, o.Lateness = 14*24*time.Hour, 14*24*time.Hour
	first, err := runTest(ctx, o, rule.ID, alerts)
	if err != nil {
		return err
	}
	if err := compare(first, t.Expect); err != nil {
		return err
	}
	if !t.Shuffle {
		return nil
	}
	want := settledText(first)
	for seed := range uint64(orders) {
		shuffled := slices.Clone(alerts)
		r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // an arrival order, repeatable
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got, err := runTest(ctx, o, rule.ID, shuffled)
		if err != nil {
			return err
		}
		if text := settledText(got); text != want {
			return fmt.Errorf("arrival order %d gives other events:\n%s\ninstead of:\n%s", seed, text, want)
		}
	}
	return nil
}

// An outcome is one settled event of a test and its verdict.
type outcome struct {
	event      tocsin.Event
	assessment tocsin.Assessment
}

// runTest replays alerts and returns the settled events of one rule by time.
func runTest(ctx context.Context, o Options, rule string, alerts []tocsin.Alert) ([]outcome, error) {
	p := newPlayer(o, io.Discard)
	for i := range alerts {
		if err := p.feed(ctx, Input{Alert: &alerts[i]}); err != nil {
			return nil, err
		}
	}
	if err := p.finish(ctx); err != nil {
		return nil, err
	}
	var out []outcome
	for _, id := range p.order {
		e := p.settled[id]
		if e.Rule.ID != rule || e.Activity == tocsin.Merged || e.Activity == tocsin.Withdrawn {
			continue
		}
		v, err := p.store.Verdict(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("verdict of event %s: %w", id, err)
		}
		out = append(out, outcome{e, v.Assessment})
	}
	slices.SortFunc(out, func(a, b outcome) int {
		return strings.Compare(eventText(a.event), eventText(b.event))
	})
	return out, nil
}

// compare holds outcomes against expectations: each expectation must have an event of its own, and no event may be
// left over.
func compare(got []outcome, want []rules.Expectation) error {
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(o outcome) bool { return differs(o, w) == "" })
		if i < 0 {
			return fmt.Errorf("line %d: no event as expected%s", w.Line, nearMiss(left, w))
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		return fmt.Errorf("%d events that were not expected:\n%s", len(left), settledText(left))
	}
	return nil
}

// nearMiss says how the events that are left differ from an expectation.
func nearMiss(left []outcome, w rules.Expectation) string {
	if len(left) == 0 {
		return "; there is none left"
	}
	var b strings.Builder
	for _, o := range left {
		fmt.Fprintf(&b, "\n  %s: %s", eventText(o.event), differs(o, w))
	}
	return b.String()
}

// differs says in what an outcome is not as expected, "" for nothing.
func differs(o outcome, w rules.Expectation) string {
	for _, f := range w.Group {
		i := slices.IndexFunc(o.event.Group, func(g tocsin.GroupValue) bool { return g.Field == f.Name })
		if i < 0 {
			return f.Name + " is not in the group key"
		}
		if got := o.event.Group[i].Value; got.Text() != f.Value.Text() {
			return fmt.Sprintf("%s is %s, not %s", f.Name, got.Text(), f.Value.Text())
		}
	}
	promoted := o.assessment.State == tocsin.Promoted
	switch {
	case w.Count != 0 && o.event.Count != int64(w.Count):
		return fmt.Sprintf("the count is %d, not %d", o.event.Count, w.Count)
	case w.Incident != nil && promoted != *w.Incident:
		return fmt.Sprintf("it is %s; incident: %v was expected\n    %s", o.assessment.State, *w.Incident, strings.Join(o.assessment.Why, "\n    "))
	case w.Priority != "" && o.assessment.Priority != w.Priority:
		return fmt.Sprintf("the priority is %s, not %s\n    %s", o.assessment.Priority, w.Priority, strings.Join(o.assessment.Why, "\n    "))
	case w.Category != "" && o.assessment.Category != w.Category:
		return fmt.Sprintf("the category is %s, not %s", o.assessment.Category, w.Category)
	}
	return ""
}

// eventText is what makes an event the same whatever the order of arrival (engine.md, ruling 19).
func eventText(e tocsin.Event) string {
	var group []string
	for _, g := range e.Group {
		group = append(group, g.Field+"="+g.Value.Text())
	}
	return fmt.Sprintf("[%s] %s .. %s count %d digest %s", strings.Join(group, " "), e.First.Format(time.RFC3339Nano), e.Last.Format(time.RFC3339Nano), e.Count, e.Digest)
}

func settledText(all []outcome) string {
	lines := make([]string, len(all))
	for i, o := range all {
		lines[i] = eventText(o.event)
	}
	return strings.Join(lines, "\n")
}
