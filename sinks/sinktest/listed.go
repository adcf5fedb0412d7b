package sinktest

import (
	"slices"
	"testing"
	"time"

	"tocsin"
)

// testVerdictsListed lists verdicts of all states, by state, tenant and time, page by page.
func testVerdictsListed(t *testing.T, u Suite, s Store) {
	states := []tocsin.AssessmentState{tocsin.Pending, tocsin.Promoted, tocsin.NotIncident}
	for n := range 9 {
		v := verdict(n, "default", states[n%3])
		if n == 8 {
			v.Tenant = "other"
		}
		v.RuleVersion, v.Detected = "1.2.0", morning.Add(time.Duration(n)*time.Minute)
		if err := s.PutVerdict(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	for name, c := range map[string]struct {
		q    tocsin.VerdictQuery
		want []int
	}{
		"all":      {tocsin.VerdictQuery{}, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}},
		"promoted": {tocsin.VerdictQuery{State: tocsin.Promoted}, []int{7, 4, 1}},
		"tenant":   {tocsin.VerdictQuery{Tenant: "other"}, []int{8}},
		"since":    {tocsin.VerdictQuery{Since: morning.Add(6 * time.Minute)}, []int{8, 7, 6}},
	} {
		for _, limit := range []int{0, 1, 2} {
			var got []int
			q := c.q
			q.Limit = limit
			for range 20 {
				p, err := s.Verdicts(t.Context(), q)
				if err != nil || p.Total != int64(len(c.want)) {
					t.Fatalf("%s: total %d (%v), want %d", name, p.Total, err, len(c.want))
				}
				for _, v := range p.Items {
					got = append(got, int(v.Detected.Sub(morning)/time.Minute))
					if v.RuleVersion != "1.2.0" {
						t.Errorf("%s: the rule's version is %q", name, v.RuleVersion)
					}
				}
				if q.Cursor = p.Cursor; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %d a page: %v, want %v", name, limit, got, c.want)
			}
		}
	}
}

// testAlertsListed gives every alert back once, whole, and in the same order each time.
func testAlertsListed(t *testing.T, u Suite, s Store) {
	var alerts []tocsin.Alert
	for n := range 7 { // two of a time
		alerts = append(alerts, alert(int64(n), "content"))
		alerts[n].Time = morning.Add(time.Duration(n/2) * time.Minute)
	}
	store(t, s, alerts...)
	u.settle(t, s)
	read := func(since time.Time, limit int) (ids []string) {
		t.Helper()
		cursor := ""
		for range 20 {
			got, next, err := s.Alerts(t.Context(), since, limit, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range got {
				ids = append(ids, a.ID)
				n := slices.IndexFunc(alerts, func(b tocsin.Alert) bool { return b.ID == a.ID })
				if n < 0 || string(a.Raw) != string(alerts[n].Raw) || !a.Time.Equal(alerts[n].Time) || a.Format != alerts[n].Format {
					t.Errorf("alert %s is not as it was stored", a.ID)
				}
			}
			if cursor = next; cursor == "" {
				return ids
			}
		}
		return ids
	}
	first := read(time.Time{}, 0)
	if len(first) != 7 {
		t.Fatalf("%d alerts of 7", len(first))
	}
	for _, limit := range []int{1, 2, 7} {
		if got := read(time.Time{}, limit); !slices.Equal(got, first) {
			t.Errorf("%d a page: %v, want %v", limit, got, first)
		}
	}
	if got := read(morning.Add(2*time.Minute), 2); len(got) != 3 {
		t.Errorf("%d alerts of a later time, want 3", len(got))
	}
}
