package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/register"
	"tocsin/sinks"
)

// A recordStore takes alerts and events.
type recordStore interface {
	sinks.AlertStore
	sinks.EventStore
}

// foundedOn is an incident of an event with one alert, whose record says what it is.
func foundedOn(t *testing.T, st recordStore, r *register.Register, now time.Time, what, address string) tocsin.Incident {
	t.Helper()
	raw := []byte(`{"n":` + what + `}`)
	sum := sha256.Sum256(raw)
	a := tocsin.Alert{ID: hex.EncodeToString(sum[:]), Tenant: "default", Time: now, Received: now, Raw: raw, SHA256: sum}
	e := tocsin.Event{
		ID: "202611-" + tocsin.Hash(what), Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{ID: what, Title: what, Level: "high", Incident: tocsin.IncidentGrouping{GroupBy: []string{"source.ip"}, Window: time.Hour}},
		Group: tocsin.Group{{Field: "source.ip", Value: tocsin.StringValue(address)}},
		First: now, Last: now, Opened: now, Detected: now, Count: 1,
		Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: a.ID, Time: now, Received: now, Digest: sum}}},
	}
	if _, err := st.StoreAlerts(t.Context(), []tocsin.Alert{a}); err != nil {
		t.Fatal(err)
	}
	if err := st.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	out, err := r.Apply(t.Context(), e, tocsin.Assessment{State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P3", Category: "other/other", Urgency: "active", Class: "II", Severity: "less_serious"})
	if err != nil {
		t.Fatal(err)
	}
	return out.Incident
}

// Originals of incidents that ended go, those of others stay; what a legal hold keeps is told, and a dry run does nothing.
func TestDisposeEvidence(t *testing.T) {
	cfg, st := registerOf(t)
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	ann := tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}
	r := register.New(register.Options{Store: st, Exhibits: st, Now: func() time.Time { return now }})
	var numbers, ids []string
	for n, what := range []string{"rejected", "held", "open"} {
		i := foundedOn(t, st, r, now, what, "10.0.0."+string('1'+rune(n)))
		if what != "open" {
			cmd := register.Command{ID: "r" + what, Incident: i.ID, Action: tocsin.ActReject, By: ann, Reason: "benign_true_positive", Disposition: "benign_true_positive"}
			if _, err := r.Do(t.Context(), cmd); err != nil {
				t.Fatal(err)
			}
		}
		if what == "held" {
			if _, err := r.Hold(t.Context(), register.Command{ID: "h", Incident: i.ID, By: ann, Reason: "order 17"}, true); err != nil {
				t.Fatal(err)
			}
		}
		numbers, ids = append(numbers, i.Number), append(ids, i.ID)
	}
	now = now.Add(400 * 24 * time.Hour)
	k, err := app.OpenKeeper(t.Context(), app.Options{Config: cfg, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	goes := app.EvidenceOfIncident{Incident: ids[0], Number: numbers[0], Exhibits: 1, Bytes: int64(len(`{"n":rejected}`))}
	held := app.EvidenceOfIncident{Incident: ids[1], Number: numbers[1], Exhibits: 1, Bytes: int64(len(`{"n":held}`)), Held: numbers[1]}
	q := app.Disposing{Before: k.Past(100 * 24 * time.Hour), By: ann, Reason: "policy 3", Rule: "100d"}
	for _, step := range []struct {
		what string
		dry  bool
		want []app.EvidenceOfIncident
	}{
		{"dry", true, []app.EvidenceOfIncident{goes, held}},
		{"dry again", true, []app.EvidenceOfIncident{goes, held}},
		{"done", false, []app.EvidenceOfIncident{goes, held}},
		{"done again", false, []app.EvidenceOfIncident{held}},
	} {
		got, err := k.DisposeEvidence(t.Context(), q, step.dry)
		byNumber := func(a, b app.EvidenceOfIncident) bool { return a.Number < b.Number }
		if len(got) == 2 && !byNumber(got[0], got[1]) {
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff(step.want, got); diff != "" || err != nil {
			t.Errorf("%s (%v, -want +got):\n%s", step.what, err, diff)
		}
	}
}
