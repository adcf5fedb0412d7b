package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/internal/config"
)

// A said is what a daemon writes to standard error.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *said) has(want ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range want {
		if !strings.Contains(s.text.String(), w) {
			return false
		}
	}
	return true
}

// SIGHUP has the configuration read again; what came of it is said, faults with their carets, and the daemon goes on.
func TestHangup(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "tocsin.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("data_dir: "+filepath.Join(folder, "data")+"\nrules: {shipped: true}\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("http: {listen: '127.0.0.1:0'}\n")
	load := func() (config.Config, error) { return config.Load(file, nil) }
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	out := &said{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, cfg, out, load) }()
	until := func(want ...string) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(5 * time.Minute); !out.has(want...); <-tick.C {
			if time.Now().After(deadline) {
				t.Fatalf("not said: %q\n%s", want, out.all())
			}
		}
	}
	hangup := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	until("page and intake on")
	hangup()
	until("SIGHUP: as before: rules, scales\n")
	put("http: {listen: '127.0.0.1:0', rate_limit: 7}\n")
	hangup()
	until("from the next start on: http.rate_limit")
	put("http: {listen: '127.0.0.1:0', rate_limt: 7}\n")
	hangup()
	until("all stays as it is", "tocsin.yaml:3:", "did you mean", "^")
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
