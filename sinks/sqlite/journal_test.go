package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 5, time.UTC)

func record(n int) JournalEntry {
	return JournalEntry{Kind: JournalRecord, Source: "http", Position: fmt.Sprint(n), Received: noon.Add(time.Duration(n)), Raw: fmt.Appendf(nil, "record %d\n\x00\xff", n), Tenant: "default", Format: "auto"}
}

func TestJournalKeepsEntries(t *testing.T) {
	s := open(t, Options{})
	want := []JournalEntry{
		record(1),
		{Kind: JournalTick, Source: "clock", Received: noon},
		{Kind: JournalTick, Source: "clock", Received: noon},
		{Kind: JournalSet, Raw: []byte("hash")},
		{Kind: JournalRecord, Source: "http", Position: "2", Received: noon, Fault: "bomb", Detail: "unpacks to more", Size: 1 << 40},
	}
	placed, err := s.Journal(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Offset = placed[i].Offset
		if placed[i] != (Appended{Offset: int64(i) + 1}) {
			t.Errorf("entry %d was placed at %+v", i, placed[i])
		}
	}
	got, err := s.ReadJournal(t.Context(), 0, 100)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("journal (%v, -want +got):\n%s", err, diff)
	}
	got, err = s.ReadJournal(t.Context(), 3, 2)
	if err != nil || len(got) != 2 || got[0].Offset != 3 {
		t.Errorf("from 3, two entries: %+v (%v)", got, err)
	}
	if got, err := s.ReadJournal(t.Context(), 6, 2); err != nil || len(got) != 0 {
		t.Errorf("after the end: %+v (%v)", got, err)
	}
}

func TestJournalKnowsPositions(t *testing.T) {
	s := open(t, Options{})
	for round, known := range []bool{false, true} {
		placed, err := s.Journal(t.Context(), []JournalEntry{record(1), record(2), record(1)})
		want := []Appended{{1, known}, {2, known}, {1, true}}
		if diff := cmp.Diff(want, placed); diff != "" || err != nil {
			t.Errorf("round %d (%v, -want +got):\n%s", round, err, diff)
		}
	}
	other := record(1)
	other.Source = "file"
	if placed, err := s.Journal(t.Context(), []JournalEntry{other}); err != nil || placed[0] != (Appended{Offset: 3}) {
		t.Errorf("the same position of another source: %+v (%v)", placed, err)
	}
}

func TestJournalGroupsCommits(t *testing.T) {
	s := open(t, Options{})
	var wg sync.WaitGroup
	for w := range 50 {
		wg.Go(func() {
			for n := range 4 {
				if placed, err := s.Journal(t.Context(), []JournalEntry{record(w*100 + n*2), record(w*100 + n*2 + 1)}); err != nil || placed[1].Offset != placed[0].Offset+1 {
					t.Errorf("one call's entries stand at %+v (%v)", placed, err)
				}
			}
		})
	}
	wg.Wait()
	count, size, err := s.Backlog(t.Context(), 1)
	if err != nil || count != 400 || size < 400*8 {
		t.Errorf("backlog of %d entries, %d bytes (%v), want 400", count, size, err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Journal(done, []JournalEntry{record(9999)}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ended: %v", err)
	}
}

// What an offset stands for and the offset are stored together, or neither is.
func TestOutputsShareTheOffsetsTransaction(t *testing.T) {
	s := open(t, Options{})
	boom := errors.New("boom")
	step := func(next int64, fail error) error {
		return s.InTx(t.Context(), func(tx *Store) error {
			if _, err := tx.Next(t.Context(), "incident"); err != nil {
				return err
			}
			if err := tx.StoreEvents(t.Context(), []tocsin.Event{{ID: "202611-e", Revision: next}}); err != nil {
				return err
			}
			if e, err := tx.Event(t.Context(), "202611-e"); err != nil || e.Revision != next {
				t.Errorf("the transaction sees revision %d (%v), want its own %d", e.Revision, err, next)
			}
			if _, err := tx.Journal(t.Context(), []JournalEntry{record(int(next))}); err != nil {
				return err
			}
			return errors.Join(tx.SetOffset(t.Context(), "correlate", next), fail)
		})
	}
	if err := step(1, nil); err != nil {
		t.Fatal(err)
	}
	if err := step(2, boom); !errors.Is(err, boom) {
		t.Fatalf("error %v, want boom", err)
	}
	offset, err := s.Offset(t.Context(), "correlate")
	event, errEvent := s.Event(t.Context(), "202611-e")
	count, _, errCount := s.Backlog(t.Context(), 0)
	if err := errors.Join(err, errEvent, errCount); err != nil || offset != 1 || event.Revision != 1 || count != 1 {
		t.Errorf("after one step and one that failed: offset %d, revision %d, %d entries (%v)", offset, event.Revision, count, err)
	}
	if n, err := s.Next(t.Context(), "incident"); err != nil || n != 2 {
		t.Errorf("the failed step's number is lost: next is %d (%v)", n, err)
	}
	if n, err := s.Offset(t.Context(), "nobody"); err != nil || n != 0 {
		t.Errorf("offset of an unknown name: %d (%v)", n, err)
	}
}

func TestTrimJournal(t *testing.T) {
	s := open(t, Options{})
	var entries []JournalEntry
	for n := range 5000 {
		entries = append(entries, record(n))
	}
	if _, err := s.Journal(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	trim := func(below int64, before time.Time, want int64) {
		t.Helper()
		if n, err := s.TrimJournal(t.Context(), below, before); err != nil || n != want {
			t.Errorf("trimmed %d (%v), want %d", n, err, want)
		}
	}
	trim(4001, noon.Add(10), 10) // offsets 1 to 10 were received before
	trim(4001, noon.Add(time.Hour), 3990)
	if count, size, err := s.Backlog(t.Context(), 0); err != nil || count != 1000 || size != 1000*int64(len(entries[4000].Raw)) {
		t.Errorf("backlog of %d entries, %d bytes (%v), want 1000", count, size, err)
	}
	trim(1<<40, noon.Add(time.Hour), 999)
	if placed, err := s.Journal(t.Context(), []JournalEntry{record(0)}); err != nil || placed[0] != (Appended{Offset: 5001}) {
		t.Errorf("after trimming all, the next entry stands at %+v (%v), want 5001", placed, err)
	}
}

// A full file refuses records, then everything, loses nothing, and takes records again when there is room.
func TestFull(t *testing.T) {
	s := open(t, Options{MaxBytes: 4 << 20})
	raw := bytes.Repeat([]byte("x"), 100<<10)
	stored := 0
	for ; ; stored++ {
		_, err := s.Journal(t.Context(), []JournalEntry{{Kind: JournalRecord, Source: "http", Position: fmt.Sprint(stored), Received: noon, Raw: raw}})
		if errors.Is(err, sinks.ErrFull) {
			break
		}
		if err != nil || stored > 100 {
			t.Fatalf("after %d records of 100 KiB: %v", stored, err)
		}
	}
	if stored < 25 {
		t.Errorf("full after %d records of 100 KiB, want some 36", stored)
	}
	// What follows from the records taken still fits.
	if err := s.StoreEvents(t.Context(), []tocsin.Event{{ID: "202611-e", Revision: 1}}); err != nil {
		t.Errorf("output into the reserve: %v", err)
	}
	var err error
	for n := 0; n < 100 && err == nil; n++ {
		err = s.StoreSnapshot(t.Context(), tocsin.Snapshot{Partition: int32(n), State: noise(n, 100<<10)})
	}
	if !errors.Is(err, sinks.ErrFull) {
		t.Fatalf("the reserve never ended: %v", err)
	}
	count, _, err := s.Backlog(t.Context(), 0)
	if err != nil || count != int64(stored) {
		t.Errorf("%d records are left (%v), want %d", count, err, stored)
	}
	if _, err := s.TrimJournal(t.Context(), 20, noon.Add(time.Hour)); err != nil {
		t.Fatalf("making room: %v", err)
	}
	if _, err := s.Journal(t.Context(), []JournalEntry{record(77)}); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

// noise is a state that does not compress.
func noise(seed, size int) []byte {
	state, x := make([]byte, size), uint64(seed)*2654435761+88172645463325252
	for i := range state {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		state[i] = byte(x)
	}
	return state
}

func TestLaterSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`PRAGMA user_version = 999`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path}); !errors.Is(err, sinks.ErrPermanent) {
		t.Errorf("a file of a later version: %v", err)
	}
}

func TestSettingsHold(t *testing.T) {
	s := open(t, Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "page_size": fmt.Sprint(pageSize)} {
		var got string
		if err := s.write.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if _, err := s.read.Exec(`DELETE FROM alerts`); err == nil {
		t.Error("the readers' connections can write")
	}
}

func TestDeleteAlerts(t *testing.T) {
	s := open(t, Options{})
	var alerts []tocsin.Alert
	for n := range 5000 {
		a := tocsin.Alert{ID: fmt.Sprint("a", n), Time: noon.AddDate(0, -(n % 4), 0)}
		alerts = append(alerts, a)
	}
	if _, err := s.StoreAlerts(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	kept := tocsin.Event{ID: "202611-e", Revision: 1, Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: "a2"}, {ID: "a3"}}}}
	if err := s.StoreEvents(t.Context(), []tocsin.Event{kept}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-i", Revision: 1, Events: []string{kept.ID}}); err != nil {
		t.Fatal(err)
	}
	deleted, err := s.DeleteAlerts(t.Context(), "2026.10")
	if err != nil || deleted != 2498 {
		t.Errorf("deleted %d (%v), want the 2500 of August and September but two", deleted, err)
	}
	for id, want := range map[string]bool{"a0": true, "a1": true, "a2": true, "a3": true, "a6": false, "a7": false} {
		if _, err := s.Alert(t.Context(), id); (err == nil) != want {
			t.Errorf("alert %s: error %v, want it there: %v", id, err, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	s := open(t, Options{})
	ctx := t.Context()
	if err := s.PutSecret(ctx, "token", "ann", nil, []byte("hash")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Secret(ctx, "token", "ann"); err != nil || string(got) != "hash" {
		t.Errorf("secret %q (%v)", got, err)
	}
	if _, err := s.Secret(ctx, "user", "ann"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("of another kind: %v", err)
	}
	if all, err := s.Secrets(ctx, "token"); err != nil || len(all) != 1 {
		t.Errorf("secrets %v (%v)", all, err)
	}
	if err := s.DeleteSecret(ctx, "token", "ann"); err != nil {
		t.Error(err)
	}
	if err := s.DeleteSecret(ctx, "token", "ann"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

// Whatever is appended in whatever portions, reading gives each position once, in order.
func TestJournalModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), fmt.Sprint(rapid.Uint64().Draw(rt, "name")), "j.db")})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		var want []string
		seen := map[string]bool{}
		for _, portion := range rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 9), 1, 6), 1, 6).Draw(rt, "portions") {
			var entries []JournalEntry
			for _, n := range portion {
				e := record(n)
				entries = append(entries, e)
				if !seen[e.Position] {
					seen[e.Position] = true
					want = append(want, e.Position)
				}
			}
			if _, err := s.Journal(t.Context(), entries); err != nil {
				rt.Fatal(err)
			}
		}
		var got []string
		for next := int64(0); ; {
			entries, err := s.ReadJournal(t.Context(), next, 3)
			if err != nil {
				rt.Fatal(err)
			}
			if len(entries) == 0 {
				break
			}
			for _, e := range entries {
				got, next = append(got, e.Position), e.Offset+1
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
