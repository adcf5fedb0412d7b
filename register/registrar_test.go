package register

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func TestProposedEventFoundsIncident(t *testing.T) {
	w := newWorld(t)
	out := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed())
	i := out.Incident
	if !out.Changed || out.Verdict.Incident != i.ID || out.Verdict.Assessment.State != tocsin.Promoted {
		t.Errorf("outcome %+v", out)
	}
	if i.Status != tocsin.Proposed || i.Number != "INC-2026-000001" || !i.Opened.Equal(t0) || i.Priority != "P2" || i.Alerts != 10 || len(i.Slots) != 2 {
		t.Errorf("incident %+v", i)
	}
	if got, want := i.ID, tocsin.IncidentID("default", "202611-e1", t0, 0); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	if due := i.Targets["assess"].Due; !due.Equal(t0.Add(31 * time.Minute)) {
		t.Errorf("assess due %v: 30 m from the detection", due)
	}
	if want := "Password spray: 10 alerts in 1 event, source.ip 203.0.113.7, user.name ann"; i.Summary != want {
		t.Errorf("summary %q", i.Summary)
	}
	if again := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()); again.Changed {
		t.Error("the second time changed something")
	}
	w.store.verify(t)
}

// Who attacks and is attacked is named once; in a log that was begun when it was named twice, as before: a register of
// that time is intact.
func TestSummaryNamesEachOnce(t *testing.T) {
	w := newWorld(t)
	e := event("e1", 0, "203.0.113.7", "ann")
	e.Entities = append(e.Entities, tocsin.Entity{Field: "source.ip", Value: "203.0.113.7", Role: "victim"})
	i := w.apply(e, proposed()).Incident
	if want := "Password spray: 10 alerts in 1 event, source.ip 203.0.113.7, user.name ann"; i.Summary != want {
		t.Errorf("summary %q", i.Summary)
	}
	log, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	log[0].Data = []byte(strings.Replace(string(log[0].Data), `"once":true,`, "", 1))
	older, err := Project(log)
	if want := "Password spray: 10 alerts in 1 event, source.ip 203.0.113.7, user.name ann, source.ip 203.0.113.7"; err != nil || older.Summary != want {
		t.Errorf("of an older log: %q (%v)", older.Summary, err)
	}
}

func TestModes(t *testing.T) {
	for name, tt := range map[string]struct {
		a      tocsin.Assessment
		state  tocsin.AssessmentState
		status tocsin.Status
	}{
		"propose": {proposed(), tocsin.Promoted, tocsin.Proposed},
		"auto":    {auto(), tocsin.Promoted, tocsin.Declared},
		"manual":  {assessment(tocsin.Promoted, tocsin.ModeManual, "P2"), tocsin.Pending, ""},
		"pending": {pending(), tocsin.Pending, ""},
		"dismiss": {assessment(tocsin.NotIncident, tocsin.ModeDismiss, "P5"), tocsin.NotIncident, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			out := w.apply(event("e1", 0, "203.0.113.7", "ann"), tt.a)
			if out.Verdict.Assessment.State != tt.state || out.Incident.Status != tt.status {
				t.Errorf("state %q, status %q", out.Verdict.Assessment.State, out.Incident.Status)
			}
		})
	}
}

func TestAutoIsDeclaredByPolicyAndConfirmedByAPerson(t *testing.T) {
	w := newWorld(t)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), auto()).Incident
	if i.DeclaredBy != "serious@tocsin-default@2026.1" || i.Confirm != "needed" || i.Coordinator != "" {
		t.Errorf("declared by %q, confirm %q, coordinator %q", i.DeclaredBy, i.Confirm, i.Coordinator)
	}
	if due := i.Targets["confirm"].Due; !due.Equal(t0.Add(61 * time.Minute)) {
		t.Errorf("confirm due %v", due)
	}
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActConfirm})
	if i.Confirm != "done" || i.Targets["confirm"].Met == nil {
		t.Errorf("confirm %q, %+v", i.Confirm, i.Targets["confirm"])
	}
	if _, err := w.try(Command{Incident: i.ID, Action: tocsin.ActConfirm}); err == nil {
		t.Error("confirmed twice")
	}
}

// join is what becomes of a second event, ten minutes after the first, when the first one's incident went through do.
func join(t *testing.T, a tocsin.Assessment, second tocsin.Event, do func(*world, tocsin.Incident)) (*world, tocsin.Incident, Outcome) {
	t.Helper()
	w := newWorld(t)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), a).Incident
	if do != nil {
		do(w, i)
	}
	return w, i, w.apply(second, a)
}

func closed(disposition string) func(*world, tocsin.Incident) {
	return func(w *world, i tocsin.Incident) {
		w.do(Command{Incident: i.ID, Action: tocsin.ActDeclare})
		w.do(Command{Incident: i.ID, Action: tocsin.ActReview, Text: "nothing new", FailedControls: []string{"none"}, Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}}})
		w.do(Command{Incident: i.ID, Action: tocsin.ActClose, Disposition: disposition, RootCause: "malicious_action"})
	}
}

func TestJoining(t *testing.T) {
	near := event("e2", 70, "203.0.113.7", "bert") // the same address; 70 m later
	for name, tt := range map[string]struct {
		second tocsin.Event
		do     func(*world, tocsin.Incident)
		want   string // joins, founds, recurs, reopens, quiet
	}{
		"same address":            {near, nil, "joins"},
		"second alternative":      {event("e2", 70, "198.51.100.9", "ann"), nil, "joins"},
		"nothing shared":          {event("e2", 70, "198.51.100.9", "bert"), nil, "founds"},
		"edge of the window":      {event("e2", 24*60+5, "203.0.113.7", "bert"), nil, "joins"},
		"past the window":         {event("e2", 24*60+6, "203.0.113.7", "bert"), nil, "recurs"},
		"closed as true positive": {near, closed("true_positive_impact"), "reopens"},
		"long after closing":      {event("e2", 16*24*60, "203.0.113.7", "bert"), closed("true_positive_impact"), "recurs"},
		"closed as false":         {near, closed("false_positive"), "quiet"},
		"closed as benign":        {near, closed("benign_true_positive"), "quiet"},
		"closed as test":          {near, closed("test_exercise"), "quiet"},
		"handled externally":      {near, closed("handled_externally"), "recurs"},
		"rejected": {near, func(w *world, i tocsin.Incident) {
			w.do(Command{Incident: i.ID, Action: tocsin.ActReject, Reason: "unclear"})
		}, "recurs"},
		"resolved": {near, func(w *world, i tocsin.Incident) {
			w.do(Command{Incident: i.ID, Action: tocsin.ActDeclare})
			w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
		}, "reopens"},
	} {
		t.Run(name, func(t *testing.T) {
			w, i, out := join(t, proposed(), tt.second, tt.do)
			got, v := "founds", out.Verdict
			switch {
			case v.Incident == i.ID:
				got = "joins"
			case v.Incident != "" && v.RecursOf == i.ID:
				got = "recurs"
			case v.Incident == "" && len(w.incident(i.ID).Proposals) == 1:
				got = "reopens"
			case v.Incident == "" && v.RecursOf == i.ID && v.Assessment.State == tocsin.Pending:
				got = "quiet"
			}
			if got != tt.want {
				t.Errorf("%s, want %s: %+v", got, tt.want, v)
			}
			if v.Incident != "" && v.Incident != i.ID && out.Incident.RecursOf != v.RecursOf {
				t.Errorf("incident recurs of %q", out.Incident.RecursOf)
			}
			w.store.verify(t)
		})
	}
}

func TestProposedReopeningIsAcceptedWithItsEvents(t *testing.T) {
	w, i, out := join(t, proposed(), event("e2", 70, "203.0.113.7", "bert"), closed("true_positive_impact"))
	if out.Verdict.RecursOf != i.ID || out.Verdict.Assessment.State != tocsin.Pending {
		t.Fatalf("verdict %+v", out.Verdict)
	}
	w.apply(revision(event("e2", 70, "203.0.113.7", "bert"), 2, tocsin.MilestoneDoubled), proposed())
	if got := w.incident(i.ID).Proposals; !cmp.Equal(got, []string{"reopen:202611-e2"}) {
		t.Errorf("proposals %v: one for the event, whatever its revisions", got)
	}
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActReopen, Reason: "came back"})
	if i.Status != tocsin.Acknowledged || i.ReopenCount != 1 || len(i.Proposals) != 0 || !cmp.Equal(i.Events, []string{"202611-e1", "202611-e2"}) {
		t.Errorf("incident %+v", i)
	}
	v, _ := w.store.Verdict(t.Context(), "202611-e2")
	if v.Incident != i.ID || v.Assessment.State != tocsin.Promoted || v.By != ann {
		t.Errorf("verdict %+v", v)
	}
	w.apply(revision(event("e2", 70, "203.0.113.7", "bert"), 3, tocsin.MilestoneClosed), proposed())
	w.store.verify(t)
}

func TestProposalIsTurnedDown(t *testing.T) {
	for name, do := range map[string]func(*world, tocsin.Incident){
		"declined": func(w *world, i tocsin.Incident) {
			w.do(Command{Incident: i.ID, Action: tocsin.ActDecline, Proposal: "reopen:202611-e2", Reason: "another matter"})
		},
		"event dismissed": func(w *world, _ tocsin.Incident) {
			w.do(Command{Event: "202611-e2", Action: tocsin.ActDismiss, Disposition: "false_positive"})
		},
		"event promoted": func(w *world, i tocsin.Incident) {
			if j := w.do(Command{Event: "202611-e2", Action: tocsin.ActPromote}); j.ID == i.ID || j.RecursOf != i.ID {
				w.t.Errorf("promoted into %s, recurs of %q", j.ID, j.RecursOf)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, i, _ := join(t, proposed(), event("e2", 70, "203.0.113.7", "bert"), closed("true_positive_impact"))
			do(w, i)
			if got := w.incident(i.ID); len(got.Proposals) != 0 {
				t.Errorf("proposals %v", got.Proposals)
			}
			if _, err := w.try(Command{Incident: i.ID, Action: tocsin.ActDecline, Proposal: "reopen:202611-e2"}); err == nil {
				t.Error("turned down twice")
			}
			if got := w.do(Command{Incident: i.ID, Action: tocsin.ActReopen, Reason: "x"}); len(got.Events) != 1 {
				t.Errorf("events %v", got.Events)
			}
			w.store.verify(t)
		})
	}
}

func TestSharedAssetsFormNoSlots(t *testing.T) {
	a := proposed()
	a.Shared = []tocsin.Entity{{Field: "source.ip", Value: "203.0.113.7"}}
	_, i, out := join(t, a, event("e2", 70, "203.0.113.7", "bert"), nil)
	if out.Incident.ID == i.ID {
		t.Error("two users behind one proxy are one incident")
	}
}

func TestFullIncidentIsRelated(t *testing.T) {
	w := newWorld(t)
	w.opts.MaxSlots = 3
	w.Register = New(w.opts)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident // 2 slots
	w.apply(event("e2", 1, "203.0.113.7", "bert"), proposed())              // the third
	full := w.apply(event("e3", 2, "203.0.113.7", "carl"), proposed()).Incident
	if full.ID != i.ID || len(full.Slots) != 3 {
		t.Errorf("incident %s with %d slots, want %s with 3", full.ID, len(full.Slots), i.ID)
	}
	other := w.apply(event("e4", 3, "198.51.100.9", "carl"), proposed()).Incident
	if other.ID == i.ID || !cmp.Equal(other.Related, []string{i.ID}) || !cmp.Equal(w.incident(i.ID).Related, []string{other.ID}) {
		t.Errorf("incident %s related to %v; the full one to %v", other.ID, other.Related, w.incident(i.ID).Related)
	}
	if next := w.apply(event("e5", 4, "192.0.2.4", "carl"), proposed()).Incident; next.ID != other.ID {
		t.Error("the new incident does not hold the value that the full one had no place for")
	}
	w.store.verify(t)
}

func TestIncidentOfTooManyEventsIsContinued(t *testing.T) {
	w := newWorld(t)
	w.opts.MaxEvents = 2
	w.Register = New(w.opts)
	var ids []string
	for n := range 5 {
		e := event(fmt.Sprintf("e%d", n), n, "203.0.113.7", "ann")
		ids = append(ids, w.apply(e, proposed()).Incident.ID)
		if got := w.apply(revision(e, 2, tocsin.MilestoneDoubled), proposed()).Incident.ID; got != ids[n] {
			t.Errorf("a revision went to %s, not %s", got, ids[n])
		}
	}
	if ids[0] != ids[1] || ids[1] == ids[2] || ids[2] != ids[3] || ids[3] == ids[4] {
		t.Errorf("incidents %v", ids)
	}
	if got := w.incident(ids[2]).Related; !cmp.Equal(got, []string{ids[0], ids[4]}) {
		t.Errorf("related %v", got)
	}
	w.store.verify(t)
}

func TestEventOfTwoOpenIncidentsJoinsTheFirstAndRelatesThem(t *testing.T) {
	w := newWorld(t)
	a := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	b := w.apply(event("e2", 1, "198.51.100.9", "bert"), proposed()).Incident
	got := w.apply(event("e3", 2, "203.0.113.7", "bert"), proposed()).Incident
	if got.ID != a.ID || !cmp.Equal(got.Related, []string{b.ID}) || !cmp.Equal(w.incident(b.ID).Related, []string{a.ID}) {
		t.Errorf("in %s related %v; %s related %v", got.ID, got.Related, b.ID, w.incident(b.ID).Related)
	}
}

func TestRevisionOfPendingEventMayPromote(t *testing.T) {
	w := newWorld(t)
	e := event("e1", 0, "203.0.113.7", "ann")
	w.apply(e, pending())
	e = revision(e, 2, tocsin.MilestoneDoubled)
	i := w.apply(e, proposed()).Incident
	if i.Status != tocsin.Proposed || !i.Opened.Equal(e.Last) {
		t.Errorf("status %s, opened %v: event time of the alert at which it was promoted is %v", i.Status, i.Opened, e.Last)
	}
	v, _ := w.store.Verdict(t.Context(), e.ID)
	if v.Version != 2 || v.Revision != 2 {
		t.Errorf("verdict %+v", v)
	}
}

func TestPriorityRisesByItselfNeverFalls(t *testing.T) {
	w := newWorld(t)
	e := event("e1", 0, "203.0.113.7", "ann")
	w.apply(e, proposed())
	e = revision(e, 2, tocsin.MilestoneDoubled)
	i := w.apply(e, assessment(tocsin.Promoted, tocsin.ModePropose, "P1")).Incident
	if i.Priority != "P1" || i.Priorities.Initial != "P2" || i.Priorities.Highest != "P1" {
		t.Errorf("priority %s, %+v", i.Priority, i.Priorities)
	}
	if due := i.Targets["assess"].Due; !due.Equal(t0.Add(18 * time.Minute)) {
		t.Errorf("assess due %v: 15 m from the change", due)
	}
	e = revision(e, 3, tocsin.MilestoneDoubled)
	if i = w.apply(e, assessment(tocsin.Promoted, tocsin.ModePropose, "P5")).Incident; i.Priority != "P1" {
		t.Errorf("priority fell to %s", i.Priority)
	}
	w.do(Command{Incident: i.ID, Action: tocsin.ActSet, Priority: "P3"})
	e = revision(e, 4, tocsin.MilestoneDoubled)
	if i = w.apply(e, assessment(tocsin.Promoted, tocsin.ModePropose, "P1")).Incident; i.Priority != "P3" {
		t.Errorf("priority %s, but a person asserted P3", i.Priority)
	}
	var under []string
	for _, v := range i.Visits {
		under = append(under, v.Priority)
	}
	if want := []string{"P2", "P1", "P3"}; !cmp.Equal(under, want) {
		t.Errorf("visits under %v, want %v", under, want)
	}
	w.store.verify(t)
}

func TestPolicyDeclaresWhatWasProposed(t *testing.T) {
	w := newWorld(t)
	w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed())
	i := w.apply(event("e2", 1, "203.0.113.7", "bert"), auto()).Incident
	if i.Status != tocsin.Declared || i.Confirm != "needed" || len(i.Events) != 2 {
		t.Errorf("status %s, confirm %s", i.Status, i.Confirm)
	}
}

func TestLateEvidence(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
	i = w.apply(revision(event("e1", 0, "203.0.113.7", "ann"), 2, tocsin.MilestoneDoubled), auto()).Incident
	if i.Status != tocsin.Resolved || i.LateEvidence != 1 || i.Alerts != 20 || i.Priority != "P2" {
		t.Errorf("status %s, late %d, alerts %d, priority %s", i.Status, i.LateEvidence, i.Alerts, i.Priority)
	}
}

func TestNoAlertsInWords(t *testing.T) {
	w := newWorld(t)
	e := event("e1", 0, "203.0.113.7", "ann")
	e.Count, e.Evidence.Alerts = 0, nil
	i := w.apply(e, proposed()).Incident
	entries, _ := w.store.Entries(t.Context(), i.ID, 1)
	if i.Alerts != 0 || entries[0].Text != "Password spray" {
		t.Errorf("%d alerts, %q", i.Alerts, entries[0].Text)
	}
}

func TestWithdrawn(t *testing.T) {
	e := event("e1", 0, "203.0.113.7", "ann")
	gone := revision(e, 2, tocsin.MilestoneWithdrawn)
	t.Run("pending", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, pending())
		if v := w.apply(gone, pending()).Verdict; v.Assessment.State != tocsin.NotIncident || v.Assessment.Reason != "withdrawn" {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("proposed alone", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, proposed())
		i := w.apply(gone, proposed()).Incident
		entries, _ := w.store.Entries(t.Context(), i.ID, 2)
		if i.Status != tocsin.Rejected || entries[0].Reason != "withdrawn" || i.Countable {
			t.Errorf("status %s, reason %q", i.Status, entries[0].Reason)
		}
	})
	t.Run("proposed with another", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, proposed())
		w.apply(event("e2", 1, "203.0.113.7", "ann"), proposed())
		if i := w.apply(gone, proposed()).Incident; i.Status != tocsin.Proposed {
			t.Errorf("status %s", i.Status)
		}
	})
	t.Run("its alerts are none of the incident", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, proposed())
		w.apply(event("e2", 1, "203.0.113.7", "ann"), proposed())
		if i := w.apply(gone, proposed()).Incident; i.Alerts != 10 {
			t.Errorf("%d alerts, want those of the other event alone", i.Alerts)
		}
	})
	t.Run("proposed with one that was merged into it", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, proposed())
		other := event("e2", 1, "203.0.113.7", "ann")
		w.apply(other, proposed())
		merged := revision(other, 2, tocsin.MilestoneMerged)
		merged.Activity, merged.MergedInto = tocsin.Merged, e.ID
		w.apply(merged, proposed())
		if i := w.apply(gone, proposed()).Incident; i.Status != tocsin.Rejected || i.Alerts != 0 {
			t.Errorf("status %s, %d alerts", i.Status, i.Alerts)
		}
	})
	t.Run("proposed with another that was withdrawn", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e, proposed())
		other := event("e2", 1, "203.0.113.7", "ann")
		w.apply(other, proposed())
		w.apply(gone, proposed())
		if i := w.apply(revision(other, 2, tocsin.MilestoneWithdrawn), proposed()).Incident; i.Status != tocsin.Rejected {
			t.Errorf("status %s with no event left", i.Status)
		}
	})
	t.Run("a reopening was proposed for it", func(t *testing.T) {
		w := newWorld(t)
		i := w.declared()
		w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
		again := event("e2", 90, "203.0.113.7", "ann")
		if out := w.apply(again, proposed()); len(out.Incident.Proposals) != 1 {
			t.Fatalf("proposals %v", out.Incident.Proposals)
		}
		v := w.apply(revision(again, 2, tocsin.MilestoneWithdrawn), proposed()).Verdict
		if v.Assessment.State != tocsin.NotIncident || v.Assessment.Reason != "withdrawn" {
			t.Errorf("verdict %+v", v)
		}
		now := w.incident(i.ID)
		entries, _ := w.store.Entries(t.Context(), i.ID, now.Revision)
		if len(now.Proposals) != 0 || entries[0].Action != tocsin.ActDecline || !strings.Contains(entries[0].Text, "withdrawn") {
			t.Errorf("proposals %v, last entry %s: %s", now.Proposals, entries[0].Action, entries[0].Text)
		}
	})
	t.Run("declared", func(t *testing.T) {
		w := newWorld(t)
		w.declared()
		i := w.apply(gone, proposed()).Incident
		entries, _ := w.store.Entries(t.Context(), i.ID, 3)
		if i.Status != tocsin.Declared || !strings.Contains(entries[0].Text, "never held") {
			t.Errorf("status %s, text %q", i.Status, entries[0].Text)
		}
	})
}

func merged(e tocsin.Event, into string) tocsin.Event {
	e = revision(e, e.Revision+1, tocsin.MilestoneMerged)
	e.Activity, e.MergedInto = tocsin.Merged, "202611-"+into
	return e
}

func TestMergedEvents(t *testing.T) {
	e1, e2 := event("e1", 0, "203.0.113.7", "ann"), event("e2", 1, "198.51.100.9", "bert")
	t.Run("pending into pending", func(t *testing.T) {
		w := newWorld(t)
		w.apply(e1, pending())
		w.apply(e2, pending())
		if v := w.apply(merged(e2, "e1"), pending()).Verdict; v.Assessment.State != tocsin.NotIncident || v.Assessment.Reason != "duplicate" {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("pending into an incident's", func(t *testing.T) {
		w := newWorld(t)
		i := w.apply(e1, proposed()).Incident
		w.apply(e2, pending())
		out := w.apply(merged(e2, "e1"), pending())
		if out.Incident.ID != i.ID || out.Incident.Alerts != 10 || len(out.Incident.Events) != 2 {
			t.Errorf("incident %s, %d alerts, events %v", out.Incident.ID, out.Incident.Alerts, out.Incident.Events)
		}
	})
	t.Run("between two incidents", func(t *testing.T) {
		w := newWorld(t)
		a := w.apply(e1, proposed()).Incident
		b := w.apply(e2, assessment(tocsin.Promoted, tocsin.ModePropose, "P3")).Incident
		out := w.apply(merged(e2, "e1"), proposed())
		b = w.incident(b.ID)
		if !cmp.Equal(b.Related, []string{a.ID}) || !cmp.Equal(w.incident(a.ID).Related, []string{b.ID}) || !cmp.Equal(b.Proposals, []string{"merge:" + a.ID}) {
			t.Errorf("related %v and %v, proposals %v", b.Related, w.incident(a.ID).Related, b.Proposals)
		}
		if b.Status != tocsin.Proposed || out.Verdict.Assessment.Priority != "P2" {
			t.Errorf("status %s, priority %s: the survivor's is P2", b.Status, out.Verdict.Assessment.Priority)
		}
		before := w.store.dump()
		w.apply(merged(e2, "e1"), proposed())
		if diff := cmp.Diff(before, w.store.dump()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBackfillStartsNoTarget(t *testing.T) {
	w := newWorld(t)
	e := event("e1", 0, "203.0.113.7", "ann")
	e.Backfill = true
	i := w.apply(e, auto()).Incident
	if len(i.Targets) != 0 || !i.Backfill || i.Confirm != "needed" {
		t.Errorf("targets %v", i.Targets)
	}
	live := w.apply(event("e2", 1, "203.0.113.7", "ann"), auto()).Incident
	if len(live.Targets) != 3 || live.Backfill {
		t.Errorf("targets %v: a live event starts them", live.Targets)
	}
}
