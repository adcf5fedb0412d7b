package measure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/sinks/memory"
)

// Three alerts of two events in October, one in November; an incident was declared in October.
func TestReduction(t *testing.T) {
	s := memory.New()
	october := time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)
	var alerts []tocsin.Alert
	for n, at := range []time.Time{october, october, october.Add(time.Hour), october.AddDate(0, 1, 0)} {
		a := tocsin.Alert{Tenant: "default", Source: "edr", Time: at, Received: at, Ref: tocsin.Ref{Topic: "t", Offset: int64(n)}}
		a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
		alerts = append(alerts, a)
	}
	if _, err := s.StoreAlerts(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	events := []tocsin.Event{{ID: "202610-1", Tenant: "default", Revision: 1}, {ID: "202610-2", Tenant: "default", Revision: 1}}
	if err := s.StoreEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	i := tocsin.Incident{ID: "202610-i", Tenant: "default", Status: tocsin.Declared, Timeline: map[string]time.Time{"declared": october}, Revision: 1}
	if err := s.PutIncident(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	got, err := measure.Trends(t.Context(), s, question(t, "metric=reduction&from=2026-10-05&to=2026-11-02"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range append(got.All.Points, got.All.Whole) {
		lines = append(lines, fmt.Sprintf("%s %d %v %.2f %.2f", p.At.Format(time.DateOnly), p.N, p.Counts, p.Shares["events"], p.Shares["incidents"]))
	}
	want := []string{
		"2026-10-01 3 map[alerts:3 events:2 incidents:1] 0.67 0.33",
		"2026-11-01 1 map[alerts:1 events:0 incidents:0] 0.00 0.00",
		"2026-10-01 4 map[alerts:4 events:2 incidents:1] 0.50 0.25",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for _, text := range []string{"metric=reduction&by=priority", "metric=reduction&priority=P1"} {
		if _, err := measure.Trends(t.Context(), s, question(t, text)); !errors.Is(err, tocsin.ErrQuery) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
