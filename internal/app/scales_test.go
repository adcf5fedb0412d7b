package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Scales that change under a running daemon judge what comes from then on, and no event again that is judged; such as
// have faults change nothing, and health says so.
func TestScalesReload(t *testing.T) {
	b := newBench(t)
	shipped, err := os.ReadFile("../../classify/default.yml")
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Scales = filepath.Join(t.TempDir(), "scales.yml")
	scales := func(version string) {
		t.Helper()
		text := bytes.Replace(shipped, []byte(`version: "2026.1"`), fmt.Appendf(nil, `version: %q`, version), 1)
		if err := os.WriteFile(b.cfg.Scales+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(b.cfg.Scales+".new", b.cfg.Scales); err != nil {
			t.Fatal(err)
		}
	}
	scales("one")
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "high", "1m"))
	b.open()
	start := time.Now().Add(-20 * time.Hour).Truncate(time.Second)
	// judged sends what becomes an event until one is judged by a version.
	hour := 0
	judged := func(version string) {
		t.Helper()
		await(t, 30*time.Second, "judged by "+version, func() (bool, string) {
			at := start.Add(time.Duration(hour) * time.Minute)
			hour += 3
			b.ping("ping", at, at.Add(time.Second))
			by := b.judgedBy()
			return slices.Contains(by, "tocsin-default@"+version), fmt.Sprint(by)
		})
	}
	judged("one")
	scales("two")
	judged("two")
	if by := b.judgedBy(); by[0] != "tocsin-default@one" {
		t.Errorf("the first event is judged by %v", by)
	}
	if err := os.WriteFile(b.cfg.Scales, []byte("scale: {id: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, 30*time.Second, "told by health", func() (bool, string) {
		status, parts := b.health()
		return status == "degraded" && slices.Contains(parts, "scales"), fmt.Sprint(status, parts)
	})
	scales("three")
	judged("three")
	if status, parts := b.health(); status != "ok" {
		t.Errorf("mended: %s %v", status, parts)
	}
}

// judgedBy are the scales of the events' verdicts, in the order of the events.
func (b *bench) judgedBy() []string {
	b.t.Helper()
	st := b.register()
	defer st.Close()
	var by []string
	for _, e := range b.eventsOf(st) {
		v, err := st.Verdict(context.Background(), e.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		by = append(by, v.Assessment.Scale)
	}
	return by
}
