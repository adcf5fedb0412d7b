package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/api"
)

// spray is a rule whose steps a running daemon is asked about.
const spray = `id: 11111111-2222-4333-8444-000000000009
title: Spray, then a success
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
correlate:
  kind: sequence
  group_by: [source.ip]
  span: 10m
  steps:
    - {when: event.outcome == "failure", at_least: 3}
    - {when: event.outcome == "success", within: 5m}
`

// TestWhyNot asks a running daemon how a key stands while alerts come in, and after it fired.
func TestWhyNot(t *testing.T) {
	b := newBench(t)
	b.write("spray.yml", spray)
	_, stop := b.open()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	send := func(outcome string, n int) {
		var body strings.Builder
		for range n {
			fmt.Fprintf(&body, `{"@timestamp":%q,"event":{"kind":"alert","outcome":%q},"source":{"ip":"203.0.113.7"}}`+"\n", at.Format(time.RFC3339), outcome)
			at = at.Add(time.Second)
		}
		b.send([]byte(body.String()))
	}
	ask := func(ip string, want func(tocsin.Standing) bool) {
		t.Helper()
		await(t, 20*time.Second, "the standing of "+ip, func() (bool, string) {
			code, body := fetch(t, b.url+"/api/v1/rules/11111111-2222-4333-8444-000000000009/why-not?key="+url.QueryEscape("source.ip="+ip))
			var s tocsin.Standing
			if code == http.StatusServiceUnavailable { // the page is there before the engine is, behind a start
				return false, body
			}
			if err := json.Unmarshal([]byte(body), &s); err != nil || code != http.StatusOK {
				t.Fatalf("%d %s: %v", code, body, err)
			}
			return want(s), strings.Join(s.Lines(), "\n")
		})
	}
	send("failure", 2)
	ask("203.0.113.7", func(s tocsin.Standing) bool {
		return s.State == tocsin.StandingCounting && len(s.Parts) == 2 && s.Parts[0].Have == 2 && s.Parts[0].Name == `step 1, event.outcome == "failure"`
	})
	send("failure", 1)
	ask("203.0.113.7", func(s tocsin.Standing) bool { return s.Have == 1 && s.Need == 2 && s.Left == 300 })
	ask("203.0.113.77", func(s tocsin.Standing) bool {
		return s.State == tocsin.StandingUnknown && len(s.Near) == 1 && s.Near[0].Alike
	})
	stop() // what the engine has is saved, and asked after the start
	b.open()
	ask("203.0.113.7", func(s tocsin.Standing) bool { return s.Have == 1 })
	send("success", 1)
	ask("203.0.113.7", func(s tocsin.Standing) bool {
		return s.State == tocsin.StandingFired && len(s.Events) == 1 && strings.HasPrefix(s.Events[0].ID, "202611-")
	})
	for query, want := range map[string]int{"": http.StatusNotFound, "?key=user.name%3Dann": http.StatusNotFound, "?key=user.name": http.StatusUnprocessableEntity} {
		resp, err := http.Get(b.url + "/api/v1/rules/11111111-2222-4333-8444-000000000009/why-not" + query)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: %s", query, resp.Status)
		}
	}
}

// requiring is a rule that is blind where user.name stops coming.
const requiring = `id: 11111111-2222-4333-8444-000000000010
title: Requires a name
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
requires: [user.name]
when: event.action == "x"
correlate: {kind: match, group_by: [source.ip]}
`

// TestBlind: a source that stops sending a required field makes the rule blind in the API, the metrics and the stamp of
// its events, and makes it see again once it sends the field.
func TestBlind(t *testing.T) {
	b := newBench(t)
	b.write("requiring.yml", requiring)
	_, stop := b.open()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	send := func(n int, fields string) {
		var body strings.Builder
		for range n {
			fmt.Fprintf(&body, `{"@timestamp":%q,"event":{"kind":"alert","action":"x"},"source":{"ip":"203.0.113.7"}%s}`+"\n", at.Format(time.RFC3339), fields)
			at = at.Add(15 * time.Minute)
		}
		b.send([]byte(body.String()))
	}
	blind := func(want string) {
		t.Helper()
		b.inForce("blind: "+want, func(r api.Rules) bool {
			var text strings.Builder
			for _, why := range r.Rules[0].Blind {
				text.WriteString(why.Text)
			}
			return text.String() == want
		})
	}
	send(3, `,"user":{"name":"ann"}`)
	last := at.Add(-15 * time.Minute)
	send(120, "")
	blind("http has not sent user.name since " + last.Format(time.RFC3339))
	stop()
	b.open() // the engine remembers
	blind("http has not sent user.name since " + last.Format(time.RFC3339))
	if n := counters(t, b.url, "tocsin_rule_blind")[`reason="absent",rule="11111111-2222-4333-8444-000000000010"`]; n != 1 {
		t.Errorf("the metric says %v", counters(t, b.url, "tocsin_rule_blind"))
	}
	at = at.Add(2 * time.Hour) // past the burst: an event of its own
	send(1, "")
	await(t, 20*time.Second, "an event that is stamped", func() (bool, string) {
		var s tocsin.Standing
		get(t, b.url+"/api/v1/rules/11111111-2222-4333-8444-000000000010/why-not?key=source.ip%3D203.0.113.7", &s)
		n := len(s.Events)
		return n > 0 && slices.Contains(s.Events[n-1].Degraded, "blind"), strings.Join(s.Lines(), "\n")
	})
	send(1, `,"user":{"name":"ann"}`)
	blind("")
}
