package app_test

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"tocsin/internal/recordings"
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
			records := recordings.Lines(t, "campaigns", file)
			s := newStand(t)
			events, incidents := expected(t, records)
			s.produce(records)
			bin := build(t)
			begun := time.Now()
			cmd := s.start(bin)
			s.await(len(records), events, incidents, 10*time.Minute)
			peak := memory(t, strconv.Itoa(cmd.Process.Pid), "VmHWM")
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
