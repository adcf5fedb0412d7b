package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

// model is the lifecycle as register.md 4.3 draws it, without the register's code: which status an action leads to.
func model(from tocsin.Status, a tocsin.Action) (tocsin.Status, bool) {
	order := []tocsin.Status{"proposed", "declared", "acknowledged", "contained", "eradicated", "recovered", "resolved", "closed"}
	place := map[tocsin.Status]int{}
	for n, s := range order {
		place[s] = n
	}
	at, onPath := place[from]
	target := map[tocsin.Action]tocsin.Status{
		"declare": "declared", "acknowledge": "acknowledged", "contain": "contained", "eradicate": "eradicated",
		"recover": "recovered", "resolve": "resolved", "close": "closed",
	}
	switch to, forward := target[a]; {
	case forward:
		ok := onPath && place[to] > at && (from != "proposed" || to == "declared")
		return to, ok
	case a == "reject":
		return "rejected", from == "proposed"
	case a == "reopen":
		return "acknowledged", from == "resolved" || from == "closed"
	}
	return from, true
}

// asides are the actions that the model below is of.
var asides = []tocsin.Action{"hold", "release", "team", "crisis", "return"}

// beside is the model of what goes on beside the statuses, without the register's code.
type beside struct {
	held, crisis bool
	teams        map[string]string // the step that each is at
}

func (b *beside) allow(status tocsin.Status, c Command) bool {
	over := status == "resolved" || status == "closed" || status == "rejected" || status == "merged"
	switch c.Action {
	case "hold":
		return !over && !b.held
	case "release":
		return !over && b.held
	case "crisis":
		return !over && status != "proposed" && !b.crisis
	case "return":
		return !over && b.crisis
	case "team":
		at := b.teams[c.Team]
		return !over && map[string]bool{
			"activated": at == "" || at == "done", "acknowledged": at == "activated", "done": at == "activated" || at == "acknowledged",
		}[c.Step]
	case "close":
		return !b.crisis
	}
	return true
}

func (b *beside) done(to tocsin.Status, c Command) {
	switch c.Action {
	case "hold", "release":
		b.held = c.Action == "hold"
	case "crisis", "return":
		b.crisis = c.Action == "crisis"
	case "team":
		b.teams[c.Team] = c.Step
	case "resolve", "close", "reject":
		b.held = false
	}
}

func (b *beside) check(t rapid.TB, i tocsin.Incident) {
	teams := map[string]string{}
	for _, team := range i.Teams {
		switch {
		case !team.Done.IsZero():
			teams[team.Name] = "done"
		case !team.Acknowledged.IsZero():
			teams[team.Name] = "acknowledged"
		default:
			teams[team.Name] = "activated"
		}
	}
	open := 0
	for _, h := range i.Holds {
		if h.To.IsZero() {
			open++
		}
	}
	if i.Hold != b.held || i.Hold != (open == 1) || (i.Crisis.State == "handed_over") != b.crisis || !maps.Equal(teams, b.teams) {
		t.Fatalf("hold %t, holds %v, crisis %v, teams %v; the model has %+v", i.Hold, i.Holds, i.Crisis, i.Teams, *b)
	}
}

func TestLifecycleIsTheModels(t *testing.T) {
	onEachStore(t, lifecycle)
}

// lifecycle gives commands at random and compares what they led to with the model.
func lifecycle(rt *rapid.T, w *world) {
	actions := []tocsin.Action{
		"declare", "reject", "acknowledge", "contain", "eradicate", "recover", "resolve", "close", "reopen", "comment", "set", "review", "assign",
		"hold", "release", "team", "crisis", "return",
	}
	e := w.event("e1", 0, "203.0.113.7", "ann")
	i := w.apply(e, proposed()).Incident
	status, applied, also := tocsin.Proposed, map[string]bool{}, beside{teams: map[string]string{}}
	for n := range rapid.IntRange(1, 25).Draw(rt, "commands") {
		if rapid.IntRange(0, 5).Draw(rt, "emission") == 0 {
			e = revision(e, e.Revision+1, tocsin.MilestoneDoubled)
			w.apply(e, assessment(tocsin.Promoted, tocsin.ModePropose, rapid.SampledFrom([]string{"P1", "P2", "P3", "P4"}).Draw(rt, "priority")))
		}
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "minutes")) * time.Minute)
		c := Command{
			ID: fmt.Sprintf("c%d", rapid.IntRange(0, n*2).Draw(rt, "id")), Incident: i.ID, By: ann, Action: rapid.SampledFrom(actions).Draw(rt, "action"),
			Reason: "why", Text: "what", Disposition: "true_positive_impact", RootCause: "human_error", Assignee: "bert",
			Owner: "carla", Team: rapid.SampledFrom([]string{"windows", "legal"}).Draw(rt, "team"),
			Step:           rapid.SampledFrom([]string{"activated", "acknowledged", "done"}).Draw(rt, "step"),
			FailedControls: []string{"none"}, Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}},
			Priority: rapid.SampledFrom([]string{"", "P1", "P3", "P5"}).Draw(rt, "set"), Urgency: "active",
		}
		if rapid.Bool().Draw(rt, "corrected") {
			c.Effective = w.now.Add(-time.Duration(rapid.IntRange(0, 700).Draw(rt, "back")) * time.Minute)
		}
		to, legal := model(status, c.Action)
		legal = legal && also.allow(status, c)
		got, err := w.Do(w.t.Context(), c)
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case err != nil && !refused:
			rt.Fatal(err)
		case applied[c.ID] && !refused && got.Status != status:
			rt.Fatalf("%s again: %s", c.ID, got.Status)
		case applied[c.ID]:
		case legal && !refused:
			applied[c.ID], status = true, to
			also.done(to, c)
			also.check(rt, got)
			if got.Status != to {
				rt.Fatalf("%s: %s, the model says %s", c.Action, got.Status, to)
			}
		case !legal && !refused:
			rt.Fatalf("%s from %s was done", c.Action, status)
		case legal && refused && slices.Contains(asides, c.Action):
			rt.Fatalf("%s from %s: %v", c.Action, status, err)
		case legal && errors.Is(refusal, tocsin.ErrTransition):
			rt.Fatalf("%s from %s: %v", c.Action, status, err)
		}
	}
	invariants(rt, w, i.ID)
}

// invariants hold of every log: it is a chain, its path is legal, no command is in it twice, no duration is negative.
func invariants(t rapid.TB, w *world, id string) {
	entries, _ := w.Register.store.Entries(context.Background(), id, 1)
	if err := VerifyChain(entries); err != nil { // also: no gap, no command twice
		t.Fatal(err)
	}
	status := tocsin.Status("")
	for _, e := range entries {
		if e.To == "" {
			continue
		}
		if e.From != status || status != "" && !status.CanMove(e.To) {
			t.Fatalf("entry %d: %s to %s, at %s", e.Seq, e.From, e.To, status)
		}
		status = e.To
	}
	i, err := Project(entries)
	if err != nil || i.Status != status || i.Revision != int64(len(entries)) {
		t.Fatalf("%v, status %s, want %s", err, i.Status, status)
	}
	for name, s := range i.Durations {
		if s < 0 {
			t.Fatalf("%s = %d", name, s)
		}
	}
	for n, v := range i.Visits {
		last := n == len(i.Visits)-1
		if v.Seconds < 0 || v.To.IsZero() != last || !last && !i.Visits[n+1].From.Equal(v.To) || v.Number != n {
			t.Fatalf("visits %+v", i.Visits)
		}
	}
}

func TestConcurrentWritersOnOneIncident(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() { // each a daemon of its own, so that the log alone keeps them apart
			o := options(w.store, func() time.Time { return t0.Add(3 * time.Hour) })
			o.Attempts = writers * each
			r := New(o)
			for k := range each {
				c := Command{ID: fmt.Sprintf("%d-%d", n, k), Incident: i.ID, Action: tocsin.ActComment, By: ann, Text: "x"}
				if _, err := r.Do(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	entries, _ := w.store.Entries(t.Context(), i.ID, 1)
	if len(entries) != 2+writers*each {
		t.Errorf("%d entries, want %d", len(entries), 2+writers*each)
	}
	w.store.verify(t)
}

func TestConcurrentMoveIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for n := range 8 {
		wg.Go(func() {
			r := New(options(w.store, func() time.Time { return t0.Add(3 * time.Hour) }))
			_, err := r.Do(t.Context(), Command{ID: fmt.Sprint(n), Incident: i.ID, Action: tocsin.ActContain, By: ann})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !errors.Is(err, tocsin.ErrTransition) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if done != 1 {
		t.Errorf("contained %d times", done)
	}
}

func TestOppositeMergersAtOnce(t *testing.T) {
	for range 50 {
		w := newWorld(t)
		a := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
		b := w.apply(event("e2", 1, "198.51.100.9", "bert"), proposed()).Incident
		var wg sync.WaitGroup
		for n, pair := range [][2]string{{a.ID, b.ID}, {b.ID, a.ID}} {
			wg.Go(func() {
				c := Command{ID: fmt.Sprint(n), Incident: pair[0], Into: pair[1], Action: tocsin.ActMerge, By: ann}
				_, err := New(options(w.store, func() time.Time { return t0.Add(3 * time.Hour) })).Do(t.Context(), c)
				if _, refused := errors.AsType[*Refusal](err); err != nil && !refused {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		fresh := New(options(w.store, nil))
		if _, err := fresh.survivor(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
}
