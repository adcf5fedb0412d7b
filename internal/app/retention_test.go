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

// Months that are older go, but for those that an incident under legal hold refers to; each is in the log of disposals.
func TestRetention(t *testing.T) {
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(cfg.DataDir, "tocsin.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
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
