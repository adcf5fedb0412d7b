package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/demo"
	"tocsin/sinks/sqlite"
)

// events are the settled events in the register's file.
func (h *house) events() []string {
	h.t.Helper()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	all, err := st.AllEvents(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	var found []string
	for _, e := range all {
		if e.Activity != tocsin.Merged && e.Activity != tocsin.Withdrawn {
			found = append(found, settled(e))
		}
	}
	slices.Sort(found)
	return found
}

// Killed three times while a client sends, the embedded daemon has each record that it answered 202 for once, whatever
// the client had to send again, and the events are those of a replay.
func TestEmbeddedKill(t *testing.T) {
	var records [][]byte
	for _, r := range demo.Scenario(1, time.Now().Add(-72*time.Hour).Truncate(time.Second)) {
		records = append(records, r.Line)
	}
	records = append(records, []byte(strings.Replace(good, "2026-11-20T12:00:00Z", time.Now().UTC().Format(time.RFC3339), 1))) // closes all
	h := newHouse(t)
	h.cfg.Intake.IdleAfter = time.Hour // data alone moves the watermark
	h.cfg.Engine.SnapshotEvery = 200 * time.Millisecond
	events, _ := expected(t, records)
	bin := build(t)
	cmd, url := launch(t, h.cfg, bin)
	h.url = url
	chunks := slices.Collect(slices.Chunk(records, 10))
	var sent atomic.Int64
	dead := killAt(cmd, &sent, 1)
	kills := 0
	again := func() { // it is dead: one more is started, which dies in its turn
		<-dead
		if kills++; kills == 3 {
			sent.Store(-1 << 40)
		}
		cmd, h.url = launch(t, h.cfg, bin)
		dead = killAt(cmd, &sent, int64((kills+1)*len(chunks)/4))
	}
	for i, chunk := range chunks {
		for accepted := false; !accepted; {
			got, err := h.post(bytes.NewReader(bytes.Join(chunk, []byte("\n"))), "Content-Type", "text/plain", "Idempotency-Key", fmt.Sprint("chunk ", i))
			switch {
			case err != nil: // killed: whether it was taken is not known
				again()
			case got.Code != 202 || got.Accepted+got.Duplicate != len(chunk):
				t.Fatalf("chunk %d: %+v", i, got)
			default:
				accepted = true
				sent.Add(1)
			}
		}
	}
	for kills < 3 { // all was answered before it died
		again()
	}
	h.settled(len(records), 0)
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events (-replay +daemon):\n%s", diff)
	}
	interrupt(t, cmd)
	h.settled(len(records), 0)
}

// killAt kills a daemon as soon as so many requests were answered; the channel is closed when it is dead.
func killAt(cmd *exec.Cmd, sent *atomic.Int64, at int64) <-chan struct{} {
	dead := make(chan struct{})
	go func() {
		defer close(dead)
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		for sent.Load() < at {
			if sent.Load() < 0 {
				return
			}
			<-tick.C
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}()
	return dead
}

// A store that is full refuses what it cannot keep, by 507, and has all that it answered 202 for.
func TestEmbeddedFull(t *testing.T) {
	h := newHouse(t)
	h.cfg.SQLite.MaxBytes = 8 << 20
	_, stop := h.open()
	accepted, refused := 0, 0
	for i := 0; refused < 5 && i < 1000; i++ {
		var body strings.Builder
		for k := range 20 {
			fmt.Fprintf(&body, `{"@timestamp":%q,"event":{"kind":"alert"},"message":"%d %d %s"}`+"\n", time.Now().UTC().Format(time.RFC3339), i, k, strings.Repeat("z", 2000))
		}
		switch got := h.send([]byte(body.String())); got.Code {
		case 202:
			accepted += got.Accepted
		case 507, 429:
			refused++
		default:
			t.Fatalf("request %d: %+v", i, got)
		}
	}
	if accepted == 0 || refused == 0 {
		t.Fatalf("%d records taken, %d requests refused", accepted, refused)
	}
	t.Logf("%d records taken", accepted)
	h.settled(accepted, 0)
	stop()
	h.open() // and again
	h.settled(accepted, 0)
	if got := h.send([]byte(strings.Repeat(good+"\n", 2000))); got.Code != 507 && got.Code != 429 {
		t.Errorf("a full store answers %+v after a restart", got)
	}
}

// More than the cap waiting: 429, nothing of the request is taken, and it is taken later.
func TestEmbeddedBacklog(t *testing.T) {
	h := newHouse(t)
	h.cfg.Intake.Backlog = 50
	h.open()
	body := []byte(strings.Repeat(good+"\n", 40))
	accepted, refused := 0, 0
	for i := 0; i < 200 && refused < 3; i++ {
		switch got := h.send(body); got.Code {
		case 202:
			accepted += got.Accepted
		case 429:
			refused++
		default:
			t.Fatalf("%+v", got)
		}
	}
	if refused == 0 {
		t.Error("never refused")
	}
	h.settled(accepted, 0)
	if got := h.send(body); got.Code != 202 {
		t.Errorf("refused with nothing waiting: %+v", got)
	}
	h.settled(accepted+40, 0)
}

// What is taken can also be processed: records that come faster than they are processed are refused before the store
// has no room for what they lead to.
func TestEmbeddedBurst(t *testing.T) {
	h := newHouse(t)
	h.cfg.SQLite.MaxBytes = 8 << 20
	_, stop := h.open()
	body := []byte(strings.Repeat(good+"\n", 500))
	var accepted, refused atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				got, err := h.post(bytes.NewReader(body))
				switch {
				case err == nil && got.Code == 202:
					accepted.Add(int64(got.Accepted))
				case err == nil && (got.Code == 507 || got.Code == 429):
					refused.Add(1)
				default:
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	if accepted.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d records taken, %d requests refused", accepted.Load(), refused.Load())
	}
	t.Logf("%d records taken", accepted.Load())
	h.settled(int(accepted.Load()), 0)
	stop()
	h.settled(int(accepted.Load()), 0)
}
