package measure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/sinks/memory"
)

// A day on which no daemon ran is told as missing: it is no point of 0, whoever asks, and a row without numbers.
func TestBacklogOfADayWithoutDaemon(t *testing.T) {
	s := memory.New()
	for day, open := range map[string]int64{"2026-11-02": 3, "2026-11-05": 0, "2026-11-06": 2} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		all := []tocsin.Backlog{{Day: day, At: at.Add(time.Hour), Open: open}}
		if open > 2 {
			all = append(all, tocsin.Backlog{Day: day, At: at.Add(time.Hour), Open: open, Tenant: "a"}, tocsin.Backlog{Day: day, At: at.Add(time.Hour), Open: open, Priority: "P1"})
		}
		if err := s.PutBacklog(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	november := func(day int) time.Time { return time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		tenant          string
		from, to        int
		points, missing []int
	}{
		{"", 1, 10, []int{2, 5, 6}, []int{3, 4}}, // before the first and behind the last it is not known that any is missing
		{"a", 1, 10, []int{2, 5, 6}, []int{3, 4}},
		{"", 3, 5, nil, []int{3, 4}}, // nothing was taken in all of the time
		{"", 4, 6, []int{5}, []int{4}},
		{"", 5, 7, []int{5, 6}, nil},
	} {
		got, err := measure.Trends(t.Context(), s, measure.Query{Metric: "backlog", By: "priority", Tenant: tt.tenant, From: november(tt.from), To: november(tt.to)})
		if err != nil {
			t.Fatal(err)
		}
		var points, missing []int
		for _, p := range got.All.Points {
			points = append(points, p.At.Day())
		}
		for _, day := range got.Missing {
			missing = append(missing, day.Day())
		}
		if !slices.Equal(points, tt.points) || !slices.Equal(missing, tt.missing) {
			t.Errorf("tenant %q, %d to %d: points of %v, missing %v; want %v and %v", tt.tenant, tt.from, tt.to, points, missing, tt.points, tt.missing)
		}
	}
	got, err := measure.Trends(t.Context(), s, measure.Query{Metric: "backlog", From: november(1), To: november(10)})
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := measure.WriteCSV(&table, got); err != nil {
		t.Fatal(err)
	}
	var days []string
	for line := range strings.Lines(table.String()) {
		cells := strings.Split(line, ",")
		days = append(days, strings.TrimSuffix(cells[4], "T00:00:00Z")+"="+cells[5])
	}
	if want := "at=n 2026-11-02=3 2026-11-03= 2026-11-04= 2026-11-05=0 2026-11-06=2 whole=2"; strings.Join(days, " ") != want {
		t.Errorf("table: %s, want %s", strings.Join(days, " "), want)
	}
}
