package elastic

import (
	"context"
	"fmt"
	nethttp "net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// real is how the Elasticsearch of TOCSIN_TEST_ES is spoken to.
func real(t *testing.T) Config {
	t.Helper()
	url := os.Getenv("TOCSIN_TEST_ES")
	if url == "" {
		t.Skip("TOCSIN_TEST_ES names no Elasticsearch")
	}
	// On a secured server as its administrator: the daemon's user may make no indices but its own.
	cfg := Config{Source: "siem", URLs: []string{url}, User: os.Getenv("TOCSIN_TEST_ES_ADMIN_USER"), LookBack: time.Minute}
	for variable, into := range map[string]func(string){
		"TOCSIN_TEST_ES_CA": func(text string) { cfg.CACert = []byte(text) }, "TOCSIN_TEST_ES_ADMIN_PASSWORD_FILE": func(text string) { cfg.Password = strings.TrimSpace(text) },
	} {
		if name := os.Getenv(variable); name != "" {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			into(string(text))
		}
	}
	return cfg
}

// Documents of one time on several shards of several indices are pulled once each, with a restart between any two pages.
func TestRealPull(t *testing.T) {
	cfg := real(t)
	cfg.Page = 7
	c, err := newClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("ttpull%d", time.Now().UnixNano())
	cfg.Indices = []string{prefix + "*"}
	c.cfg.Indices = cfg.Indices
	ask := func(method, path string, body any) {
		t.Helper()
		if err := c.ask(t.Context(), method, path, nil, body, nil); err != nil {
			t.Fatal(method, path, err)
		}
	}
	c.most = answerLimit
	for i, format := range []string{"date", "date_nanos"} {
		index := fmt.Sprint("/", prefix, i)
		ask(nethttp.MethodPut, index, map[string]any{
			"settings": map[string]any{"number_of_shards": 3, "number_of_replicas": 0},
			"mappings": map[string]any{"dynamic": false, "properties": map[string]any{"@timestamp": map[string]string{"type": format}}},
		})
		t.Cleanup(func() { _ = c.ask(context.Background(), nethttp.MethodDelete, index, nil, nil, nil) })
	}
	var want []string
	put := func(n int, at time.Time) {
		id := fmt.Sprint("d", n)
		want = append(want, fmt.Sprint(prefix, n%2, "/", id))
		ask(nethttp.MethodPut, fmt.Sprint("/", prefix, n%2, "/_doc/", id), map[string]any{"@timestamp": at.Format(time.RFC3339Nano), "n": n})
	}
	now := time.Now().UTC().Truncate(time.Second)
	l := &ledger{}
	for n := range 60 {
		put(n, now.Add(-time.Hour))
	}
	for batch := range 3 {
		ask(nethttp.MethodPost, "/"+prefix+"*/_refresh", nil)
		p, err := New(cfg, Options{Journal: l})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		for n := range 5 { // some earlier than the newest that was pulled
			put(100+10*batch+n, now.Add(-time.Hour-time.Duration(10*n-20)*time.Second))
		}
	}
	ask(nethttp.MethodPost, "/"+prefix+"*/_refresh", nil)
	p, err := New(cfg, Options{Journal: l})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range l.records {
		got = append(got, r.Position)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
