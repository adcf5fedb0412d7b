package elastic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	nethttp "net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/ingest"
)

// A ledger is a journal that keeps one record of a position, and the cursors with them.
type ledger struct {
	mu      sync.Mutex
	records []ingest.Record
	known   map[string]bool
	cursors map[string][]byte
	crash   int // of appends to come; the crash's own is not kept. 0: none
}

var errCrash = errors.New("crash")

func (l *ledger) Append(ctx context.Context, records []ingest.Record) (ingest.Result, error) {
	return l.AppendAt(ctx, records, ingest.Cursor{})
}

func (l *ledger) AppendAt(_ context.Context, records []ingest.Record, at ingest.Cursor) (ingest.Result, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.crash > 0 {
		if l.crash--; l.crash == 0 {
			panic(errCrash)
		}
	}
	if l.known == nil {
		l.known, l.cursors = map[string]bool{}, map[string][]byte{}
	}
	var done ingest.Result
	for _, r := range records {
		if l.known[r.Position] {
			done.Duplicate++
			continue
		}
		l.known[r.Position] = true
		l.records = append(l.records, r)
		done.Accepted++
	}
	l.cursors[at.Name] = at.Value
	return done, nil
}

func (l *ledger) Cursors(context.Context, string) (map[string][]byte, error) {
	return maps.Clone(l.cursors), nil
}

func (l *ledger) ids() []string {
	var out []string
	for _, r := range l.records {
		out = append(out, strings.TrimPrefix(r.Position, "alerts/"))
	}
	return out
}

var morning = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// puller makes a puller of a fake, with a clock an hour past the morning.
func puller(t interface {
	Helper()
	Fatal(...any)
}, kind Server, url string, l *ledger, change func(*Config),
) *Puller {
	t.Helper()
	cfg := Config{Source: "siem", Server: kind, URLs: []string{url}, Indices: []string{"alerts"}, Page: 2, LookBack: time.Minute, APIKey: "key"}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg, Options{Journal: l, Now: func() time.Time { return morning.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.resume(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPull(t *testing.T) {
	for _, kind := range []Server{Elasticsearch, OpenSearch} {
		t.Run(string(kind), func(t *testing.T) {
			s, url := newServer(t, kind)
			l := &ledger{}
			p := puller(t, kind, url, l, nil)
			round := func(p *Puller) {
				t.Helper()
				if err := p.round(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			s.add("alerts", morning, "a", "b", "c", "d", "e") // of one time, over three pages
			s.add("others", morning, "x")
			round(p)
			s.add("alerts", morning.Add(time.Minute), "f")
			s.add("alerts", morning.Add(24*time.Hour), "future")
			round(p)
			s.add("alerts", morning.Add(30*time.Second), "late")
			s.add("alerts", morning.Add(2*time.Minute), "g")
			round(puller(t, kind, url, l, nil)) // after a restart
			if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "f", "future", "late", "g"}, l.ids()); diff != "" {
				t.Error(diff)
			}
			if slices.ContainsFunc(s.auth, func(a string) bool { return a != "ApiKey key" }) {
				t.Errorf("authorisation: %q", s.auth)
			}
			if r := l.records[0]; string(r.Value) != `{"id":"a"}` || r.Origin.File != "alerts/a" || r.Source != "siem" {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestPullFromEnd(t *testing.T) {
	s, url := newServer(t, Elasticsearch)
	l := &ledger{}
	s.add("alerts", morning, "a")
	p := puller(t, Elasticsearch, url, l, func(c *Config) { c.FromEnd = true })
	if err := p.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.add("alerts", morning.Add(time.Hour), "b")
	p = puller(t, Elasticsearch, url, l, func(c *Config) { c.FromEnd = true })
	if err := p.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b"}, l.ids()); diff != "" {
		t.Error(diff)
	}
}

// What a server answers that is no whole answer moves nothing, and the next round has it all.
func TestPullFaults(t *testing.T) {
	for name, fault := range map[string]struct {
		path   string
		status int
		body   string
		want   string
	}{
		"not known":             {"/alerts/_pit", 401, `{"error":{"reason":"who is that"}}`, "401: who is that; see user and password_file, or api_key_file"},
		"not allowed":           {"/alerts/_pit", 403, `{"error":"no"}`, `403: {"error":"no"}; the account needs read and view_index_metadata on the indices`},
		"the index is missing":  {"/alerts/_pit", 404, `{"error":"index_not_found_exception"}`, "404"},
		"no answer":             {"/_search", 502, "<html>", "502"},
		"no JSON":               {"/_search", 200, "<html>", "invalid character"},
		"a shard failed":        {"/_search", 200, `{"_shards":{"failed":1},"hits":{"hits":[]}}`, "not whole"},
		"timed out":             {"/_search", 200, `{"timed_out":true,"hits":{"hits":[]}}`, "not whole"},
		"no sort values":        {"/_search", 200, `{"hits":{"hits":[{"_index":"alerts","_id":"z","_source":{}}]}}`, "sort value"},
		"a sort value of words": {"/_search", 200, `{"hits":{"hits":[{"_index":"alerts","_id":"z","_source":{},"sort":["soon"]}]}}`, "no time"},
		"no id":                 {"/alerts/_pit", 200, `{}`, "no id"},
	} {
		t.Run(name, func(t *testing.T) {
			s, url := newServer(t, Elasticsearch)
			l := &ledger{}
			p := puller(t, Elasticsearch, url, l, nil)
			s.add("alerts", morning, "a", "b", "c")
			s.fail = func(r *nethttp.Request) (int, string) {
				if r.URL.Path != fault.path {
					return 0, ""
				}
				return fault.status, fault.body
			}
			if err := p.round(t.Context()); err == nil || !strings.Contains(err.Error(), fault.want) || strings.Contains(err.Error(), "ApiKey") {
				t.Errorf("%v", err)
			}
			s.fail = nil
			if err := p.round(t.Context()); err != nil || len(l.records) != 3 {
				t.Errorf("%v: %v", err, l.ids())
			}
		})
	}
}

// Who does not know the server's certificate is told what makes it known.
func TestPullUnknownCertificate(t *testing.T) {
	s := httptest.NewTLSServer(nethttp.NotFoundHandler())
	t.Cleanup(s.Close)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	err := puller(t, Elasticsearch, s.URL, &ledger{}, nil).round(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "; name the authority of its certificate in ca_file") {
		t.Error(err)
	}
}

// An answer that is too large is asked for in smaller pages, and a document above the limit is told of.
func TestPullLarge(t *testing.T) {
	s, url := newServer(t, OpenSearch)
	l := &ledger{}
	p := puller(t, OpenSearch, url, l, func(c *Config) { c.Page, c.MaxRecord = 20, 1000 })
	p.client.most = 64 << 10
	for i := range 6 {
		s.docs = append(s.docs, doc{"alerts", fmt.Sprint(i), morning, fmt.Sprintf(`{"id":"%d","text":%q}`, i, strings.Repeat("x", 14<<10))})
	}
	if err := p.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.records) != 6 || l.records[0].Fault != "too_big" {
		t.Errorf("%d records, %s", len(l.records), l.records[0].Fault)
	}
}

// A second server is asked where the first does not answer.
func TestPullAnotherServer(t *testing.T) {
	s, url := newServer(t, Elasticsearch)
	s.add("alerts", morning, "a")
	l := &ledger{}
	p := puller(t, Elasticsearch, url, l, func(c *Config) { c.URLs = []string{"http://127.0.0.1:1", url} })
	if err := p.round(t.Context()); err != nil || len(l.records) != 1 {
		t.Errorf("%v: %v", err, l.ids())
	}
}

// However documents come, late by less than is looked back, and wherever the puller crashes, each is taken once.
func TestPullAnyStory(t *testing.T) {
	servers := map[Server]*server{}
	urls := map[Server]string{}
	for _, kind := range []Server{Elasticsearch, OpenSearch} {
		servers[kind], urls[kind] = newServer(t, kind)
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Server{Elasticsearch, OpenSearch}).Draw(t, "server")
		s, l := servers[kind], &ledger{}
		s.docs, s.pits = nil, map[string][]doc{}
		change := func(c *Config) { c.Page = rapid.IntRange(1, 4).Draw(t, "page") }
		p := puller(t, kind, urls[kind], l, change)
		newest, n := morning, 0
		var want []string
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			for range rapid.IntRange(0, 6).Draw(t, "documents") {
				at := newest.Add(time.Duration(rapid.IntRange(-59, 20).Draw(t, "at")) * time.Second)
				if at.After(newest) {
					newest = at
				}
				id := fmt.Sprint("d", n)
				n++
				s.add("alerts", at, id)
				want = append(want, id)
			}
			l.crash = rapid.IntRange(0, 4).Draw(t, "crash")
			func() {
				defer func() {
					if recover() != nil {
						p = puller(t, kind, urls[kind], l, change)
					}
				}()
				if err := p.round(context.Background()); err != nil {
					t.Fatal(err)
				}
			}()
			l.crash = 0
		}
		if err := p.round(context.Background()); err != nil {
			t.Fatal(err)
		}
		got := l.ids()
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
