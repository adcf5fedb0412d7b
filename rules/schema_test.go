package rules

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"tocsin/internal/schema"
	"tocsin/internal/schema/schematest"
	rulesd "tocsin/rules.d"
)

// schemas are the schemas of the files of a rule folder, as they are kept in docs/schema.
func schemas(t *testing.T) (rule, exceptions *schematest.Schema) {
	t.Helper()
	made, err := Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	rule = schematest.Compile(t, made)
	if made, err = ExceptionsSchema(); err != nil {
		t.Fatal(err)
	}
	return rule, schematest.Compile(t, made)
}

func TestSchemaFits(t *testing.T) {
	rule, exceptions := schemas(t)
	n := 0
	try := func(name string, data []byte) {
		r := &reader{file: name, path: name, src: data}
		for _, root := range r.documents() {
			s := rule
			if folder(name) == "exceptions" {
				s = exceptions
			}
			if err := s.Validate(root); err != nil {
				t.Errorf("%s:%d: %v", name, root.Line, err)
			}
			n++
		}
	}
	err := fs.WalkDir(rulesd.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yml" || folder(name) == "lists" {
			return err
		}
		data, err := fs.ReadFile(rulesd.FS(), name)
		try(name, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		data, _, _ := strings.Cut(block, "```")
		name := "example.yml"
		if first, ok := strings.CutPrefix(data, "# "); ok {
			name, _, _ = strings.Cut(first, "\n")
		}
		if folder(name) != "lists" {
			try(name, []byte(data))
		}
	}
	if n < 30 {
		t.Errorf("%d documents", n)
	}
}

// full has every key of a rule but those of other kinds.
const full = `id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: x
version: 1.0.0
status: test
level: high
confidence: 0.8
description: x
author: x
references: [x]
falsepositives: [x]
tags: [x]
category: a/b
requires: [source.ip]
let: {a: 'event.action == "x"'}
when: a
except: [user.name == "x"]
correlate: {kind: distinct, group_by: [source.ip], span: 60s, at_least: 3, field: user.name, quiet: 1h, max_open: 1d, on_missing: "null", explode: true, fold: true, limits: {keys: 5, bytes: 4096}}
suppress: 1h
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip], window: 24h}
tests:
  - name: x
    shuffle: true
    until: 1h
    alerts: [{at: 0s, times: 3, every: 1s, set: {source.ip: 203.0.113.7, event.severity: 3, host.ip: [192.0.2.1]}}]
    expect: [{group: {source.ip: 203.0.113.7}, count: 3, first: 0s, last: 2s, entities: {source.ip: 203.0.113.7}, activity: open, incident: true, priority: P1, category: a/b}]
`

// others are rules with the keys of the other kinds.
var others = []string{
	"correlate: {kind: set, group_by: [], span: 5m, of: [a, b]}\n",
	"correlate: {kind: sequence, group_by: [], span: 5m, steps: [{when: a, at_least: 2}, {when: b, within: 1m, distinct: user.name, at_least: 2}, {absent: a, within: 1m}], until: b}\n",
	"correlate: {kind: sequence, group_by: [], span: 5m, until: b, steps: [{when: a, distinct: user.name, at_least: 2}, {absent: b, within: 1m}]}\n",
	"correlate: {kind: absence, group_by: [], after: a, without: b, within: 1m}\n",
	"when: a\ncorrelate: {kind: silence, group_by: [host.name], span: 15m, forget: 7d, expect: [web1]}\n",
	"when: a\ncorrelate: {kind: spike, group_by: [host.name], span: 10m, baseline: 7d, ratio: 5, at_least: 30}\n",
	"when: a\ncorrelate: {kind: measure, group_by: [host.name], span: 10m, measure: sum, field: destination.bytes, bounds: {gt: 3.5, gte: 4}}\n",
	"when: a\ncorrelate: {kind: measure, group_by: [host.name], span: 10m, measure: percentile, percentile: 99.9, field: destination.bytes, bounds: {lt: 3, neq: 0}}\n",
	"when: a\ncorrelate: {kind: leaky, group_by: [], capacity: 3, leakspeed: 10s}\n",
}

const mandatory = "id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10\ntitle: x\nversion: 1.0.0\nstatus: test\nlevel: high\ncategory: a/b\nlet: {a: 'event.action == \"x\"', b: 'event.action == \"y\"'}\n"

const hidden = "rule: \"*\"\nwhen: user.name == \"x\"\nreason: x\nowner: x\nexpires: 2027-01-01\n"

// TestSchemaAgreesWithTheLoader puts values of every kind in the place of every value of rules and exceptions, and leaves
// out and misspells every key. What the loader takes the schema takes, and what the schema takes has no fault that is
// one of shape.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	rule, exceptions := schemas(t)
	tried := 0
	for i, text := range append([]string{full, hidden}, others...) {
		name, s := "a.yml", rule
		switch {
		case i == 1:
			name, s = "exceptions/a.yml", exceptions
		case i > 1:
			text = mandatory + text
		}
		schematest.Change([]byte(text), func(what string, data []byte) {
			tried++
			set, err := LoadFiles([]File{{Name: name, Path: name, Data: data}}, Options{})
			var root yaml.Node
			if yaml.Load(data, &root) != nil || len(root.Content) == 0 {
				return
			}
			invalid := s.Validate(root.Content[0])
			if err == nil && invalid != nil && len(set.Rules())+len(set.Exceptions()) > 0 && !strings.Contains(what, `"5"`) { // a quoted number is read as one
				t.Errorf("%s: the loader takes it, the schema does not: %v", what, invalid)
			}
			if err != nil && invalid == nil && ofShape(err.Error()) {
				t.Errorf("%s: the schema takes it, the loader does not: %v", what, err)
			}
		})
	}
	if tried < 500 {
		t.Errorf("%d changes", tried)
	}
}

// ofShape reports whether a fault is one that a schema could have told.
func ofShape(fault string) bool {
	for _, s := range []string{"is wanted here", "unknown key", "is missing", "unknown word", "is no duration", "unknown kind", "not a mapping"} {
		if strings.Contains(fault, s) && !strings.Contains(fault, "more than nothing is wanted") && !strings.Contains(fault, "an address is wanted") {
			return true
		}
	}
	return false
}

// TestSchemaTables holds that every kind's keys have a shape, so that the schema knows them.
func TestSchemaTables(t *testing.T) {
	known := map[string]bool{}
	for _, k := range kindKeys() {
		known[k.Name] = true
	}
	for name, spec := range kinds {
		for _, k := range append(spec.mandatory, spec.optional...) {
			if !known[k] {
				t.Errorf("the key %s of kind %s has no shape: add it to kindKeys", k, name)
			}
		}
	}
}

// TestSchemaFiles holds that docs/schema has what the tables say.
func TestSchemaFiles(t *testing.T) {
	for file, make := range map[string]func() ([]byte, error){
		"rule.json":       func() ([]byte, error) { return Schema(nil) },
		"exceptions.json": ExceptionsSchema,
	} {
		want, err := make()
		if err != nil {
			t.Fatal(err)
		}
		schematest.Kept(t, filepath.Join("../docs/schema", file), want, *update)
	}
}

func TestSchemaNamesCategories(t *testing.T) {
	text, err := Schema([]string{"availability/dos"})
	if err != nil || !bytes.Contains(text, []byte(`"availability/dos"`)) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(schema.Shape{"enum": []string{"a"}}, schema.Word("a")); diff != "" {
		t.Error(diff)
	}
}

func TestSchemaRefuses(t *testing.T) {
	rule, exceptions := schemas(t)
	for name, c := range map[string]struct{ old, with string }{
		"no title":              {"title: x\n", ""},
		"a wrong key":           {"title: x", "titel: x"},
		"a wrong status":        {"status: test", "status: experimental"},
		"an id that is no uuid": {"id: 0b7c0a52", "id: 0b7c"},
		"confidence of 2":       {"confidence: 0.8", "confidence: 2"},
		"no group_by":           {"group_by: [source.ip], span", "span"},
		"a span without unit":   {"span: 60s", "span: 60"},
		"another kind's key":    {"span: 60s", "span: 60s, capacity: 3"},
		"no threshold":          {"at_least: 3, ", ""},
		"an unknown kind":       {"kind: distinct", "kind: uniq"},
		"no condition":          {"when: a\n", ""},
		"a wrong role":          {"role: attacker", "role: culprit"},
		"a test without alerts": {"alerts: [{at: 0s, times: 3, every: 1s, set: {source.ip: 203.0.113.7, event.severity: 3, host.ip: [192.0.2.1]}}]\n    ", ""},
		"priority P6":           {"priority: P1", "priority: P6"},
		"when for a set":        {"correlate: {kind: distinct", "correlate: {kind: set"},
	} {
		text := strings.Replace(full, c.old, c.with, 1)
		var doc yaml.Node
		if text == full || yaml.Load([]byte(text), &doc) != nil {
			t.Fatalf("%s: the test is broken", name)
		}
		if rule.Validate(doc.Content[0]) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
	var doc yaml.Node
	if err := yaml.Load([]byte("[{rule: x, when: a, reason: b, owner: c}]"), &doc); err != nil || exceptions.Validate(doc.Content[0]) == nil {
		t.Errorf("an exception that never expires: %v", err)
	}
}
