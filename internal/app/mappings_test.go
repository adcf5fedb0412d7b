package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

const mappingFile = `format: door
when: {device: door}
time: at
fields:
  message: %s
  source.ip: addr
`

// A mapping file that changes under a running daemon: a sound change comes into force without a restart, one with
// faults leaves the old file in force and says so.
func TestMappingReload(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "door.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf(mappingFile, "said"))
	b.cfg.Mappings = []string{file}
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "low", "1h"))
	b.open()
	at := time.Now().Add(-time.Minute).UTC()
	n := 0
	opened := func(key, addr string) int { // sends a record whose key says ping, and counts the events there are
		n++
		record := fmt.Sprintf(`{"device":"door","at":%q,"addr":%q,"n":%d,%q:"ping"}`, at.Add(time.Duration(n)*time.Millisecond).Format(time.RFC3339Nano), addr, n, key)
		if got := b.send([]byte(record)); got.Code != 202 {
			t.Fatalf("%+v", got)
		}
		return len(b.found())
	}
	await(t, time.Minute, "an event by the first mapping", func() (bool, string) { return opened("said", "192.0.2.1") > 0, fmt.Sprint(n) })

	write(fmt.Sprintf(mappingFile, "spoken") + "nonsense: 1\n")
	await(t, time.Minute, "the fault in the health", func() (bool, string) {
		status, parts := b.health()
		return slices.Contains(parts, "mappings"), status
	})

	write(fmt.Sprintf(mappingFile, "spoken"))
	before := len(b.found())
	await(t, time.Minute, "an event by the second mapping", func() (bool, string) { return opened("spoken", "192.0.2.2") > before, fmt.Sprint(n) })
	if status, parts := b.health(); slices.Contains(parts, "mappings") {
		t.Errorf("health says %s for %v", status, parts)
	}
}

// A logged keeps what is logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.text.Bytes(), []byte(what))
}

// A mapping file with faults is logged once, however often it is read while it stays as it is, once more when it has other
// faults, and again when it was sound in between.
func TestFaultsToldOnce(t *testing.T) {
	h, log := newHouse(t), &logged{}
	h.log, h.cfg.Rules.Reload = log, time.Hour // nothing is read but on demand
	file := filepath.Join(t.TempDir(), "door.yaml")
	h.cfg.Mappings = []string{file}
	sound := fmt.Sprintf(mappingFile, "said")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(sound)
	a, _ := h.open()
	for i, step := range []struct {
		text string
		told int // times in all
	}{{sound, 0}, {sound + "nonsense: 1\n", 1}, {sound + "nonsense: 1\n", 1}, {sound + "nonsense: 1\n", 1}, {sound + "other: 1\n", 2}, {sound, 2}, {sound + "other: 1\n", 3}} {
		write(step.text)
		if _, err := a.Reload(t.Context(), h.cfg); err != nil {
			t.Fatal(err)
		}
		if n := log.count("mapping files have faults"); n != step.told {
			t.Errorf("step %d: logged %d times, want %d", i, n, step.told)
		}
	}
}
