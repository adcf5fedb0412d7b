package sinktest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// audited is the nth of entries that differ in all that can be asked for; two have one time.
func audited(n int) tocsin.AuditEntry {
	e := tocsin.AuditEntry{
		At: morning.Add(time.Duration(n/2) * time.Minute).UTC(), By: tocsin.Actor{Kind: "person", ID: []string{"ann", "bob", ""}[n%3], Role: "lead"},
		Tenant: []string{"", "other"}[n%2], Action: []string{"declare-incident", "list-audit"}[n%2], Object: fmt.Sprint("/incidents/", n%4),
		Outcome: []tocsin.AuditOutcome{tocsin.AuditDone, tocsin.AuditShown, tocsin.AuditRefused}[n%3], Request: fmt.Sprint("r", n), Remote: "127.0.0.1",
	}
	e.Seal()
	return e
}

// testAuditCreated holds that an entry is created once and never replaced, in whatever month it was.
func testAuditCreated(t *testing.T, u Suite, s Store) {
	first, old := audited(0), audited(1)
	old.At = old.At.AddDate(-1, -3, 0)
	old.Seal()
	for _, e := range []tocsin.AuditEntry{first, old, first} {
		if err := s.Audit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	other := first
	other.Reason = "another"
	if err := s.Audit(t.Context(), other); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("another entry of the id: %v, want a conflict", err)
	}
	u.settle(t, s)
	p, err := s.AuditEntries(t.Context(), tocsin.AuditQuery{})
	if diff := cmp.Diff([]tocsin.AuditEntry{first, old}, p.Items); diff != "" || err != nil || p.Total != 2 {
		t.Errorf("total %d (%v, -want +got):\n%s", p.Total, err, diff)
	}
}

// testAuditListed asks by each field, and page by page.
func testAuditListed(t *testing.T, u Suite, s Store) {
	for n := range 12 {
		if err := s.Audit(t.Context(), audited(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Dispose(t.Context(), tocsin.Disposition{Letter: "a", Number: 1, Action: tocsin.Discarded, At: morning}); err != nil { // kept nearby by some
		t.Fatal(err)
	}
	u.settle(t, s)
	for name, c := range map[string]struct {
		q    tocsin.AuditQuery
		keep func(n int) bool
	}{
		"all":     {tocsin.AuditQuery{}, func(int) bool { return true }},
		"by":      {tocsin.AuditQuery{By: "bob"}, func(n int) bool { return n%3 == 1 }},
		"tenant":  {tocsin.AuditQuery{Tenant: "other"}, func(n int) bool { return n%2 == 1 }},
		"action":  {tocsin.AuditQuery{Action: "list-audit"}, func(n int) bool { return n%2 == 1 }},
		"object":  {tocsin.AuditQuery{Object: "/incidents/3"}, func(n int) bool { return n%4 == 3 }},
		"outcome": {tocsin.AuditQuery{Outcome: tocsin.AuditRefused}, func(n int) bool { return n%3 == 2 }},
		"time":    {tocsin.AuditQuery{Since: morning.Add(time.Minute), Until: morning.Add(3 * time.Minute)}, func(n int) bool { return n >= 2 && n < 6 }},
		"pattern": {tocsin.AuditQuery{Object: "/incidents/*"}, func(int) bool { return false }},
	} {
		var want []string
		for n := range 12 {
			if c.keep(n) {
				want = append(want, audited(n).Request)
			}
		}
		for _, limit := range []int{0, 1, 5} {
			var got []tocsin.AuditEntry
			q := c.q
			q.Limit = limit
			for range 20 {
				p, err := s.AuditEntries(t.Context(), q)
				if err != nil || p.Total != int64(len(want)) {
					t.Fatalf("%s: total %d (%v), want %d", name, p.Total, err, len(want))
				}
				got = append(got, p.Items...)
				if q.Cursor = p.Cursor; q.Cursor == "" {
					break
				}
			}
			var ids []string
			for i, e := range got {
				ids = append(ids, e.Request)
				if i > 0 && e.At.After(got[i-1].At) {
					t.Errorf("%s: %s is after what is newer", name, e.Request)
				}
			}
			slices.Sort(ids)
			slices.Sort(want)
			if !slices.Equal(ids, want) {
				t.Errorf("%s, %d a page: %v, want %v", name, limit, ids, want)
			}
		}
	}
}
