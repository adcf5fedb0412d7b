package sinktest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/sinks"
)

func rejection(n int, reason string) tocsin.Rejection {
	ref := tocsin.Ref{Topic: "alerts", Partition: 1, Offset: int64(n)}
	return tocsin.Rejection{
		ID: tocsin.RejectionID("default", ref, "00"), Tenant: "default", Source: "edr", Ref: ref, Received: morning.Add(time.Duration(n) * time.Second),
		Stage: "decode", Reason: reason, Detail: "unexpected end", SHA256: "00", Raw: fmt.Appendf(nil, "{\"n\":%d,\xff\x00\n", n), Size: 12, Version: "1", Attempts: 1,
	}
}

func sinksQuery(tenant string) sinks.RejectionQuery { return sinks.RejectionQuery{Tenant: tenant} }

func testDeadLetters(t *testing.T, _ Suite, s Store) {
	first, again := rejection(1, "json"), rejection(1, "json")
	again.Received, again.Attempts = again.Received.Add(time.Hour), 2
	bomb := rejection(2, "bomb")
	bomb.Raw, bomb.Size = nil, 1<<40
	big := rejection(3, "too_big")
	big.Raw = []byte(strings.Repeat("\x00\xff", 1<<15))
	for _, batch := range [][]tocsin.Rejection{{first, bomb, big}, {again}, {first, first}, {}} {
		if err := s.StoreRejections(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []tocsin.Rejection{first, bomb, big} {
		got, err := s.Rejection(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equalValues); diff != "" {
			t.Errorf("dead letter (-stored +read):\n%.2000s", diff)
		}
	}
	if _, err := s.Rejection(t.Context(), rejection(9, "json").ID); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("unknown dead letter: error %v, want not found", err)
	}
}

func testDeadLettersListed(t *testing.T, u Suite, s Store) {
	var all []tocsin.Rejection
	for n := range 7 {
		all = append(all, rejection(n, []string{"json", "too_deep"}[n%2]))
	}
	all[2].Raw, all[3].Raw = nil, bytes.Repeat([]byte("a\x00\xff"), 100_000)
	if err := s.StoreRejections(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	for name, c := range map[string]struct {
		query sinks.RejectionQuery
		want  []int
	}{
		"all":      {sinks.RejectionQuery{}, []int{6, 5, 4, 3, 2, 1, 0}},
		"reason":   {sinks.RejectionQuery{Reason: "too_deep"}, []int{5, 3, 1}},
		"source":   {sinks.RejectionQuery{Source: "waf"}, nil},
		"since":    {sinks.RejectionQuery{Since: all[4].Received}, []int{6, 5, 4}},
		"together": {sinks.RejectionQuery{Tenant: "default", Source: "edr", Reason: "json", Since: all[1].Received}, []int{6, 4, 2}},
	} {
		for _, limit := range []int{0, 2} {
			c.query.Limit, c.query.Cursor = limit, ""
			var got, want []string
			for _, n := range c.want {
				want = append(want, all[n].ID)
			}
			for range 10 {
				p, err := s.Rejections(t.Context(), c.query)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Items {
					got = append(got, r.ID)
					bare := all[slices.IndexFunc(all, func(a tocsin.Rejection) bool { return a.ID == r.ID })]
					bare.Raw = bare.Raw[:min(len(bare.Raw), sinks.Beginning)]
					if diff := cmp.Diff(bare, r, equalValues); diff != "" {
						t.Errorf("%s: listed (-the beginning of what is stored +got):\n%s", name, diff)
					}
				}
				if c.query.Cursor = p.Cursor; p.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
}

func testSnapshotOrder(t *testing.T, _ Suite, s Store) {
	if _, err := s.LatestSnapshot(t.Context(), 1); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("before any: error %v, want not found", err)
	}
	for _, step := range []struct{ offset, want, life, lives int64 }{
		{10, 10, 0, 0},
		{5, 10, 0, 0},
		{30, 30, 0, 0},
		{29, 30, 0, 0},
		{30, 30, 0, 0},
		{31, 31, 0, 0},
		{2, 2, 1, 1},
		{40, 2, 0, 1},
		{1, 2, 1, 1},
		{3, 3, 1, 1},
		{0, 0, 2, 2}, // the log begins anew
	} {
		snap := tocsin.Snapshot{
			Partition: 1, Offset: step.offset, Life: step.life, Set: "set", Format: 2, Watermark: morning, State: fmt.Appendf(nil, "state at %d", step.offset),
			Taken: morning.Add(time.Duration(step.offset) * time.Second),
		}
		if err := s.StoreSnapshot(t.Context(), snap); err != nil {
			t.Fatal(err)
		}
		got, err := s.LatestSnapshot(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		snap.Offset, snap.Life, snap.State, snap.Taken = step.want, step.lives, fmt.Appendf(nil, "state at %d", step.want), morning.Add(time.Duration(step.want)*time.Second)
		if diff := cmp.Diff(snap, got); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", step.offset, diff)
		}
	}
	if _, err := s.LatestSnapshot(t.Context(), 2); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("of another partition: error %v, want not found", err)
	}
}

func testSnapshotBig(t *testing.T, _ Suite, s Store) {
	random := rand.New(rand.NewPCG(1, 2))
	state := make([]byte, 5<<20) // does not compress
	for i := range state {
		state[i] = byte(random.Uint32())
	}
	for offset := range int64(3) {
		state[0] = byte(offset)
		if err := s.StoreSnapshot(t.Context(), tocsin.Snapshot{Offset: offset, State: state}); err != nil {
			t.Fatal(err)
		}
		got, err := s.LatestSnapshot(t.Context(), 0)
		if err != nil || got.Offset != offset || string(got.State) != string(state) {
			t.Fatalf("snapshot at %d came back at %d with %d bytes (%v)", offset, got.Offset, len(got.State), err)
		}
	}
}

func testSnapshotDamaged(t *testing.T, u Suite, s Store) {
	if u.Damage == nil {
		t.Skip("the store's test cannot damage a snapshot")
	}
	if err := s.StoreSnapshot(t.Context(), tocsin.Snapshot{Partition: 4, Offset: 7, State: []byte(strings.Repeat("state", 1000))}); err != nil {
		t.Fatal(err)
	}
	u.Damage(t, s, 4)
	if got, err := s.LatestSnapshot(t.Context(), 4); !errors.Is(err, sinks.ErrDamaged) {
		t.Errorf("a damaged snapshot gave %d bytes and error %v", len(got.State), err)
	}
	if err := s.StoreSnapshot(t.Context(), tocsin.Snapshot{Partition: 4, Offset: 8, State: []byte("next")}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.LatestSnapshot(t.Context(), 4); err != nil || string(got.State) != "next" {
		t.Errorf("the snapshot after a damaged one: %q (%v)", got.State, err)
	}
}

func testSnapshotEmpty(t *testing.T, _ Suite, s Store) {
	if err := s.StoreSnapshot(t.Context(), tocsin.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.LatestSnapshot(t.Context(), 0); err != nil || len(got.State) != 0 {
		t.Errorf("an empty state came back with %d bytes (%v)", len(got.State), err)
	}
}
