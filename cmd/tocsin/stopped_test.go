package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"tocsin/internal/config"
)

// Who stops a daemon that still waits for its store has ended nothing that was under way: that is no failure.
func TestStoppedWhileItWaitsForItsStore(t *testing.T) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes calls and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	folder := t.TempDir()
	file := filepath.Join(folder, "tocsin.yaml")
	text := fmt.Sprintf("mode: kafka\ndata_dir: %s\nhttp: {listen: '127.0.0.1:0'}\nkafka: {brokers: ['%s']}\nelasticsearch: {urls: ['http://%s']}\n",
		filepath.Join(folder, "data"), deaf.Addr(), deaf.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := &said{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		if _, err := deaf.Accept(); err == nil {
			stop()
		}
	}()
	if err := serve(ctx, cfg, out, nil); err != nil {
		t.Errorf("a daemon that was told to stop while it waited ended with %v", err)
	}
	if !out.has("told to stop before it had started") {
		t.Errorf("it said %q", out.all())
	}
}
