package sinktest

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/register"
)

// What is written together is written as each by itself would be, and answered each by itself: what is new, what is there
// already, what is outdated, and what another has taken, side by side. Many are read with their logs.
func testTogether(t *testing.T, _ Suite, s Store) {
	b, ok := s.(register.Bulk)
	if !ok {
		t.Log("this store takes one document at a time")
		return
	}
	numbered := func(n int, version int64, founder string) tocsin.Slot {
		x := slot(version, founder)
		x.ID = tocsin.SlotID("default", "source.ip", fmt.Sprintf("192.0.2.%d", n))
		return x
	}
	for _, x := range []tocsin.Slot{numbered(1, 1, "a"), numbered(2, 1, "a"), numbered(3, 1, "a")} {
		must(t, s.PutSlot(t.Context(), x))
	}
	for seq := int64(1); seq <= 21; seq++ {
		must(t, s.Append(t.Context(), entry(2, seq)))
	}
	must(t, s.PutVerdict(t.Context(), ruled(1, 1, tocsin.Pending)))
	others := entry(2, 21)
	others.Text = "another's"
	docs := tocsin.Documents{
		Slots:     []tocsin.Slot{numbered(1, 2, "b"), numbered(2, 1, "a"), numbered(3, 1, "b"), numbered(4, 1, "a"), numbered(5, 2, "a")},
		Verdicts:  []tocsin.Verdict{ruled(1, 2, tocsin.Promoted), ruled(2, 1, tocsin.Pending), ruled(3, 3, tocsin.Pending)},
		Entries:   []tocsin.LogEntry{entry(1, 1), others},
		Incidents: []tocsin.Incident{incident(1), incident(2)},
	}
	x, _ := s.(register.Exhibits)
	if x != nil {
		docs.Exhibits = []tocsin.Exhibit{exhibit(1), exhibit(2)}
	}
	conflicts := []int{2, 4, 7, 9}
	for _, time := range []string{"first", "second"} { // the same again is the same
		errs, err := b.Save(t.Context(), docs)
		if err != nil || len(errs) != docs.Len() {
			t.Fatalf("%s: %d answers (%v)", time, len(errs), err)
		}
		for n, err := range errs {
			if want := slices.Contains(conflicts, n); errors.Is(err, tocsin.ErrConflict) != want || err != nil && !want {
				t.Errorf("%s: document %d: error %v, conflict wanted: %v", time, n, err, want)
			}
		}
	}
	if x != nil {
		got, err := x.Exhibits(t.Context(), docs.Exhibits[0].Incident, []string{docs.Exhibits[0].ID, docs.Exhibits[1].ID}, true)
		if diff := cmp.Diff(docs.Exhibits, got, sameJSON); err != nil || diff != "" {
			t.Errorf("copies (-written +read): %v\n%.3000s", err, diff)
		}
	}
	// One behind the other, without reading between.
	for version := int64(3); version <= 5; version++ {
		errs, err := b.Save(t.Context(), tocsin.Documents{Slots: []tocsin.Slot{numbered(1, version, "c")}})
		if err = errors.Join(append(errs, err)...); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	wanted := tocsin.Wanted{Verdicts: []string{ruled(1, 1, "").Event, ruled(2, 1, "").Event, ruled(3, 1, "").Event}, Logs: map[string]int64{
		incident(1).ID: 1, incident(2).ID: 2, incident(3).ID: 1,
	}}
	for n := range 6 {
		wanted.Slots = append(wanted.Slots, numbered(n, 0, "").ID)
	}
	got, err := b.Load(t.Context(), wanted)
	must(t, err)
	want := tocsin.Documents{
		Slots:    []tocsin.Slot{numbered(1, 5, "c"), numbered(2, 1, "a"), numbered(3, 1, "a"), numbered(4, 1, "a")},
		Verdicts: []tocsin.Verdict{ruled(1, 2, tocsin.Promoted), ruled(2, 1, tocsin.Pending)}, Entries: []tocsin.LogEntry{entry(1, 1)},
	}
	for seq := int64(2); seq <= 21; seq++ {
		want.Entries = append(want.Entries, entry(2, seq))
	}
	slices.SortStableFunc(got.Entries, order)
	slices.SortStableFunc(want.Entries, order)
	if diff := cmp.Diff(want, got, sameJSON); diff != "" {
		t.Errorf("documents (-written +read):\n%.3000s", diff)
	}
	numbers(t, s, b)
}

func ruled(n int, version int64, state tocsin.AssessmentState) tocsin.Verdict {
	v := verdict(n, "default", state)
	v.Version = version
	return v
}

func order(a, b tocsin.LogEntry) int {
	return stdcmp.Or(strings.Compare(a.Incident, b.Incident), int(a.Seq-b.Seq))
}

// numbers are handed out in rows that do not overlap.
func numbers(t *testing.T, s Store, b register.Bulk) {
	t.Helper()
	var got []int64
	for _, take := range []func() (int64, error){
		func() (int64, error) { return s.Next(t.Context(), "together") },
		func() (int64, error) { return b.NextOf(t.Context(), "together", 5) },
		func() (int64, error) { return b.NextOf(t.Context(), "together", 1) },
		func() (int64, error) { return s.Next(t.Context(), "together") },
	} {
		n, err := take()
		must(t, err)
		got = append(got, n)
	}
	if diff := cmp.Diff([]int64{1, 2, 7, 8}, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
