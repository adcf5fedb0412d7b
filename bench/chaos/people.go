package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// People comment on incidents while daemons come and go: each command through any daemon that answers, and through
// another one with the same key where none did. It must be in the log exactly once.
type people struct {
	*play
	rng    *rand.Rand
	client *http.Client
	given  []string // keys of commands that were answered with success
}

func newPeople(p *play) *people {
	return &people{play: p, rng: rand.New(rand.NewPCG(p.seed, 3)), client: &http.Client{Timeout: 15 * time.Second}} //nolint:gosec // to be repeatable
}

// commentsEvery is about how often somebody comments.
const commentsEvery = 1500 * time.Millisecond

// run comments until ctx ends, and finishes what it began.
func (p *people) run(ctx context.Context) {
	for n := 0; ; n++ {
		if pause(ctx, commentsEvery/2+time.Duration(p.rng.Int64N(int64(commentsEvery)))) != nil {
			return
		}
		if id := p.incident(ctx); id != "" {
			p.comment(context.WithoutCancel(ctx), id, fmt.Sprintf("chaos-%d", n))
		}
	}
}

// incident is one that some daemon tells of; "" where none does now.
func (p *people) incident(ctx context.Context) string {
	var page struct{ Items []struct{ ID string } }
	d := p.somebody()
	status, text := p.ask(ctx, d, http.MethodGet, "/api/v1/incidents?limit=100", "", "")
	if status != http.StatusOK || json.Unmarshal(text, &page) != nil || len(page.Items) == 0 {
		return ""
	}
	return page.Items[p.rng.IntN(len(page.Items))].ID
}

// somebody is one of the daemons of now.
func (p *people) somebody() *daemon {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fleet[p.rng.IntN(len(p.fleet))]
}

// comment gives one command until a daemon says that it was carried out.
func (p *people) comment(ctx context.Context, incident, key string) {
	for deadline := time.Now().Add(3*time.Minute + p.away); time.Now().Before(deadline); {
		d := p.somebody()
		status, text := p.ask(ctx, d, http.MethodPost, "/api/v1/incidents/"+incident+"/comment", `{"text":"seen"}`, key)
		switch {
		case status == http.StatusOK:
			p.given = append(p.given, incident+" "+key)
			return
		case status >= 400 && status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests:
			p.trouble("a comment was refused with %d: %s", status, text)
			return
		}
		_ = pause(ctx, 200*time.Millisecond)
	}
	p.trouble("comment %s on %s was never carried out", key, incident)
}

// ask sends one request to a daemon; status 0 where it does not answer.
func (p *people) ask(ctx context.Context, d *daemon, method, path, body, key string) (status int, text []byte) {
	d.mu.Lock()
	url := d.url
	d.mu.Unlock()
	token, err := os.ReadFile(filepath.Join(filepath.Dir(d.file), "token"))
	if url == "" || err != nil {
		return 0, nil
	}
	req, err := http.NewRequestWithContext(ctx, method, url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
		req.Header.Set("If-Match", "*")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	text, _ = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, text
}
