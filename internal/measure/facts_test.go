package measure_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

// filled are facts that hold so many incidents of a store, and answer from memory.
func filled(t testing.TB, s measure.FactStore, want int) *measure.Facts {
	t.Helper()
	f := measure.NewFacts(s, 0, slog.New(slog.DiscardHandler))
	if err := f.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h := f.Held(); !h.Filled || h.Incidents != int64(want) {
		t.Fatalf("%+v is held, %d were written", h, want)
	}
	return f
}

// plain is an incident that says hardly more than when it was declared.
func plain(n int, declared time.Time) tocsin.Incident {
	return tocsin.Incident{
		ID: declared.Format("200601") + "-" + tocsin.Hash(fmt.Sprint("plain ", n)), Tenant: "default", Revision: 1, Status: tocsin.Declared, Opened: declared, Priority: "P2",
		Timeline: map[string]time.Time{"detected": declared.Add(-time.Minute), "declared": declared}, Durations: map[string]int64{"assess_s": 60},
	}
}

func putAll(t *testing.T, s store, all ...tocsin.Incident) {
	t.Helper()
	for _, i := range all {
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
}

var monthOfMay = tocsin.TallyQuery{Cohort: "declared", From: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), By: []string{"priority"}, Value: "assess_s"}

// sameTallies wants memory to tell what the store tells, and who answered.
func sameTallies(t *testing.T, f *measure.Facts, s measure.Store, wantN int64) {
	t.Helper()
	got, err := f.Tallies(t.Context(), monthOfMay)
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Tallies(t.Context(), monthOfMay)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, the store has %+v (%v)", got, want, err)
	}
	n := int64(0)
	for _, one := range got {
		n += one.N
	}
	if n != wantN {
		t.Errorf("%d incidents, want %d: %+v", n, wantN, got)
	}
}

// What is written is in the next answer, whoever writes it: the register, or somebody in the file, by the column, or by
// deleting.
func TestFactsFollowAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	may := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	long := plain(2, may)
	long.Durations["assess_s"] = 1 << 40
	before := plain(3, may)
	before.Durations["assess_s"] = -5
	putAll(t, s, plain(1, may), long, before)
	f := filled(t, s, 3)
	sameTallies(t, f, s, 3)
	changed := plain(1, may)
	changed.Revision, changed.Priority, changed.Durations["assess_s"] = 2, "P1", 61
	putAll(t, s, changed, plain(4, may))
	sameTallies(t, f, s, 4)
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for n, change := range []string{
		`UPDATE measures SET priority = 'P5' WHERE id = '` + changed.ID + `'`,
		`DELETE FROM measures WHERE id = '` + long.ID + `'`,
		`INSERT OR IGNORE INTO measures SELECT '` + long.ID + `' AS id, tenant, priority, platform, category, team, rule, root_cause, disposition, status, counted_as, target_assess, target_acknowledge,
			target_contain, target_resolve, target_confirm, detected, declared, resolved, detect_s, assess_s, acknowledge_s, contain_s, resolve_s, first_resolve_s, close_s, dwell_s, active_s, hold_s,
			reopen_count, alerts, events, stage_declared_s, stage_acknowledged_s, stage_contained_s, stage_eradicated_s, stage_recovered_s FROM measures WHERE id = '` + before.ID + `'`,
		`UPDATE measures SET id = 'another' WHERE id = '` + before.ID + `'`,
	} {
		if _, err := db.ExecContext(t.Context(), change); err != nil {
			t.Fatalf("change %d: %v", n, err)
		}
		sameTallies(t, f, s, []int64{4, 3, 4, 4}[n])
	}
	if h := f.Held(); h.ByStore != 0 || h.ByFacts != 6 {
		t.Errorf("who answered: %+v", h)
	}
}

// A teller says by itself what was written; it may fail, begin anew, or not be able to tell.
type teller struct {
	*memory.Store
	since func(mark string) (tocsin.Measures, error)
}

func (s teller) MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error) {
	if s.since != nil {
		if found, err := s.since(mark); err != nil || found.Anew || found.Total != 0 {
			return found, err
		}
	}
	return s.Store.MeasuresSince(ctx, mark, limit)
}

// Where memory cannot be filled or is no continuation, the store answers, with the same numbers, until it was read again.
func TestFactsGiveUp(t *testing.T) {
	may := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		limit int
		since func(mark string) (tocsin.Measures, error)
		fill  bool // is filled at first
		again bool // and after it was given up
	}{
		"too many": {limit: 2},
		"cannot tell": {since: func(string) (tocsin.Measures, error) {
			return tocsin.Measures{}, fmt.Errorf("shards: %w", errors.ErrUnsupported)
		}},
		"another life": {since: func(m string) (tocsin.Measures, error) { return tocsin.Measures{Anew: m != "", Next: m}, nil }, fill: true, again: true},
		"some were deleted": {since: func(m string) (tocsin.Measures, error) {
			return tocsin.Measures{Total: int64(len(m)) * 7, Next: m}, nil
		}, fill: true, again: true},
		"one too many of all": {limit: 3, fill: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := teller{memory.New(), tt.since}
			putAll(t, s, plain(1, may), plain(2, may), plain(3, may))
			f := measure.NewFacts(s, tt.limit, slog.New(slog.DiscardHandler))
			if err := f.Fill(t.Context()); err == nil != tt.fill {
				t.Fatalf("filled: %v", err)
			}
			putAll(t, s, plain(4, may))
			sameTallies(t, f, s, 4)
			if h := f.Held(); h.Filled || h.ByStore != 1 {
				t.Errorf("it is not given up: %+v", h)
			}
			if err := f.Fill(t.Context()); err == nil != tt.again {
				t.Errorf("filled again: %v", err)
			}
		})
	}
}

// The daemon fills memory by itself and again, and an answer does not wait longer than who asked.
func TestFactsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		may := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
		away := errors.New("away")
		var isAway, anew atomic.Bool
		isAway.Store(true)
		s := teller{memory.New(), func(m string) (tocsin.Measures, error) {
			if isAway.Load() {
				return tocsin.Measures{}, away
			}
			return tocsin.Measures{Anew: anew.Load() && m != "", Next: m}, nil
		}}
		putAll(t, s, plain(1, may))
		var log strings.Builder
		f := measure.NewFacts(s, 0, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.Run(ctx) }()
		synctest.Wait()
		if f.Held().Filled || !strings.Contains(log.String(), "cannot be held in memory") {
			t.Errorf("filled though the store was away; log: %s", &log)
		}
		sameTallies(t, f, s, 1)
		isAway.Store(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !f.Held().Filled {
			t.Error("not filled after the store was back")
		}
		anew.Store(true)
		sameTallies(t, f, s, 1)
		anew.Store(false)
		synctest.Wait()
		if h := f.Held(); !h.Filled || h.ByStore != 2 {
			t.Errorf("not filled anew at once: %+v", h)
		}
		isAway.Store(true)
		if _, err := f.Tallies(t.Context(), monthOfMay); !errors.Is(err, away) {
			t.Errorf("a store that is away: error %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// An incident takes some 150 bytes.
func TestFactsAreSmall(t *testing.T) {
	s := memory.New()
	for n := range 3000 {
		putAll(t, s, plain(n, time.Date(2026, 5, 4, 8, 0, n, 0, time.UTC)))
	}
	if h := filled(t, s, 3000).Held(); h.Bytes/h.Incidents > 200 {
		t.Errorf("%d bytes an incident", h.Bytes/h.Incidents)
	}
}
