package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tocsin"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// TestEventTellsItsAlerts looks at the evidence of an event: what each alert says stands beside it, and an alert that is
// past its retention does not keep the page from showing the others.
func TestEventTellsItsAlerts(t *testing.T) {
	w := newWorld(t, nil)
	e := w.event("0e1", "Password spray", "ann came twice")
	for n := range 30 {
		e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{ID: fmt.Sprint("gone", n), Source: "http", Time: t0})
	}
	e.Revision, e.Group = e.Revision+1, nil
	if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	body := w.get("/events/" + e.ID).body
	if !strings.Contains(body, `class="value">ann came twice</td>`) {
		t.Error("the evidence does not tell what an alert says")
	}
	if !strings.Contains(body, "<p>1 alert.</p>") {
		t.Error("an event of all alerts has a group")
	}
	if n := strings.Count(body, "not kept any more"); n != 30 {
		t.Errorf("%d alerts are said to be kept no more, want 30", n)
	}
}

// askedFor counts how often alerts are read.
type askedFor struct {
	Store
	times *int
}

func (s askedFor) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	*s.times++
	return s.Store.Originals(ctx, refs)
}

// TestIncidentTellsItsAlerts looks at the alerts of an incident: each says what it is about, and all are read at once.
func TestIncidentTellsItsAlerts(t *testing.T) {
	var times int
	w := newWorld(t, func(o *Options) { o.Store = askedFor{o.Store, &times} })
	i := w.incident("0e1", "Password spray", "ann came twice")
	e, err := w.store.Event(t.Context(), i.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{ID: "gone", Source: "http", Time: t0})
	e.Revision++
	if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	body := w.get("/incidents/" + i.ID).body
	if !strings.Contains(body, `<span class="value">ann came twice</span>`) {
		t.Error("the incident's page does not tell what an alert says")
	}
	if n := strings.Count(body, "not kept any more"); n != 1 {
		t.Errorf("%d alerts are said to be kept no more, want 1", n)
	}
	if times != 1 {
		t.Errorf("alerts were read %d times, want once", times)
	}
}

// TestLongWordsAreFolded comments at length: the timeline shows how it begins, and the rest where it is asked for.
func TestLongWordsAreFolded(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	long := "the beginning\n" + strings.Repeat("and more of it ", 700) + "the end"
	for _, text := range []string{long, "short & sweet"} {
		if _, err := w.register.Do(t.Context(), register.Command{ID: text[:5], Incident: i.ID, Action: tocsin.ActComment, Text: text, By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}}); err != nil {
			t.Fatal(err)
		}
	}
	body := w.get("/incidents/" + i.ID).body
	if !strings.Contains(body, `<details class="long"><summary>the beginning and more of it`) || !strings.Contains(body, `<p class="said">`+long+"</p></details>") {
		t.Error("a comment of 10 kB is not folded")
	}
	if !strings.Contains(body, `<p class="said">short &amp; sweet</p>`) {
		t.Error("a short comment is not shown as it is")
	}
}

// emptied is a custodian whose originals were disposed of.
type emptied struct{ liar }

func (e emptied) Original(_ context.Context, _ tocsin.Incident, id, _ string, by tocsin.Actor) (tocsin.Exhibit, error) {
	return tocsin.Exhibit{}, &integrity.GoneError{Exhibit: id, Disposed: &tocsin.Disposal{At: t0, By: by.ID, Reason: e.text}}
}

// TestOriginalIsGone asks the page for an original that was disposed of, to look at and as a file: it is gone, the page says
// when, by whom and why, and what it says stays text.
func TestOriginalIsGone(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Custodian = emptied{liar{"<b>policy 3</b>"}} })
	i := w.incident("0e1", "Password spray", "ann came twice")
	as := []string{"Cookie", w.signIn(coordinatorToken)}
	for _, path := range []string{"/evidence/x1", "/evidence/x1/record"} {
		a := w.get("/incidents/"+i.ID+path, as...)
		if a.StatusCode != http.StatusGone || !strings.Contains(a.body, "the original of exhibit x1 was disposed of on 2026-11-02 by cora: &lt;b&gt;policy 3&lt;/b&gt;") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		if strings.Contains(a.body, "<b>policy 3</b>") || a.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: the reason is not text, or a file is sent: %q", path, a.Header)
		}
	}
}
