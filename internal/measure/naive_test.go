package measure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/register"
	"tocsin/sinks/elastic"
	"tocsin/sinks/memory"
)

// A life is what a plain reading of one incident's log says, by code that shares nothing with the projection.
type life struct {
	words map[string]string
	spent map[string]int64 // seconds, by metric
	marks map[string]time.Time
}

// readLife reads a log from its first line to its last.
func readLife(t *testing.T, entries []tocsin.LogEntry) life {
	t.Helper()
	l := life{words: map[string]string{}, spent: map[string]int64{}, marks: map[string]time.Time{}}
	status, since := tocsin.Status(""), time.Time{}
	active, visit := time.Duration(0), time.Duration(0) // the visit that is not over is not counted
	var heldSince time.Time
	for _, e := range entries {
		var data struct {
			Priority    string            `json:"priority"`
			Disposition string            `json:"disposition"`
			RootCause   string            `json:"root_cause"`
			Detected    time.Time         `json:"detected"`
			Occurred    time.Time         `json:"occurred"`
			Assessment  tocsin.Assessment `json:"assessment"`
			Event       struct {
				Rule string `json:"rule"`
			} `json:"event"`
		}
		if len(e.Data) > 0 {
			if err := json.Unmarshal(e.Data, &data); err != nil {
				t.Fatal(err)
			}
		}
		if e.Seq == 1 {
			l.words["platform"], l.words["rule"] = data.Assessment.Platform, data.Event.Rule
			l.words["category"], _, _ = strings.Cut(data.Assessment.Category, "/")
			l.words["priority"] = data.Assessment.Priority
			l.marks["detected"], l.marks["occurred"] = data.Detected, data.Occurred
		}
		if data.Disposition != "" {
			l.words["disposition"] = data.Disposition
		}
		if data.RootCause != "" {
			l.words["root_cause"] = data.RootCause
		}
		works := status == "declared" || status == "acknowledged" || status == "contained"
		if works && heldSince.IsZero() {
			visit += e.Effective.Sub(since)
		}
		if e.To != "" || e.Action == tocsin.ActSet && data.Priority != "" && data.Priority != l.words["priority"] {
			active, visit = active+visit, 0
		}
		if e.Action == tocsin.ActSet && data.Priority != "" {
			l.words["priority"] = data.Priority
		}
		since = e.Effective
		switch e.Action {
		case tocsin.ActHold:
			heldSince = e.Effective
		case tocsin.ActRelease:
			heldSince = time.Time{}
		}
		if e.To == "" || e.To == status {
			continue
		}
		if e.To != "acknowledged" && e.To != "declared" && e.To != "contained" {
			heldSince = time.Time{} // an incident that is over is not on hold
		}
		if e.To == "acknowledged" && (status == "resolved" || status == "closed") {
			delete(l.marks, "resolved")
			delete(l.words, "disposition")
		} else if e.To == "resolved" {
			l.marks["resolved"] = e.Effective
		} else if _, ok := l.marks[string(e.To)]; !ok || e.To != "acknowledged" {
			l.marks[string(e.To)] = e.Effective
		}
		if _, ok := l.marks["acknowledged"]; !ok && (e.To == "contained" || e.To == "resolved") {
			l.marks["acknowledged"] = e.Effective
		}
		status = e.To
	}
	for metric, span := range map[string][2]string{
		"detect": {"occurred", "detected"}, "assess": {"detected", "declared"}, "acknowledge": {"declared", "acknowledged"}, "contain": {"detected", "contained"},
		"resolve": {"declared", "resolved"}, "dwell": {"occurred", "contained"},
	} {
		from, ok := l.marks[span[0]]
		to, ok2 := l.marks[span[1]]
		if ok && ok2 {
			l.spent[metric] = int64(to.Sub(from).Seconds())
		}
	}
	if _, ok := l.marks["declared"]; ok {
		l.spent["active"] = int64(active.Seconds())
	}
	switch {
	case status == "merged" || status == "rejected" || status == "proposed":
		l.words["counted_as"] = string(status)
	case l.words["disposition"] == "duplicate", l.words["disposition"] == "false_positive":
		l.words["counted_as"] = l.words["disposition"]
	case l.words["category"] == "test":
		l.words["counted_as"] = "test"
	default:
		l.words["counted_as"] = "incident"
	}
	return l
}

// random makes incidents that live at random, and returns their names.
func (p *player) random(rng *rand.Rand, n int) {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	var acts []act
	begin := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	for i := range n {
		o := origin{
			name: fmt.Sprint("g", i), priority: pick("P1", "P2", "P3"), platform: pick("linux", "windows", "cloud", "unknown"), rule: pick("r1", "r2", "r3"),
			class: pick("intrusions", "fraud", "availability", "test"), declared: begin.Add(time.Duration(rng.IntN(180*86400)) * time.Second),
		}
		acts = append(acts, p.found(o))
		at := o.declared
		step := func(c register.Command) {
			acts = append(acts, p.give(o.name, at, c))
			at = at.Add(time.Duration(1+rng.IntN(30*3600)) * time.Second)
		}
		switch rng.IntN(20) {
		case 0:
			continue
		case 1:
			step(register.Command{Action: tocsin.ActReject, Reason: "no", Disposition: "false_positive"})
			continue
		}
		step(register.Command{Action: tocsin.ActDeclare})
		if rng.IntN(10) > 0 {
			step(register.Command{Action: tocsin.ActAcknowledge})
		}
		if rng.IntN(4) == 0 {
			step(register.Command{Action: tocsin.ActSet, Priority: pick("P1", "P2", "P3")})
		}
		if rng.IntN(4) == 0 {
			step(register.Command{Action: tocsin.ActHold, Reason: "a part is missing"})
			step(register.Command{Action: tocsin.ActRelease})
		}
		if rng.IntN(3) > 0 {
			step(register.Command{Action: tocsin.ActContain})
		}
		for range 1 + rng.IntN(2) {
			if rng.IntN(8) == 0 {
				step(register.Command{Action: tocsin.ActHold, Reason: "waiting"}) // and resolved on hold, or open for ever
			}
			if rng.IntN(6) == 0 {
				break
			}
			step(register.Command{Action: tocsin.ActResolve, Disposition: pick("", "", "true_positive_impact", "false_positive", "duplicate"), RootCause: pick("", "human_error", "malicious_action")})
			if rng.IntN(3) > 0 {
				break
			}
			step(register.Command{Action: tocsin.ActReopen, Reason: "again"})
		}
	}
	p.play(slices.DeleteFunc(acts, func(a act) bool { return a.at.After(theEnd) }))
}

// TestAgainstTheLog recomputes statistics of generated incidents from nothing but their logs, naively, and compares.
func TestAgainstTheLog(t *testing.T) {
	n := 250
	if os.Getenv("TOCSIN_LONG") != "" {
		n = 10_000
	}
	for name, open := range stores(new(server)) {
		t.Run(name, func(t *testing.T) {
			s, settle := open(t)
			p := newPlayer(t, s)
			if es, ok := s.(*elastic.Store); ok { // of one write at a time each takes it 20 ms
				p = newPlayer(t, memory.New())
				p.random(rand.New(rand.NewPCG(8, uint64(n))), n)
				p.copyTo(es)
			} else {
				p.random(rand.New(rand.NewPCG(8, uint64(n))), n)
			}
			settle()
			checkLog(t, s, p, n)
			t.Logf("%d incidents", len(p.ids))
		})
	}
}

// copyTo writes the register that was played to another store, with as many documents at a time as it takes.
func (p *player) copyTo(s *elastic.Store) {
	p.t.Helper()
	ctx := p.t.Context()
	for ids := range slices.Chunk(slices.Sorted(maps.Values(p.ids)), 500) {
		var d tocsin.Documents
		for _, id := range ids {
			i, err := p.store.Incident(ctx, id)
			if err != nil {
				p.t.Fatal(err)
			}
			entries, err := p.store.Entries(ctx, id, 1)
			if err != nil {
				p.t.Fatal(err)
			}
			d.Incidents, d.Entries = append(d.Incidents, i), append(d.Entries, entries...)
		}
		errs, err := s.Save(ctx, d)
		if err := errors.Join(append(errs, err)...); err != nil {
			p.t.Fatal(err)
		}
	}
}

func checkLog(t *testing.T, s store, p *player, n int) {
	t.Helper()
	var lives []life
	for _, id := range p.ids {
		entries, err := s.Entries(t.Context(), id, 1)
		if err != nil {
			t.Fatal(err)
		}
		lives = append(lives, readLife(t, entries))
	}
	memory, compared := filled(t, s, len(p.ids)), 0
	for _, metric := range []string{"detect", "assess", "acknowledge", "contain", "resolve", "dwell", "active"} {
		for _, by := range []string{"priority", "platform", "category", "rule", "root_cause"} {
			for _, cohort := range []string{"declared", "resolved"} {
				q := question(t, "metric="+metric+"&by="+by+"&cohort="+cohort+"&zone=Europe/Berlin")
				got, err := measure.Trends(t.Context(), memory, q)
				if err != nil {
					t.Fatal(err)
				}
				if direct, err := measure.Trends(t.Context(), s, q); err != nil || !reflect.DeepEqual(direct, got) {
					t.Errorf("%s by %s, %s: the store has\n%+v (%v)\nmemory\n%+v", metric, by, cohort, direct, err, got)
				}
				want := naive(lives, metric, by, cohort)
				have := map[string]string{}
				for _, series := range got.Series {
					for _, point := range series.Points {
						if point.N > 0 {
							have[series.Key+" "+point.At.Format("2006-01")] = fmt.Sprint(point.N, *point.P50, *point.P90, point.Sum)
						}
					}
				}
				compared += len(have)
				if !maps.Equal(have, want) {
					t.Errorf("%s by %s, %s:\n got %v\nwant %v", metric, by, cohort, have, want)
				}
			}
		}
	}
	if compared < 5*min(n, 250) { // there are no more words and months
		t.Errorf("only %d figures were compared", compared)
	}
}

// naive works figures out of lives: by word and month of Berlin.
func naive(lives []life, metric, by, cohort string) map[string]string {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	values := map[string][]int64{}
	for _, l := range lives {
		mark, ok := l.marks[cohort]
		value, ok2 := l.spent[metric]
		if ok && ok2 && l.words["counted_as"] == "incident" {
			key := l.words[by] + " " + mark.In(berlin).Format("2006-01")
			values[key] = append(values[key], value)
		}
	}
	figures := map[string]string{}
	for key, all := range values {
		slices.Sort(all)
		sum := int64(0)
		for _, v := range all {
			sum += v
		}
		rank := func(p float64) int64 { return all[int(math.Ceil(p*float64(len(all))/100))-1] }
		figures[key] = fmt.Sprint(len(all), rank(50), rank(90), sum)
	}
	return figures
}
