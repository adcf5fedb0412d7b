package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/app"
)

// TestDraftOfAnEvent asks a running daemon's page for an exception to what fired, puts it where it says, and the same
// alerts are hidden; the rule's page tells how many.
func TestDraftOfAnEvent(t *testing.T) {
	b := newBench(t)
	if err := os.Mkdir(filepath.Join(b.rules, "exceptions"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("spray.yml", spray)
	_, stop := b.open()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	send := func() {
		var body strings.Builder
		for _, outcome := range []string{"failure", "failure", "failure", "success"} {
			fmt.Fprintf(&body, `{"@timestamp":%q,"event":{"kind":"alert","outcome":%q},"source":{"ip":"203.0.113.7"}}`+"\n", at.Format(time.RFC3339), outcome)
			at = at.Add(time.Second)
		}
		b.send([]byte(body.String()))
	}
	send()
	var found tocsin.Page[tocsin.Event]
	await(t, 20*time.Second, "the event", func() (bool, string) {
		get(t, b.url+"/api/v1/events", &found)
		return len(found.Items) == 1, fmt.Sprint(len(found.Items))
	})
	const rule = "/rules/11111111-2222-4333-8444-000000000009"
	body := b.page(t, rule+"/draft?kind=exception&event="+found.Items[0].ID)
	if !strings.Contains(body, "4 of 4 alerts") || !strings.Contains(body, "It is sound") {
		t.Fatalf("the draft's page: %s", body)
	}
	if body := b.page(t, rule+"/draft?kind=shadow"); !strings.Contains(body, "status: shadow") || !strings.Contains(body, "It is sound") {
		t.Errorf("the shadow copy's page: %s", body)
	}
	b.write("exceptions/draft.yml", b.page(t, rule+"/draft?kind=exception&download=1&event="+found.Items[0].ID))
	await(t, 20*time.Second, "the exception to be read", func() (bool, string) {
		body := b.page(t, rule)
		return strings.Contains(body, "exceptions/draft.yml:"), body
	})
	at = at.Add(time.Hour)
	send()
	await(t, 20*time.Second, "the alerts to be hidden", func() (bool, string) {
		body := b.page(t, rule)
		return strings.Contains(body, `data-label="Hidden" class="num">4</td>`), body
	})
	stop()
}

// page reads a page as the daemon's own user.
func (b *bench) page(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(b.cfg.DataDir, app.Token))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v %.500s", path, resp.Status, err, text)
	}
	return string(text)
}
