package needtoknow

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A counting store counts how often what is restricted is listed, and how many of these incidents and of their events are read.
type counting struct {
	Store
	listed, incidents, events int
}

// Restricted implements [Store].
func (c *counting) Restricted(ctx context.Context) (map[string]int64, error) {
	c.listed++
	return c.Store.Restricted(ctx)
}

// Incidents implements [Store].
func (c *counting) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	page, err := c.Store.Incidents(ctx, q)
	c.incidents += len(page.Items)
	return page, err
}

// Events implements [Store].
func (c *counting) Events(ctx context.Context, ids []string) ([]tocsin.Event, error) {
	c.events += len(ids)
	return c.Store.Events(ctx, ids)
}

// On a register where much is written, what is restricted is not read again for it: its revisions are, and what has another
// one. What has no log is kept from others too.
func TestWhatIsRestrictedIsReadWhereItChanged(t *testing.T) {
	w := newWorld(t)
	clock, st := now(), &counting{Store: w.store}
	w.view = New(w.register, st, teamsOf, auth.Trail{Store: w.store, Now: func() time.Time { return clock }, Log: slog.New(slog.DiscardHandler)})
	w.restrict()
	for n := range 200 {
		i := tocsin.Incident{ID: fmt.Sprint("202611-", n), Number: fmt.Sprint(n), Tenant: "default", Revision: 1, Visibility: tocsin.Restricted, Events: []string{fmt.Sprint("202611-e", n+2)}}
		if err := w.store.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(want bool, incidents ...string) {
		t.Helper()
		known, err := w.view.Known(as(t.Context(), "otto", "analyst"), incidents)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range incidents {
			if known[id] != want {
				t.Errorf("%s is known: %t", id, known[id])
			}
		}
		clock = clock.Add(time.Second)
	}
	sees(false, w.incident.ID, "202611-0", "202611-199")
	if st.incidents < 200 || st.events != 201 {
		t.Errorf("read %d incidents and %d events", st.incidents, st.events)
	}
	st.incidents, st.events = 0, 0
	open := tocsin.Incident{ID: "202611-open", Number: "open", Tenant: "default"}
	for range 5 {
		open.Revision++
		if err := w.store.PutIncident(t.Context(), open); err != nil {
			t.Fatal(err)
		}
		sees(false, w.incident.ID, "202611-0")
		sees(true, open.ID)
	}
	if st.incidents != 0 || st.events != 0 {
		t.Errorf("read %d incidents and %d events for what is not restricted", st.incidents, st.events)
	}
	w.do("lena", "lead", register.Command{Action: tocsin.ActComment, Text: "x"})
	sees(false, w.incident.ID, "202611-0")
	if st.incidents != 0 || st.events != 1 {
		t.Errorf("read %d incidents and %d events for one that changed", st.incidents, st.events)
	}
}

// What is restricted is not listed again for each request, once nothing was written for a while; what is written, be it past the
// view, is seen at once.
func TestWhatIsRestrictedIsListedWhereItMayHaveChanged(t *testing.T) {
	w := newWorld(t)
	clock, st := now(), &counting{Store: w.store}
	w.view = New(w.register, st, teamsOf, auth.Trail{Store: w.store, Now: func() time.Time { return clock }, Log: slog.New(slog.DiscardHandler)})
	w.restrict()
	knows := func(name string) bool {
		t.Helper()
		known, err := w.view.Known(as(t.Context(), name, "analyst"), []string{w.incident.ID})
		if err != nil {
			t.Fatal(err)
		}
		return known[w.incident.ID]
	}
	for range 3 {
		if knows("otto") {
			t.Error("otto knows")
		}
		clock = clock.Add(settles)
	}
	before := st.listed
	for range 5 {
		if knows("otto") || !knows("ines") {
			t.Error("otto knows, or ines does not")
		}
	}
	if st.listed != before {
		t.Errorf("listed %d times though nothing was written", st.listed-before)
	}
	past := register.Command{ID: "past", Incident: w.incident.ID, By: person("lena", "lead"), Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Shared: []string{"otto"}, Reason: "he helps"}
	if _, err := w.register.Do(t.Context(), past); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(-time.Hour) // also where the clock was set back
	if !knows("otto") || knows("ines") {
		t.Error("what was written past the view is not seen")
	}
}
