package sinktest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// Counts are those of the listings, and of no incident where none is stored.
func testIncidentsCounted(t *testing.T, u Suite, s Store) {
	queries := []tocsin.Query{
		{},
		{Status: []tocsin.Status{tocsin.Proposed, tocsin.Declared}},
		{Status: []tocsin.Status{tocsin.ClosedIncident}},
		{Priority: []string{"P1", "P2"}, Status: []tocsin.Status{tocsin.Proposed}},
		{Assignee: "ann"},
		{Unassigned: true, Sort: "priority", Limit: 1},
		{Breached: new(true)},
		{Tenant: "other"},
		{Tenant: "default", Entity: "10.0.0.3", Title: "brute"},
		{Category: "intrusion-attempts"},
	}
	if counts, err := s.Counts(t.Context(), queries); err != nil || cmp.Diff(make([]int64, len(queries)), counts) != "" {
		t.Errorf("nothing is stored, and it counts %v (%v)", counts, err)
	}
	for n := range 12 {
		i := incident(n)
		i.Priority = fmt.Sprint("P", 1+n%4)
		if n%3 == 0 {
			i.Status, i.Assignee = tocsin.Declared, "ann"
		}
		if n%5 == 0 {
			i.Tenant = "other"
			i.Targets = map[string]tocsin.Target{"assess": {Due: morning, Met: new(false), BreachedS: 9}}
		}
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	want := make([]int64, len(queries))
	for n, q := range queries {
		page, err := s.Incidents(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		want[n] = page.Total
	}
	if want[0] != 12 || want[7] != 3 {
		t.Fatalf("listings say %v", want)
	}
	if counts, err := s.Counts(t.Context(), queries); err != nil || cmp.Diff(want, counts) != "" {
		t.Errorf("it counts %v, listings %v (%v)", counts, want, err)
	}
	if counts, err := s.Counts(t.Context(), nil); err != nil || len(counts) != 0 {
		t.Errorf("no query: %v (%v)", counts, err)
	}
}

// testIncidentsMarked: a mark is another one once an incident of the tenant was written, whatever was written of it, and
// stays while none is.
func testIncidentsMarked(t *testing.T, u Suite, s Store) {
	mark := func(tenant string) string {
		t.Helper()
		u.settle(t, s)
		m, err := s.Mark(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tenant := range []string{"", "default"} {
		if first, second := mark(tenant), mark(tenant); first != second {
			t.Errorf("nothing is stored, and the mark of %q changes", tenant)
		}
	}
	old := incident(1)
	for _, step := range []struct {
		what string
		put  tocsin.Incident
	}{
		{"an incident comes in", old},
		{"another comes in", incident(2)},
		{"one that is not the newest goes to somebody", func(i tocsin.Incident) tocsin.Incident { i.Revision, i.Assignee = 2, "ann"; return i }(old)},
	} {
		all, own, other := mark(""), mark("default"), mark("other")
		if err := s.PutIncident(t.Context(), step.put); err != nil {
			t.Fatal(err)
		}
		if mark("") == all || mark("default") == own {
			t.Errorf("%s, and the mark is the same", step.what)
		}
		if mark("other") != other {
			t.Errorf("%s, and the mark of another tenant changes", step.what)
		}
	}
}
