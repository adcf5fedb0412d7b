package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/authoring"
	"tocsin/internal/fault"
	"tocsin/internal/replay"
	"tocsin/internal/web"
	"tocsin/rules"
)

// A workshop tells the page of rules' texts and tests, and tries drafts. It writes nothing.
type workshop struct {
	*App
	alert func(ctx context.Context, id string) (tocsin.Alert, error)

	mu    sync.Mutex                // one run of tests at a time: they take a core
	known map[string][]web.RuleTest // outcomes of the set in force, by rule
	set   string                    // the set that they are of
	by    *scaleSet                 // and what its events are judged by
}

// testsTake bounds a run of one rule's tests on the page.
const testsTake = 20 * time.Second

// Source implements [web.Workshop].
func (w *workshop) Source(id string) (web.RuleSource, bool) {
	set := w.sets.Current()
	rule := set.Rule(id)
	if rule == nil {
		return web.RuleSource{}, false
	}
	out := web.RuleSource{File: rule.File, Line: rule.Line}
	out.Text, _ = authoring.Text(set, rule)
	for _, t := range rule.Tests {
		out.Tests = append(out.Tests, t.Name)
	}
	hidden := set.Hidden()
	for n, e := range set.Exceptions() {
		if e.Rule == id || e.Rule == "*" {
			out.Exceptions = append(out.Exceptions, web.RuleException{
				Name: e.Name, When: e.When(), Reason: e.Reason, Owner: e.Owner, Expires: e.Expires, Hidden: hidden[n], All: e.Rule == "*",
			})
		}
	}
	return out, true
}

// Test implements [web.Workshop]. The outcome is kept for as long as the set is in force.
func (w *workshop) Test(ctx context.Context, id string) ([]web.RuleTest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	set := w.sets.Current()
	if by := w.judging.Load(); w.set != set.Hash || w.by != by || w.known == nil {
		w.set, w.by, w.known = set.Hash, by, map[string][]web.RuleTest{}
	}
	if known, ok := w.known[id]; ok {
		return known, nil
	}
	out, err := w.test(ctx, set, id)
	if err == nil {
		w.known[id] = out
	}
	return out, err
}

// test runs the tests of one rule of a set.
func (w *workshop) test(ctx context.Context, set *rules.Set, id string) ([]web.RuleTest, error) {
	rule := set.Rule(id)
	if rule == nil {
		return nil, fmt.Errorf("rule %s: %w", id, tocsin.ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, testsTake)
	defer cancel()
	by := w.judging.Load()
	o := replay.TestOptions{Set: set, Scales: by.scales, Assets: by.assets, Select: func(r *rules.Rule) bool { return r.ID == id }}
	out := []web.RuleTest{}
	for r, err := range replay.TestRules(ctx, o) {
		if err != nil {
			return out, fmt.Errorf("test %q of rule %s: %w", r.Test.Name, id, err)
		}
		t := web.RuleTest{Name: r.Test.Name, Passed: len(r.Faults) == 0, Took: r.Took.Round(time.Microsecond)}
		if !t.Passed {
			t.Faults = r.Faults.Error()
		}
		out = append(out, t)
	}
	return out, nil
}

// Draft implements [web.Workshop].
func (w *workshop) Draft(ctx context.Context, q web.DraftQuery) (web.RuleDraft, error) {
	set := w.sets.Current()
	rule := set.Rule(q.Rule)
	if rule == nil {
		return web.RuleDraft{}, fmt.Errorf("rule %s: %w", q.Rule, tocsin.ErrNotFound)
	}
	d := web.RuleDraft{Text: q.Text, Folders: w.cfg.Rules.Folders, File: draftFile(q, rule)}
	if d.Text == "" {
		text, err := w.compose(q, set, rule)
		if err != nil {
			d.Refused = err.Error()
			return d, nil //nolint:nilerr // why it cannot be made is what the page tells
		}
		d.Text = text
	}
	return d, w.try(ctx, &d, q, set, rule)
}

// draftFile is a name that says what the draft is of.
func draftFile(q web.DraftQuery, rule *rules.Rule) string {
	of := "rule-" + rule.ID[:8]
	if q.Incident != nil {
		of = strings.ToLower(q.Incident.Number)
	} else if len(q.Events) > 0 {
		of = "event-" + q.Events[0].ID[:min(len(q.Events[0].ID), 19)]
	}
	if q.Kind == web.DraftShadow {
		return path.Base("shadow-"+rule.ID[:8]) + ".yml"
	}
	return "exceptions/" + path.Base(of) + ".yml"
}

// compose writes a draft.
func (w *workshop) compose(q web.DraftQuery, set *rules.Set, rule *rules.Rule) (string, error) {
	if q.Kind == web.DraftShadow {
		return authoring.ShadowCopy(set, rule)
	}
	cause := authoring.Cause{Of: "rule " + rule.ID, Reason: "…", Owner: q.By, Expires: w.now().Add(tocsin.FeedbackFor)}
	switch {
	case q.Incident != nil:
		cause = authoring.CauseOf(q.Incident)
		if cause.Owner == "…" {
			cause.Owner = q.By
		}
	case len(q.Events) > 0:
		cause.Of, cause.Reason = "event "+q.Events[0].ID, "event "+q.Events[0].ID+" is no cause for concern: …"
	default:
		return "", errors.New("an exception is drafted of an event or an incident: open one and draft it there")
	}
	events := slices.DeleteFunc(slices.Clone(q.Events), func(e tocsin.Event) bool { return e.Rule.ID != rule.ID })
	return authoring.Exceptions(cause, events), nil
}

// draftRules is from how many rules on a draft is tried beside its own rule alone: compiling all takes seconds.
const draftRules = 1_000

// try checks a draft as `rules check` does, runs the tests with it, and tells which of the events' alerts it hides.
func (w *workshop) try(ctx context.Context, d *web.RuleDraft, q web.DraftQuery, set *rules.Set, rule *rules.Rule) error {
	few := len(set.Rules()) <= draftRules
	files := slices.DeleteFunc(slices.Clone(set.Files), func(f rules.File) bool {
		company := strings.Contains("/"+f.Path, "/lists/") || strings.Contains("/"+f.Path, "/pipelines/") || f.Name == rule.File
		return !few && !company || f.Name == d.File
	})
	files = append(files, rules.File{Name: d.File, Path: d.File, Data: []byte(d.Text)})
	next, err := rules.LoadFiles(files, rules.Options{Categories: w.scales().Categories(), Now: w.now()})
	if l, ok := errors.AsType[fault.List](err); ok {
		d.Faults = ofFile(l, d.File, l).Error()
		return nil
	} else if err != nil {
		return err
	}
	d.Lints = ofFile(next.Lints, d.File, nil).Error()
	id := rule.ID
	for _, r := range next.Rules() {
		if r.File == d.File {
			id = r.ID
		}
	}
	w.mu.Lock()
	d.Tests, err = w.test(ctx, next, id)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if q.Kind == web.DraftException {
		w.hides(ctx, d, q.Events, next, rule.ID)
	}
	return nil
}

// ofFile are the faults of one file, or, where it has none, others.
func ofFile(l fault.List, file string, others fault.List) fault.List {
	own := slices.DeleteFunc(slices.Clone(l), func(f fault.Fault) bool { return f.File != file })
	if len(own) == 0 {
		return others
	}
	return own
}

// mostTried bounds the alerts that a draft is tried on.
const mostTried = 200

// hides counts the alerts of the events' evidence that meet the rule, and those of them that the draft hides.
func (w *workshop) hides(ctx context.Context, d *web.RuleDraft, events []tocsin.Event, set *rules.Set, rule string) {
	m := set.Matcher()
	seen := map[string]bool{}
	for _, e := range events {
		if e.Rule.ID != rule {
			continue
		}
		for _, ref := range e.Evidence.Alerts {
			if seen[ref.ID] || len(seen) == mostTried {
				continue
			}
			seen[ref.ID] = true
			a, err := w.alert(ctx, ref.ID)
			if err != nil {
				continue // past its retention
			}
			met, hidden := false, false
			for _, match := range m.Match(&a) {
				if match.Rule == rule {
					met, hidden = true, hidden || strings.HasPrefix(match.Suppressed, d.File+":")
				}
			}
			if met {
				d.Tried++
			}
			if hidden {
				d.Hidden++
			}
		}
	}
}

// workshop is the page's, over the rules in force.
func (a *App) workshop(back backend) web.Workshop {
	return &workshop{App: a, alert: back.store.Alert}
}
