package authoring

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"tocsin/internal/fault"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// A MutationReport says which mutants of the chosen rules their tests let live.
type MutationReport struct {
	Rules []RuleMutants
}

// RuleMutants are the mutants of one rule. A mutant that means the same as the rule, or as one before it, or that is no
// sound rule, is none.
type RuleMutants struct {
	Rule     *rules.Rule
	Verdicts []Verdict
	Skipped  string // why there are none: its tests fail, or it has none
	Took     time.Duration
}

// Lived are the mutants that no test told from the rule.
func (r RuleMutants) Lived() []Verdict {
	return slices.DeleteFunc(slices.Clone(r.Verdicts), func(v Verdict) bool { return v.KilledBy != "" })
}

// Score is how many mutants were killed, and of how many.
func (r MutationReport) Score() (killed, all int) {
	for _, rule := range r.Rules {
		all += len(rule.Verdicts)
		killed += len(rule.Verdicts) - len(rule.Lived())
	}
	return killed, all
}

// Percent is the score in hundredths, rounded down; 100 where there is nothing to kill.
func (r MutationReport) Percent() int {
	killed, all := r.Score()
	if all == 0 {
		return 100
	}
	return killed * 100 / all
}

// Mutate runs the tests of each chosen rule of the report against the rule's mutants, each in the one order of arrival that the
// test has. The same rules give the same verdicts.
func Mutate(ctx context.Context, o replay.TestOptions, report Report) (MutationReport, error) {
	var out MutationReport
	for _, r := range report.Rules {
		began := time.Now()
		m := RuleMutants{Rule: r.Rule}
		switch {
		case r.Rule.Sigma:
			continue
		case len(r.Tests) == 0:
			m.Skipped = "it has no tests"
		case r.Failed() > 0:
			m.Skipped = "its tests fail"
		default:
			var err error
			if m.Verdicts, err = verdicts(ctx, o, r.Rule); err != nil {
				return out, err
			}
		}
		m.Took = time.Since(began)
		out.Rules = append(out.Rules, m)
	}
	return out, nil
}

func verdicts(ctx context.Context, o replay.TestOptions, rule *rules.Rule) ([]Verdict, error) {
	mutants, err := Mutants(o.Set, rule)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{rule.Hash: true}
	var out []Verdict
	for _, mutant := range mutants {
		began := time.Now()
		set, other := mutated(o.Set, rule, mutant)
		if other == nil || seen[other.Hash] {
			continue
		}
		seen[other.Hash] = true
		v := Verdict{Mutant: mutant}
		for _, t := range other.Tests {
			result, err := replay.TestRule(ctx, replay.TestOptions{Set: set, Scales: o.Scales, Assets: o.Assets}, other, t, 0)
			if err != nil {
				return out, fmt.Errorf("mutant of rule %s that %s: %w", rule.ID, mutant.Change, err)
			}
			if len(result.Faults) > 0 {
				v.KilledBy = t.Name
				break
			}
		}
		v.Took = time.Since(began)
		out = append(out, v)
	}
	return out, nil
}

// mutated is a set in which the mutant stands for the rule, and the rule in it; nil where the mutant is no sound rule.
// Other rules are left out unless the rule reads what they say.
func mutated(set *rules.Set, rule *rules.Rule, m Mutant) (*rules.Set, *rules.Rule) {
	chained := slices.ContainsFunc(rule.Fields(), func(f string) bool { return strings.HasPrefix(f, "tocsin.") || strings.HasPrefix(f, "rule.") })
	files := []rules.File{{Name: rule.File, Path: path.Base(rule.File), Data: m.file}}
	for _, f := range set.Files {
		beside := strings.Contains("/"+f.Path, "/lists/") || strings.Contains("/"+f.Path, "/exceptions/")
		if beside || chained && f.Name != rule.File {
			files = append(files, f)
		}
	}
	other, err := rules.LoadFiles(files, rules.Options{})
	if err != nil {
		return nil, nil
	}
	return other, other.Rule(rule.ID)
}

// WriteText writes what lived, by rule, and the score.
func (r MutationReport) WriteText(w io.Writer, set *rules.Set, verbose bool) error {
	out := &errWriter{w: w}
	for _, rule := range r.Rules {
		lived := rule.Lived()
		if rule.Skipped != "" {
			out.printf("not mutated: %s (%s): %s\n", rule.Rule.Title, rule.Rule.ID, rule.Skipped)
			continue
		}
		if len(lived) > 0 || verbose {
			out.printf("%s (%s): %d of %d mutants killed\n", rule.Rule.Title, rule.Rule.ID, len(rule.Verdicts)-len(lived), len(rule.Verdicts))
		}
		for _, v := range lived {
			f := sourced(set, rule.Rule.File, v.Mutant)
			out.printf("  lives: %s\n", strings.ReplaceAll(f.String(), "\n", "\n  "))
		}
		if verbose {
			for _, v := range rule.Verdicts {
				if v.KilledBy != "" {
					out.printf("  killed by %q: %s\n", v.KilledBy, v.Change)
				}
			}
		}
	}
	killed, all := r.Score()
	if all == 0 {
		out.printf("no mutants\n")
		return out.err
	}
	out.printf("%d of %d mutants killed: %d %%\n", killed, all, r.Percent())
	return out.err
}

// sourced is a mutant as a fault of the rule's file.
func sourced(set *rules.Set, file string, m Mutant) fault.Fault {
	message, remedy := m.Change, "would read "+oneLine(m.Text)+"\n    to kill it: "+m.Remedy
	for _, f := range set.Files {
		if f.Name == file {
			return fault.At(file, f.Data, m.Line, m.Column, message, remedy)
		}
	}
	return fault.Fault{File: file, Line: m.Line, Column: m.Column, Message: message, Remedy: remedy}
}

// oneLine shortens what a terminal could not show.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// WriteJSON writes the report as one object: killed, all, percent and rules.
func (r MutationReport) WriteJSON(w io.Writer) error {
	type mutantJSON struct {
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Change   string `json:"change"`
		Text     string `json:"text"`
		Lives    bool   `json:"lives"`
		KilledBy string `json:"killed_by,omitempty"`
		Remedy   string `json:"remedy,omitempty"`
	}
	type ruleJSON struct {
		Rule    string       `json:"rule"`
		Title   string       `json:"title"`
		File    string       `json:"file"`
		Skipped string       `json:"skipped,omitempty"`
		Killed  int          `json:"killed"`
		All     int          `json:"all"`
		Mutants []mutantJSON `json:"mutants"`
	}
	killed, all := r.Score()
	out := struct {
		Killed  int        `json:"killed"`
		All     int        `json:"all"`
		Percent int        `json:"percent"`
		Rules   []ruleJSON `json:"rules"`
	}{killed, all, r.Percent(), []ruleJSON{}}
	for _, rule := range r.Rules {
		j := ruleJSON{Rule: rule.Rule.ID, Title: rule.Rule.Title, File: rule.Rule.File, Skipped: rule.Skipped, All: len(rule.Verdicts), Killed: len(rule.Verdicts) - len(rule.Lived()), Mutants: []mutantJSON{}}
		for _, v := range rule.Verdicts {
			m := mutantJSON{Line: v.Line, Column: v.Column, Change: v.Change, Text: v.Text, Lives: v.KilledBy == "", KilledBy: v.KilledBy}
			if m.Lives {
				m.Remedy = v.Remedy
			}
			j.Mutants = append(j.Mutants, m)
		}
		out.Rules = append(out.Rules, j)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
