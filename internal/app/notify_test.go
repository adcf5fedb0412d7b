package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A soar is a receiver of notifications that is down until it is told otherwise.
type soar struct {
	mu    sync.Mutex
	up    bool
	asked int
	seen  []string // number and action, in order
	ids   map[string]int
}

// ServeHTTP implements [http.Handler].
func (s *soar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if !s.up {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var m struct {
		ID       string `json:"id"`
		Incident struct {
			Number string `json:"number"`
		} `json:"incident"`
		Entry struct {
			Action string `json:"action"`
		} `json:"entry"`
	}
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &m) != nil || r.Header.Get("webhook-id") != m.ID {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.ids[m.ID]++
	s.seen = append(s.seen, m.Incident.Number+" "+m.Entry.Action)
}

func (s *soar) state() (asked int, seen string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, strings.Join(s.seen, ", ")
}

// A receiver is down while incidents are worked on and the daemon is ended and begun again; once it is up it gets all of
// it, in order and once.
func TestNotificationsOfADaemon(t *testing.T) {
	s := &soar{ids: map[string]int{}}
	hook := httptest.NewServer(s)
	t.Cleanup(hook.Close)
	h := newHouse(t)
	h.cfg.Notify = filepath.Join(t.TempDir(), "notify.yml")
	text := fmt.Sprintf("receivers: {soar: {kind: webhook, url: %s, allow: [127.0.0.1]}}\nroutes: [{name: all, to: [soar]}]\n", hook.URL)
	if err := os.WriteFile(h.cfg.Notify, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stop := h.open()
	token, err := os.ReadFile(filepath.Join(h.cfg.DataDir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, key, body string) (id string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, h.url+"/api/v1/incidents"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer " + strings.TrimSpace(string(token)), "Content-Type": "application/json", "Idempotency-Key": key, "If-Match": "*",
		} {
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode/100 != 2 {
			t.Fatalf("%s: %s %s %v", path, resp.Status, answer, err)
		}
		var i struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(answer, &i); err != nil {
			t.Fatal(err)
		}
		return i.ID
	}
	id := post("", "c1", `{"title":"Laptop stolen","category":"intrusions/burglary","priority":"P1","impact":{"information":"privacy"}}`)
	post("/"+id+"/declare", "c2", `{}`)
	await(t, 20*time.Second, "an attempt", func() (bool, string) { n, _ := s.state(); return n > 0, "" })
	await(t, 20*time.Second, "health that says so", func() (bool, string) {
		var r struct {
			Troubles []struct {
				Part string `json:"part"`
			} `json:"troubles"`
		}
		get(t, h.url+"/api/v1/health", &r)
		return len(r.Troubles) == 1 && r.Troubles[0].Part == "notify", fmt.Sprintf("%+v", r)
	})
	stop()
	_, _ = h.open()
	post("/"+id+"/acknowledge", "c3", `{}`)
	s.mu.Lock()
	s.up = true
	s.mu.Unlock()
	number := fmt.Sprintf("INC-%d-000001", time.Now().UTC().Year())
	await(t, 40*time.Second, "all of it", func() (bool, string) {
		_, seen := s.state()
		return seen == number+" create, "+number+" declare, "+number+" acknowledge", seen
	})
	for id, n := range s.ids {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}
