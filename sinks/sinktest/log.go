package sinktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func entry(n int, seq int64) tocsin.LogEntry {
	return tocsin.LogEntry{
		Incident: incident(n).ID, Tenant: "default", Seq: seq, Command: fmt.Sprintf("c%d", seq), Action: tocsin.ActComment, Phase: "respond",
		By: tocsin.Actor{Kind: "person", ID: "ann", Role: "analyst"}, Recorded: morning, Effective: morning, Text: "a comment", Hash: fmt.Sprintf("h%d", seq),
	}
}

func testLogAppend(t *testing.T, _ Suite, s Store) {
	const last = 110 // more than any store reads at once
	for seq := int64(1); seq <= last; seq++ {
		if err := s.Append(t.Context(), entry(1, seq)); err != nil {
			t.Fatal(err)
		}
	}
	repeated := entry(1, 7)
	repeated.Recorded = morning.Add(time.Hour)
	if err := s.Append(t.Context(), repeated); err != nil {
		t.Errorf("the same entry again, recorded later: %v", err)
	}
	for name, change := range map[string]func(*tocsin.LogEntry){
		"another command": func(e *tocsin.LogEntry) { e.Command = "other" },
		"another hash":    func(e *tocsin.LogEntry) { e.Hash = "other" },
		"another text":    func(e *tocsin.LogEntry) { e.Text = "other" },
	} {
		e := entry(1, 7)
		change(&e)
		if err := s.Append(t.Context(), e); !errors.Is(err, tocsin.ErrConflict) {
			t.Errorf("%s at a taken position: error %v, want a conflict", name, err)
		}
	}
	for from, want := range map[int64]int{-3: last, 0: last, 1: last, 2: last - 1, last: 1, last + 1: 0, 9999: 0} {
		got, err := s.Entries(t.Context(), incident(1).ID, from)
		if err != nil || len(got) != want {
			t.Errorf("from %d: %d entries (%v), want %d", from, len(got), err, want)
			continue
		}
		for n, e := range got {
			if diff := cmp.Diff(entry(1, max(from, 1)+int64(n)), e); diff != "" {
				t.Fatalf("from %d, entry %d (-appended +read):\n%s", from, n, diff)
			}
		}
	}
	if got, err := s.Entries(t.Context(), incident(2).ID, 1); err != nil || len(got) != 0 {
		t.Errorf("of an unknown incident: %d entries (%v), want none", len(got), err)
	}
}

func testLogWhole(t *testing.T, _ Suite, s Store) {
	e := entry(1, 1)
	e.From, e.To, e.Skipped, e.Event, e.Reason = tocsin.Declared, tocsin.Resolved, []tocsin.Status{tocsin.Contained}, event(1, 1).ID, "line\nline <b>&amp;"
	e.Text, e.Prev = "\x00\u2028"+strings.Repeat("t", 64<<10), "prev"
	e.Data = json.RawMessage(`{"":1.0,"a..b":[12345678901234567890,1e5,-0.10],"n":{"deep":{"er":null}},"s":"\u0000<>&\ud83d\ude00"}`)
	if err := s.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, err := s.Entries(t.Context(), e.Incident, 1)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d entries (%v)", len(got), err)
	}
	if diff := cmp.Diff(e, got[0], sameJSON); diff != "" {
		t.Errorf("entry (-appended +read):\n%.2000s", diff)
	}
}

// Eight writers append to one log; each loser reads again and retries. Every command is in the log once, without gaps.
func testLogRace(t *testing.T, _ Suite, s Store) {
	const writers, each = 8, 6
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if err := appendNext(t, s, fmt.Sprintf("w%d-%d", w, n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	log, err := s.Entries(t.Context(), incident(1).ID, 1)
	if err != nil || len(log) != writers*each {
		t.Fatalf("%d entries (%v), want %d", len(log), err, writers*each)
	}
	seen := map[string]bool{}
	for n, e := range log {
		if e.Seq != int64(n)+1 || seen[e.Command] {
			t.Errorf("entry %d has number %d, command %s", n, e.Seq, e.Command)
		}
		seen[e.Command] = true
	}
}

func appendNext(t *testing.T, s Store, command string) error {
	for {
		log, err := s.Entries(t.Context(), incident(1).ID, 1)
		if err != nil {
			return err
		}
		e := entry(1, int64(len(log))+1)
		e.Command, e.Hash = command, ""
		if err := s.Append(t.Context(), e); !errors.Is(err, tocsin.ErrConflict) {
			return err
		}
	}
}

func verdict(n int, tenant string, state tocsin.AssessmentState) tocsin.Verdict {
	return tocsin.Verdict{
		Event: event(n, 1).ID, Tenant: tenant, Revision: 1, Version: 1, Assessment: tocsin.Assessment{State: state, Category: "other/other", Priority: "P3", Why: []string{"rule"}},
		By: tocsin.Actor{Kind: "policy", ID: "serious@1"}, At: morning, Recorded: morning, Detected: morning.Add(time.Duration(n/2) * time.Nanosecond), Rule: "brute-force", Title: "Brute force",
	}
}

func testVerdictVersions(t *testing.T, _ Suite, s Store) {
	if _, err := s.Verdict(t.Context(), event(1, 1).ID); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("unknown verdict: error %v, want not found", err)
	}
	v := verdict(1, "default", tocsin.Pending)
	put := func(version int64, reason string, conflict bool) {
		t.Helper()
		v.Version, v.Assessment.Reason = version, reason
		if err := s.PutVerdict(t.Context(), v); errors.Is(err, tocsin.ErrConflict) != conflict || (err != nil && !conflict) {
			t.Fatalf("version %d: error %v, want conflict: %v", version, err, conflict)
		}
	}
	put(2, "too early", true)
	put(0, "no version", true)
	put(1, "first", false)
	put(1, "first", false) // the same write again
	put(1, "another", true)
	put(3, "too early", true)
	put(2, "second", false)
	put(1, "first", true)
	got, err := s.Verdict(t.Context(), v.Event)
	v.Version, v.Assessment.Reason = 2, "second"
	if diff := cmp.Diff(v, got, equalValues); diff != "" || err != nil {
		t.Errorf("verdict (%v, -stored +read):\n%s", err, diff)
	}
}

func testVerdictsPending(t *testing.T, u Suite, s Store) {
	var want []string
	for n := range 9 {
		state := tocsin.Pending
		if n%3 == 2 {
			state = tocsin.NotIncident
		}
		if err := s.PutVerdict(t.Context(), verdict(n, "default", state)); err != nil {
			t.Fatal(err)
		}
	}
	done := verdict(0, "default", tocsin.Promoted) // no longer pending
	done.Version = 2
	if err := s.PutVerdict(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	for _, pair := range [][]int{{7, 6}, {4}, {3}, {1}} { // by detected, in pairs, then by id
		ids := []string{}
		for _, n := range pair {
			ids = append(ids, event(n, 1).ID)
		}
		if len(ids) == 2 && ids[0] > ids[1] {
			ids[0], ids[1] = ids[1], ids[0]
		}
		want = append(want, ids...)
	}
	for _, limit := range []int{0, 1, 2} {
		var got []string
		cursor := ""
		for range 10 {
			p, err := s.PendingVerdicts(t.Context(), "", limit, cursor)
			if err != nil || p.Total != int64(len(want)) {
				t.Fatalf("total %d (%v), want %d", p.Total, err, len(want))
			}
			for _, v := range p.Items {
				got = append(got, v.Event)
			}
			if cursor = p.Cursor; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d a page (-want +got):\n%s", limit, diff)
		}
	}
}

func slot(version int64, founder string) tocsin.Slot {
	return tocsin.Slot{
		ID: tocsin.SlotID("default", "source.ip", "10.0.0.1"), Tenant: "default", Field: "source.ip", Value: "10.0.0.1\n" + strings.Repeat("v", 40000),
		Incident: incident(1).ID, Event: founder, Last: morning, Version: version,
	}
}

func testSlotVersions(t *testing.T, _ Suite, s Store) {
	if _, err := s.Slot(t.Context(), slot(1, "").ID); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("unknown slot: error %v, want not found", err)
	}
	for _, step := range []struct {
		version  int64
		founder  string
		conflict bool
	}{{2, "a", true}, {0, "a", true}, {1, "a", false}, {1, "a", false}, {1, "b", true}, {2, "b", false}, {2, "b", false}, {4, "c", true}, {3, "c", false}, {2, "b", true}} {
		err := s.PutSlot(t.Context(), slot(step.version, step.founder))
		if errors.Is(err, tocsin.ErrConflict) != step.conflict || (err != nil && !step.conflict) {
			t.Fatalf("%+v: error %v", step, err)
		}
	}
	got, err := s.Slot(t.Context(), slot(1, "").ID)
	if diff := cmp.Diff(slot(3, "c"), got); diff != "" || err != nil {
		t.Errorf("slot (%v, -stored +read):\n%.1000s", err, diff)
	}
}

// Of eight that take one slot at once, one gets it, at each version.
func testSlotRace(t *testing.T, _ Suite, s Store) {
	for version := int64(1); version <= 4; version++ {
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		for w := range 8 {
			wg.Go(func() {
				founder := strconv.Itoa(w)
				err := s.PutSlot(t.Context(), slot(version, founder))
				if err != nil && !errors.Is(err, tocsin.ErrConflict) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					winners = append(winners, founder)
				}
			})
		}
		wg.Wait()
		got, err := s.Slot(t.Context(), slot(1, "").ID)
		if err != nil || len(winners) != 1 || got.Event != winners[0] || got.Version != version {
			t.Fatalf("version %d: winners %v, stored %s at version %d (%v)", version, winners, got.Event, got.Version, err)
		}
	}
}

func testCounterRace(t *testing.T, _ Suite, s Store) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]bool{}
	for range 8 {
		wg.Go(func() {
			for range 10 {
				n, err := s.Next(t.Context(), "incident:2026")
				mu.Lock()
				if err != nil || n < 1 || seen[n] {
					t.Errorf("number %d, handed out before: %v (%v)", n, seen[n], err)
				}
				seen[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n, err := s.Next(t.Context(), "another/../name?\n"); err != nil || n < 1 {
		t.Errorf("another counter: %d (%v)", n, err)
	}
}
