// Package authoring is what rule authors work with: the report of the tests that stand in rules, the mutants that those
// tests let live, and what the rules cover.
package authoring

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tocsin/internal/fault"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// A Report is the outcome of the tests of a set's rules.
type Report struct {
	Rules    []RuleReport
	Findings fault.List // stable rules that lack tests
}

// A RuleReport is the outcome of one rule's tests.
type RuleReport struct {
	Rule  *rules.Rule
	Tests []replay.TestResult
	Took  time.Duration // by the clock
}

// Failed is the number of tests of the rule that failed.
func (r RuleReport) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if len(t.Faults) > 0 {
			n++
		}
	}
	return n
}

// Passed is the number of tests that passed, and Failed the number of those that did not.
func (r Report) Passed() (passed, failed int) {
	for _, rule := range r.Rules {
		failed += rule.Failed()
		passed += len(rule.Tests) - rule.Failed()
	}
	return passed, failed
}

// Sound reports whether every test passed and every stable rule has its tests.
func (r Report) Sound() bool {
	_, failed := r.Passed()
	return failed == 0 && len(r.Findings) == 0
}

// Test runs the tests of the chosen rules. each, which may be nil, is told of every rule as its tests are done.
func Test(ctx context.Context, o replay.TestOptions, each func(RuleReport)) (Report, error) {
	report := Report{}
	at := map[string]int{}
	for _, rule := range o.Set.Rules() {
		if o.Select != nil && !o.Select(rule) {
			continue
		}
		at[rule.ID] = len(report.Rules)
		report.Rules = append(report.Rules, RuleReport{Rule: rule})
		if lacks := rule.Untested(); len(lacks) > 0 {
			report.Findings = append(report.Findings, untested(o.Set, rule, lacks))
		}
	}
	done := func(i int) {
		if each != nil && i >= 0 && len(report.Rules[i].Tests) > 0 {
			each(report.Rules[i])
		}
	}
	last := -1
	for result, err := range replay.TestRules(ctx, o) {
		if err != nil {
			return report, fmt.Errorf("test %q of rule %s: %w", result.Test.Name, result.Rule.ID, err)
		}
		i := at[result.Rule.ID]
		if i != last {
			done(last)
			last = i
		}
		report.Rules[i].Tests = append(report.Rules[i].Tests, result)
		report.Rules[i].Took += result.Took
	}
	done(last)
	report.Findings.Sort()
	return report, ctx.Err()
}

func untested(set *rules.Set, rule *rules.Rule, lacks []string) fault.Fault {
	message := fmt.Sprintf("the rule %q is stable and lacks %s", rule.Title, strings.Join(lacks, " and "))
	const remedy = "add it, or give the rule the status test"
	for _, f := range set.Files {
		if f.Name == rule.File {
			return fault.At(f.Name, f.Data, rule.Line, 1, message, remedy)
		}
	}
	return fault.Fault{File: rule.File, Line: rule.Line, Message: message, Remedy: remedy}
}

// Selecting chooses rules by words: a rule's id, or a part of its file's name or of its title, in whatever case. No word
// chooses all. The error names a word that chooses nothing.
func Selecting(set *rules.Set, words []string) (func(*rules.Rule) bool, error) {
	if len(words) == 0 {
		return nil, nil //nolint:nilnil // no choice is no error
	}
	chosen := map[string]bool{}
	for _, w := range words {
		found := false
		for _, r := range set.Rules() {
			word := strings.ToLower(w)
			if r.ID == word || strings.Contains(strings.ToLower(r.File), word) || strings.Contains(strings.ToLower(r.Title), word) {
				chosen[r.ID], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no rule has %q as its id or in its file's name or title; `tocsin rules list` shows them", w)
		}
	}
	return func(r *rules.Rule) bool { return chosen[r.ID] }, nil
}
