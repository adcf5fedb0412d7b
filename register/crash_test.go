package register

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// A step of a script is an emission, or a command by a person.
type step struct {
	e   tocsin.Event
	a   tocsin.Assessment
	cmd func(Store) Command // nil: the emission
}

// script has each way an event can go: founding, joining, related, pending and promoted later, merged, withdrawn,
// proposed for a reopening, promoted by a person, incidents merged and reopened.
func script() []step {
	e1, e2 := event("e1", 0, "203.0.113.7", "ann"), event("e2", 3, "198.51.100.9", "bert")
	e3, e4 := event("e3", 6, "203.0.113.7", "bert"), event("e4", 9, "192.0.2.4", "carl")
	e5, e6 := event("e5", 12, "192.0.2.5", "dora"), event("e6", 65, "192.0.2.4", "emil")
	e7, e8 := event("e7", 20, "192.0.2.7", "fred"), event("e8", 30, "192.0.2.8", "gabi")
	e9 := event("e9", 40, "192.0.2.5", "dora")
	in := func(id string) func(Store) string {
		return func(m Store) string {
			v, _ := m.Verdict(context.Background(), "202611-"+id)
			return v.Incident
		}
	}
	by := func(id string, of func(Store) string, c Command) func(Store) Command {
		return func(m Store) Command {
			c.ID, c.By, c.Incident = id, ann, ""
			if of != nil {
				c.Incident = of(m)
			}
			return c
		}
	}
	return []step{
		{e: e1, a: proposed()},
		{e: e2, a: assessment(tocsin.Promoted, tocsin.ModePropose, "P3")},
		{e: e3, a: auto()}, // joins e1's, related to e2's, declares it
		{e: e4, a: pending()},
		{e: revision(e4, 2, tocsin.MilestoneDoubled), a: proposed()},
		{e: e5, a: proposed()},
		{e: revision(e5, 2, tocsin.MilestoneWithdrawn), a: proposed()},
		{e: revision(e1, 2, tocsin.MilestoneDoubled), a: auto()},
		{cmd: by("c1", in("e4"), Command{Action: tocsin.ActDeclare})},
		{cmd: by("c2", in("e4"), Command{Action: tocsin.ActResolve, Disposition: "true_positive_impact"})},
		{e: e6, a: proposed()}, // e4's reopening is proposed
		{cmd: by("c3", in("e4"), Command{Action: tocsin.ActReopen, Reason: "again"})},
		{e: revision(e6, 2, tocsin.MilestoneDoubled), a: proposed()},
		{e: e7, a: pending()},
		{cmd: by("c4", nil, Command{Action: tocsin.ActPromote, Event: e7.ID})},
		{e: e8, a: proposed()},
		{e: merged(e8, "e7"), a: proposed()}, // in two incidents
		{e: e9, a: proposed()},               // recurs from e5's, that was rejected
		{cmd: by("c5", in("e2"), Command{Action: tocsin.ActMerge, Into: tocsin.IncidentID("default", e1.ID, t0, 0)})},
		{e: revision(e2, 2, tocsin.MilestoneClosed), a: proposed()}, // goes to the survivor
		{cmd: by("c6", nil, Command{Action: tocsin.ActCreate, Title: "Laptop stolen", Category: "intrusions/burglary"})},
	}
}

// run plays the steps; after a fault the same step is given again, by a register that has seen nothing.
func run(t testing.TB, m *memory, steps []step) {
	t.Helper()
	clock := func() time.Time { return t0.Add(48 * time.Hour) }
	r := New(options(m, clock))
	for n, s := range steps {
		if s.cmd == nil {
			if was, ok := m.events[s.e.ID]; !ok || decode[tocsin.Event](was).Revision <= s.e.Revision {
				m.events[s.e.ID] = encode(s.e)
			}
		}
		for try := 0; ; try++ {
			err := s.do(t.Context(), r, m)
			if err == nil {
				break
			}
			if !errors.Is(err, errFault) || try > 1 {
				t.Fatalf("step %d: %v", n, err)
			}
			r = New(options(m, clock))
		}
	}
}

func (s step) do(ctx context.Context, r *Register, m Store) error {
	if s.cmd != nil {
		_, err := r.Do(ctx, s.cmd(m))
		return err
	}
	_, err := r.Apply(ctx, s.e, s.a)
	return err
}

func TestCrashBetweenAnyTwoWritesHeals(t *testing.T) {
	whole := newMemory()
	run(t, whole, script())
	whole.verify(t)
	want := whole.dump()
	for n := 1; n <= whole.writes; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d, done %v", n, after), func(t *testing.T) {
				m := newMemory()
				m.failAt, m.after = n, after
				run(t, m, script())
				m.verify(t)
				if diff := cmp.Diff(want, m.dump()); diff != "" {
					t.Errorf("-whole +crashed:\n%s", diff)
				}
			})
		}
	}
}

func TestSameEventsAgainChangeNothing(t *testing.T) {
	m := newMemory()
	run(t, m, script())
	before, numbers, entries := m.dump(), m.counters["incident-2026"], len(m.log)
	run(t, m, script())
	if diff := cmp.Diff(before, m.dump()); diff != "" {
		t.Errorf("-once +twice:\n%s", diff)
	}
	if m.counters["incident-2026"] != numbers || len(m.log) != entries {
		t.Errorf("%d numbers and %d logs, before %d and %d", m.counters["incident-2026"], len(m.log), numbers, entries)
	}
}

func TestSameEventsIntoAFreshStoreGiveTheSameDocuments(t *testing.T) {
	a, b := newMemory(), newMemory()
	b.counters["incident-2026"] = 41 // the number is volatile
	run(t, a, script())
	run(t, b, script())
	if diff := cmp.Diff(a.dump(), b.dump()); diff != "" {
		t.Errorf("-one +other:\n%s", diff)
	}
}
