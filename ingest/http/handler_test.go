package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest"
)

// memory is a journal that keeps one record of a position.
type memory struct {
	mu      sync.Mutex
	err     error
	records []ingest.Record
	known   map[string]bool
}

func (m *memory) Append(_ context.Context, records []ingest.Record) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return Result{}, m.err
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	var out Result
	for _, r := range records {
		if at := r.Source + "\x00" + r.Position; r.Position != "" && m.known[at] {
			out.Duplicate++
			continue
		} else {
			m.known[at] = true
		}
		r.Value = bytes.Clone(r.Value)
		m.records = append(m.records, r)
		out.Accepted++
	}
	return out, nil
}

func packed(t *testing.T, encoding string, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&buf)
	if encoding == "zstd" {
		var err error
		if w, err = zstd.NewWriter(&buf); err != nil {
			t.Fatal(err)
		}
	}
	w.Write(body)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

type call struct {
	method, query, kind, encoding, key string
	body                               []byte
}

func (c call) to(t *testing.T, h *Handler) (int, map[string]any, nethttp.Header) {
	t.Helper()
	r := httptest.NewRequest(cmpOr(c.method, "POST"), "/api/v1/alerts"+c.query, bytes.NewReader(c.body))
	for name, value := range map[string]string{"Content-Type": c.kind, "Content-Encoding": c.encoding, "Idempotency-Key": c.key} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return w.Code, out, w.Header()
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func handler(t *testing.T, cfg Config, opts Options) *Handler {
	t.Helper()
	h, err := New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func counts(accepted, duplicate, rejected float64) map[string]any {
	return map[string]any{"accepted": accepted, "duplicate": duplicate, "rejected": rejected}
}

func TestAnswers(t *testing.T) {
	ok := []byte(`{"a":1}`)
	for name, test := range map[string]struct {
		call
		err    error
		code   int
		reason string // of a refusal
		detail string // that it holds
		want   map[string]any
		stored []string // fault, then value
	}{
		"an object":      {call: call{body: ok}, code: 202, want: counts(1, 0, 0), stored: []string{`{"a":1}`}},
		"gzip":           {call: call{body: packed(t, "gzip", ok), encoding: "gzip"}, code: 202, want: counts(1, 0, 0), stored: []string{`{"a":1}`}},
		"zstd":           {call: call{body: packed(t, "zstd", ok), encoding: "zstd"}, code: 202, want: counts(1, 0, 0), stored: []string{`{"a":1}`}},
		"an empty array": {call: call{body: []byte("[]")}, code: 202, want: counts(0, 0, 0)},
		"one bad of three": {
			call: call{body: []byte(`[{"a":1},{"b":},{"c":3}]`)}, code: 202, want: counts(2, 0, 1),
			stored: []string{`{"a":1}`, `json {"b":}`, `{"c":3}`},
		},
		"one too big of two": {
			call: call{body: []byte(`[{"a":"` + strings.Repeat("x", 300) + `"},{"c":3}]`)}, code: 202, want: counts(1, 0, 1),
			stored: []string{`too_big {"a":"` + strings.Repeat("x", 300) + `"}`, `{"c":3}`},
		},
		"text":             {call: call{body: []byte("CEF:0|x\nCEF:0|y"), kind: "text/plain; charset=utf-8"}, code: 202, want: counts(2, 0, 0), stored: []string{"CEF:0|x", "CEF:0|y"}},
		"a named source":   {call: call{body: ok, query: "?source=edr"}, code: 202, want: counts(1, 0, 0), stored: []string{`{"a":1}`}},
		"another source":   {call: call{body: ok, query: "?source=edd"}, code: 400, reason: "source"},
		"a mistyped name":  {call: call{body: ok, query: "?sorce=edr"}, code: 400, reason: "parameter", detail: "did you mean source?"},
		"two more names":   {call: call{body: ok, query: "?source=edr&tenant=x&index=y"}, code: 400, reason: "parameter", detail: `"tenant"`},
		"a broken query":   {call: call{body: ok, query: "?source=%zz"}, code: 400, reason: "parameter"},
		"no JSON":          {call: call{body: []byte("hello")}, code: 400, reason: "json"},
		"nothing":          {call: call{}, code: 400, reason: "json"},
		"all broken":       {call: call{body: []byte(`{"a":`)}, code: 400, reason: "json", stored: []string{`json {"a":`}},
		"GET":              {call: call{method: "GET"}, code: 405, reason: "method"},
		"too many":         {call: call{body: []byte(strings.Repeat("{}\n", 11))}, code: 413, reason: "too_many"},
		"too large":        {call: call{body: bytes.Repeat([]byte(" "), 2000)}, code: 413, reason: "too_big"},
		"a bomb":           {call: call{body: packed(t, "gzip", make([]byte, 9000)), encoding: "gzip"}, code: 413, reason: "bomb", stored: []string{"bomb "}},
		"a zstd bomb":      {call: call{body: packed(t, "zstd", make([]byte, 9000)), encoding: "zstd"}, code: 413, reason: "bomb", stored: []string{"bomb "}},
		"no gzip":          {call: call{body: ok, encoding: "gzip"}, code: 400, reason: "codec"},
		"gzip cut off":     {call: call{body: packed(t, "gzip", ok)[:20], encoding: "gzip"}, code: 400, reason: "codec"},
		"brotli":           {call: call{body: ok, encoding: "br"}, code: 415, reason: "encoding"},
		"a long key":       {call: call{body: ok, key: strings.Repeat("k", 201)}, code: 400, reason: "idempotency_key"},
		"a backlog":        {call: call{body: ok}, err: fmt.Errorf("x: %w", ErrBacklog), code: 429, reason: "backlog"},
		"a full store":     {call: call{body: ok}, err: ErrFull, code: 507, reason: "full"},
		"no store":         {call: call{body: ok}, err: ErrUnavailable, code: 503, reason: "unavailable"},
		"a strange answer": {call: call{body: ok}, err: errors.New("x"), code: 503, reason: "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
			j := &memory{err: test.err}
			cfg := Config{Sources: []Source{{Name: "http"}, {Name: "edr", Tenant: "acme", Format: "ecs"}}, MaxBody: 1000, MaxUnpacked: 8000, MaxRecord: 256, MaxRecords: 10}
			h := handler(t, cfg, Options{Journal: j, Now: func() time.Time { return at }})
			code, got, header := test.to(t, h)
			if code != test.code {
				t.Fatalf("%d: %v", code, got)
			}
			if test.reason != "" && got["reason"] != test.reason {
				t.Errorf("%v", got)
			}
			if text, _ := got["detail"].(string); !strings.Contains(text, test.detail) {
				t.Errorf("%v does not say %s", got, test.detail)
			}
			delete(got, "rejections")
			if diff := cmp.Diff(test.want, got); test.want != nil && diff != "" {
				t.Error(diff)
			}
			if retry := header.Get("Retry-After") != ""; retry != (code == 429 || code == 503 || code == 507) {
				t.Errorf("Retry-After %q", header.Get("Retry-After"))
			}
			var stored []string
			for _, r := range j.records {
				stored = append(stored, strings.TrimPrefix(r.Fault+" "+string(r.Value), " "))
				if !r.Received.Equal(at) || r.Tenant == "" || (r.Source == "edr") != (r.Format == "ecs") {
					t.Errorf("%+v", r)
				}
			}
			if diff := cmp.Diff(test.stored, stored); diff != "" {
				t.Error(diff)
			}
			if left := h.budget.left.Load(); left != h.cfg.MaxHeld {
				t.Errorf("%d bytes are still held", h.cfg.MaxHeld-left)
			}
		})
	}
}

// A request that is sent again under its key adds nothing; without one it is another delivery.
func TestIdempotency(t *testing.T) {
	j := &memory{}
	h := handler(t, Config{}, Options{Journal: j})
	body := []byte(`[{"a":1},{"b":},{"c":3}]`)
	for i, want := range []map[string]any{counts(2, 0, 1), counts(0, 2, 1)} {
		code, got, _ := call{body: body, key: "k1"}.to(t, h)
		delete(got, "rejections")
		if diff := cmp.Diff(want, got); diff != "" || code != 202 {
			t.Errorf("call %d: %d %s", i, code, diff)
		}
	}
	if len(j.records) != 3 {
		t.Errorf("%d records", len(j.records))
	}
	for range 2 {
		call{body: body}.to(t, h)
	}
	if len(j.records) != 9 {
		t.Errorf("%d records", len(j.records))
	}
}

func TestAuthorize(t *testing.T) {
	for err, want := range map[error]int{errors.New("no token"): 401, ErrForbidden: 403} {
		h := handler(t, Config{}, Options{Journal: &memory{}, Authorize: func(*nethttp.Request) error { return err }})
		if code, _, _ := (call{body: []byte("{}")}).to(t, h); code != want {
			t.Errorf("%v: %d", err, code)
		}
	}
}

// A bomb of 700 MB takes no more memory than the limit.
func TestBombMemory(t *testing.T) {
	bomb := bytes.Repeat(packed(t, "gzip", make([]byte, 1<<20)), 700) // gzip files may stand one behind the other
	h := handler(t, Config{}, Options{Journal: &memory{}})
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	code, got, _ := call{body: bomb, encoding: "gzip"}.to(t, h)
	runtime.ReadMemStats(&after)
	if code != 413 || got["reason"] != "bomb" {
		t.Errorf("%d %v", code, got)
	}
	if grown := int64(after.Sys-before.Sys) >> 20; grown > 200 {
		t.Errorf("memory grew by %d MiB", grown)
	}
}

// When too much is being received at once the next request is told to come again, and the budget is given back.
func TestBusy(t *testing.T) {
	h := handler(t, Config{MaxHeld: 100 << 10}, Options{Journal: &memory{}})
	body := []byte(`{"a":"` + strings.Repeat("x", 200<<10) + `"}`)
	code, got, header := call{body: body}.to(t, h)
	if code != 503 || got["reason"] != "busy" || header.Get("Retry-After") != "2" {
		t.Errorf("%d %v", code, got)
	}
	if code, _, _ := (call{body: []byte("{}")}).to(t, h); code != 202 {
		t.Error(code)
	}
}

// A client that sends slowly is cut off by the handler itself.
func TestSlowClient(t *testing.T) {
	h := handler(t, Config{ReadTimeout: 50 * time.Millisecond}, Options{Journal: &memory{}, Registerer: prometheus.NewRegistry()})
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
		t.Errorf("%v: %.60s", err, answer)
	}
}
