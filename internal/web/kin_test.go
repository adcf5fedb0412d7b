package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/register"
)

// section is the part of a page between an id and the section's end.
func section(body, id string) string {
	_, rest, _ := strings.Cut(body, `id="`+id+`"`)
	part, _, _ := strings.Cut(rest, "</section>")
	return part
}

// TestKin names what an incident has in common with others, and why.
func TestKin(t *testing.T) {
	w := newWorld(t, nil)
	one, three := w.incident("0e1", "Password spray", "ann"), w.incident("0e3", "Web shell", "bert")
	e := w.event("0e2", "Odd login", "dora")
	e.Revision = 2
	e.Entities = append(e.Entities, tocsin.Entity{Field: "host.name", Value: "ann", Role: "related"})
	if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	out, err := w.register.Apply(t.Context(), e, tocsin.Assessment{State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P3", Category: "other/other", Impact: tocsin.Impact{Functional: "low"}})
	if err != nil {
		t.Fatal(err)
	}
	two := out.Incident
	path := "/incidents/" + one.ID
	body := w.get(path).body
	related := section(body, "related")
	if !strings.Contains(related, two.Number+" Odd login") || !strings.Contains(related, "shares user.name ann") {
		t.Errorf("the other incident of ann is not named: %s", related)
	}
	if !strings.Contains(related, three.Number) || !strings.Contains(related, "found by the same rule") {
		t.Errorf("the other incident of the rule is not named: %s", related)
	}
	if !strings.Contains(body, `#incidents">1 incident</a>`) || !strings.Contains(body, `#events">1 event</a>`) {
		t.Error("what ann did beside the incident is not counted")
	}
	lead := tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}
	for n, i := range []tocsin.Incident{one, three} {
		for _, act := range []tocsin.Action{tocsin.ActDeclare, tocsin.ActResolve} {
			cmd := register.Command{ID: string(act), Action: act, Incident: i.ID, By: lead}
			if act == tocsin.ActResolve {
				cmd.Disposition, cmd.RootCause = "true_positive_impact", "human_error"
			}
			if _, err := w.register.Do(t.Context(), cmd); err != nil {
				t.Fatal(n, err)
			}
		}
	}
	if related := section(w.get(path).body, "related"); !strings.Contains(related, "same category and root cause within six months: human error") {
		t.Errorf("the same root cause is not named: %s", related)
	}
	w.now = w.now.AddDate(1, 0, 0)
	if r := section(w.get("/incidents/"+two.ID).body, "related"); !strings.Contains(r, one.Number) {
		t.Errorf("what lies within six months of the incident is named whenever one looks: %s", r)
	}
}

// TestGuards shows every command, and of those that do not fit, why.
func TestGuards(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	path := "/incidents/" + i.ID
	for name, c := range map[string]struct{ headers, wants []string }{
		"a viewer":      {nil, []string{"Declare needs:", "the role coordinator: yours is viewer", "Contained needs:"}},
		"a coordinator": {[]string{"Cookie", w.signIn(coordinatorToken)}, []string{"Contained needs:", "another status: what can be done from proposed is declare, reject, merge", "Release needs:", "an incident that is on hold", "Split off needs:", "more than one event"}},
	} {
		body := w.get(path, c.headers...).body
		for _, want := range c.wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
		for _, f := range allForms() {
			if f.Action != tocsin.ActClockStart && !strings.Contains(body, `data-action="`+string(f.Action)+`"`) && !strings.Contains(body, "<p>"+f.Label+" needs:</p>") {
				t.Errorf("%s: %s is hidden", name, f.Action)
			}
		}
	}
	if _, err := w.register.Do(t.Context(), register.Command{ID: "d", Action: tocsin.ActDeclare, Incident: i.ID, By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}}); err != nil {
		t.Fatal(err)
	}
	body := w.get(path, "Cookie", w.signIn(coordinatorToken)).body
	if _, form, _ := strings.Cut(body, `data-action="close"`); !strings.Contains(form[:min(600, len(form))], "a disposition: one of") {
		t.Error("what closing lacks is not told before it is tried")
	}
	if !strings.Contains(body, "Summary: all that the one who takes over must know") {
		t.Error("a hand-over does not ask for its summary")
	}
}

// TestRecord gives records as files that nothing opens, and notes it.
func TestRecord(t *testing.T) {
	w := newWorld(t, nil)
	w.incident("0e1", "Password spray", "<script>alert(1)</script>")
	a := w.get("/alerts/a-0e1/record")
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || a.Header.Get("Content-Disposition") != `attachment; filename="alert-a-0e1.txt"` {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	if a.body != `{"message":"<script>alert(1)</script>"}` {
		t.Errorf("the record is %q", a.body)
	}
	if a := w.get("/alerts/a-0e1/record", "Authorization", "Bearer "+otherToken); a.StatusCode != http.StatusNotFound {
		t.Errorf("another tenant is given it: %s", a.Status)
	}
	notes, err := w.store.AuditEntries(t.Context(), tocsin.AuditQuery{Action: "get-alert"})
	if err != nil || len(notes.Items) == 0 {
		t.Errorf("nobody noted it: %v", err)
	}
}

// TestPreview shows the report in the incident's page, and what it must say and does not.
func TestPreview(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "<b>ann</b>")
	if _, err := w.register.Do(t.Context(), register.Command{ID: "d", Action: tocsin.ActDeclare, Incident: i.ID, By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.register.Do(t.Context(), register.Command{ID: "a", Action: tocsin.ActAcknowledge, Incident: i.ID, By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}}); err != nil {
		t.Fatal(err)
	}
	plain := section(w.get("/incidents/"+i.ID).body, "report")
	if !strings.Contains(plain, "who responds: a team or an assignee") || strings.Contains(plain, "<pre") {
		t.Errorf("without a preview: %s", plain)
	}
	shown := section(w.get("/incidents/"+i.ID+"?preview=1").body, "report")
	if !strings.Contains(shown, "<pre") || !strings.Contains(shown, i.Number) || strings.Contains(shown, "<b>ann") {
		t.Errorf("the preview: %s", shown)
	}
	people := section(w.get("/incidents/"+i.ID+"?log=people").body, "timeline")
	if strings.Contains(people, `<li class="machine"`) || !strings.Contains(people, `<li class="person"`) {
		t.Errorf("what people did: %s", people)
	}
}

// TestRowsOf names a value once, whatever it is named as.
func TestRowsOf(t *testing.T) {
	attacker := tocsin.Entity{Field: "source.ip", Value: "10.0.0.1", Role: "attacker"}
	victim := tocsin.Entity{Field: "destination.ip", Value: "10.0.0.1", Role: "victim"}
	other := tocsin.Entity{Field: "host.name", Value: "web1", Role: "victim"}
	got := rowsOf([]tocsin.Entity{attacker, other, victim})
	want := []entityRow{
		{Value: "10.0.0.1", As: []tocsin.Entity{attacker, victim}, Incidents: -1, Events: -1},
		{Value: "web1", As: []tocsin.Entity{other}, Incidents: -1, Events: -1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
