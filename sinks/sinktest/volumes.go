package sinktest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// Alerts and events are counted by month and tenant, each once however often it was written.
func testVolumes(t *testing.T, u Suite, s Store) {
	other, next := alert(2, "b"), alert(3, "c")
	other.Tenant = "north"
	other.ID = tocsin.AlertID(other.Tenant, other.Ref, other.Digest())
	next.Time, next.Received = next.Time.AddDate(0, 1, 0), next.Received.AddDate(0, 1, 0)
	store(t, s, alert(1, "a"), other, next)
	store(t, s, alert(1, "a"))
	first, second := event(1, 1), event(2, 1)
	second.Tenant = "north"
	for _, e := range []tocsin.Event{first, second, event(1, 2)} {
		if err := s.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	month, after := morning.Format("2006.01"), next.Time.Format("2006.01")
	for _, tt := range []struct {
		tenant, from, to string
		want             []tocsin.Volume
	}{
		{"", "2000.01", "2100.01", []tocsin.Volume{{Month: month, Alerts: 2, Events: 2}, {Month: after, Alerts: 1, Events: 0}}},
		{"", month, after, []tocsin.Volume{{Month: month, Alerts: 2, Events: 2}}},
		{"north", "2000.01", "2100.01", []tocsin.Volume{{Month: month, Alerts: 1, Events: 1}}},
		{"south", "2000.01", "2100.01", nil},
	} {
		got, err := s.Volumes(t.Context(), tt.tenant, tt.from, tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%+v: (-want +got):\n%s", tt, diff)
		}
	}
}
