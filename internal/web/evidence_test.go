package web

import (
	"fmt"
	"strings"
	"testing"

	"tocsin"
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
