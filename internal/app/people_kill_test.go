package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/sqlite"
)

// A crew gives commands to a daemon that is killed now and then. Each member sends a command again, under its key, until
// it is answered.
type crew struct {
	t     *testing.T
	token string
	url   atomic.Value // of the daemon that runs now
	sent  atomic.Int64 // commands that were answered
}

// send gives one command; an answer that never came is asked for again.
func (c *crew) send(path, key, body string) (i tocsin.Incident) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); <-pace.C {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url.Load().(string)+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			c.t.Error(err)
			return i
		}
		for name, value := range map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + c.token, "If-Match": "*", "Idempotency-Key": key} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // nobody listens: the next attempt tells
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil, resp.StatusCode == http.StatusServiceUnavailable, resp.StatusCode == http.StatusTooManyRequests:
			continue
		case resp.StatusCode/100 != 2:
			c.t.Errorf("%s under %s: %s %s", path, key, resp.Status, text)
			return i
		}
		if err := json.Unmarshal(text, &i); err != nil {
			c.t.Error(err)
		}
		c.sent.Add(1)
		return i
	}
	c.t.Errorf("%s under %s was never answered", path, key)
	return i
}

// Killed while people work, a daemon has each command that it answered once, in logs that verify and in the audit log,
// and no timer has fired twice.
func TestCommandsAmidKills(t *testing.T) {
	const members, comments, kills = 4, 25, 4
	h := newHouse(t)
	h.cfg.HTTP.RateLimit = 0
	bin := build(t)
	cmd, url := launch(t, h.cfg, bin)
	text, err := os.ReadFile(filepath.Join(h.cfg.DataDir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	c := &crew{t: t, token: strings.TrimSpace(string(text))}
	c.url.Store(url)
	long := time.Now().Add(-3 * time.Hour).UTC().Format(time.RFC3339) // its targets have passed
	i := c.send("/incidents", "create", `{"title":"Ransom note","category":"fraud/phishing","priority":"P1","effective":"`+long+`"}`)
	keys := map[string]string{} // by what the log has to hold once
	var mu sync.Mutex
	var wg sync.WaitGroup
	for m := range members {
		wg.Go(func() {
			for n := range comments {
				key := fmt.Sprintf("m%d-%d", m, n)
				c.send("/incidents/"+i.ID+"/comment", key, `{"text":"`+key+`"}`)
				mu.Lock()
				keys[key] = i.ID
				mu.Unlock()
			}
		})
	}
	for k := range kills {
		<-killAt(cmd, &c.sent, int64(1+(k+1)*members*comments/(kills+1)))
		cmd, url = launch(t, h.cfg, bin)
		c.url.Store(url)
	}
	wg.Wait()
	timed := func() (found bool, _ string) {
		_, log := fetch(t, c.url.Load().(string)+"/api/v1/incidents/"+i.ID+"/log")
		return strings.Contains(log, `"timer"`), "no timer in the log"
	}
	await(t, time.Minute, "timers", timed)
	interrupt(t, cmd)
	whole(t, h, i.ID, keys)
}

// whole reads the store behind the daemon: the log, each command once, the timers once, and an audit entry of each.
func whole(t *testing.T, h *house, incident string, keys map[string]string) {
	t.Helper()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	entries, err := st.Entries(ctx, incident, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := register.VerifyChain(entries); err != nil {
		t.Error(err)
	}
	found, timers := map[string]int{}, 0
	for _, e := range entries {
		found[e.Command]++
		if e.Action == tocsin.ActTimer {
			timers++
		}
	}
	for command, n := range found {
		if n != 1 {
			t.Errorf("%s is there %d times", command, n)
		}
	}
	for key := range keys {
		if found[key] != 1 {
			t.Errorf("%s was answered and is there %d times", key, found[key])
		}
	}
	if timers == 0 {
		t.Error("no timer fired")
	}
	begun := 0
	for cursor := ""; ; {
		page, err := st.AuditEntries(ctx, tocsin.AuditQuery{Action: "comment-incident", Outcome: tocsin.AuditBegun, Limit: 500, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		begun += len(page.Items)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if begun < len(keys) {
		t.Errorf("%d comments were begun by the audit log, the incident has %d", begun, len(keys))
	}
	i, err := st.Incident(ctx, incident)
	if err != nil || i.Revision != int64(len(entries)) {
		t.Errorf("shown at revision %d of %d: %v", i.Revision, len(entries), err)
	}
}
