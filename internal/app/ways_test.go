package app_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/config"
	"tocsin/sinks/sqlite"
)

// way adds a source with the defaults of sources to the configuration.
func (h *house) way(s config.Source) {
	s.Tenant, s.Format, s.Store = "default", "auto", "all"
	s.Start, s.Encoding, s.Syslog.Network = cmp.Or(s.Start, "earliest"), cmp.Or(s.Encoding, "utf-8"), cmp.Or(s.Syslog.Network, "tcp")
	s.Disorder, s.Lateness, s.IdleAfter = time.Minute, time.Hour, 30*time.Second
	h.cfg.Sources = append(h.cfg.Sources, s)
}

// freeAddress is one that nothing listens on, for the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 10_000+rand.IntN(10_000)) // of those that no system gives away by itself
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// alerts are those in the register's file.
func (h *house) alerts() []tocsin.Alert {
	h.t.Helper()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	var all []tocsin.Alert
	for cursor := ""; ; {
		page, next, err := st.Alerts(ctx, time.Time{}, 500, cursor)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, page...)
		if cursor = next; next == "" {
			return all
		}
	}
}

// A syslog message becomes an alert of its source, which says where it came from.
func TestSyslogToAlert(t *testing.T) {
	h := newHouse(t)
	listen := freeAddress(t)
	h.way(config.Source{Name: "fw", Kind: "syslog", Syslog: config.Syslog{Network: "tcp", Address: listen, MaxMessage: 64 << 10, MaxConnections: 10, Idle: time.Minute}})
	h.open()
	c, err := net.Dial("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "<38>1 %s host1 sshd 4711 - - Failed password for root from 203.0.113.7 port 4711 ssh2\n", time.Now().UTC().Format(time.RFC3339))
	c.Close()
	h.settled(1, 0)
	a := h.alerts()[0]
	if a.Source != "fw" || a.Fields.Get("log.source.address").Text() != "127.0.0.1" || a.Fields.Get("source.ip").Text() != "203.0.113.7" {
		t.Errorf("%s from %s of %s", a.Source, a.Fields.Get("source.ip").Text(), a.Fields.Get("log.source.address").Text())
	}
}

// Killed twice while a log is written and rotated, the daemon has each of its lines once.
func TestFollowKill(t *testing.T) {
	h := newHouse(t)
	dir := t.TempDir()
	h.way(config.Source{Name: "app", Kind: "file", Follow: true, Paths: []string{filepath.Join(dir, "*.log")}})
	bin := build(t)
	cmd, _ := launch(t, h.cfg, bin)
	const n = 3000
	log := filepath.Join(dir, "app.log")
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		fmt.Fprintf(f, `{"@timestamp":"2026-11-20T12:00:00Z","event":{"id":"%d"},"message":"line"}`+"\n", i)
		switch i % 1500 {
		case 500, 1000:
			await(t, time.Minute, "some of it is read", func() (bool, string) {
				got, _ := h.stored()
				return got > i-500, fmt.Sprint(got)
			})
			if i%1500 == 500 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
			}
			if err := os.Rename(log, fmt.Sprintf("%s.%d", log, i)); err != nil {
				t.Fatal(err)
			}
			f.Close()
			if f, err = os.Create(log); err != nil {
				t.Fatal(err)
			}
			if i%1500 == 500 {
				cmd, _ = launch(t, h.cfg, bin)
			}
		}
	}
	f.Close()
	h.settled(n, 0)
	seen := map[string]bool{}
	for _, a := range h.alerts() {
		id := a.Fields.Get("event.id").Text()
		if seen[id] || a.Ref.File != "app.log" {
			t.Errorf("line %s came twice, or from %s", id, a.Ref.File)
		}
		seen[id] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d lines", len(seen), n)
	}
}

// Killed while it pulls from a real Elasticsearch, the daemon has each document once.
func TestPullKill(t *testing.T) {
	url := os.Getenv("TOCSIN_TEST_ES")
	if url == "" {
		t.Skip("TOCSIN_TEST_ES names no Elasticsearch")
	}
	if os.Getenv("TOCSIN_TEST_ES_CA") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS")
	}
	index := fmt.Sprintf("ttpullkill%d", time.Now().UnixNano())
	const n = 4000
	begin := time.Now().UTC().Add(-time.Hour)
	ask := func(method, path, body string) {
		t.Helper()
		r, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-ndjson")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if text, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
			t.Fatalf("%s %s: %s %.300s", method, path, answer.Status, text)
		}
	}
	grow := func(from, to int) {
		t.Helper()
		var bulk strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&bulk, "{\"create\":{\"_id\":\"%d\"}}\n{\"@timestamp\":%q,\"event\":{\"id\":\"%d\",\"kind\":\"alert\"}}\n", i, begin.Add(time.Duration(i/100)*time.Second).Format(time.RFC3339Nano), i)
		}
		ask("POST", "/"+index+"/_bulk?refresh=true", bulk.String())
	}
	grow(0, 1400)
	t.Cleanup(func() { ask("DELETE", "/"+index, "") })
	h := newHouse(t)
	h.way(config.Source{Name: "siem", Kind: "elasticsearch", Search: config.Search{URLs: []string{url}, Indices: []string{index}, TimeField: "@timestamp", LookBack: time.Minute, Every: time.Second, Page: 20}})
	bin := build(t)
	for _, at := range []int{200, 1500} {
		cmd, _ := launch(t, h.cfg, bin)
		await(t, time.Minute, "some of it is pulled", func() (bool, string) {
			got, _ := h.stored()
			return got > at, fmt.Sprint(got)
		})
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()         // killed
		grow(at+1200, at+2500) // however much of the rest it has pulled
	}
	launch(t, h.cfg, bin)
	h.settled(n, 0)
	seen := map[string]bool{}
	for _, a := range h.alerts() {
		seen[a.Fields.Get("event.id").Text()] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d documents", len(seen), n)
	}
}

// An alert that comes by two roads, each with its own key and wrapping, is stored once and counted once.
func TestTwoRoads(t *testing.T) {
	h := newHouse(t)
	hash := func(key string) []string {
		sum := sha256.Sum256([]byte(key))
		return []string{hex.EncodeToString(sum[:])}
	}
	shared := config.Identity{Fields: []string{"event.id"}, Shared: "edr"}
	h.way(config.Source{Name: "direct", Kind: "http", KeySHA256: hash("one"), Identity: shared})
	h.way(config.Source{Name: "splunk", Kind: "http", KeySHA256: hash("two"), Identity: shared})
	h.open()
	alert := fmt.Sprintf(`{"@timestamp":%q,"event":{"kind":"alert","id":"4711"},"message":"m"}`, time.Now().UTC().Format(time.RFC3339))
	if got := h.send([]byte(alert), "Authorization", "Bearer one"); got.Code != 202 {
		t.Fatalf("%+v", got)
	}
	h.settled(1, 0)
	r, err := http.NewRequest(http.MethodPost, h.url+"/services/collector/event", strings.NewReader(`{"event":`+alert+`,"sourcetype":"_json","host":"h"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Splunk two")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	await(t, time.Minute, "the second road's is counted", func() (bool, string) {
		got := counters(t, h.url, "tocsin_duplicates_total")
		return got[`source="splunk"`] == 1, fmt.Sprint(answer.Status, got)
	})
	if n, dead := h.stored(); n != 1 || dead != 0 {
		t.Errorf("%d alerts and %d dead letters", n, dead)
	}
}
