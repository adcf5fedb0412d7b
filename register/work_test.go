package register

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// refused gives a command that must be refused, and what it is refused for.
func (w *world) refused(cmd Command, want ...string) {
	w.t.Helper()
	_, err := w.try(cmd)
	r, ok := errors.AsType[*Refusal](err)
	if !ok {
		w.t.Fatalf("%s: %v, want a refusal", cmd.Action, err)
	}
	for _, text := range want {
		if !strings.Contains(strings.Join(r.Missing, "\n"), text) {
			w.t.Errorf("%s: %q does not say %q", cmd.Action, r.Missing, text)
		}
	}
}

func TestHold(t *testing.T) {
	w := newWorld(t)
	i := w.declared() // 11:01
	w.refused(Command{Incident: i.ID, Action: "hold"}, "a reason")
	w.refused(Command{Incident: i.ID, Action: "release"}, "on hold")
	at := func(minutes int) time.Time { return t0.Add(time.Hour + time.Duration(minutes)*time.Minute) }
	w.now = at(600)
	i = w.do(Command{Incident: i.ID, Action: "hold", Reason: "the supplier answers on Monday", Effective: at(30)})
	if !i.Hold || len(i.Holds) != 1 || i.Holds[0].Reason == "" || i.Holds[0].By != "ann" {
		t.Fatalf("%+v", i.Holds)
	}
	w.refused(Command{Incident: i.ID, Action: "hold", Reason: "again"}, "not on hold")
	i = w.do(Command{Incident: i.ID, Action: "acknowledge", Effective: at(41)}) // declared at 1: 40 minutes, 11 of them held
	if got := i.Durations["active_s"]; got != 29*60 {
		t.Errorf("active for %d s, want 29 minutes", got)
	}
	w.do(Command{Incident: i.ID, Action: "release", Effective: at(51)})
	i = w.do(Command{Incident: i.ID, Action: "hold", Reason: "court", Effective: at(91)})
	i = w.do(Command{Incident: i.ID, Action: "resolve", Disposition: "true_positive_impact", Effective: at(101)})
	if got := i.Durations["active_s"]; got != (100-21-10)*60 || i.Durations["hold_s"] != 31*60 || i.Hold || i.Holds[1].To != at(101) {
		t.Errorf("active for %d s, holds %+v", got, i.Holds)
	}
	w.refused(Command{Incident: i.ID, Action: "hold", Reason: "x"}, "open incident")
}

func TestTeams(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.refused(Command{Incident: i.ID, Action: "team"}, "a team")
	w.refused(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "activatd"}, `did you mean activated?`)
	w.refused(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "done"}, "was not; there are none")
	i = w.do(Command{Incident: i.ID, Action: "assign", Teams: []string{"windows", "legal"}})
	start := w.now
	w.refused(Command{Incident: i.ID, Action: "team", Team: "legal"}, "activated already")
	w.do(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "acknowledged", By: bert})
	w.refused(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "acknowledged"}, "take note yet")
	i = w.do(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "done"})
	want := []tocsin.Team{
		{Name: "windows", Activated: start, Acknowledged: start.Add(2 * time.Minute), Done: start.Add(4 * time.Minute)},
		{Name: "legal", Activated: start},
	}
	want[0].Acknowledged, want[0].Done = i.Teams[0].Acknowledged, i.Teams[0].Done
	if diff := cmp.Diff(want, i.Teams); diff != "" || !i.Teams[0].Done.After(i.Teams[0].Acknowledged) || !i.Teams[0].Acknowledged.After(start) {
		t.Error(diff)
	}
	w.refused(Command{Incident: i.ID, Action: "team", Team: "windows", Step: "done"}, "activate it again")
	i = w.do(Command{Incident: i.ID, Action: "team", Team: "windows"})
	if !i.Teams[0].Done.IsZero() || len(i.Teams) != 2 {
		t.Errorf("%+v", i.Teams)
	}
}

func TestTeamsOfBefore(t *testing.T) {
	i := decode[tocsin.Incident](`{"teams":["legal",{"name":"windows"}]}`)
	if len(i.Teams) != 2 || i.Teams[0].Name != "legal" || i.Teams[1].Name != "windows" {
		t.Errorf("%+v", i.Teams)
	}
}

func TestCrisis(t *testing.T) {
	w := newWorld(t)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	w.refused(Command{Incident: i.ID, Action: "crisis"}, "declared incident", "an owner", "a text")
	w.do(Command{Incident: i.ID, Action: "declare"})
	w.refused(Command{Incident: i.ID, Action: "return", Text: "x"}, "was not handed over")
	i = w.do(Command{Incident: i.ID, Action: "crisis", Owner: "carla", Text: "the plant stands still"})
	if i.Crisis.State != "handed_over" || i.Crisis.Owner != "carla" || !i.Status.IsOpen() {
		t.Errorf("%+v", i.Crisis)
	}
	w.refused(Command{Incident: i.ID, Action: "crisis", Owner: "dan", Text: "x"}, "handed over to carla")
	w.refused(Command{Incident: i.ID, Action: "close", Disposition: "false_positive"}, "return from crisis management")
	i = w.do(Command{Incident: i.ID, Action: "return", Text: "production runs"})
	if i.Crisis.State != "returned" || !i.Crisis.Returned.After(i.Crisis.At) {
		t.Errorf("%+v", i.Crisis)
	}
	w.do(Command{Incident: i.ID, Action: "close", Disposition: "false_positive"})
}

// All that closing a P2 lacks is named at once, and each remedy is one.
func TestClosingSaysAllThatIsMissing(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: "follow_up", FollowUp: &tocsin.FollowUp{Text: "rotate keys", Owner: "bert"}})
	w.refused(Command{Incident: i.ID, Action: "close", Disposition: "true_positive_impact"},
		"a root cause", "post-incident review", "a due date of follow-up 1", "controls that failed", "vulnerabilities")
	w.refused(Command{Incident: i.ID, Action: "review", Text: "x", FailedControls: []string{"none", "A.8.16"}, Vulnerabilities: []tocsin.Vulnerability{{}}},
		"either none or failed controls", "an id of vulnerability 1")
	w.refused(Command{Incident: i.ID, Action: "set", Intent: "deliberat", PAP: "WHITE"}, "did you mean deliberate?", `another pap than "WHITE"`)
	i = w.do(Command{
		Incident: i.ID, Action: "review", Text: "lock accounts sooner", RootCause: "malicious_action", FailedControls: []string{"A.8.5"},
		Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}},
	})
	w.do(Command{Incident: i.ID, Action: "set", Vulnerabilities: []tocsin.Vulnerability{{ID: "CVE-2026-1", Asset: "vpn1", Owner: "net"}}})
	w.do(Command{Incident: i.ID, Action: "follow_up", Index: 1, FollowUp: &tocsin.FollowUp{Text: "rotate keys", Owner: "bert", Due: t0.AddDate(0, 1, 0), State: "in_progress"}})
	i = w.do(Command{Incident: i.ID, Action: "close", Disposition: "true_positive_impact"})
	if i.Status != tocsin.ClosedIncident || i.Intent != "deliberate" || i.Means != "technical" || i.RootCause != "malicious_action" {
		t.Errorf("%s: intent %s, means %s, root cause %s", i.Status, i.Intent, i.Means, i.RootCause)
	}
	if diff := cmp.Diff([]tocsin.Vulnerability{{ID: "CVE-2026-1", Asset: "vpn1", Owner: "net", State: "open"}}, i.Vulnerabilities); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"lock accounts sooner"}, i.Lessons); diff != "" || i.FollowUps[0].Done {
		t.Error(diff, i.FollowUps)
	}
	i = w.do(Command{Incident: i.ID, Action: "follow_up", Index: 1, FollowUp: &tocsin.FollowUp{Text: "rotate keys", Owner: "bert", State: "dropped"}})
	if !i.FollowUps[0].Done {
		t.Error("a follow-up that was dropped is not over")
	}
}

func TestAReportedIncidentNeedsItsMeans(t *testing.T) {
	w := newWorld(t)
	i := w.do(Command{Action: "create", Title: "a laptop was stolen", Category: "fraud/masquerade", Priority: "P3", Impact: tocsin.Impact{Functional: "low"}})
	w.do(Command{Incident: i.ID, Action: "declare"})
	w.refused(Command{Incident: i.ID, Action: "close", Disposition: "true_positive_impact", RootCause: "third_party_failure"}, "the means")
	i = w.do(Command{Incident: i.ID, Action: "close", Disposition: "true_positive_impact", RootCause: "third_party_failure", Means: "non_technical"})
	if i.Intent != "unknown" || i.Means != "non_technical" {
		t.Errorf("%s, %s", i.Intent, i.Means)
	}
}

func TestStaleSaysWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: "acknowledge", By: bert})
	w.do(Command{Incident: i.ID, Action: "comment", Text: "it is the VPN", By: bert})
	_, err := w.try(Command{Incident: i.ID, Action: "contain", ExpectedRevision: i.Revision})
	stale, ok := errors.AsType[*StaleError](err)
	if !ok || len(stale.Since) != 2 || !strings.HasSuffix(stale.Error(), "since then bert: acknowledge, bert: comment") {
		t.Errorf("%v", err)
	}
}

func TestUnconfirmedIsRecordedWhenItsTimeHasPassed(t *testing.T) {
	w := newWorld(t)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), auto()).Incident
	if _, err := w.Timers(t.Context(), t0.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	i = w.incident(i.ID)
	if met := i.Targets["confirm"].Met; i.Confirm != "needed" || met == nil || *met {
		t.Errorf("%s, %+v", i.Confirm, i.Targets["confirm"])
	}
	w.now = t0.Add(4 * time.Hour)
	if i = w.do(Command{Incident: i.ID, Action: "confirm"}); i.Confirm != "done" || i.Targets["confirm"].BreachedS == 0 {
		t.Errorf("%s, %+v", i.Confirm, i.Targets["confirm"])
	}
}

func TestRecurrenceIsLinkedBothWays(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: "review", Text: "x", FailedControls: []string{"none"}, Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}}})
	w.do(Command{Incident: i.ID, Action: "close", Disposition: "true_positive_impact", RootCause: "human_error"})
	e := event("e2", 60*24*30, "203.0.113.7", "ann")
	again := w.apply(e, proposed()).Incident
	if again.RecursOf != i.ID {
		t.Fatalf("recurs of %q", again.RecursOf)
	}
	if got := w.incident(i.ID); len(got.Recurs) != 1 || got.Recurs[0] != again.ID || got.Status != tocsin.ClosedIncident {
		t.Errorf("%v, %s", got.Recurs, got.Status)
	}
	w.apply(e, proposed())
	w.store.verify(t)
}

// Holds whose corrected times overlap count once: no time worked on is less than none.
func TestHoldsThatOverlapCountOnce(t *testing.T) {
	at := func(minute int) time.Time { return t0.Add(time.Duration(minute) * time.Minute) }
	i := tocsin.Incident{Holds: []tocsin.Hold{{From: at(10), To: at(20)}, {From: at(5), To: at(12)}, {From: at(15), To: at(18)}, {From: at(30)}}}
	for n, tt := range []struct{ from, to, want int }{{0, 40, 25}, {0, 5, 0}, {11, 16, 5}, {19, 31, 2}, {31, 33, 2}} {
		if got := onHold(&i, at(tt.from), at(tt.to)); got != int64(tt.want)*60 {
			t.Errorf("%d: %d s on hold from %d to %d", n, got, tt.from, tt.to)
		}
	}
}
