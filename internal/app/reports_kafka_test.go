package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/api"
)

// Over Kafka a report reaches the registrar by the events log: it is an incident a moment later, once, however often it
// is sent, with a name that is in no index but the informants'.
func TestReportOverKafka(t *testing.T) {
	s := newStand(t)
	a, stop := s.daemon()
	defer stop()
	token, err := os.ReadFile(filepath.Join(s.cfg.DataDir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	report := func() (r api.ReportReceipt) {
		t.Helper()
		body := `{"what":"The screens show a ransom note","kind":"strange_behaviour","ongoing":true,"name":"Ines Informant","channel":"phone"}`
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"/api/v1/reports", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Authorization": "Bearer " + strings.TrimSpace(string(token)), "Idempotency-Key": "once",
		} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusCreated || json.Unmarshal(text, &r) != nil {
			t.Fatalf("%s %s %v", resp.Status, text, err)
		}
		return r
	}
	first := report()
	if again := report(); again.Event != first.Event {
		t.Errorf("two reports of one: %v, %v", first, again)
	}
	var incidents []tocsin.Incident
	await(t, time.Minute, "registered", func() (bool, string) {
		incidents = nil
		n := s.search("incidents", func(source json.RawMessage) {
			var doc struct{ Doc tocsin.Incident }
			if err := json.Unmarshal(source, &doc); err == nil {
				incidents = append(incidents, doc.Doc)
			}
		})
		return n == 1, fmt.Sprint(n)
	})
	if i := incidents[0]; i.Discovery != "phone" || i.Informant == "" || i.Status != tocsin.Proposed || i.Events[0] != first.Event {
		t.Errorf("%+v", i)
	}
	var secret []byte
	if s.search("informants", func(source json.RawMessage) { secret = source }) != 1 || !bytes.Contains(secret, []byte("Ines")) {
		t.Errorf("informants hold %s", secret)
	}
	for _, index := range []string{"events-*", "incidents", "log-*", "assessments"} {
		s.search(index, func(source json.RawMessage) {
			if bytes.Contains(source, []byte("Ines")) {
				t.Errorf("%s names who reported it: %s", index, source)
			}
		})
	}
}
