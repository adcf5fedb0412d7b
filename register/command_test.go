package register

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func TestLifecycleFromProposalToClosing(t *testing.T) {
	w := newWorld(t)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident // detected 10:01
	w.now = t0.Add(10 * time.Minute)
	at := func(minute int) time.Time { return t0.Add(time.Duration(minute) * time.Minute) }
	for _, c := range []Command{
		{Action: tocsin.ActDeclare, Effective: at(11)},
		{Action: tocsin.ActAcknowledge, Effective: at(21), By: bert},
		{Action: tocsin.ActContain, Effective: at(61)},
		{Action: tocsin.ActEradicate, Effective: at(71)},
		{Action: tocsin.ActRecover, Effective: at(91)},
		{Action: tocsin.ActResolve, Effective: at(131), RootCause: "human_error"},
		{Action: tocsin.ActReview, Text: "two factors from now on", FailedControls: []string{"none"}, Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}}},
		{Action: tocsin.ActClose, Effective: at(191), Disposition: "true_positive_impact"},
	} {
		w.now = later(w.now, c.Effective)
		c.Incident = i.ID
		i = w.do(c)
	}
	want := map[string]int64{
		"detect_s": 6 * 60, "assess_s": 10 * 60, "acknowledge_s": 10 * 60, "contain_s": 60 * 60, "resolve_s": 120 * 60, "first_resolve_s": 120 * 60,
		"close_s": 180 * 60, "dwell_s": 66 * 60, "active_s": 120 * 60,
	}
	if diff := cmp.Diff(want, i.Durations); diff != "" {
		t.Errorf("durations -want +got:\n%s", diff)
	}
	for name, target := range i.Targets {
		if target.Met == nil || !*target.Met {
			t.Errorf("target %s: %+v", name, target)
		}
	}
	if i.Status != tocsin.ClosedIncident || i.Coordinator != "ann" || i.RootCause != "human_error" || i.Review != "done" || i.Priorities.Final != "P2" {
		t.Errorf("incident %+v", i)
	}
	var visits []tocsin.Status
	for n, v := range i.Visits {
		visits = append(visits, v.Status)
		if v.Number != n || v.Priority != "P2" || v.Platform != "linux" {
			t.Errorf("visit %+v", v)
		}
	}
	if !slices.Equal(visits, tocsin.Stages()) {
		t.Errorf("visits %v", visits)
	}
	w.store.verify(t)
}

func TestSkippedStagesAreLogged(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActRecover})
	entries, _ := w.store.Entries(t.Context(), i.ID, i.Revision)
	if want := []tocsin.Status{tocsin.Acknowledged, tocsin.Contained, tocsin.Eradicated}; !slices.Equal(entries[0].Skipped, want) {
		t.Errorf("skipped %v, want %v", entries[0].Skipped, want)
	}
	if _, ok := i.Timeline["acknowledged"]; !ok {
		t.Error("a person's step past the acknowledgement is one")
	}
	if _, ok := i.Timeline["contained"]; ok {
		t.Error("contained was skipped, and has a time")
	}
}

func TestGuardsNameAllThatIsMissing(t *testing.T) {
	w := newWorld(t)
	bare := w.do(Command{Action: tocsin.ActCreate, Title: "Odd mail"}).ID
	full := w.declared().ID
	w.do(Command{Incident: full, Action: tocsin.ActFollowUp, FollowUp: &tocsin.FollowUp{Text: "renew certificates"}})
	for name, tt := range map[string]struct {
		cmd  Command
		want []string
	}{
		"declare":          {Command{Incident: bare, Action: tocsin.ActDeclare}, []string{"a category", "an impact", "a priority"}},
		"close":            {Command{Incident: full, Action: tocsin.ActClose}, []string{"a disposition", "a root cause", "an owner of follow-up 1", "review, which P2 requires", "the controls that failed", "the vulnerabilities that were found"}},
		"close as false":   {Command{Incident: full, Action: tocsin.ActClose, Disposition: "false_positive"}, []string{"an owner of follow-up 1"}},
		"no such step":     {Command{Incident: bare, Action: tocsin.ActContain}, []string{"from proposed is declare, reject, merge"}},
		"reopen what runs": {Command{Incident: full, Action: tocsin.ActReopen, Reason: "x"}, []string{"from declared is acknowledge, contain"}},
		"hand over":        {Command{Incident: full, Action: tocsin.ActHandOver}, []string{"the coordinator who takes over", "a summary"}},
		"words":            {Command{Incident: full, Action: tocsin.ActClose, Disposition: "fine", RootCause: "gremlins"}, []string{`another disposition than "fine"`, `another root cause than "gremlins"`}},
		"vocabulary":       {Command{Incident: full, Action: tocsin.ActSet, Priority: "P0"}, []string{`another priority than "P0": one of P1`}},
		"the future":       {Command{Incident: full, Action: tocsin.ActContain, Effective: t0.AddDate(1, 0, 0)}, []string{"an effective time that has passed"}},
		"before it began":  {Command{Incident: full, Action: tocsin.ActContain, Effective: t0.AddDate(0, 0, -1)}, []string{"an effective time after the first activity"}},
		"empty":            {Command{Incident: full, Action: tocsin.ActSet}, []string{"something to set"}},
		"merge into none":  {Command{Incident: full, Action: tocsin.ActMerge, Into: "x"}, []string{`there is none called "x"`}},
		"merge into self":  {Command{Incident: full, Action: tocsin.ActMerge, Into: full}, []string{"this is the same one"}},
		"machine's action": {Command{Incident: full, Action: tocsin.ActTimer}, []string{"a command of a person, which"}},
		"no actor":         {Command{Incident: full, Action: tocsin.ActComment, Text: "x", By: tocsin.Actor{Kind: "system", ID: "x"}}, []string{"an actor"}},
		"reject":           {Command{Incident: bare, Action: tocsin.ActReject}, []string{"a reason"}},
		"machine's id":     {Command{ID: "event:202611-e1:2", Incident: full, Action: tocsin.ActComment, Text: "x"}, []string{`begin with "event:"`}},
		"too long":         {Command{Incident: full, Action: tocsin.ActComment, Text: strings.Repeat("x", 70000)}, []string{"a shorter text"}},
		"confirm":          {Command{Incident: full, Action: tocsin.ActConfirm}, []string{"a declaration to confirm"}},
		"title":            {Command{Action: tocsin.ActCreate}, []string{"a title"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.try(tt.cmd)
			refusal, ok := errors.AsType[*Refusal](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if len(refusal.Missing) != len(tt.want) {
				t.Errorf("missing %q, want %d", refusal.Missing, len(tt.want))
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
		})
	}
	_, err := w.try(Command{Incident: bare, Action: tocsin.ActContain})
	if !errors.Is(err, tocsin.ErrTransition) {
		t.Errorf("%v is no ErrTransition", err)
	}
}

func TestExpectedRevision(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	_, err := w.try(Command{Incident: i.ID, Action: tocsin.ActContain, ExpectedRevision: 1})
	stale, ok := errors.AsType[*StaleError](err)
	if !ok || !errors.Is(err, tocsin.ErrConflict) || stale.Current.Revision != i.Revision {
		t.Errorf("error %v", err)
	}
	w.do(Command{Incident: i.ID, Action: tocsin.ActContain, ExpectedRevision: i.Revision})
}

func TestSameCommandTwiceIsOneEntry(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	c := Command{ID: "key-1", Incident: i.ID, Action: tocsin.ActComment, Text: "looked at it"}
	a, b := w.do(c), w.do(c)
	if a.Revision != b.Revision {
		t.Errorf("revisions %d and %d", a.Revision, b.Revision)
	}
	if _, err := w.try(Command{ID: "key-1", Incident: i.ID, Action: tocsin.ActContain}); err == nil {
		t.Error("one command id for two commands")
	}
	c.By = bert
	if _, err := w.try(c); err == nil {
		t.Error("one command id for two people")
	}
}

func TestUnknownIncidentAndOtherTenant(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	for _, c := range []Command{
		{Incident: "202611-none", Action: tocsin.ActComment, Text: "x"},
		{Incident: i.ID, Tenant: "other", Action: tocsin.ActComment, Text: "x"},
		{Incident: i.ID, Tenant: "other", Action: tocsin.ActMerge, Into: i.ID},
	} {
		if _, err := w.try(c); !errors.Is(err, tocsin.ErrNotFound) {
			t.Errorf("%s of %s: %v", c.Action, c.Incident, err)
		}
	}
}

func TestSetByTheScale(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActSet, Impact: tocsin.Impact{Functional: "high"}, Category: "intrusions/system-compromise"})
	if i.Priority != "P1" || i.Class != "III" || i.Impact.Information != "privacy" || i.Basis != "asserted" || i.CategoryISO != "technical_attack" {
		t.Errorf("priority %s, class %s, impact %+v, basis %s", i.Priority, i.Class, i.Impact, i.Basis)
	}
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActSet, Priority: "P3"})
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActSet, Urgency: "active"})
	if i.Priority != "P3" || !cmp.Equal(i.Asserted, []string{"category", "impact", "priority", "urgency"}) {
		t.Errorf("priority %s: what was asserted stands; asserted %v", i.Priority, i.Asserted)
	}
}

func TestHandOverLogsBoth(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActHandOver, Coordinator: "bert", Text: "host isolated, image taken"})
	entries, _ := w.store.Entries(t.Context(), i.ID, i.Revision)
	if i.Coordinator != "bert" || !strings.Contains(string(entries[0].Data), `"before":"ann"`) || entries[0].By.ID != "ann" {
		t.Errorf("coordinator %s, entry %+v %s", i.Coordinator, entries[0], entries[0].Data)
	}
}

func TestFollowUpsAndAssignment(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: tocsin.ActFollowUp, FollowUp: &tocsin.FollowUp{Text: "patch", Owner: "ops"}})
	w.do(Command{Incident: i.ID, Action: tocsin.ActAssign, Assignee: "bert", Teams: []string{"network", "ad"}})
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActFollowUp, Index: 1, FollowUp: &tocsin.FollowUp{Text: "patch", Owner: "ops", Done: true}})
	if len(i.FollowUps) != 1 || !i.FollowUps[0].Done || i.Assignee != "bert" || len(i.Teams) != 2 {
		t.Errorf("follow-ups %+v, assignee %s, teams %v", i.FollowUps, i.Assignee, i.Teams)
	}
	if _, err := w.try(Command{Incident: i.ID, Action: tocsin.ActFollowUp, Index: 3, FollowUp: &tocsin.FollowUp{Text: "x"}}); err == nil {
		t.Error("follow-up 3 of 1 was changed")
	}
}

func TestReopeningKeepsTheFirstResolution(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	first := w.do(Command{Incident: i.ID, Action: tocsin.ActResolve}).Timeline["resolved"]
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActReopen, Reason: "came back"})
	if _, ok := i.Durations["resolve_s"]; ok || i.Targets["resolve"].Met != nil || i.ReopenCount != 1 || i.Review != "none" {
		t.Errorf("reopened: durations %v, target %+v", i.Durations, i.Targets["resolve"])
	}
	w.now = w.now.Add(time.Hour)
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
	if !i.Timeline["first_resolved"].Equal(first) || !i.Timeline["resolved"].After(first) || i.Durations["resolve_s"] <= i.Durations["active_s"]-60 {
		t.Errorf("timeline %v, durations %v", i.Timeline, i.Durations)
	}
}

// By a calendar of business hours a target that runs anew over a week-end may be due when it was due before.
func TestReopeningBeginsTheTargetAnew(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC) // a Saturday
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), assessment(tocsin.Promoted, tocsin.ModePropose, "P3")).Incident
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActDeclare})
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
	due := i.Targets["resolve"].Due
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActReopen, Reason: "came back"})
	if got := i.Targets["resolve"]; got.Met != nil || !got.Due.Equal(due) {
		t.Errorf("reopened: %+v, was due %s", got, due)
	}
}

func TestMerge(t *testing.T) {
	w := newWorld(t)
	a := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	b := w.apply(event("e2", 1, "198.51.100.9", "bert"), assessment(tocsin.Promoted, tocsin.ModePropose, "P1")).Incident
	b = w.do(Command{Incident: b.ID, Action: tocsin.ActMerge, Into: a.ID})
	a = w.incident(a.ID)
	if b.Status != tocsin.MergedIncident || b.Into != a.ID || b.Countable || len(b.Targets) != 0 {
		t.Errorf("merged: status %s, into %s, targets %v", b.Status, b.Into, b.Targets)
	}
	if a.Priority != "P1" || a.Alerts != 20 || !cmp.Equal(a.Children, []string{b.ID}) || len(a.Events) != 2 {
		t.Errorf("survivor: priority %s, %d alerts, children %v", a.Priority, a.Alerts, a.Children)
	}
	if got := w.apply(revision(event("e2", 1, "198.51.100.9", "bert"), 2, tocsin.MilestoneDoubled), proposed()).Incident; got.ID != a.ID || got.Alerts != 30 {
		t.Errorf("a revision went to %s with %d alerts", got.ID, got.Alerts)
	}
	if got := w.apply(event("e3", 2, "198.51.100.9", "carl"), proposed()).Incident; got.ID != a.ID {
		t.Errorf("an event of the merged incident's slot went to %s", got.ID)
	}
	if _, err := w.try(Command{Incident: a.ID, Action: tocsin.ActMerge, Into: b.ID}); err == nil {
		t.Error("merged into what is merged")
	}
	w.store.verify(t)
}

func TestPersonPromotesAndDismisses(t *testing.T) {
	w := newWorld(t)
	w.apply(event("e1", 0, "203.0.113.7", "ann"), pending())
	w.apply(event("e2", 1, "198.51.100.9", "bert"), pending())
	i := w.do(Command{ID: "p", Action: tocsin.ActPromote, Event: "202611-e1"})
	if i.Status != tocsin.Declared || i.Coordinator != "ann" || i.Mode != tocsin.ModeManual || i.DeclaredBy != "ann" || i.Confirm != "none" {
		t.Errorf("incident %+v", i)
	}
	if again := w.do(Command{ID: "p", Action: tocsin.ActPromote, Event: "202611-e1"}); again.ID != i.ID || again.Revision != i.Revision {
		t.Error("the same command promoted twice")
	}
	if _, err := w.try(Command{Action: tocsin.ActPromote, Event: "202611-e1"}); err == nil {
		t.Error("promoted twice")
	}
	w.do(Command{Action: tocsin.ActDismiss, Event: "202611-e2", Disposition: "benign_true_positive"})
	out := w.apply(revision(event("e2", 1, "198.51.100.9", "bert"), 2, tocsin.MilestoneDoubled), proposed())
	if out.Verdict.Assessment.State != tocsin.NotIncident || out.Verdict.By != ann {
		t.Errorf("verdict %+v: a person's stands", out.Verdict)
	}
	if _, err := w.try(Command{Action: tocsin.ActDismiss, Event: "202611-e1", Disposition: "false_positive"}); err == nil {
		t.Error("dismissed what is in an incident")
	}
}

func TestPromotedAnewAfterRejection(t *testing.T) {
	w := newWorld(t)
	first := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	w.do(Command{Incident: first.ID, Action: tocsin.ActReject, Reason: "false_positive"})
	second := w.do(Command{Action: tocsin.ActPromote, Event: "202611-e1"})
	if want := tocsin.IncidentID("default", "202611-e1", t0, 1); second.ID != want || second.RecursOf != first.ID {
		t.Errorf("incident %s, want %s; recurs of %q", second.ID, want, second.RecursOf)
	}
}

func TestTimersRecordWhatIsOpenAndLate(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	due := i.Targets["acknowledge"].Due
	for _, want := range []int{1, 0} {
		n, err := w.Timers(t.Context(), due.Add(time.Minute))
		if err != nil || n != want {
			t.Errorf("%d late, want %d: %v", n, want, err)
		}
	}
	i = w.incident(i.ID)
	if target := i.Targets["acknowledge"]; target.Met == nil || *target.Met || target.BreachedS != 0 {
		t.Errorf("target %+v", target)
	}
	w.now = due.Add(time.Hour)
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActAcknowledge, Effective: w.now})
	if target := i.Targets["acknowledge"]; *target.Met || target.BreachedS != 3600 {
		t.Errorf("target %+v", target)
	}
	w.store.verify(t)
}

func TestRoles(t *testing.T) {
	for _, tt := range []struct {
		role string
		a    tocsin.Action
		may  bool
	}{
		{"viewer", tocsin.ActComment, false},
		{"analyst", tocsin.ActAcknowledge, true},
		{"analyst", tocsin.ActDeclare, false},
		{"coordinator", tocsin.ActDeclare, true},
		{"admin", tocsin.ActClose, true},
		{"admin", tocsin.ActTimer, false},
		{"", tocsin.ActComment, false},
		{"root", tocsin.ActComment, false},
	} {
		if May(tt.role, tt.a) != tt.may {
			t.Errorf("may %s %s: %v", tt.role, tt.a, !tt.may)
		}
	}
}
