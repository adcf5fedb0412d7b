package sinktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin"
)

func stretch(first int64, leaves ...tocsin.TreeLeaf) tocsin.Stretch {
	return tocsin.Stretch{First: first, Leaves: leaves, Hashes: []byte(strings.Repeat("h", 32*len(leaves))), At: morning}
}

func treeLeaf(n int, seq int64) tocsin.TreeLeaf {
	return tocsin.TreeLeaf{Incident: incident(n).ID, Seq: seq, Hash: "h"}
}

// Stretches follow each other without a gap, each once, and are found by any of their leaves.
func testTree(t *testing.T, u Suite, s Store) {
	if got, err := s.Stretches(t.Context(), -1, 1); err != nil || len(got) != 0 {
		t.Errorf("of an empty tree: %v (%v)", got, err)
	}
	all := []tocsin.Stretch{stretch(0, treeLeaf(1, 1), treeLeaf(1, 2)), stretch(2, treeLeaf(2, 1)), stretch(3, treeLeaf(1, 3), treeLeaf(2, 2), treeLeaf(3, 1))}
	if err := s.PutStretch(t.Context(), all[1]); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("behind a gap: %v", err)
	}
	for n, st := range all {
		for range 2 {
			if err := s.PutStretch(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		if last, err := s.Stretches(t.Context(), -1, 1); err != nil || len(last) != 1 || last[0].First != st.First {
			t.Fatalf("the last of %d: %+v (%v)", n+1, last, err)
		}
	}
	rival := stretch(2, treeLeaf(9, 1))
	if err := s.PutStretch(t.Context(), rival); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("in the place of another: %v", err)
	}
	for round := range 2 {
		for from, first := range map[int64]int{0: 0, 1: 0, 2: 1, 3: 2, 5: 2} {
			got, err := s.Stretches(t.Context(), from, 9)
			if diff := cmp.Diff(all[first:], got); diff != "" || err != nil {
				t.Errorf("round %d, from leaf %d (%v, -want +got):\n%s", round, from, err, diff)
			}
			if one, err := s.Stretches(t.Context(), from, 1); err != nil || len(one) != 1 || one[0].First != all[first].First {
				t.Errorf("round %d, one from leaf %d: %+v (%v)", round, from, one, err)
			}
		}
		if got, err := s.Stretches(t.Context(), 6, 9); err != nil || len(got) != 0 {
			t.Errorf("behind the end: %+v (%v)", got, err)
		}
		u.settle(t, s)
	}
	for n, want := range map[int][]int64{1: {0, 3}, 2: {2, 3}, 3: {3}, 4: nil} {
		var firsts []int64
		got, err := s.StretchesOf(t.Context(), incident(n).ID)
		for _, st := range got {
			firsts = append(firsts, st.First)
		}
		if diff := cmp.Diff(want, firsts); diff != "" || err != nil {
			t.Errorf("of log %d (%v, -want +got):\n%s", n, err, diff)
		}
	}
}

// What has entries without a leaf is listed, until it has none.
func testUnsequenced(t *testing.T, u Suite, s Store) {
	want := func(heads ...tocsin.LogHead) {
		t.Helper()
		u.settle(t, s)
		got, err := s.Unsequenced(t.Context(), time.Time{}, 10)
		if err != nil || len(got) != len(heads) {
			t.Fatalf("%+v (%v), want %+v", got, err, heads)
		}
		for _, h := range heads {
			if !contains(got, h) {
				t.Errorf("%+v is not in %+v", h, got)
			}
		}
	}
	want()
	for _, e := range []tocsin.LogEntry{entry(1, 1), entry(1, 2), entry(2, 1)} {
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want(tocsin.LogHead{Incident: incident(1).ID}, tocsin.LogHead{Incident: incident(2).ID})
	if err := s.PutStretch(t.Context(), stretch(0, treeLeaf(1, 1), treeLeaf(2, 1))); err != nil {
		t.Fatal(err)
	}
	want(tocsin.LogHead{Incident: incident(1).ID, Seq: 1})
	if err := s.PutStretch(t.Context(), stretch(2, treeLeaf(1, 2))); err != nil {
		t.Fatal(err)
	}
	want()
	if err := s.Append(t.Context(), entry(2, 2)); err != nil {
		t.Fatal(err)
	}
	want(tocsin.LogHead{Incident: incident(2).ID, Seq: 1})
	u.settle(t, s)
	if got, err := s.Unsequenced(t.Context(), morning.Add(-time.Hour), 10); err != nil || len(got) != 1 {
		t.Errorf("recorded since an hour before: %+v (%v)", got, err)
	}
}

func contains(all []tocsin.LogHead, h tocsin.LogHead) bool {
	return slices.Contains(all, h)
}

func testCheckpoints(t *testing.T, u Suite, s Store) {
	var all []tocsin.Checkpoint
	for _, size := range []int64{1, 5, 9} {
		c := tocsin.Checkpoint{Size: size, At: morning, Note: "signed\n"}
		all = append(all, c)
		for range 2 {
			if err := s.PutCheckpoint(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.PutCheckpoint(t.Context(), tocsin.Checkpoint{Size: 5, At: morning, Note: "other"}); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("another of the same size: %v", err)
	}
	u.settle(t, s)
	for from, first := range map[int64]int{-1: 2, 0: 0, 1: 0, 2: 1, 5: 1, 6: 2, 10: 3} {
		got, err := s.Checkpoints(t.Context(), from, 9)
		if err != nil || len(got) != len(all[first:]) || len(got) > 0 && cmp.Diff(all[first:], got) != "" {
			t.Errorf("from %d: %+v (%v)", from, got, err)
		}
	}
}

// original is an alert with bytes of its own.
func original(n int) tocsin.Alert { return alert(int64(n), fmt.Sprintf(`{"n":%d}`, n)) }

func exhibit(n int) tocsin.Exhibit {
	a := original(n)
	return tocsin.Exhibit{
		ID: a.Digest(), Original: a.Raw,
		Manifest: tocsin.Manifest{
			Incident: incident(1).ID, Tenant: "default", Event: event(1, 1).ID, Alert: a.ID, SHA256: a.Digest(), Size: int64(len(a.Raw)), MediaType: "application/json",
			Source: a.Source, Format: a.Format, Ref: a.Ref, At: a.Time, Received: a.Received, Acquired: tocsin.Acquired{At: morning, By: "registrar", Tool: "tocsin", How: "copied"},
		},
	}
}

// Originals are found by their references; copies are created once and outlive them.
func testEvidence(t *testing.T, u Suite, s Store) {
	alerts := []tocsin.Alert{original(1), original(2), original(3)}
	if _, err := s.StoreAlerts(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	var refs []tocsin.AlertRef
	for _, a := range append(alerts, original(4)) {
		refs = append(refs, tocsin.AlertRef{ID: a.ID, Source: a.Source, Ref: a.Ref, Time: a.Time, Received: a.Received, Digest: a.SHA256})
	}
	found, err := s.Originals(t.Context(), refs)
	if err != nil || len(found) != 3 {
		t.Fatalf("%d originals (%v), want 3", len(found), err)
	}
	for n, a := range found {
		if a.ID != alerts[n].ID || string(a.Raw) != string(alerts[n].Raw) || a.SHA256 != alerts[n].SHA256 {
			t.Errorf("original %d is %s %q", n, a.ID, a.Raw)
		}
	}
	changed := exhibit(1)
	changed.Original = []byte("other")
	for _, x := range []tocsin.Exhibit{exhibit(1), exhibit(2), changed} {
		if err := s.PutExhibits(t.Context(), []tocsin.Exhibit{x}); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	entitled := u.entitled(t, s)
	months, err := entitled.AlertMonths(t.Context())
	if err != nil || len(months) != 1 {
		t.Fatalf("months %v (%v)", months, err)
	}
	for month, n := range months {
		if dropped, err := entitled.DropAlerts(t.Context(), month); err != nil || dropped != 3 || n != 3 {
			t.Errorf("dropped %d of %d (%v), want 3", dropped, n, err)
		}
		if dropped, err := entitled.DropAlerts(t.Context(), month); err != nil || dropped != 0 {
			t.Errorf("dropped again: %d (%v)", dropped, err)
		}
	}
	if found, err := s.Originals(t.Context(), refs); err != nil || len(found) != 0 {
		t.Errorf("%d originals after the month was dropped (%v)", len(found), err)
	}
	ids := []string{exhibit(2).ID, "none", exhibit(1).ID}
	for _, originals := range []bool{true, false} {
		got, err := s.Exhibits(t.Context(), incident(1).ID, ids, originals)
		want := []tocsin.Exhibit{exhibit(2), exhibit(1)}
		if !originals {
			want[0].Original, want[1].Original = nil, nil
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("with originals %t (%v, -want +got):\n%s", originals, err, diff)
		}
	}
	if got, err := s.Exhibits(t.Context(), incident(2).ID, ids, true); err != nil || len(got) != 0 {
		t.Errorf("of another incident: %v (%v)", got, err)
	}
}

// The original of a copy goes and what is said of it stays; it does not come back when the copy is made again.
func testDropOriginals(t *testing.T, u Suite, s Store) {
	entitled := u.entitled(t, s)
	all := []tocsin.Exhibit{exhibit(1), exhibit(2), exhibit(3)}
	if err := s.PutExhibits(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	ids := []string{all[0].ID, all[1].ID, all[2].ID}
	if err := entitled.DropOriginals(t.Context(), incident(2).ID, ids); err != nil {
		t.Errorf("of another incident: %v", err)
	}
	for range 2 {
		if err := entitled.DropOriginals(t.Context(), incident(1).ID, []string{ids[0], "none", ids[2]}); err != nil {
			t.Fatal(err)
		}
		if err := s.PutExhibits(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	all[0].Original, all[2].Original = nil, nil
	got, err := s.Exhibits(t.Context(), incident(1).ID, ids, true)
	if diff := cmp.Diff(all, got); diff != "" || err != nil {
		t.Errorf("(%v, -want +got):\n%s", err, diff)
	}
	u.settle(t, s)
	for of, want := range map[string][]string{incident(1).ID: slices.Sorted(slices.Values(ids)), incident(2).ID: nil, "none": nil} {
		there, err := entitled.Copies(t.Context(), of)
		if diff := cmp.Diff(want, there, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("copies of %s (%v, -want +got):\n%s", of, err, diff)
		}
	}
	if err := entitled.DropOriginals(t.Context(), "none", ids); err != nil {
		t.Errorf("of an incident that is none: %v", err)
	}
}

// An entry is replaced where it stands; one that is not there is not made.
func testReplaceEntry(t *testing.T, u Suite, s Store) {
	eraser := u.entitled(t, s)
	e := entry(1, 1)
	e.Personal = map[string]tocsin.Commitment{"by.id": {Hash: "c", Salt: "s"}}
	if err := s.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	e.By.ID, e.Personal = "", map[string]tocsin.Commitment{"by.id": {Hash: "c"}}
	if err := eraser.ReplaceEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, err := s.Entries(t.Context(), e.Incident, 1)
	if diff := cmp.Diff([]tocsin.LogEntry{e}, got); diff != "" || err != nil {
		t.Errorf("(%v, -replaced +read):\n%s", err, diff)
	}
	if err := eraser.ReplaceEntry(t.Context(), entry(1, 2)); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}
