package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/config"
)

// daemon runs an embedded daemon and returns its address and data folder.
func daemon(t *testing.T, change func(*config.Config)) (string, string) {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir, cfg.HTTP.Listen = t.TempDir(), "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	a, err := New(t.Context(), Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := t.Context(), make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() { // t.Context is done by then
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return a.URL(), cfg.DataDir
}

func ask(t *testing.T, method, address, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// TestHostsAndOrigins tries what a page of another name, opened in a browser on this machine, could.
func TestHostsAndOrigins(t *testing.T) {
	address, dir := daemon(t, nil)
	text, err := os.ReadFile(filepath.Join(dir, Token))
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + strings.TrimSpace(string(text))
	port := address[strings.LastIndex(address, ":"):]
	for host, want := range map[string]int{
		"127.0.0.1" + port: 200, "localhost" + port: 200, "[::1]" + port: 200, "LOCALHOST": 200,
		"evil.example" + port: 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "10.0.0.1": 421, "": 400,
	} {
		for _, path := range []string{"/", "/api/v1/incidents", "/healthz", "/metrics"} {
			if host == "" {
				continue // the client fills it in
			}
			if code, _, _ := ask(t, http.MethodGet, address+path, "", "Host", host); code != want {
				t.Errorf("%s at %q: %d, want %d", path, host, code, want)
			}
		}
	}
	for _, c := range []struct {
		path, body string
		headers    []string
		want       int
	}{
		{"/api/v1/incidents", `{"title":"x"}`, []string{"Origin", "https://evil.example"}, 403},
		{"/api/v1/incidents", `{"title":"x"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/v1/incidents", `{"title":"x"}`, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"/api/v1/alerts", `{"x":1}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/login", "token=x", []string{"Origin", "null"}, 403},
		{"/logout", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/v1/incidents", `{"title":"x"}`, []string{"Origin", address}, 201},
		{"/api/v1/incidents", `{"title":"y"}`, []string{"Sec-Fetch-Site", "same-origin"}, 201},
		{"/api/v1/incidents", `{"title":"z"}`, nil, 201}, // no browser
	} {
		headers := append([]string{"Authorization", bearer, "Content-Type", "application/json", "Idempotency-Key", c.body}, c.headers...)
		if code, _, body := ask(t, http.MethodPost, address+c.path, c.body, headers...); code != c.want {
			t.Errorf("%s with %v: %d, want %d: %.200s", c.path, c.headers, code, c.want, body)
		}
	}
}

func TestHeaders(t *testing.T) {
	address, _ := daemon(t, nil)
	for _, path := range []string{"/", "/api/v1/incidents", "/healthz", "/nothing"} {
		_, h, _ := ask(t, http.MethodGet, address+path, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "frame-ancestors 'none'",
		} {
			if !strings.Contains(h.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
}

func TestDataFolderIsForOne(t *testing.T) {
	_, dir := daemon(t, nil)
	cfg := config.Default()
	cfg.DataDir, cfg.HTTP.Listen = dir, "127.0.0.1:0"
	o := Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), "in use by another tocsin") {
		t.Errorf("a second daemon over one data folder: %v", err)
	}
	if _, err := OpenLocal(t.Context(), o); err == nil || !strings.Contains(err.Error(), "in use by another tocsin") {
		t.Errorf("a command beside a daemon: %v", err)
	}
	for _, name := range []string{Token, "tocsin.db", "lock"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestRegisterWithoutADaemon(t *testing.T) {
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	o := Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if _, err := OpenLocal(t.Context(), o); err == nil || !strings.Contains(err.Error(), "there is no register") {
		t.Errorf("no register: %v", err)
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "tocsin.db")); err == nil {
		t.Error("looking for a register made one")
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "tocsin.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLocal(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	l.Handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/incidents", nil))
	if rec.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", rec.Code)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	cfg.Mode = "kafka"
	if _, err := OpenLocal(t.Context(), Options{Config: cfg}); err == nil {
		t.Error("mode kafka has no register in the data folder")
	}
}

func TestPulse(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	t0 := totals{records: map[string]float64{"http": 100}}
	p := &pulse{beats: []beat{{now, t0.line(), t0.records}}}
	t1 := totals{records: map[string]float64{"http": 400, "file": 300}}
	rates := p.rates(t1, now.Add(time.Minute), now.Add(-time.Minute))
	if r := rates[0]; r.Minute != 10 || r.Total != 700 || r.Whole < 5.8 || r.Whole > 5.9 {
		t.Errorf("%+v", r)
	}
	if r := p.rateOf("http", 400, now.Add(time.Minute)); r != 5 {
		t.Errorf("the source's rate is %v", r)
	}
}
