package register

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks/elastic"
)

type counting struct {
	Store
	n map[string]int
	d map[string]time.Duration
}

func (c counting) t(name string) func() {
	s := time.Now()
	return func() { c.n[name]++; c.d[name] += time.Since(s) }
}
func (c counting) Append(ctx context.Context, e tocsin.LogEntry) error { defer c.t("append")(); return c.Store.Append(ctx, e) }
func (c counting) Entries(ctx context.Context, i string, f int64) ([]tocsin.LogEntry, error) {
	defer c.t("entries")()
	return c.Store.Entries(ctx, i, f)
}
func (c counting) PutIncident(ctx context.Context, i tocsin.Incident) error { defer c.t("putincident")(); return c.Store.PutIncident(ctx, i) }
func (c counting) PutVerdict(ctx context.Context, i tocsin.Verdict) error { defer c.t("putverdict")(); return c.Store.PutVerdict(ctx, i) }
func (c counting) Verdict(ctx context.Context, i string) (tocsin.Verdict, error) { defer c.t("verdict")(); return c.Store.Verdict(ctx, i) }
func (c counting) Next(ctx context.Context, i string) (int64, error) { defer c.t("next")(); return c.Store.Next(ctx, i) }

func TestScratchES(t *testing.T) {
	prefix := fmt.Sprintf("tr%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{"http://127.0.0.1:19200"}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ask(t, "DELETE", "http://127.0.0.1:19200/_index_template/"+prefix+"alerts", "")
		ask(t, "DELETE", "http://127.0.0.1:19200/_index_template/"+prefix+"register", "")
		for _, k := range []string{"assessments", "incidents", "slots", "counters", "log-2026.11", "intervals-2026.11"} {
			ask(t, "DELETE", "http://127.0.0.1:19200/"+prefix+k+"?ignore_unavailable=true", "")
		}
	})
	if _, err := s.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := counting{s, map[string]int{}, map[string]time.Duration{}}
	drive(t, "elastic", c, 100)
	for k, n := range c.n {
		t.Logf("%s %d mean %v", k, n, c.d[k]/time.Duration(n))
	}
}

func drive(t *testing.T, name string, s Store, n int) {
	r := New(options(s, func() time.Time { return t0 }))
	start := time.Now()
	for n := range n {
		e := event(fmt.Sprintf("e%d", n/5), n%1000, fmt.Sprintf("10.0.%d.%d", n/5%1000/250, n/5%250), "ann"+fmt.Sprint(n/5))
		e.Revision = int64(n%5 + 1)
		if _, err := r.Apply(t.Context(), e, proposed()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s: %.0f emissions/s", name, float64(n)/time.Since(start).Seconds())
}
