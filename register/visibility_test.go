package register

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// People of the tests, by what they may.
var (
	outsider = tocsin.Actor{Kind: "person", ID: "otto", Role: "coordinator"}
	analyst  = tocsin.Actor{Kind: "person", ID: "anna", Role: "analyst"}
	leader   = tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}
	keeper   = tocsin.Actor{Kind: "person", ID: "cora", Role: "coordinator"}
)

// restricted is a declared incident that keeper has restricted.
func (w *world) restricted(t *testing.T, shared ...string) tocsin.Incident {
	t.Helper()
	i := w.declared()
	i, err := w.Do(t.Context(), Command{ID: "restrict", Incident: i.ID, Action: tocsin.ActVisibility, By: keeper, Visibility: tocsin.Restricted, Shared: shared, Reason: "it is about one of us"})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestVisibilityIsSet(t *testing.T) {
	w := newWorld(t)
	i := w.restricted(t, "ines", "bert")
	if i.Visibility != tocsin.Restricted || !slices.Equal(i.Shared, []string{"bert", "ines", "cora"}) {
		t.Errorf("%s, known to %v: who restricts it goes on knowing of it", i.Visibility, i.Shared)
	}
	entries, err := w.store.Entries(t.Context(), i.ID, i.Revision)
	if err != nil || entries[0].Reason != "it is about one of us" || entries[0].Personal["data.shared"].Hash == "" {
		t.Errorf("entry %+v (%v): the names are personal", entries, err)
	}
	i, err = w.Do(t.Context(), Command{ID: "open", Incident: i.ID, Action: tocsin.ActVisibility, By: leader, Visibility: tocsin.VisibleToTeam, Reason: "it is over"})
	if err != nil || i.Visibility != "" || i.Shared != nil {
		t.Errorf("%q, %v (%v)", i.Visibility, i.Shared, err)
	}
	w.store.verify(t)
}

func TestVisibilityGuards(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	for name, c := range map[string]Command{
		"a visibility":            {Reason: "x"},
		"did you mean restricted": {Visibility: "restriced", Reason: "x"},
		"a reason":                {Visibility: tocsin.Restricted},
		"no people by name":       {Visibility: tocsin.VisibleToTeam, Shared: []string{"ines"}, Reason: "x"},
		"in one line":             {Visibility: tocsin.Restricted, Shared: []string{"a\nb"}, Reason: "x"},
	} {
		c.ID, c.Incident, c.Action, c.By = "c", i.ID, tocsin.ActVisibility, keeper
		if _, err := w.Do(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for role, may := range map[string]bool{"viewer": false, "analyst": false, "coordinator": true, "lead": true} {
		if May(role, tocsin.ActVisibility) != may {
			t.Errorf("%s may: %t", role, !may)
		}
	}
}

// Whom a restricted incident does not name gives no command on it, and learns nothing of it by trying.
func TestRestrictedTakesNoCommandOfOthers(t *testing.T) {
	w := newWorld(t)
	i := w.restricted(t)
	e := i.Events[0]
	other := w.apply(event("e9", 1, "192.0.2.77", "zoe"), proposed()).Incident
	for name, c := range map[string]Command{
		"comment": {Action: tocsin.ActComment, Incident: i.ID, Text: "x"}, "assign": {Action: tocsin.ActAssign, Incident: i.ID, Assignee: outsider.ID},
		"visibility": {Action: tocsin.ActVisibility, Incident: i.ID, Visibility: tocsin.VisibleToTeam, Reason: "x"},
		"split":      {Action: tocsin.ActSplit, Incident: i.ID, Events: []string{e}}, "merge": {Action: tocsin.ActMerge, Incident: i.ID, Into: other.ID},
		"stale":   {Action: tocsin.ActComment, Incident: i.ID, Text: "x", ExpectedRevision: 1},
		"promote": {Action: tocsin.ActPromote, Event: e}, "dismiss": {Action: tocsin.ActDismiss, Event: e, Disposition: "false_positive"},
	} {
		c.ID, c.By = "o-"+name, outsider
		if _, err := w.Do(t.Context(), c); !errors.Is(err, tocsin.ErrNotFound) || strings.Contains(err.Error(), i.Title) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Do(t.Context(), Command{ID: "into", Action: tocsin.ActMerge, Incident: other.ID, Into: i.ID, By: outsider})
	if refusal, ok := errors.AsType[*Refusal](err); !ok || !strings.Contains(refusal.Error(), "there is none called") {
		t.Errorf("merged into it: %v", err)
	}
	if now := w.incident(i.ID); now.Revision != i.Revision {
		t.Errorf("revision %d, was %d", now.Revision, i.Revision)
	}
	for _, who := range []tocsin.Actor{leader, keeper} {
		if _, err := w.Do(t.Context(), Command{ID: "c-" + who.ID, Action: tocsin.ActComment, Incident: i.ID, Text: "x", By: who}); err != nil {
			t.Errorf("%s: %v", who.ID, err)
		}
	}
}

// Who worked on it, and was put out since, is not answered with it by a command of before.
func TestRestrictedForgetsWhoWasPutOut(t *testing.T) {
	w := newWorld(t)
	i := w.restricted(t, analyst.ID)
	note := Command{ID: "note", Action: tocsin.ActComment, Incident: i.ID, Text: "x", By: analyst}
	if _, err := w.Do(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Do(t.Context(), Command{ID: "out", Incident: i.ID, Action: tocsin.ActVisibility, By: leader, Visibility: tocsin.Restricted, Reason: "he is the one"}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Do(t.Context(), note); !errors.Is(err, tocsin.ErrNotFound) || got.ID != "" {
		t.Errorf("%+v (%v)", got, err)
	}
}

// What comes out of a restricted incident is restricted: a part, what takes it in, and what it comes back as.
func TestRestrictedIsInherited(t *testing.T) {
	t.Run("split", func(t *testing.T) {
		w := newWorld(t)
		i := w.three()
		i, err := w.Do(t.Context(), Command{ID: "r", Incident: i.ID, Action: tocsin.ActVisibility, By: keeper, Visibility: tocsin.Restricted, Reason: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if i, err = w.Do(t.Context(), Command{ID: "s", Incident: i.ID, Action: tocsin.ActSplit, Events: []string{"202611-e3"}, By: keeper}); err != nil {
			t.Fatal(err)
		}
		part := w.incident(i.SplitInto[0])
		if part.Visibility != tocsin.Restricted || !part.KnownTo(&tocsin.Reader{Name: keeper.ID}) || part.KnownTo(&tocsin.Reader{Name: outsider.ID}) {
			t.Errorf("the part is %q, known to %v", part.Visibility, part.Shared)
		}
		w.store.verify(t)
	})
	t.Run("merge", func(t *testing.T) {
		w := newWorld(t)
		i := w.restricted(t, "ines")
		other := w.apply(event("e9", 1, "192.0.2.77", "zoe"), proposed()).Incident
		if _, err := w.Do(t.Context(), Command{ID: "m", Incident: i.ID, Action: tocsin.ActMerge, Into: other.ID, By: keeper}); err != nil {
			t.Fatal(err)
		}
		survivor := w.incident(other.ID)
		if survivor.Visibility != tocsin.Restricted || !slices.Contains(survivor.Shared, "ines") || !slices.Contains(survivor.Shared, keeper.ID) {
			t.Errorf("the survivor is %q, known to %v", survivor.Visibility, survivor.Shared)
		}
	})
	t.Run("recurrence", func(t *testing.T) {
		w := newWorld(t)
		i := w.restricted(t)
		for n, c := range []Command{
			{Action: tocsin.ActResolve, Disposition: "true_positive_impact", RootCause: "malicious_action"},
			{Action: tocsin.ActReview, Text: "x", FailedControls: []string{"none"}, Vulnerabilities: []tocsin.Vulnerability{{ID: "none"}}},
			{Action: tocsin.ActClose},
		} {
			c.ID, c.Incident, c.By = "end"+string(rune('0'+n)), i.ID, leader
			if _, err := w.Do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		w.now = w.now.Add(60 * 24 * time.Hour)
		back := w.apply(event("e5", 60*24*60, "203.0.113.7", "ann"), proposed()).Incident
		if back.RecursOf != i.ID || back.Visibility != tocsin.Restricted || len(back.Shared) > 0 {
			t.Errorf("recurs of %q, %q, known to %v", back.RecursOf, back.Visibility, back.Shared)
		}
	})
}

// A refusal calls the incident by its number, and to whom may not know of it by what he said.
func TestRefusalsNameTheIncident(t *testing.T) {
	w := newWorld(t)
	i := w.restricted(t)
	for who, c := range map[tocsin.Actor]struct{ calls, not string }{keeper: {"incident " + i.Number + " needs", i.ID}, outsider: {"incident " + i.ID + " needs", i.Number}} {
		_, err := w.Do(t.Context(), Command{ID: "c", Incident: i.ID, Action: tocsin.ActClose, By: who, Disposition: "unclear"})
		if err == nil || !strings.Contains(err.Error(), c.calls) || strings.Contains(err.Error(), c.not) {
			t.Errorf("to %s: %v", who.ID, err)
		}
	}
	_, err := w.Hold(t.Context(), Command{ID: "c", Incident: i.ID, By: leader}, true)
	if err == nil || !strings.Contains(err.Error(), "incident "+i.Number+" needs a reason") {
		t.Errorf("a legal hold: %v", err)
	}
	_, err = w.Do(t.Context(), Command{ID: "c", Incident: i.ID, Action: tocsin.ActComment, By: keeper, Text: "x", ExpectedRevision: 1})
	if err == nil || !strings.Contains(err.Error(), "incident "+i.Number+" is at revision") {
		t.Errorf("stale: %v", err)
	}
}
