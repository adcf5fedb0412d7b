package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
)

const rareRule = `id: 11111111-2222-4333-8444-000000000011
title: Rare
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/ids-alert
when: rule.name != nil
correlate: {kind: novelty, group_by: [], hosts: [host.name], field: rule.name, learn: 6h, novel: {risk: 20, pairs: 3, rules: 3}}
entities: [{field: host.name, role: victim}]
`

// What people say of an incident goes round: it is closed as a false positive, the daemon tells the engine, the standing shows the
// lowered pairs, they count for a quarter from then on, a restart forgets nothing, and opening the incident again takes it back.
func TestFeedbackGoesRound(t *testing.T) {
	b := newBench(t)
	b.cfg.Intake.Disorder = time.Second
	b.write("rare.yml", rareRule)
	_, stop := b.open()
	now := time.Now().UTC()
	alert := func(at time.Time, rule string) {
		t.Helper()
		if got := b.send(fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert"},"host":{"name":"web"},"rule":{"name":%q}}`, at.UTC().Format(time.RFC3339Nano), rule)); got.Code != 202 {
			t.Fatalf("%+v", got)
		}
	}
	standing := func(what string, want func(n *tocsin.NoveltyStanding) bool) {
		t.Helper()
		await(t, time.Minute, what, func() (bool, string) {
			resp, err := http.Get(b.url + "/api/v1/rules/11111111-2222-4333-8444-000000000011/why-not")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "" {
				return false, resp.Status // the engine starts behind the API
			}
			var s tocsin.Standing
			if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %v", resp.Status, err)
			}
			text, _ := json.Marshal(s.Novelty)
			return s.Novelty != nil && want(s.Novelty), string(text)
		})
	}
	alert(now.Add(-8*24*time.Hour), "update")
	for i, rule := range []string{"scan", "upload", "shell"} {
		alert(now.Add(-time.Hour+time.Duration(i)*time.Second), rule)
	}
	alert(now.Add(-30*time.Minute), "update")
	incident := b.onlyIncident()
	b.command(incident.ID, "declare", map[string]any{})
	b.command(incident.ID, "close", map[string]any{"disposition": "false_positive", "reason": "a drill"})
	standing("three pairs are lowered", func(n *tocsin.NoveltyStanding) bool {
		return len(n.Lowered) == 3 && n.Lowered[0].Incident == incident.ID && n.Lowered[0].Until.After(now.Add(89*24*time.Hour))
	})

	for _, rule := range []string{"scan", "probe"} { // the one is lowered, the other is not
		alert(time.Now(), rule)
	}
	stop()
	_, stop = b.open()
	time.AfterFunc(2*time.Second, func() { alert(time.Now(), "update") }) // moves the watermark past them
	points := func(n *tocsin.NoveltyStanding, rule string) float64 {
		for _, p := range append(n.Rare, n.Ordinary...) {
			if p.Rule == rule {
				return p.Points
			}
		}
		return -1
	}
	standing("a lowered pair counts for a quarter", func(n *tocsin.NoveltyStanding) bool {
		scan, probe := points(n, "scan"), points(n, "probe")
		return len(n.Lowered) == 3 && probe == 8 && scan > 0.5 && scan < 1.5 // 10.1 bits, 4.1 points
	})

	b.command(incident.ID, "reopen", map[string]any{"reason": "it was none"})
	standing("opened again, nothing is lowered", func(n *tocsin.NoveltyStanding) bool { return len(n.Lowered) == 0 })
	stop()
}

// onlyIncident waits for the one incident that there is to be.
func (b *bench) onlyIncident() (incident tocsin.Incident) {
	b.t.Helper()
	await(b.t, time.Minute, "an incident", func() (bool, string) {
		var page struct {
			Items []tocsin.Incident `json:"items"`
		}
		get(b.t, b.url+"/api/v1/incidents", &page)
		if len(page.Items) == 1 {
			incident = page.Items[0]
		}
		return len(page.Items) == 1, fmt.Sprintf("%d incidents", len(page.Items))
	})
	return incident
}

// command gives a command on an incident.
func (b *bench) command(incident, verb string, body map[string]any) {
	b.t.Helper()
	command(b.t, b.url, b.cfg.DataDir, incident, verb, body)
}

// command gives a command on an incident through the daemon at url, with the token of its data folder.
func command(t *testing.T, url, folder, incident, verb string, body map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/incidents/"+incident+"/"+verb, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(folder, "token"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + strings.TrimSpace(string(token)), "If-Match": "*", "Content-Type": "application/json"} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		var said bytes.Buffer
		_, _ = said.ReadFrom(resp.Body)
		t.Fatalf("%s: %s: %s", verb, resp.Status, said.String())
	}
}
