package http

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tocsin/ingest"
	"tocsin/internal/cputime"
)

// A tally is a journal that keeps nothing but how many records came.
type tally struct{ n int }

func (c *tally) Append(_ context.Context, records []ingest.Record) (Result, error) {
	c.n += len(records)
	return Result{Accepted: len(records)}, nil
}

// BenchmarkWay posts requests of 1,000 records of 210 bytes over loopback, up to the journal, and to a server that does
// nothing but read the body and see whether each of its lines is JSON. Its figure is of the processor's time of client and
// server together.
func BenchmarkWay(b *testing.B) {
	const records = 1000
	record := `{"@timestamp":"2026-11-20T12:00:00Z","event":{"kind":"alert","id":"4711"},"source":{"ip":"203.0.113.7"},"message":"` + strings.Repeat("seen ", 16) + `"}`
	lines := []byte(strings.Repeat(record+"\n", records))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(lines)
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	hec := []byte(strings.Repeat(`{"sourcetype":"edr","host":"h1","event":`+record+"}\n", records))
	for _, way := range []struct {
		name, path, encoding string
		body                 []byte
	}{
		{"ndjson", "/api/v1/alerts", "", lines},
		{"gzip", "/api/v1/alerts", "gzip", packed.Bytes()},
		{"hec", "/services/collector/event", "", hec},
	} {
		j := &tally{}
		h, err := New(Config{}, Options{Journal: j, Keyed: func(key string) (Source, bool) {
			return Source{Name: "splunk", Tenant: "t", Format: "auto"}, key == "secret"
		}})
		if err != nil {
			b.Fatal(err)
		}
		valid := 0
		for name, handler := range map[string]nethttp.Handler{"tocsin": h, "plain": plain(&valid)} {
			b.Run(way.name+"/"+name, func(b *testing.B) {
				server := httptest.NewServer(handler)
				defer server.Close()
				from, before := cputime.Process(), j.n+valid
				for range b.N {
					post(b, server.URL+way.path, way.encoding, way.body)
				}
				if n := j.n + valid - before; n != b.N*records {
					b.Fatalf("%d records came, %d were sent", n, b.N*records)
				}
				b.ReportMetric(float64(b.N*records)/(cputime.Process()-from).Seconds(), "records/cpu-s")
			})
		}
	}
}

func post(b *testing.B, url, encoding string, body []byte) {
	b.Helper()
	r, err := nethttp.NewRequestWithContext(b.Context(), nethttp.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Authorization", "Splunk secret")
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	answer, err := nethttp.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode >= 300 {
		b.Fatalf("%d: %s (%v)", answer.StatusCode, text, err)
	}
}

// plain counts the lines of a body that are JSON.
func plain(valid *int) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(body)
			if err != nil {
				nethttp.Error(w, err.Error(), nethttp.StatusBadRequest)
				return
			}
			body = unpacked
		}
		for lines := bufio.NewScanner(body); lines.Scan(); {
			if json.Valid(lines.Bytes()) {
				*valid++
			}
		}
	})
}
