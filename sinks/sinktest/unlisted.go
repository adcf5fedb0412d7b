package sinktest

import (
	"slices"
	"testing"
	"time"

	"tocsin"
)

// What has a log and no projection is named, until it has one; what was begun before a time may be left out.
func testUnlisted(t *testing.T, u Suite, s Store) {
	want := func(n ...int) {
		t.Helper()
		u.settle(t, s)
		ids := []string{}
		for _, n := range n {
			ids = append(ids, incident(n).ID)
		}
		slices.Sort(ids)
		for _, since := range []time.Time{{}, morning.Add(-time.Hour)} {
			got, err := s.Unlisted(t.Context(), since, 10)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, ids) && len(got)+len(ids) > 0 {
				t.Fatalf("since %v: %v (%v), want %v", since, got, err, ids)
			}
		}
	}
	want()
	for _, e := range []tocsin.LogEntry{entry(1, 1), entry(1, 2), entry(2, 1), entry(3, 1)} {
		if e.Seq == 1 {
			e.Action = tocsin.ActCreate
		}
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	custody := entry(5, 1)
	custody.Action = tocsin.ActExport // a log without an incident
	if err := s.Append(t.Context(), custody); err != nil {
		t.Fatal(err)
	}
	want(1, 2, 3)
	for _, n := range []int{1, 4} { // that the log of 4 is not there yet is nothing to finish
		if err := s.PutIncident(t.Context(), incident(n)); err != nil {
			t.Fatal(err)
		}
	}
	want(2, 3)
	if got, err := s.Unlisted(t.Context(), time.Time{}, 1); err != nil || len(got) != 1 {
		t.Errorf("one of two: %v (%v)", got, err)
	}
}
