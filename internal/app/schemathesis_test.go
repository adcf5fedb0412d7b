package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/auth"
	"tocsin/internal/config"
)

// TestSchemathesis lets schemathesis try the whole API as its description has it: no answer is an error of the daemon,
// none is one that is not described. It takes some minutes; TOCSIN_TEST_SCHEMATHESIS names its command.
func TestSchemathesis(t *testing.T) {
	command := os.Getenv("TOCSIN_TEST_SCHEMATHESIS")
	if command == "" {
		t.Skip("TOCSIN_TEST_SCHEMATHESIS is not set: pip install schemathesis, and name its command")
	}
	cfg := config.Default()
	cfg.DataDir, cfg.HTTP.Listen, cfg.HTTP.RateLimit = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", 0
	a, err := New(t.Context(), Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	logins := strings.Repeat(`{"event":{"category":"authentication","outcome":"failure"},"source":{"ip":"203.0.113.7"},"user":{"name":"root"}}`+"\n", 12)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"/api/v1/alerts", strings.NewReader(logins+"{broken\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	if resp, err := http.DefaultClient.Do(r); err != nil || resp.Body.Close() != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("alerts: %v", err)
	}
	token, err := os.ReadFile(filepath.Join(cfg.DataDir, auth.Local))
	if err != nil {
		t.Fatal(err)
	}
	checks := "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
	run := exec.CommandContext(t.Context(), command, "run", a.URL()+"/api/v1/openapi.json", "-H", "Authorization: Bearer "+strings.TrimSpace(string(token)),
		"--checks", checks, "--phases", "examples,coverage,fuzzing", "-n", "10", "--continue-on-failure", "--no-color")
	run.Dir = t.TempDir() // it keeps what it found there
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out[max(0, len(out)-800):])
}
