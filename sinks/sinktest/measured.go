package sinktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// What was written is told, in pages, as it stands; what is written later is told from the mark on, and nothing is left out.
func testMeasuresSince(t *testing.T, u Suite, s Store) {
	if got, err := s.MeasuresSince(t.Context(), "", 10); err != nil || len(got.All) > 0 || got.More {
		t.Fatalf("of nothing: %+v, %v", got, err)
	}
	rng := rand.New(rand.NewPCG(8, 8))
	want := map[string]tocsin.Measure{}
	put := func(n int, revision int64) {
		i := measured(rng, n, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		i.Revision = revision
		must(t, s.PutIncident(t.Context(), i))
		want[i.ID] = i.Measure()
	}
	for n := range 40 {
		put(n, 1)
	}
	early := measured(rng, 3, time.Date(1912, 3, 1, 0, 0, 0, 0, time.UTC))
	early.Revision = 2
	must(t, s.PutIncident(t.Context(), early))
	want[early.ID] = early.Measure()
	u.settle(t, s)
	told, mark := map[string]tocsin.Measure{}, ""
	read := func(limit int) {
		t.Helper()
		for more := true; more; {
			got, err := s.MeasuresSince(t.Context(), mark, limit)
			if err != nil || got.Anew || len(got.Gone) > 0 || len(got.All) > limit || got.More && len(got.All) == 0 {
				t.Fatalf("from mark %q: %+v, %v", mark, got, err)
			}
			for _, m := range got.All {
				told[m.Incident] = m
			}
			mark, more = got.Next, got.More
			if !more && got.Total >= 0 && got.Total != int64(len(want)) {
				t.Errorf("%d in all, %d were written", got.Total, len(want))
			}
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	read(7)
	read(7)
	put(5, 2)
	put(41, 1)
	u.settle(t, s)
	read(1000)
	old := measured(rng, 5, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	old.Revision = 1 // an older revision changes nothing
	must(t, s.PutIncident(t.Context(), old))
	u.settle(t, s)
	read(3)
	if _, err := s.MeasuresSince(t.Context(), "no mark", 10); !errors.Is(err, tocsin.ErrQuery) {
		t.Error(fmt.Errorf("of no mark: %w", err))
	}
}
