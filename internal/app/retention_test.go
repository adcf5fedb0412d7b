package app_test

import (
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/register"
	"tocsin/sinks/sqlite"
)

// registerOf is an embedded register of its own, open, and the configuration that names it.
func registerOf(t *testing.T) (config.Config, *sqlite.Store) {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(cfg.DataDir, "tocsin.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return cfg, st
}

// Months that are older go, but for those that an incident under legal hold refers to; each is in the log of disposals.
func TestRetention(t *testing.T) {
	cfg, st := registerOf(t)
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	event := tocsin.Event{ID: "202603-e", Tenant: "default", Revision: 1}
	for n, month := range []time.Month{time.January, time.March, time.May, time.November} {
		raw := []byte{byte('0' + n)}
		a := tocsin.Alert{ID: string(raw), Tenant: "default", Time: time.Date(2026, month, 5, 0, 0, 0, 0, time.UTC), Raw: raw, SHA256: sha256.Sum256(raw)}
		if _, err := st.StoreAlerts(t.Context(), []tocsin.Alert{a}); err != nil {
			t.Fatal(err)
		}
		if month == time.March {
			event.Evidence.Alerts = []tocsin.AlertRef{{ID: a.ID, Time: a.Time}}
		}
	}
	if err := st.StoreEvents(t.Context(), []tocsin.Event{event}); err != nil {
		t.Fatal(err)
	}
	held := tocsin.Incident{ID: "202603-i", Number: "INC-2026-000007", Revision: 1, Events: []string{event.ID}, LegalHold: &tocsin.LegalHold{Since: now, By: "ann", Reason: "order"}}
	if err := st.PutIncident(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	k, err := app.OpenKeeper(t.Context(), app.Options{Config: cfg, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	plan, err := k.Plan(t.Context(), 100*24*time.Hour)
	want := []app.MonthOfAlerts{
		{Month: "2026.01", Alerts: 1, Drop: true},
		{Month: "2026.03", Alerts: 1, Held: []string{"INC-2026-000007"}},
		{Month: "2026.05", Alerts: 1, Drop: true},
		{Month: "2026.11", Alerts: 1},
	}
	if diff := cmp.Diff(want, plan); diff != "" || err != nil {
		t.Fatalf("plan (%v, -want +got):\n%s", err, diff)
	}
	if err := k.Run(t.Context(), plan, tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}, "policy 3"); err != nil {
		t.Fatal(err)
	}
	left, err := st.AlertMonths(t.Context())
	if diff := cmp.Diff(map[string]int64{"2026.03": 1, "2026.11": 1}, left); diff != "" || err != nil {
		t.Errorf("left (%v, -want +got):\n%s", err, diff)
	}
	entries, err := st.Entries(t.Context(), register.DisposalID(now), 1)
	if err != nil || len(entries) != 2 || register.VerifyChain(entries) != nil || string(entries[0].Data) != `{"alerts":1,"month":"2026.01"}` {
		t.Errorf("log of disposals: %+v (%v)", entries, err)
	}
}

// A legal hold keeps what an incident refers to and does not list: events beyond what its state has, and alerts beyond what
// an event names.
func TestRetentionHoldsWhatIsNotListed(t *testing.T) {
	cfg, st := registerOf(t)
	day := func(month time.Month) time.Time { return time.Date(2026, month, 5, 0, 0, 0, 0, time.UTC) }
	for month := time.January; month <= time.June; month++ {
		raw := []byte{byte('0' + month)}
		if _, err := st.StoreAlerts(t.Context(), []tocsin.Alert{{ID: string(raw), Tenant: "default", Time: day(month), Raw: raw, SHA256: sha256.Sum256(raw)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.StoreEvents(t.Context(), []tocsin.Event{
		{ID: "202602-long", Tenant: "default", Revision: 1, First: day(time.February), Last: day(time.April), Evidence: tocsin.Evidence{Truncated: true, Alerts: []tocsin.AlertRef{{ID: "2", Time: day(time.February)}}}},
		{ID: "202606-cut", Tenant: "default", Revision: 1, Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: "6", Time: day(time.June)}}}},
	}); err != nil {
		t.Fatal(err)
	}
	held := tocsin.Incident{ID: "202602-i", Number: "INC-2026-000007", Revision: 1, Events: []string{"202602-long"}, EventsCut: 1, LegalHold: &tocsin.LegalHold{By: "ann", Reason: "order"}}
	if err := st.PutIncident(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if err := st.Append(t.Context(), tocsin.LogEntry{Incident: held.ID, Tenant: "default", Seq: 1, Action: tocsin.ActAttach, Event: "202606-cut"}); err != nil {
		t.Fatal(err)
	}
	k, err := app.OpenKeeper(t.Context(), app.Options{Config: cfg, Now: func() time.Time { return day(time.December) }})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	plan, err := k.Plan(t.Context(), 100*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var dropped []string
	for _, m := range plan {
		if m.Drop {
			dropped = append(dropped, m.Month)
		}
	}
	if diff := cmp.Diff([]string{"2026.01", "2026.05"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if err := k.Run(t.Context(), plan, tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}, "policy 3"); err != nil {
		t.Fatal(err)
	}
	told, err := k.Disposals(t.Context(), day(time.January), day(time.December))
	if err != nil || len(told) != 2 || told[1].Reason != "policy 3" {
		t.Errorf("disposals: %+v (%v)", told, err)
	}
}
