package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Whole campaigns through Kafka and Elasticsearch by the real binary: what a replay gives, in bounded memory.
func TestCampaignsAsReplayed(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	for name, file := range map[string]string{
		"russellmitchell": "ait_ads/russellmitchell/alerts.ndjson.zst",
		"lsass_procdump":  "otrf_lsass_02_procdump/events.ndjson.zst",
	} {
		t.Run(name, func(t *testing.T) {
			records := campaign(t, file)
			s := newStand(t)
			events, incidents := expected(t, records)
			s.produce(records)
			bin := build(t)
			begun := time.Now()
			cmd := s.start(bin)
			s.await(len(records), events, incidents, 10*time.Minute)
			peak := memory(t, cmd.Process.Pid, "VmHWM")
			t.Logf("%d records, %d events, %d incidents in %v; peak memory %d MiB", len(records), len(events), incidents, time.Since(begun).Round(time.Second), peak>>20)
			if peak > 1<<30 {
				t.Errorf("the daemon took %d MiB", peak>>20)
			}
			interrupt(t, cmd)
		})
	}
}

// interrupt ends a daemon in order.
func interrupt(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
}

// memory reads one line of what Linux knows of a process's memory, in bytes; 0 elsewhere.
func memory(t *testing.T, pid int, line string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Logf("memory is not measured here: %v", err)
		return 0
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	return 0
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
	for line := range bytes.Lines(text) {
		labels, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if i := bytes.LastIndexByte(bytes.TrimSpace(line), ' '); i > 0 {
			labels, value = bytes.TrimSpace(line)[:i], bytes.TrimSpace(line)[i+1:]
		}
		rest, named := bytes.CutPrefix(labels, []byte(name))
		if !ok || !named || len(rest) > 0 && rest[0] != '{' {
			continue
		}
		n, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		found[strings.Trim(string(rest), "{}")] = n
	}
	return found
}

// sum adds counters up.
func sum(of map[string]float64) int {
	n := 0.0
	for _, v := range of {
		n += v
	}
	return int(n)
}
