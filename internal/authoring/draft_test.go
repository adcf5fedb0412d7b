package authoring_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/internal/authoring"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

func shipped(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Load([]rules.Source{{Name: "shipped", FS: rulesd.FS()}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestShadowCopies copies every shipped rule: each copy loads beside them, under an id of its own, and is the rule but for
// id, title and status.
func TestShadowCopies(t *testing.T) {
	set := shipped(t)
	files := set.Files
	for _, r := range set.Rules() {
		text, err := authoring.ShadowCopy(set, r)
		if err != nil {
			t.Fatalf("%s: %v", r.Title, err)
		}
		name := "shadow-" + r.ID + ".yml"
		files = append(files, rules.File{Name: name, Path: name, Data: []byte(text)})
	}
	next, err := rules.LoadFiles(files, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	copies := 0
	for _, c := range next.Rules() {
		id, isCopy := strings.CutSuffix(strings.TrimPrefix(c.File, "shadow-"), ".yml")
		if !isCopy || !strings.HasPrefix(c.File, "shadow-") {
			continue
		}
		copies++
		of := next.Rule(id)
		if c.Status != rules.Shadow || c.ID == id || c.Title != of.Title+" (shadow copy)" || len(c.Tests) != len(of.Tests) || strings.Join(c.Conditions(), "\n") != strings.Join(of.Conditions(), "\n") {
			t.Errorf("%s: the copy is %s %q, %s", of.Title, c.Status, c.Title, c.ID)
		}
	}
	if copies != len(set.Rules()) {
		t.Errorf("%d copies of %d rules", copies, len(set.Rules()))
	}
}

// TestShadowCopyOfDocuments takes one rule out of a file of several, whatever its values' lines.
func TestShadowCopyOfDocuments(t *testing.T) {
	const two = `# The first.
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: >-
  A title of
  two lines
version: 1.0.0
level: low
status: test
category: other/other
when: event.action == "a"
correlate: {kind: match, group_by: [user.name]}
---
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11
title: Another
version: 1.0.0
status: test
level: low
category: other/other
when: event.action == "b"
correlate: {kind: match, group_by: [user.name]}
`
	files := []rules.File{{Name: "two.yml", Path: "two.yml", Data: []byte(two)}}
	set, err := rules.LoadFiles(files, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		text, err := authoring.ShadowCopy(set, r)
		if err != nil {
			t.Fatal(err)
		}
		next, err := rules.LoadFiles(append(files, rules.File{Name: "x.yml", Path: "x.yml", Data: []byte(text)}), rules.Options{})
		if err != nil || len(next.Rules()) != 3 {
			t.Errorf("%s: %v\n%s", r.Title, err, text)
		}
	}
}

// TestExceptionsHide drafts exceptions of events whose groups hold anything: each loads, and hides the alert that the event
// is of and no other.
func TestExceptionsHide(t *testing.T) {
	const rule = `id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Any login
version: 1.0.0
status: test
level: low
category: other/other
when: event.action == "login"
correlate: {kind: match, group_by: [user.name]}
`
	files := []rules.File{{Name: "any.yml", Path: "any.yml", Data: []byte(rule)}}
	alert := func(user string) *tocsin.Alert {
		return &tocsin.Alert{Time: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Fields: tocsin.NewFields([]tocsin.Field{
			{Name: "event.action", Value: tocsin.StringValue("login")}, {Name: "user.name", Value: tocsin.StringValue(user)},
		})}
	}
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"o'neil", `"`, `\`, "${x}", "a: b # c", "\u2028", "x\ny", "' or true or '", "{{", "\x1b[2J", "%s"})).Draw(t, "user")
		text := authoring.Exceptions(authoring.Cause{Of: user, Reason: user, Owner: user, Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, []tocsin.Event{{
			Rule: tocsin.RuleRef{ID: "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10"}, Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(user)}},
		}})
		set, err := rules.LoadFiles(append(files, rules.File{Name: "exceptions/x.yml", Path: "exceptions/x.yml", Data: []byte(text)}), rules.Options{})
		if user == "" && err != nil {
			return // a reason of nothing is refused
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		m := set.Matcher()
		for name, hidden := range map[string]bool{user: true, user + "2": false} {
			found := m.Match(alert(name))
			if len(found) != 1 || (found[0].Suppressed != "") != hidden {
				t.Fatalf("%q: %+v\n%s", name, found, text)
			}
		}
	})
}

// TestExceptionsHideRarePairs: a host of kind novelty is named by whatever field its alerts name it by.
func TestExceptionsHideRarePairs(t *testing.T) {
	const rule = `id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11
title: Rare
version: 1.0.0
status: test
level: low
category: other/other
when: rule.name != nil
correlate: {kind: novelty, group_by: [], hosts: [host.name, destination.ip], field: rule.name}
`
	text := authoring.Exceptions(authoring.Cause{Of: "x", Reason: "x", Owner: "x", Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, []tocsin.Event{{
		Rule: tocsin.RuleRef{ID: "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11"},
		Entities: []tocsin.Entity{
			{Field: "source.ip", Value: "10.0.0.7", Role: "attacker"}, {Field: "destination.ip", Value: "10.0.0.7", Role: "victim"}, {Field: "host.name", Value: "web1", Role: "victim"},
		},
		Novelty: &tocsin.Novelty{Members: []tocsin.NoveltyMember{{Rule: "scan", Host: "10.0.0.7"}, {Rule: "scan", Host: "web1"}, {Rule: "scan", Host: "10.0.0.9"}}},
	}})
	set, err := rules.LoadFiles([]rules.File{{Name: "rare.yml", Path: "rare.yml", Data: []byte(rule)}, {Name: "exceptions/x.yml", Path: "exceptions/x.yml", Data: []byte(text)}}, rules.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m := set.Matcher()
	for field, hidden := range map[[2]string]bool{
		{"destination.ip", "10.0.0.7"}: true, {"host.name", "web1"}: true, {"destination.ip", "10.0.0.9"}: true, // of no entity: by the fields that name hosts by default
		{"source.ip", "10.0.0.7"}: false, {"destination.ip", "10.0.0.8"}: false, {"host.name", "web2"}: false,
	} {
		fields := []tocsin.Field{{Name: "rule.name", Value: tocsin.StringValue("scan")}, {Name: field[0], Value: tocsin.StringValue(field[1])}}
		if field[0] == "source.ip" {
			fields = append(fields, tocsin.Field{Name: "host.name", Value: tocsin.StringValue("web2")})
		}
		found := m.Match(&tocsin.Alert{Time: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Fields: tocsin.NewFields(fields)})
		if len(found) != 1 || (found[0].Suppressed != "") != hidden {
			t.Errorf("%s %s is hidden: %t\n%s", field[0], field[1], !hidden, text)
		}
	}
}
