package measure_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/sinks/elastic"
	"tocsin/sinks/sqlite"
)

// documented is a block of docs/metrics.md.
func documented(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + name + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		t.Fatalf("docs/metrics.md has no block %s", name)
	}
	return string(m[1])
}

// TestDocumentedSQL runs what the documentation says on the file of a register, beside the daemon's own store, and
// compares it with what the API tells.
func TestDocumentedSQL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	forty(t, s, func() {})
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	trend := func(text string) measure.Trend {
		t.Helper()
		got, err := measure.Trends(t.Context(), s, question(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	var want []string
	for _, series := range trend("metric=resolve&by=priority").Series {
		for _, p := range series.Points {
			if p.N > 0 {
				want = append(want, fmt.Sprint(series.Key, p.At.Format(" 2006-01 "), p.N, *p.P50, *p.P90, p.Sum))
			}
		}
	}
	var n, p50, p90, sum int64
	var priority, month string
	got := rows(t, db, documented(t, "sql resolve"), func() string { return fmt.Sprint(priority, " ", month, " ", n, p50, p90, sum) }, &priority, &month, &n, &p50, &p90, &sum)
	if !slices.Equal(got, want) || len(got) < 7 {
		t.Errorf("resolve:\n got %q\nwant %q", got, want)
	}
	want = nil
	for _, series := range trend("metric=target_resolve&by=priority").Series {
		for _, state := range []string{"breached", "late", "met", "running"} {
			if n := series.Whole.Counts[state]; n > 0 {
				want = append(want, fmt.Sprint(series.Key, " ", state, " ", n))
			}
		}
	}
	var state string
	got = rows(t, db, documented(t, "sql targets"), func() string { return fmt.Sprint(priority, " ", state, " ", n) }, &priority, &state, &n)
	if !slices.Equal(got, want) || len(got) < 5 {
		t.Errorf("targets:\n got %q\nwant %q", got, want)
	}
}

func rows(t *testing.T, db *sql.DB, query string, line func() string, into ...any) []string {
	t.Helper()
	found, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	var lines []string
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line())
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// documentedAggregations runs what the documentation says on the real server, on which the story was played.
func documentedAggregations(t *testing.T, s *elastic.Store, es server) {
	t.Helper()
	search := func(block string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(es.ask("POST", es.prefix+"incidents/_search", documented(t, "json "+block))), into); err != nil {
			t.Fatal(err)
		}
	}
	var resolve struct {
		Aggregations struct {
			Alike struct {
				Buckets []struct {
					Key struct {
						Priority, At string
						Seconds      int64
					} `json:"key"`
					N int64 `json:"doc_count"`
				} `json:"buckets"`
			} `json:"alike"`
		} `json:"aggregations"`
	}
	search("resolve", &resolve)
	values := map[string][]int64{}
	for _, b := range resolve.Aggregations.Alike.Buckets {
		for range b.N {
			key := b.Key.Priority + " " + b.Key.At
			values[key] = append(values[key], b.Key.Seconds)
		}
	}
	trend := func(text string) measure.Trend {
		t.Helper()
		got, err := measure.Trends(t.Context(), s, question(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, series := range trend("metric=resolve&by=priority&zone=Europe/Berlin").Series {
		for _, p := range series.Points {
			found := values[series.Key+" "+p.At.Format(time.DateOnly)]
			if int64(len(found)) != p.N || p.N > 0 && (tocsin.NearestRank(found, 50) != *p.P50 || tocsin.NearestRank(found, 90) != *p.P90) {
				t.Errorf("%s %s: the aggregation has %v, the API %+v", series.Key, p.At, found, p)
			}
		}
	}
	var targets struct {
		Aggregations struct {
			Priority struct {
				Buckets []struct {
					Key   string `json:"key"`
					State struct {
						Buckets []struct {
							Key string `json:"key"`
							N   int64  `json:"doc_count"`
						} `json:"buckets"`
					} `json:"state"`
				} `json:"buckets"`
			} `json:"priority"`
		} `json:"aggregations"`
	}
	search("targets", &targets)
	if len(targets.Aggregations.Priority.Buckets) != 3 {
		t.Errorf("targets: %+v", targets)
	}
	counts := map[string]map[string]int64{}
	for _, series := range trend("metric=target_resolve&by=priority&zone=Europe/Berlin").Series {
		counts[series.Key] = series.Whole.Counts
	}
	for _, b := range targets.Aggregations.Priority.Buckets {
		for _, state := range b.State.Buckets {
			if counts[b.Key][state.Key] != state.N {
				t.Errorf("%s %s: the aggregation has %d, the API %v", b.Key, state.Key, state.N, counts[b.Key])
			}
		}
	}
	var stages struct {
		Aggregations map[string]struct {
			Value float64 `json:"value"`
		} `json:"aggregations"`
	}
	search("stages", &stages)
	for name, want := range map[string]float64{"declared": 33300, "acknowledged": 894600, "contained": 94500} {
		if got := stages.Aggregations[name].Value; got != want {
			t.Errorf("stage %s: %f, by hand %f", name, got, want)
		}
	}
}

// Every metric is in the documentation, and in no words that are not there.
func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range measure.Metrics() {
		if !strings.HasPrefix(m.Name, "target_") && !strings.Contains(string(page), "| `"+m.Name+"` |") {
			t.Errorf("docs/metrics.md does not define %s", m.Name)
		}
		if m.Definition == "" || m.Source == "" || m.Title == "" || m.Unit == "" {
			t.Errorf("%s is not defined: %+v", m.Name, m)
		}
	}
}
