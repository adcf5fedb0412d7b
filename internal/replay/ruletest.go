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
	"tocsin/internal/fault"
	"tocsin/rules"
)

// TestOptions say what rule tests run with.
type TestOptions struct {
	Set    *rules.Set
	Scales *classify.Scales
	Assets *classify.Assets
	// Select chooses rules; nil takes all. The others run beside them.
	Select func(*rules.Rule) bool
}

// A TestResult is the outcome of one test that stands in a rule.
type TestResult struct {
	Rule   *rules.Rule
	Test   rules.Test
	Faults fault.List    // what came out otherwise, each at its place in the rule's file; empty where the test passed
	Events []TestEvent   // what came out, by group and time
	Hints  []string      // how near the alerts came, where an expected event did not come out
	Took   time.Duration // by the clock, all orders together
}

// A TestEvent is one settled event of a test; First and Last count from the test's start.
type TestEvent struct {
	Group    tocsin.Group
	First    time.Duration
	Last     time.Duration
	Count    int64
	Activity tocsin.Activity
	Entities []tocsin.Entity
	State    tocsin.AssessmentState // of its assessment
	Priority string
	Category string
	Why      []string
	Expected bool // an expectation fits it
}

// Fires reports whether the event stands: it is neither merged into another nor withdrawn.
func (e TestEvent) Fires() bool {
	return e.Activity != tocsin.Merged && e.Activity != tocsin.Withdrawn
}

// orders is how many arrival orders a test with shuffle runs through.
const orders = 200

// testStart is the time that the offsets of a test count from: a Monday morning.
func testStart() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

// TestRules runs the tests of every chosen rule, each rule with the others of the set beside it. It ends early with an error
// that concerns no single test.
func TestRules(ctx context.Context, o TestOptions) iter.Seq2[TestResult, error] {
	return func(yield func(TestResult, error) bool) {
		for _, rule := range o.Set.Rules() {
			if o.Select != nil && !o.Select(rule) {
				continue
			}
			for _, t := range rule.Tests {
				result, err := TestRule(ctx, o, rule, t, orders)
				if !yield(result, err) || err != nil {
					return
				}
			}
		}
	}
}

// TestRule runs one test of a rule of the set, and where the test asks for it the same alerts in so many seeded orders of
// arrival, which are correlated as they come: no order may make a difference to what settles.
func TestRule(ctx context.Context, o TestOptions, rule *rules.Rule, t rules.Test, shuffles int) (TestResult, error) {
	began := time.Now()
	r := &testRun{o: o, rule: rule, test: t, alerts: t.Alerts(testStart())}
	result := TestResult{Rule: rule, Test: t}
	got, err := r.play(ctx, r.alerts, false)
	if err != nil {
		return result, err
	}
	result.Events = testEvents(got)
	result.Faults = r.compare(result.Events)
	if len(result.Faults) > 0 && t.Fires() && !slices.ContainsFunc(result.Events, TestEvent.Fires) {
		result.Hints = r.hints()
	}
	if t.Shuffle && len(result.Faults) == 0 {
		f, err := r.shuffle(ctx, got, shuffles)
		if err != nil {
			return result, err
		}
		result.Faults = append(result.Faults, f...)
	}
	result.Took = time.Since(began)
	return result, nil
}

// A testRun is one test while it runs.
type testRun struct {
	o      TestOptions
	rule   *rules.Rule
	test   rules.Test
	alerts []tocsin.Alert
	others map[string]int // events of other rules in the last play, by title
}

// shuffle plays the alerts in seeded orders until one settles otherwise.
func (r *testRun) shuffle(ctx context.Context, first []outcome, shuffles int) (fault.List, error) {
	want := settledText(first)
	for seed := range uint64(shuffles) {
		shuffled := slices.Clone(r.alerts)
		rnd := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // an arrival order, repeatable
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got, err := r.play(ctx, shuffled, true)
		if err != nil {
			return nil, err
		}
		if text := settledText(got); text != want {
			return fault.List{r.at(r.test.Expects, fmt.Sprintf("arrival order %d settles otherwise:\n      %s\n    instead of:\n      %s", seed, indented(text), indented(want)), "")}, nil
		}
	}
	return nil, nil
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n      ") }

// An outcome is one settled event of a test and its verdict.
type outcome struct {
	event      tocsin.Event
	assessment tocsin.Assessment
}

// play replays alerts and returns the settled events of the rule by group and time. A plain run correlates them as they
// come and assesses nothing.
func (r *testRun) play(ctx context.Context, alerts []tocsin.Alert, plain bool) ([]outcome, error) {
	// All orders lie within lateness, so that they must agree.
	o := Options{Set: r.o.Set, Scales: r.o.Scales, Assets: r.o.Assets, Disorder: 3650 * 24 * time.Hour, Lateness: 3650 * 24 * time.Hour}
	p := newPlayer(o, io.Discard)
	p.plain, p.live = plain, plain
	for i := range alerts {
		if err := p.feed(ctx, Input{Alert: &alerts[i]}); err != nil {
			return nil, err
		}
	}
	if u := r.test.Until; u != nil {
		if err := p.until(ctx, *u); err != nil {
			return nil, err
		}
	}
	if err := p.finish(ctx); err != nil {
		return nil, err
	}
	var out []outcome
	r.others = map[string]int{}
	for _, id := range p.order {
		e := p.settled[id]
		if e.Rule.ID != r.rule.ID {
			r.others[e.Rule.Title]++
			continue
		}
		next := outcome{event: e}
		if !plain {
			v, err := p.store.Verdict(ctx, id)
			if err != nil {
				return nil, fmt.Errorf("verdict of event %s: %w", id, err)
			}
			next.assessment = v.Assessment
		}
		out = append(out, next)
	}
	slices.SortFunc(out, func(a, b outcome) int { return strings.Compare(eventText(a.event), eventText(b.event)) })
	return out, nil
}

// until moves the watermark to so long after the last alert, or after the start where there is none.
func (p *player) until(ctx context.Context, after time.Duration) error {
	if p.greatest.IsZero() {
		p.greatest = testStart()
	}
	p.greatest = p.greatest.Add(after)
	p.o.Disorder = 0
	if err := p.emit(ctx, p.engine.Mark(p.marker())); err != nil {
		return err
	}
	return p.apply(ctx, p.sequence.Until(p.engine.Watermark()))
}

// eventText is what makes an event the same whatever the order of arrival (engine.md, ruling 19).
func eventText(e tocsin.Event) string {
	return fmt.Sprintf("[%s] %s .. %s count %d digest %s", groupText(e.Group), e.First.Format(time.RFC3339Nano), e.Last.Format(time.RFC3339Nano), e.Count, e.Digest)
}

func groupText(g tocsin.Group) string {
	parts := make([]string, len(g))
	for i, v := range g {
		parts[i] = v.Field + "=" + v.Value.Text()
	}
	return strings.Join(parts, " ")
}

// settledText tells the events that stand. Which others there were on the way depends on the order.
func settledText(all []outcome) string {
	var lines []string
	for _, o := range all {
		if o.event.Activity != tocsin.Merged && o.event.Activity != tocsin.Withdrawn {
			lines = append(lines, eventText(o.event))
		}
	}
	return strings.Join(lines, "\n")
}

func testEvents(all []outcome) []TestEvent {
	events := make([]TestEvent, len(all))
	for i, o := range all {
		e, a := o.event, o.assessment
		events[i] = TestEvent{
			Group: e.Group, First: e.First.Sub(testStart()), Last: e.Last.Sub(testStart()), Count: e.Count, Activity: e.Activity,
			Entities: e.Entities, State: a.State, Priority: a.Priority, Category: a.Category, Why: a.Why,
		}
	}
	return events
}
