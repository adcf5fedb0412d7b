package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/app"
)

// called does one request to a daemon as the holder of a token.
func called(t *testing.T, method, address, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	return answered(t, req)
}

// answered does a request.
func answered(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// Over Elasticsearch the first daemon makes the first user, and users and tokens hold for all daemons and over restarts.
func TestPeopleOverElasticsearch(t *testing.T) {
	s := newStand(t)
	a, stop := s.daemon()
	defer stop()
	local := read(t, s.cfg.DataDir, "token")
	secret := read(t, s.cfg.DataDir, app.AdminPassword)
	other := *s
	other.cfg.DataDir, other.cfg.Roles = t.TempDir(), []string{"api"}
	b, stopB := other.daemon()
	if _, err := os.Stat(filepath.Join(other.cfg.DataDir, app.AdminPassword)); err == nil {
		t.Error("a second daemon made a first user")
	}
	code, text := called(t, http.MethodPost, a.URL()+"/api/v1/tokens", local, `{"name":"siem","role":"viewer"}`)
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || code != http.StatusCreated {
		t.Fatalf("%d %s", code, text)
	}
	holds := func(address string, want int) func() (bool, string) {
		return func() (bool, string) {
			code, text := called(t, http.MethodGet, address+"/api/v1/incidents", made.Token, "")
			return code == want, text
		}
	}
	await(t, 30*time.Second, "the token at the other daemon", holds(b.URL(), http.StatusOK))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(b.URL()+"/login", url.Values{"name": {"admin"}, "password": {secret}})
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the first user signs in at the other daemon: %v %v", resp, err)
	}
	stopB()
	b, stopB = other.daemon() // as it reads them at its start
	defer stopB()
	await(t, 30*time.Second, "the token after a restart", holds(b.URL(), http.StatusOK))
	if code, text := called(t, http.MethodDelete, b.URL()+"/api/v1/tokens/siem", read(t, other.cfg.DataDir, "token"), ""); code != http.StatusNoContent {
		t.Errorf("%d %s", code, text)
	}
	await(t, 30*time.Second, "the token revoked at the first daemon", holds(a.URL(), http.StatusUnauthorized))
	if s.search("users", func(source json.RawMessage) {
		if strings.Contains(string(source), made.Token) || strings.Contains(string(source), secret) {
			t.Errorf("what must not be read is kept: %s", source)
		}
	}) == 0 {
		t.Error("nothing is kept in the index of users")
	}
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
