package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
	"tocsin/internal/cputime"
)

// A tally is a journal that keeps nothing but how many records came.
type tally struct{ n int }

func (c *tally) Append(_ context.Context, records []ingest.Record) (ingest.Result, error) {
	c.n += len(records)
	return ingest.Result{Accepted: len(records)}, nil
}

func (c *tally) AppendAt(ctx context.Context, records []ingest.Record, _ ingest.Cursor) (ingest.Result, error) {
	return c.Append(ctx, records)
}

func (c *tally) Cursors(context.Context, string) (map[string][]byte, error) { return nil, nil }

const (
	wayPage  = 500
	wayPages = 100
)

// pages serves documents of 210 bytes whose answers were made before, so that next to nothing of the time is the server's.
func pages(b *testing.B) string {
	b.Helper()
	var answers [wayPages + 1][]byte
	for i := range answers {
		var hits []string
		for n := range wayPage {
			if i == wayPages {
				break
			}
			at := morning.Add(time.Duration(i*wayPage+n) * time.Millisecond)
			hits = append(hits, fmt.Sprintf(`{"_index":"alerts","_id":"id-%06d","_source":{"@timestamp":%q,"event":{"kind":"alert","action":"login"},"host":{"name":"ws-1"},"message":"%s"},"sort":[%d,%d]}`,
				i*wayPage+n, at.Format(time.RFC3339Nano), strings.Repeat("words ", 16), at.UnixMilli(), i*wayPage+n))
		}
		answers[i] = fmt.Appendf(nil, `{"pit_id":"p","timed_out":false,"_shards":{"failed":0},"hits":{"hits":[%s]}}`, strings.Join(hits, ","))
	}
	s := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path != "/_search" {
			fmt.Fprint(w, `{"id":"p"}`)
			return
		}
		var q struct {
			After []int64 `json:"search_after"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			w.WriteHeader(nethttp.StatusBadRequest)
			return
		}
		page := 0
		if len(q.After) == 2 {
			page = int(q.After[1]+1) / wayPage
		}
		_, _ = w.Write(answers[page])
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// BenchmarkWay pulls 50,000 documents up to the journal, and with a client that does nothing but page through them and
// find each document. Its figure is of the processor's time of server and reader together.
func BenchmarkWay(b *testing.B) {
	url := pages(b)
	pull := func() int {
		j := &tally{}
		p, err := New(Config{Source: "s", URLs: []string{url}, Indices: []string{"alerts"}, Page: wayPage}, Options{Journal: j, Now: func() time.Time { return morning.Add(time.Hour) }})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.resume(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := p.round(b.Context()); err != nil {
			b.Fatal(err)
		}
		return j.n
	}
	for name, way := range map[string]func() int{"tocsin": pull, "plain": func() int { return paging(b, url) }} {
		b.Run(name, func(b *testing.B) {
			from := cputime.Process()
			for range b.N {
				if n := way(); n != wayPage*wayPages {
					b.Fatalf("%d documents of %d", n, wayPage*wayPages)
				}
			}
			b.ReportMetric(float64(b.N*wayPage*wayPages)/(cputime.Process()-from).Seconds(), "records/cpu-s")
		})
	}
}

// paging is the plain reader.
func paging(b *testing.B, url string) (n int) {
	b.Helper()
	after := ""
	for {
		q, err := nethttp.NewRequestWithContext(b.Context(), nethttp.MethodPost, url+"/_search", strings.NewReader(`{"size":500`+after+`}`))
		if err != nil {
			b.Fatal(err)
		}
		answer, err := nethttp.DefaultClient.Do(q)
		if err != nil {
			b.Fatal(err)
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(answer.Body)
		answer.Body.Close()
		var p page
		if err == nil {
			err = json.Unmarshal(body.Bytes(), &p)
		}
		if err != nil {
			b.Fatal(err)
		}
		if len(p.Hits.Hits) == 0 {
			return n
		}
		n += len(p.Hits.Hits)
		last := p.Hits.Hits[len(p.Hits.Hits)-1].Sort
		after = fmt.Sprintf(`,"search_after":[%s,%s]`, last[0], last[1])
	}
}
