package sinktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, whatever the machine has

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// measured is an incident of random words and numbers, declared about a time.
func measured(rng *rand.Rand, n int, at time.Time) tocsin.Incident {
	i := incident(n)
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	i.Tenant, i.Priority, i.Platform = pick("default", "default", "other"), pick("P1", "P2", "P3"), pick("linux", "windows", "")
	i.Category, i.Rule, i.RootCause = pick("intrusions/system-compromise", "availability/dos", "test/test"), pick("r1", "r2", ""), pick("", "human_error", "malicious_action")
	i.Disposition = pick("", "true_positive_impact", "false_positive", "duplicate")
	i.Status = tocsin.Status(pick("proposed", "declared", "contained", "resolved", "closed", "rejected", "merged"))
	if rng.IntN(2) == 0 {
		i.Teams = []tocsin.Team{{Name: "soc"}, {Name: "net"}, {Name: "second"}}
	}
	declared := at.Add(time.Duration(rng.IntN(7200)-3600)*time.Second + 999*time.Millisecond)
	i.Timeline = map[string]time.Time{"detected": declared.Add(-time.Minute)}
	i.Durations = map[string]int64{"detect_s": int64(rng.IntN(5))}
	i.ReopenCount, i.Alerts = rng.IntN(3), int64(rng.IntN(1000))
	if i.Status != tocsin.Proposed && i.Status != tocsin.Rejected {
		i.Timeline["declared"] = declared
		spent := int64(rng.IntN(20) * 3600)
		i.Durations["resolve_s"], i.Durations["active_s"] = spent, spent/2
		i.Timeline["resolved"] = declared.Add(time.Duration(spent) * time.Second)
		i.Visits = []tocsin.Visit{{Status: tocsin.Declared, From: declared, To: i.Timeline["resolved"], Seconds: spent, Number: 0, Priority: i.Priority}}
	}
	met := rng.IntN(2) == 0
	i.Targets = map[string]tocsin.Target{"resolve": {Due: declared, Met: &met}}
	return i
}

func testTallies(t *testing.T, u Suite, s Store) {
	rng := rand.New(rand.NewPCG(8, 4))
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var all []tocsin.Incident
	for n := range 300 {
		i := measured(rng, n, at.AddDate(0, 0, rng.IntN(90)))
		all = append(all, i)
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	changed := all[7] // a later revision is counted instead, not besides
	changed.Revision, changed.Priority = 2, "P5"
	all[7] = changed
	if err := s.PutIncident(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	from, to := at.AddDate(0, 0, 3).Add(time.Hour), at.AddDate(0, 0, 80)
	for name, q := range map[string]tocsin.TallyQuery{
		"all":            {Cohort: "declared"},
		"by":             {Cohort: "declared", By: []string{"priority"}},
		"two words":      {Cohort: "resolved", By: []string{"platform", "team"}, Interval: "month"},
		"values":         {Cohort: "declared", By: []string{"category"}, Value: "resolve_s", Interval: "week"},
		"marks":          {Cohort: "declared", By: []string{"root_cause"}, Value: "declared"},
		"sums":           {Cohort: "detected", By: []string{"rule"}, Sums: []string{"active_s", "stage_declared_s", "alerts", "events", "reopen_count"}, Interval: "month"},
		"tenant":         {Cohort: "declared", Tenant: "other", By: []string{"counted_as"}, Interval: "day"},
		"selected":       {Cohort: "declared", By: []string{"status"}, Where: map[string][]string{"priority": {"P1", "P5"}, "counted_as": {"incident"}}},
		"without a word": {Cohort: "declared", Where: map[string][]string{"team": {"", "net"}, "rule": {""}}, Value: "resolve_s"},
		"targets":        {Cohort: "declared", By: []string{"target_resolve", "priority"}},
		"none":           {Cohort: "declared", Where: map[string][]string{"priority": {"P9"}}},
	} {
		q.From, q.To = from, to
		compareTallies(t, s, name, q, all)
	}
	for _, q := range []tocsin.TallyQuery{
		{Cohort: "declared"},
		{Cohort: "closed", From: from, To: to},
		{Cohort: "declared", From: from, To: to, By: []string{"id); --"}},
		{Cohort: "declared", From: from, To: to, Value: "doc"},
		{Cohort: "declared", From: from, To: to, Interval: "year"},
		{Cohort: "declared", From: from, To: from.AddDate(9, 0, 0), Interval: "day"},
		{Cohort: "declared", From: from, To: to, Where: map[string][]string{"x": {"y"}}},
	} {
		if _, err := s.Tallies(t.Context(), q); !errors.Is(err, tocsin.ErrQuery) {
			t.Errorf("%+v: error %v, want %v", q, err, tocsin.ErrQuery)
		}
	}
}

func compareTallies(t *testing.T, s Store, name string, q tocsin.TallyQuery, all []tocsin.Incident) {
	t.Helper()
	naive, err := tocsin.NewTallies(q)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for n := range all {
		naive.Add(all[n].Measure())
	}
	got, err := s.Tallies(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	same := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	empty := cmp.Comparer(func(a, b []int64) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	words := cmp.Comparer(func(a, b []string) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) })
	if diff := cmp.Diff(naive.All(), got, same, empty, words); diff != "" {
		t.Errorf("%s: (-want +got):\n%s", name, diff)
	}
}

// Days begin when the clock on the wall says so: over nights in which it is set, and where it skips midnight.
func testTalliesInZones(t *testing.T, u Suite, s Store) {
	rng := rand.New(rand.NewPCG(1, 2))
	nights := map[string]time.Time{
		"Europe/Berlin":     time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC),
		"America/New_York":  time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC),
		"Australia/Sydney":  time.Date(2026, 4, 4, 13, 0, 0, 0, time.UTC),
		"Asia/Kathmandu":    time.Date(2026, 1, 31, 18, 15, 0, 0, time.UTC),
		"America/Sao_Paulo": time.Date(2018, 11, 4, 2, 0, 0, 0, time.UTC),
		"America/Havana":    time.Date(2025, 11, 2, 4, 0, 0, 0, time.UTC),
	}
	var all []tocsin.Incident
	for _, at := range nights {
		for range 40 {
			i := measured(rng, len(all), at.Add(time.Duration(rng.IntN(96)-48)*time.Hour))
			i.Tenant, i.Status = "default", tocsin.Declared
			all = append(all, i)
			if err := s.PutIncident(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
	}
	u.settle(t, s)
	for name, at := range nights {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, interval := range []string{"day", "week", "month"} {
			q := tocsin.TallyQuery{Cohort: "declared", From: at.AddDate(0, -1, 0), To: at.AddDate(0, 1, 0), Interval: interval, Zone: zone}
			compareTallies(t, s, name+" "+interval, q, all)
		}
	}
}

func testBacklogs(t *testing.T, u Suite, s Store) {
	day := func(day, tenant, priority string, open int64) tocsin.Backlog {
		return tocsin.Backlog{Day: day, At: morning, Tenant: tenant, Priority: priority, Open: open, Late: 1, P50: 60, P90: 90, Oldest: 100}
	}
	put := func(ctx context.Context, all ...tocsin.Backlog) {
		t.Helper()
		if err := s.PutBacklog(ctx, all); err != nil {
			t.Fatal(err)
		}
	}
	put(t.Context(), day("2026-11-02", "", "", 3), day("2026-11-02", "", "P1", 2), day("2026-11-02", "default", "", 1), day("2026-11-02", "default", "P1", 1))
	put(t.Context(), day("2026-11-01", "", "", 7), day("2026-11-02", "", "", 9)) // what is there of a day stays
	put(t.Context())
	u.settle(t, s)
	same := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	for _, tt := range []struct {
		tenant, from, to string
		want             []tocsin.Backlog
	}{
		{"", "2026-11-01", "2026-11-03", []tocsin.Backlog{day("2026-11-01", "", "", 7), day("2026-11-02", "", "", 3), day("2026-11-02", "", "P1", 2)}},
		{"", "2026-11-01", "2026-11-02", []tocsin.Backlog{day("2026-11-01", "", "", 7)}},
		{"default", "2026-11-01", "2026-11-03", []tocsin.Backlog{day("2026-11-02", "default", "", 1), day("2026-11-02", "default", "P1", 1)}},
		{"other", "2026-11-01", "2026-11-03", []tocsin.Backlog{}},
	} {
		got, err := s.Backlogs(t.Context(), tt.tenant, tt.from, tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got, same); diff != "" {
			t.Errorf("%+v: (-want +got):\n%s", tt, diff)
		}
	}
}
