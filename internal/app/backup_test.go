package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"tocsin/internal/app"
	"tocsin/internal/integrity"
)

// do sends a request to Elasticsearch that must succeed.
func (s *stand) do(method, path, body string) {
	s.t.Helper()
	resp, err := s.ask(method, path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s: %s", method, path, resp.Status, text)
	}
}

// The register is saved by a snapshot of its indices, lost, and restored, as docs/operating.md says: it is intact, holds
// what it held, and a daemon goes on with it without doing anything twice.
func TestBackupAndRestore(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	records := scenario()
	half := len(records) / 2
	s := newStand(t)
	repository := s.cfg.Elasticsearch.Prefix + "backup"
	events, incidents := expected(t, records[:half])
	s.produce(records[:half])
	stop := s.run()
	s.await(half, events, incidents, 4*time.Minute)
	stop()

	s.do(http.MethodPut, "_snapshot/"+repository, `{"type":"fs","settings":{"location":"`+repository+`"}}`)
	defer func() { s.do(http.MethodDelete, "_snapshot/"+repository, "") }()
	s.do(http.MethodPut, "_snapshot/"+repository+"/one?wait_for_completion=true", `{"indices":"`+s.cfg.Elasticsearch.Prefix+`*","include_global_state":false}`)
	defer func() { s.do(http.MethodDelete, "_snapshot/"+repository+"/one", "") }()
	s.dropIndices()
	if left := s.search("incidents", nil); left != 0 {
		t.Fatalf("%d incidents are still there", left)
	}
	s.do(http.MethodPost, "_snapshot/"+repository+"/one/_restore?wait_for_completion=true", `{"indices":"`+s.cfg.Elasticsearch.Prefix+`*"}`)

	o := app.Options{Config: s.cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	reader, err := app.OpenReader(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	v, err := integrity.VerifyStore(t.Context(), reader, integrity.Trust{})
	if err != nil || len(v.Faults) > 0 || v.Incidents != incidents {
		t.Errorf("%d incidents of %d, faults %v, %v", v.Incidents, incidents, v.Faults, err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	s.await(half, events, incidents, time.Minute)
	events, incidents = expected(t, records)
	s.produce(records[half:])
	stop = s.run()
	defer stop()
	s.await(len(records), events, incidents, 4*time.Minute)
}
