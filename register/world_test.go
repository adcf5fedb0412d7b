package register

import (
	"testing"
	"time"

	"tocsin"
)

// t0 is a Monday, 10:00 UTC.
var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

var (
	ann  = tocsin.Actor{Kind: "person", ID: "ann", Role: "coordinator"}
	bert = tocsin.Actor{Kind: "person", ID: "bert", Role: "analyst"}
)

// A world is a register over a store, with a clock that only the test moves.
type world struct {
	*Register
	t     testing.TB
	store *memory
	other eventStore // a store of the product, in place of it
	tag   string     // of events, addresses and users, so that worlds over one store have nothing in common
	now   time.Time
	opts  Options
}

// worldOver is a world over a store of the product.
func worldOver(t testing.TB, s eventStore, tag string) *world {
	w := &world{t: t, other: s, tag: tag, now: t0.Add(time.Hour)}
	w.opts = options(s, func() time.Time { return w.now })
	w.Register = New(w.opts)
	return w
}

// event is [event] with the world's tag in all that it names.
func (w *world) event(id string, minute int, address, user string) tocsin.Event {
	return event(w.tag+id, minute, address+w.tag, user+w.tag)
}

func options(store Store, now func() time.Time) Options {
	return Options{
		Store: store, Now: now, ConfirmWithin: time.Hour,
		Targets: map[string]Targets{
			"P1": {Assess: 15 * time.Minute, Acknowledge: 15 * time.Minute, Contain: 4 * time.Hour, Resolve: 24 * time.Hour, Review: "required"},
			"P2": {Assess: 30 * time.Minute, Acknowledge: 30 * time.Minute, Contain: 8 * time.Hour, Resolve: 72 * time.Hour, Review: "required"},
			"P3": {Acknowledge: 4 * time.Hour, Contain: 24 * time.Hour, Resolve: 168 * time.Hour, Calendar: "business", Review: "optional"},
		},
		Rate: func(i tocsin.Impact, urgency string, asset int) (Rating, error) {
			if i.Functional == "high" {
				return Rating{Severity: "serious", Class: "III", Priority: "P1"}, nil
			}
			return Rating{Severity: "small", Class: "I", Priority: "P4"}, nil
		},
		CategoryISO: func(string) string { return "technical_attack" },
		Vocabulary:  Vocabulary{Priorities: []string{"P1", "P2", "P3", "P4", "P5"}},
	}
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, store: newMemory(), now: t0.Add(time.Hour)}
	w.opts = options(w.store, func() time.Time { return w.now })
	w.Register = New(w.opts)
	return w
}

// event is an event of rule r about a source address and a user, at t0 plus so many minutes.
func event(id string, minute int, address, user string) tocsin.Event {
	at := t0.Add(time.Duration(minute) * time.Minute)
	return tocsin.Event{
		ID: "202611-" + id, Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule: tocsin.RuleRef{ID: "r", Title: "Password spray", Level: "high", Incident: tocsin.IncidentGrouping{
			GroupBy: []string{"source.ip", "user.name"}, Window: 24 * time.Hour,
		}},
		Group: tocsin.Group{{Field: "source.ip", Value: tocsin.StringValue(address)}},
		First: at.Add(-5 * time.Minute), Last: at, Opened: at, Detected: at.Add(time.Minute), Count: 10,
		Entities: []tocsin.Entity{{Field: "source.ip", Value: address, Role: "attacker"}, {Field: "user.name", Value: user, Role: "victim"}},
		Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: "a-" + id, Time: at, Received: at.Add(time.Minute)}}},
	}
}

// revision is a later emission of an event.
func revision(e tocsin.Event, n int64, m tocsin.Milestone) tocsin.Event {
	e.Revision, e.Milestone, e.Count = n, m, e.Count*2
	e.Last = e.Last.Add(time.Duration(n) * time.Minute)
	e.Evidence.Alerts = append(e.Evidence.Alerts[:1:1], tocsin.AlertRef{ID: "more", Time: e.Last, Received: e.Last.Add(time.Minute)})
	switch m {
	case tocsin.MilestoneWithdrawn:
		e.Activity = tocsin.Withdrawn
	case tocsin.MilestoneClosed:
		e.Activity = tocsin.Closed
	}
	return e
}

func assessment(state tocsin.AssessmentState, mode tocsin.Mode, priority string) tocsin.Assessment {
	return tocsin.Assessment{
		State: state, Mode: mode, Priority: priority, Category: "intrusion-attempts/brute-force", CategoryISO: "technical_attack",
		Impact: tocsin.Impact{Functional: "none", Information: "privacy"}, Urgency: "active", Class: "II", Severity: "less_serious",
		Asset: 1, Platform: "linux", Policy: "serious", Basis: "profile", Scale: "tocsin-default@2026.1", Why: []string{"because"},
	}
}

func proposed() tocsin.Assessment { return assessment(tocsin.Promoted, tocsin.ModePropose, "P2") }
func pending() tocsin.Assessment  { return assessment(tocsin.Pending, tocsin.ModeManual, "P4") }
func auto() tocsin.Assessment     { return assessment(tocsin.Promoted, tocsin.ModeAuto, "P1") }

// apply gives the registrar an emission, and the store the event.
func (w *world) apply(e tocsin.Event, a tocsin.Assessment) Outcome {
	w.t.Helper()
	if w.other != nil {
		if err := w.other.StoreEvents(w.t.Context(), []tocsin.Event{e}); err != nil {
			w.t.Fatal(err)
		}
	} else {
		w.store.events[e.ID] = encode(e)
	}
	out, err := w.Apply(w.t.Context(), e, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// do gives a command by the coordinator, a minute later than the last.
func (w *world) do(cmd Command) tocsin.Incident {
	w.t.Helper()
	i, err := w.try(cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) try(cmd Command) (tocsin.Incident, error) {
	w.now = w.now.Add(time.Minute)
	if cmd.ID == "" {
		cmd.ID = "cmd-" + string(cmd.Action) + w.now.Format(time.RFC3339)
	}
	if cmd.By == (tocsin.Actor{}) {
		cmd.By = ann
	}
	return w.Do(w.t.Context(), cmd)
}

func (w *world) incident(id string) tocsin.Incident {
	w.t.Helper()
	i, err := w.Incident(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// declared is an incident of one event, declared by the coordinator.
func (w *world) declared() tocsin.Incident {
	w.t.Helper()
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	return w.do(Command{Incident: i.ID, Action: tocsin.ActDeclare})
}
