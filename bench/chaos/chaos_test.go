package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/app"
)

// Three kills on the servers that are given, and the register is what a replay says: the harness itself, small.
func TestSmoke(t *testing.T) {
	brokers, store := os.Getenv("TOCSIN_TEST_KAFKA"), os.Getenv("TOCSIN_TEST_ES")
	if brokers == "" || os.Getenv("TOCSIN_TEST_KAFKA_CA") != "" {
		t.Skip("TOCSIN_TEST_KAFKA names no plain-text broker: deploy/stack/up starts one")
	}
	if store == "" {
		t.Skip("TOCSIN_TEST_ES names no server: deploy/stack/up starts one")
	}
	o := options{
		seed: 1, kills: 3, daemons: 3, replicas: 1, rate: 100, calm: time.Second, session: 6 * time.Second, idle: 20 * time.Second, settle: 10 * time.Minute,
		within: 20 * time.Minute, hurry: true, repository: "../..", kafka: strings.Split(brokers, ","), store: strings.TrimSuffix(store, "/"),
	}
	var out bytes.Buffer
	if err := o.run(t.Context(), &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
}

// All lines of a recording are written, and one that is too long is told.
func TestRecording(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records")
	read := func(text string, copies int) (got []string, err error) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openRecording(name, copies)
		if err != nil {
			t.Fatal(err)
		}
		for {
			line, ok := r.next()
			if !ok {
				return got, r.close()
			}
			got = append(got, string(line))
		}
	}
	if got, err := read("a\nb\nc", 1); !slices.Equal(got, []string{"a", "b", "c"}) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := read("a\n"+strings.Repeat("x", mostLine+1), 1); len(got) != 1 || err == nil {
		t.Errorf("%d lines, %v", len(got), err)
	}
	got, err := read(`{"@timestamp":"2026-01-01T23:00:00Z","event":{"id":"x"},"n":"x"}`+"\nno alert\n"+`{"@timestamp":"2026-01-03T22:00:00.5+01:00","event":{"id":"y"}}`+"\n", 3)
	want := []string{
		`{"@timestamp":"2026-01-01T23:00:00Z","event":{"id":"x"},"n":"x"}`, "no alert", `{"@timestamp":"2026-01-03T22:00:00.5+01:00","event":{"id":"y"}}`,
		`{"@timestamp":"2026-01-03T23:00:00Z","event":{"id":"x-1"},"n":"x"}`, "no alert", `{"@timestamp":"2026-01-05T22:00:00.5+01:00","event":{"id":"y-1"}}`,
		`{"@timestamp":"2026-01-05T23:00:00Z","event":{"id":"x-2"},"n":"x"}`, "no alert", `{"@timestamp":"2026-01-07T22:00:00.5+01:00","event":{"id":"y-2"}}`,
	}
	if !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestScheduleIsAFunctionOfTheSeed(t *testing.T) {
	o := options{seed: 7, kills: 40, calm: time.Second, servers: true, links: true}
	steps, killed := schedule(o), 0
	places := map[string]bool{}
	for _, s := range steps {
		if kills[s.kind] {
			killed++
		}
		places[s.point] = true
	}
	if killed != 40 || len(places) < 7 {
		t.Errorf("%d kills, failpoints %v", killed, places)
	}
	if again := schedule(o); !slices.Equal(steps, again) {
		t.Error("the same seed gives another schedule")
	}
	o.seed++
	if other := schedule(o); slices.Equal(steps, other) {
		t.Error("another seed gives the same schedule")
	}
	a, b := newStream(7), newStream(7)
	for range 1000 {
		if x, y := a.record(), b.record(); !bytes.Equal(x, y) {
			t.Fatalf("%s and %s", x, y)
		}
	}
}

// A deck of kinds is dealt whole before any comes again: a run of twenty kills has some of each.
func TestScheduleHasSomeOfEach(t *testing.T) {
	for seed := range uint64(50) {
		seen := map[kind]int{}
		steps := schedule(options{seed: seed, kills: 20, calm: time.Second, servers: true, links: true})
		for _, s := range steps {
			seen[s.kind]++
		}
		if of := weights(true, true, false); len(steps) > 2*len(of) {
			t.Errorf("seed %d: %d steps", seed, len(steps))
		}
		for _, k := range weights(true, true, false) {
			if seen[k] == 0 {
				t.Errorf("seed %d: no %s", seed, k)
			}
		}
	}
}

func TestSumSeries(t *testing.T) {
	text := "# HELP tocsin_x Of it.\ntocsin_x{group=\"a b\",topic=\"t\"} 3\ntocsin_x{group=\"c\",topic=\"t\"} 4e+01\ntocsin_xs 100\ntocsin_y 7\n"
	for _, c := range []struct {
		metric, label string
		want          float64
	}{{"tocsin_x", "", 43}, {"tocsin_x", `group="a b"`, 3}, {"tocsin_y", "", 7}, {"tocsin_z", "", 0}} {
		if got := sumSeries(text, c.metric, c.label); got != c.want {
			t.Errorf("%s %s: %v", c.metric, c.label, got)
		}
	}
}

// Every rule of the harness fires on its records, or it would check nothing.
func TestRulesFire(t *testing.T) {
	rules := t.TempDir()
	if err := os.WriteFile(filepath.Join(rules, "chaos.yml"), []byte(ruleText), 0o600); err != nil {
		t.Fatal(err)
	}
	scales, _, err := app.LoadScales("", "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := app.LoadRules([]string{rules}, false, scales)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(set.Rules()); got != 6 {
		t.Errorf("%d rules", got)
	}
	seen := map[string]bool{}
	for s := newStream(1); len(seen) < 5 && s.n < 20_000; {
		for _, action := range []string{"failed", "succeeded", "stopped", "started", "indicator"} {
			seen[action] = seen[action] || bytes.Contains(s.record(), []byte("chaos-"+action))
		}
	}
	if len(seen) != 5 {
		t.Errorf("only %v", seen)
	}
}

// A planted fault of each sort is told.
func TestCompareTells(t *testing.T) {
	want, got := newAccount(), newAccount()
	for n := range 4 {
		id := fmt.Sprint("id", n)
		want.alerts[id], got.alerts[id] = 1, 1
		want.event(&tocsin.Event{ID: id, Count: 3})
		got.event(&tocsin.Event{ID: id, Count: 3})
	}
	for _, d := range compare(want, got) {
		if d.bad() {
			t.Errorf("equal accounts differ: %+v", d)
		}
	}
	delete(got.alerts, "id0")
	got.alerts["id1"], got.alerts["more"] = 2, 1
	delete(got.events, "id0")
	got.event(&tocsin.Event{ID: "id1", Count: 3})
	delete(got.events, "id2")
	got.event(&tocsin.Event{ID: "id2", Count: 4})
	got.broken = []string{"a chain"}
	diffs := compare(want, got)
	for i, w := range map[int][3]int{0: {1, 1, 1}, 2: {1, 1, 1}, 5: {0, 0, 1}} {
		if d := diffs[i]; d.missing != w[0] || d.doubled != w[1] || d.wrong != w[2] {
			t.Errorf("%s: %d missing, %d doubled, %d wrong", d.what, d.missing, d.doubled, d.wrong)
		}
	}
}

func TestWatchTells(t *testing.T) {
	w := newWatch(nil, nil, nil, 0)
	for _, offset := range []int64{5, 9, 9, 4} {
		w.note("p", offset)
	}
	if len(w.back) != 1 {
		t.Errorf("back: %v", w.back)
	}
}

// The proxy refuses half of a bulk, which the server never sees, and the answers stand in their places.
func TestProxy(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, string(body))
		var items []string
		for range strings.Count(string(body), `"_id"`) {
			items = append(items, `{"index":{"status":201}}`)
		}
		fmt.Fprintf(w, `{"took":1,"errors":false,"items":[%s]}`, strings.Join(items, ","))
	}))
	defer server.Close()
	p, err := newProxy(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	bulk := "{\"index\":{\"_index\":\"i\",\"_id\":\"a\"}}\n{}\n{\"delete\":{\"_index\":\"i\",\"_id\":\"b\"}}\n{\"index\":{\"_index\":\"i\",\"_id\":\"c\"}}\n{}\n"
	ask := func(m mode) (status int, statuses []int, err error) {
		p.set(m)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/_bulk", strings.NewReader(bulk))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		var reply struct {
			Items []map[string]struct{ Status int }
		}
		_ = json.NewDecoder(resp.Body).Decode(&reply)
		for _, item := range reply.Items {
			for _, of := range item {
				statuses = append(statuses, of.Status)
			}
		}
		return resp.StatusCode, statuses, nil
	}
	if status, items, err := ask(pass); err != nil || status != 200 || len(items) != 3 {
		t.Errorf("passing: %d, %v, %v", status, items, err)
	}
	if status, _, err := ask(refuse); err != nil || status != 429 {
		t.Errorf("refusing: %d, %v", status, err)
	}
	if _, items, err := ask(refuseItems); err != nil || !slices.Equal(items, []int{201, 429, 201}) || strings.Contains(seen[len(seen)-1], `"b"`) {
		t.Errorf("refusing items: %v, %v", items, err)
	}
	before := len(seen)
	if status, _, err := ask(forbidding); err != nil || status != 403 || len(seen) != before {
		t.Errorf("forbidding: %d, %v, the server saw %d of 0", status, err, len(seen)-before)
	}
	if _, _, err := ask(loseReplies); err == nil || len(seen) != before+1 {
		t.Errorf("losing replies: %v, the server saw %d of 1", err, len(seen)-before)
	}
}
