package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/config"
)

// bySource are the alerts that are stored, by source and by their event.id; how many there are says whether one came twice.
func (s *stand) bySource() (ids map[string]map[string]bool, all map[string]int) {
	ids, all = map[string]map[string]bool{}, map[string]int{}
	s.search("alerts-*", func(source json.RawMessage) {
		var doc struct {
			Event struct {
				ID string `json:"id"`
			} `json:"event"`
			Tocsin struct {
				Source struct {
					Name string `json:"name"`
				} `json:"source"`
			} `json:"tocsin"`
		}
		if err := json.Unmarshal(source, &doc); err != nil {
			s.t.Fatal(err)
		}
		name := doc.Tocsin.Source.Name
		if ids[name] == nil {
			ids[name] = map[string]bool{}
		}
		ids[name][doc.Event.ID] = true
		all[name]++
	})
	return ids, all
}

// say sends lines by TCP, as syslog senders do, and closes.
func say(t *testing.T, address string, from, to int) {
	t.Helper()
	var lines bytes.Buffer
	for i := from; i < to; i++ {
		fmt.Fprintf(&lines, `{"@timestamp":%q,"event":{"id":"%d","kind":"alert"},"message":"said"}`+"\n", time.Now().UTC().Format(time.RFC3339), i)
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(lines.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// In mode kafka, a daemon that is killed while it follows a file and pulls from indices has each of their records once;
// of syslog it has what was said while it ran.
func TestWaysKafkaKill(t *testing.T) {
	s := newStand(t)
	const n, said = 1500, 200
	dir, listen, index := t.TempDir(), freeAddress(t), s.cfg.Kafka.Prefix+"siem"
	var lines strings.Builder
	var bulk [2]strings.Builder // one for each life
	begin := time.Now().UTC().Add(-time.Hour)
	for i := range n {
		doc := fmt.Sprintf(`{"@timestamp":%q,"event":{"id":"%d","kind":"alert"},"message":"m"}`, begin.Add(time.Duration(i)*100*time.Millisecond).Format(time.RFC3339Nano), i)
		fmt.Fprintln(&lines, doc)
		fmt.Fprintf(&bulk[2*i/n], "{\"create\":{\"_id\":\"%d\"}}\n%s\n", i, doc)
	}
	if err := os.WriteFile(filepath.Join(dir, "app.log"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do("POST", index+"/_bulk?refresh=true", bulk[0].String())
	t.Cleanup(func() {
		if r, err := s.ask("DELETE", index, ""); err == nil {
			r.Body.Close()
		}
	})
	h := &house{t: t, cfg: s.cfg}
	h.cfg.Sources = nil
	h.way(config.Source{Name: "app", Kind: "file", Follow: true, Paths: []string{filepath.Join(dir, "*.log")}})
	h.way(config.Source{Name: "siem", Kind: "elasticsearch", Search: config.Search{URLs: []string{s.es}, Indices: []string{index}, TimeField: "@timestamp", LookBack: time.Minute, Every: time.Second, Page: 20}})
	h.way(config.Source{Name: "fw", Kind: "syslog", Silence: "1m", Syslog: config.Syslog{Network: "tcp", Address: listen, MaxMessage: 64 << 10, MaxConnections: 10, Idle: time.Minute}})
	bin := build(t)
	cmd, _ := launch(t, h.cfg, bin)
	say(t, listen, 0, said)
	await(t, 2*time.Minute, "what was said is stored, and some of the rest", func() (bool, string) {
		_, all := s.bySource()
		return all["fw"] == said && all["app"] > 0 && all["siem"] > 0, fmt.Sprint(all)
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()                                              // killed
	s.do("POST", index+"/_bulk?refresh=true", bulk[1].String()) // however much of the rest it has pulled
	launch(t, h.cfg, bin)
	say(t, listen, said, 2*said)
	await(t, 5*time.Minute, "all is stored", func() (bool, string) {
		ids, all := s.bySource()
		return len(ids["app"]) == n && len(ids["siem"]) == n && len(ids["fw"]) == 2*said, fmt.Sprint(all)
	})
	if _, all := s.bySource(); all["app"] != n || all["siem"] != n || all["fw"] != 2*said {
		t.Errorf("%v alerts, want %d, %d and %d", all, n, n, 2*said)
	}
	if os.Getenv("TOCSIN_LONG") == "" {
		return
	}
	await(t, 3*time.Minute, "the silence of the last is told", func() (bool, string) {
		_, all := s.bySource()
		return all["tocsin"] == 1, fmt.Sprint(all)
	})
}
