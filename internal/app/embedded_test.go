package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	ingesthttp "tocsin/ingest/http"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/sinks"
	"tocsin/sinks/sqlite"
)

// A house is an embedded daemon's configuration, with a data folder of its own.
type house struct {
	t   *testing.T
	cfg config.Config
	url string
	log io.Writer // gets what the daemon logs, beside the test's output; nil: nobody
}

func newHouse(t *testing.T) *house {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir, cfg.HTTP.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
	cfg.Rules.Reload = 50 * time.Millisecond
	return &house{t: t, cfg: cfg}
}

// open starts the daemon in this process; the returned function stops it and waits. It may be called again. What is
// given is done when all is open and nothing runs yet.
func (h *house) open(between ...func()) (a *app.App, stop func()) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := h.t.Output()
	if h.log != nil {
		log = io.MultiWriter(log, h.log)
	}
	a, err := app.New(ctx, app.Options{Config: h.cfg, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: time.Now})
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	h.url = a.URL()
	for _, do := range between {
		do()
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("the daemon ended with %v", err)
		}
	}
	h.t.Cleanup(stop)
	return a, stop
}

// An answer is what the intake said to a request.
type answer struct {
	Code   int
	Reason string
	ingesthttp.Answer
}

// post sends a body; headers go in pairs.
func (h *house) post(body io.Reader, headers ...string) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, h.url+"/api/v1/alerts", body)
	if err != nil {
		return answer{}, err
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	got := answer{Code: resp.StatusCode}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(text, &struct {
		Reason *string `json:"reason"`
		*ingesthttp.Answer
	}{&got.Reason, &got.Answer}); err != nil {
		return answer{}, fmt.Errorf("%s: %w: %s", resp.Status, err, text)
	}
	return got, nil
}

// send is post of a whole body that must be answered.
func (h *house) send(body []byte, headers ...string) answer {
	h.t.Helper()
	got, err := h.post(bytes.NewReader(body), headers...)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// get reads an answer of the API.
func get(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// deadLetters lists the dead letters by the API, page by page.
func deadLetters(t *testing.T, url string) []tocsin.Rejection {
	t.Helper()
	var all []tocsin.Rejection
	for cursor := ""; ; {
		var page tocsin.Page[tocsin.Rejection]
		get(t, url+"/api/v1/dead-letters?limit=500&cursor="+cursor, &page)
		all = append(all, page.Items...)
		if cursor = page.Cursor; cursor == "" {
			return all
		}
	}
}

// stored counts what is in the register's file: alerts and dead letters.
func (h *house) stored() (alerts, dead int) {
	h.t.Helper()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil { // a long write of the daemon's: who waits for a number asks again
		h.t.Log(err)
		return -1, -1
	}
	defer st.Close()
	n, err := st.CountAlerts(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	page, err := st.Rejections(ctx, sinks.RejectionQuery{Limit: 1})
	if err != nil {
		h.t.Fatal(err)
	}
	return int(n), int(page.Total)
}

// await polls until what holds is true, and says what was there when time runs out.
// patience is how many times as long as an idle machine a busy one may take: waiting costs nothing once the condition holds.
const patience = 5

func await(t *testing.T, within time.Duration, what string, holds func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(patience * within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, have := holds()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %s", what, within, have)
		}
		<-tick.C
	}
}

// settled waits until so many records have become alerts or dead letters.
func (h *house) settled(alerts, dead int) {
	h.t.Helper()
	await(h.t, time.Minute, fmt.Sprintf("%d alerts and %d dead letters", alerts, dead), func() (bool, string) {
		a, d := h.stored()
		return a == alerts && d == dead, fmt.Sprintf("%d and %d", a, d)
	})
}

// counters reads the metrics of a daemon that have a name, each by its labels as they are written.
func counters(t *testing.T, url, name string) map[string]float64 {
	t.Helper()
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		labels, named := strings.CutPrefix(line, name)
		at := strings.LastIndexByte(labels, ' ')
		if !named || at < 0 || at > 0 && labels[0] != '{' {
			continue
		}
		var n float64
		if _, err := fmt.Sscan(labels[at+1:], &n); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		found[strings.Trim(labels[:at], "{}")] = n
	}
	return found
}

// sum adds counters up.
func sum(of map[string]float64) int {
	n := 0.0
	for v := range maps.Values(of) {
		n += v
	}
	return int(n)
}

// memory reads one line of what Linux knows of a process's memory, in bytes; 0 elsewhere.
func memory(t *testing.T, process, line string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		t.Logf("memory is not measured here: %v", err)
		return 0
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	return 0
}

// growth tells how much this process's memory has grown at its peak since.
func growth(t *testing.T) func() int64 {
	t.Helper()
	before := memory(t, "self", "VmRSS")
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak begins anew
		t.Logf("memory is not measured here: %v", err)
		return func() int64 { return 0 }
	}
	return func() int64 { return memory(t, "self", "VmHWM") - before }
}
