package rulesd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

func shipped(t testing.TB) *rules.Set {
	t.Helper()
	set, err := rules.Load([]rules.Source{{Name: "rules.d", FS: rulesd.FS()}}, rules.Options{Categories: classify.Default().Categories()})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestShippedRulesAreSound(t *testing.T) {
	set := shipped(t)
	for _, l := range set.Lints {
		t.Error(l)
	}
	domains := map[string]int{}
	for _, r := range set.Rules() {
		domains[strings.Split(r.File, "/")[1]]++
		fires, silent := 0, 0
		for _, test := range r.Tests {
			if len(test.Expect) > 0 {
				fires++
			} else {
				silent++
			}
		}
		if fires == 0 || silent == 0 {
			t.Errorf("%s: %d tests that fire, %d that do not", r.File, fires, silent)
		}
		if !slices.ContainsFunc(r.Tests, func(test rules.Test) bool { return test.Shuffle }) && r.Correlate.Kind != rules.Match {
			t.Errorf("%s: no test in any order", r.File)
		}
		if r.Description == "" || len(r.Tags) == 0 || len(r.Requires) == 0 {
			t.Errorf("%s: description, tags and requires are wanted of a shipped rule", r.File)
		}
	}
	for _, d := range []string{"identity", "malware", "network", "novelty", "web", "host"} {
		if domains[d] == 0 {
			t.Errorf("no rule in %s", d)
		}
	}
}

// TestShippedTests runs the rules' tests by a plain reading of the rulings on windows and bursts: one list of
// alerts per group, no watermark, no state.
func TestShippedTests(t *testing.T) {
	set := shipped(t)
	for _, r := range set.Rules() {
		if r.Correlate.Kind == rules.NoveltyKind {
			continue // it knows no windows: its tests run with the others' in rules test
		}
		for _, test := range r.Tests {
			t.Run(r.File+"/"+test.Name, func(t *testing.T) {
				got := bursts(set, r, test.Alerts(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
				if len(got) != len(test.Expect) {
					t.Fatalf("%d events, want %d: %v", len(got), len(test.Expect), got)
				}
				for _, want := range test.Expect {
					if !slices.ContainsFunc(got, is(r, want)) {
						t.Errorf("no event is %+v: %v", want, got)
					}
				}
			})
		}
	}
}

// burst is an event as the plain reading makes it.
type burst struct {
	key   []tocsin.Value
	count int
}

func (b burst) String() string { return fmt.Sprintf("%s x %d", tocsin.KeyText(b.key), b.count) }

func bursts(set *rules.Set, r *rules.Rule, alerts []tocsin.Alert) []burst {
	m := set.Matcher()
	groups := map[string][]tocsin.Match{}
	for i := range alerts {
		for _, match := range m.Match(&alerts[i]) {
			if match.Rule == r.ID && match.Suppressed == "" {
				k := tocsin.KeyText(match.Key)
				groups[k] = append(groups[k], match)
			}
		}
	}
	var out []burst
	for _, ms := range groups {
		slices.SortStableFunc(ms, func(a, b tocsin.Match) int { return a.Alert.Time.Compare(b.Alert.Time) })
		out = append(out, inGroup(r.Correlate, ms)...)
	}
	return out
}

func inGroup(c rules.Correlate, ms []tocsin.Match) []burst {
	var out []burst
	start, open := 0, false
	for i := range ms {
		if open && ms[i].Alert.Time.Sub(ms[i-1].Alert.Time) < c.Quiet {
			out[len(out)-1].count++
			continue
		}
		if open {
			open, start = false, i
		}
		for c.Span > 0 && ms[i].Alert.Time.Sub(ms[start].Alert.Time) >= c.Span {
			start++
		}
		if size(c, ms[start:i+1]) >= c.AtLeast {
			open = true
			out = append(out, burst{ms[i].Key, i - start + 1})
		}
	}
	return out
}

func size(c rules.Correlate, window []tocsin.Match) int {
	if c.Kind != rules.Distinct {
		return len(window)
	}
	values := map[string]bool{}
	for _, m := range window {
		for _, v := range m.Values[0].Items() {
			values[v.Text()] = true
		}
	}
	return len(values)
}

// is reports whether an event is the expected one.
func is(r *rules.Rule, want rules.Expectation) func(burst) bool {
	return func(b burst) bool {
		for _, f := range want.Group {
			i := slices.Index(r.Correlate.GroupBy, f.Name)
			if i < 0 || !b.key[i].Equal(f.Value) {
				return false
			}
		}
		return want.Count == 0 || want.Count == b.count
	}
}
