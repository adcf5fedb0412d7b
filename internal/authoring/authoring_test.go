package authoring_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/classify"
	"tocsin/internal/authoring"
	"tocsin/internal/replay"
	"tocsin/rules"
)

const head = `id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Three failures
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
`

const three = head + `when: event.action == "logon-failed" and event.outcome == "failure"
correlate: {kind: count, group_by: [source.ip], span: 60s, at_least: 3}
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
tests:
`

func options(t *testing.T, text string) replay.TestOptions {
	t.Helper()
	set, err := rules.LoadFiles([]rules.File{{Name: "r/a.yml", Path: "a.yml", Data: []byte(text)}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return replay.TestOptions{Set: set, Scales: classify.Default()}
}

func report(t *testing.T, text string) authoring.Report {
	t.Helper()
	r, err := authoring.Test(t.Context(), options(t, text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const failure = `{event.action: logon-failed, event.outcome: failure, source.ip: 203.0.113.7, user.name: "u${i}"}`

func TestExpectations(t *testing.T) {
	for name, c := range map[string]struct {
		test string
		want []string // file:line:column: message of each fault
	}{
		"all that can be said": {`  - {name: x, until: 1h, alerts: [{at: 10s, times: 3, every: 5s, set: ` + failure + `}],
     expect: [{group: {source.ip: 203.0.113.7}, count: 3, first: 10s, last: 20s, activity: closed, incident: true, priority: P3, category: intrusion-attempts/brute-force, entities: {source.ip: 203.0.113.7, user.name: [u3, u1, u2]}}]}`, nil},
		"without until it is open": {`  - {name: x, alerts: [{at: 0s, times: 3, set: ` + failure + `}], expect: [{activity: closed}]}`, []string{
			"r/a.yml:11:168: the event is open, not closed",
		}},
		"each difference at its key": {"  - name: x\n    alerts: [{at: 0s, times: 3, every: 5s, set: " + failure + "}]\n    expect:\n      - count: 4\n        first: 1s\n        last: 11s\n        entities: {user.name: [u1, u2]}\n        category: a/b\n", []string{
			"r/a.yml:14:16: the count is 3, not 4", "r/a.yml:15:16: the first alert is at 0s, not at 1s", "r/a.yml:16:15: the last alert is at 10s, not at 11s",
			"r/a.yml:17:19: the event names u1, u2, u3 as user.name, not u1, u2", "r/a.yml:18:19: the category is intrusion-attempts/brute-force, not a/b",
		}},
		"one too many": {"  - name: x\n    alerts: [{at: 0s, times: 3, set: " + failure + "}]\n    expect: []\n", []string{
			"r/a.yml:13:13: an event came out that is not expected",
		}},
		"one too few": {"  - name: x\n    alerts: [{at: 0s, times: 3, set: " + failure + "}]\n    expect:\n      - count: 3\n      - count: 3\n", []string{
			"r/a.yml:15:9: no such event came out",
		}},
		"the loose one leaves the strict one its event": {"  - name: x\n    alerts:\n      - {at: 0s, times: 3, set: " + failure + "}\n      - {at: 1h, times: 4, set: " + failure + "}\n    expect: [{}, {count: 3}]\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range report(t, three+c.test).Rules {
				for _, res := range r.Tests {
					for _, f := range res.Faults {
						f.Excerpt, f.Remedy = "", ""
						got = append(got, f.String())
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

const wrong = three + `  - name: three
    alerts:
      - {at: 0s, times: 2, every: 5s, set: {event.action: logon-failed, event.outcome: failure, source.ip: 203.0.113.7}}
      - {at: 20s, set: {event.action: logon-failed, event.outcome: success, source.ip: 203.0.113.7}}
    expect: [{count: 3}]
`

func TestTextMendsInSeconds(t *testing.T) {
	var b strings.Builder
	if err := report(t, wrong).WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	const want = `FAIL Three failures (0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10): three
  r/a.yml:15:14: no such event came out
          expect: [{count: 3}]
                   ^
  expected  count 3
  came out  no event
  2 of 3 alerts match
  alert 3 (at 20s) does not: event.outcome == "failure" saw "success"
  they fall into 1 groups (203.0.113.7: 2); the rule wants count, at_least: 3, span: 1m

r/a.yml:1:1: the rule "Three failures" is stable and lacks a test that expects none
    id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
    ^
    add it, or give the rule the status test
0 passed, 1 failed
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMachineReports(t *testing.T) {
	r := report(t, strings.Replace(wrong, "name: three", `name: "th\u0001ree <&>"`, 1))
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var j struct {
		Passed, Failed int
		Tests          []struct {
			Test   string
			Passed bool
			Faults []struct{ Line, Column int }
		}
		Findings []struct{ Message string }
	}
	if err := json.Unmarshal(b.Bytes(), &j); err != nil {
		t.Fatal(err)
	}
	if j.Failed != 1 || len(j.Tests) != 1 || j.Tests[0].Passed || j.Tests[0].Faults[0].Line != 15 || len(j.Findings) != 1 {
		t.Errorf("%+v", j)
	}
	b.Reset()
	if err := r.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Time    string `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	dec := xml.NewDecoder(&b)
	dec.Strict = true
	if err := dec.Decode(&suites); err != nil {
		t.Fatal(err)
	}
	for { // a line's end may follow, nothing else
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if text, ok := token.(xml.CharData); err != nil || !ok || strings.TrimSpace(string(text)) != "" {
			t.Fatalf("something follows: %v %v", token, err)
		}
	}
	if suites.Tests != 2 || suites.Failures != 2 || len(suites.Suites) != 2 || suites.Suites[0].Cases[0].Failure == nil {
		t.Fatalf("%+v", suites)
	}
	if c := suites.Suites[0].Cases[0]; c.Name != "th\uFFFDree <&>" || !strings.Contains(c.Failure.Text, "came out  no event") {
		t.Errorf("%+v", c)
	}
}

func TestSelecting(t *testing.T) {
	set := options(t, three+"  - {name: x, alerts: [], expect: []}\n").Set
	for _, w := range []string{"0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10", "A.YML", "three fail"} {
		f, err := authoring.Selecting(set, []string{w})
		if err != nil || !f(set.Rules()[0]) {
			t.Errorf("%s: %v", w, err)
		}
	}
	if _, err := authoring.Selecting(set, []string{"four"}); err == nil {
		t.Error("no error for a word that chooses nothing")
	}
}

func TestHintsOfARuleOverEvents(t *testing.T) {
	upper := strings.NewReplacer("7a10", "7a11", "Three failures", "Many").Replace(head) +
		"when: tocsin.rule.id == \"0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10\"\ncorrelate: {kind: count, group_by: [source.ip], span: 60s, at_least: 2}\ntests:\n" +
		"  - {name: x, alerts: [{at: 0s, times: 3, set: " + failure + "}], expect: [{}]}\n"
	var b strings.Builder
	if err := report(t, strings.TrimSuffix(three, "tests:\n")+"---\n"+upper).WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	if want := "the rule is over events; other rules made Three failures: 1; the rule wants count, at_least: 2, span: 1m"; !strings.Contains(b.String(), want) {
		t.Errorf("%q is not in\n%s", want, b.String())
	}
}
