package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/rules"
)

// A field that has fields below it is there and is not null, though it has no value of its own. The rules written as native
// ones say the same.
func TestSigmaObjects(t *testing.T) {
	const head = "logsource: {product: aws, service: cloudtrail}\n"
	checks := map[string]string{
		"empty":  "s: {responseElements: null}, condition: s",
		"value":  "s: {responseElements: null}, condition: not s",
		"there":  "s: {responseElements|exists: true}, condition: s",
		"none":   "s: {responseElements|exists: false}, condition: s",
		"differ": "s: {responseElements|neq: null}, condition: s",
		"text":   "s: {responseElements|contains: ''}, condition: s",
	}
	sigma, native := fstest.MapFS{}, fstest.MapFS{}
	for i, name := range slices.Sorted(maps.Keys(checks)) {
		id := "6f1d1b2e-0000-4000-8000-00000000000" + string(rune('0'+i))
		sigma[name+".yml"] = &fstest.MapFile{Data: []byte("title: " + name + "\nid: " + id + "\n" + head + "detection: {" + checks[name] + "}\n")}
	}
	set, err := rules.Load([]rules.Source{{FS: sigma}}, rules.Options{})
	if err != nil || len(set.Rules()) != len(checks) {
		t.Fatal(err, set.Refused)
	}
	imported, _, err := rules.ImportSigma([]rules.Source{{FS: sigma}}, nil, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range imported {
		if one.Reason != "" {
			t.Errorf("%s: %s", one.Title, one.Reason)
		}
		native[one.Title+".yml"] = &fstest.MapFile{Data: one.YAML}
	}
	written, err := rules.Load([]rules.Source{{FS: native}}, rules.Options{})
	if err != nil || len(written.Rules()) != len(checks) {
		t.Fatal(err, len(written.Rules()))
	}
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string]string{
		``:                                   "empty none",
		`,"responseElements":null`:           "empty there",
		`,"responseElements":"x"`:            "differ text there value",
		`,"responseElements":{"a":1}`:        "differ there value",
		`,"responseElements":{"a":null}`:     "differ there value",
		`,"responseElements":{"a":{"b":""}}`: "differ there value",
		`,"responseElementsOf":{"a":1}`:      "empty none",
		`,"response":{"Elements":1}`:         "empty none",
	} {
		event := `{"eventVersion":"1.08","eventTime":"2026-03-03T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","eventID":"e-1"` + record + `}`
		a, rejection := d.Decode(ingest.Record{Source: "test", Value: []byte(event)})
		if rejection != nil {
			t.Fatal(rejection.Detail)
		}
		for name, of := range map[string]*rules.Set{"sigma": set, "native": written} {
			got := titles(of, of.Matcher().Fires(&a))
			slices.Sort(got)
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %s: %v, want %s", record, name, got, want)
			}
		}
	}
}
