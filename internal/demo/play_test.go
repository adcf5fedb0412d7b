package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func TestPlayPostsAllInOrder(t *testing.T) {
	records := Scenario(1, end)
	for _, lasting := range []time.Duration{0, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var got []byte
			began := time.Now()
			err := Play(t.Context(), func(_ context.Context, ndjson []byte) error {
				got = append(got, ndjson...)
				return nil
			}, records, lasting)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != lasting {
				t.Errorf("it took %v, want %v", took, lasting)
			}
			lines := bytes.Split(bytes.TrimSuffix(got, []byte("\n")), []byte("\n"))
			if len(lines) != len(records) {
				t.Fatalf("%d lines of %d records", len(lines), len(records))
			}
			for i := range lines {
				if !bytes.Equal(lines[i], records[i].Line) {
					t.Fatalf("line %d differs", i)
				}
			}
		})
	}
}

func TestPlayEndsWithItsError(t *testing.T) {
	full := errors.New("full")
	calls := 0
	err := Play(t.Context(), func(context.Context, []byte) error { calls++; return full }, Scenario(1, end), 0)
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Play(ctx, func(context.Context, []byte) error { return nil }, Scenario(1, end), time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestSummary(t *testing.T) {
	records := []Record{
		{Stage: "reconnaissance", Line: []byte("a")}, {Line: []byte("b")}, {Stage: "brute-force", Line: []byte("c")}, {Stage: "malware", Line: []byte("d")},
	}
	event := func(id string, lines ...string) tocsin.Event {
		e := tocsin.Event{ID: id}
		for _, l := range lines {
			e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{Digest: sha256.Sum256([]byte(l))})
		}
		return e
	}
	got := Summary(records, Outcome{
		Alerts: 4, Events: []tocsin.Event{event("1", "a", "b"), event("2", "b"), event("3", "a", "c")},
		Incidents: []tocsin.Incident{{Number: "INC-2026-000001", Events: []string{"1", "3"}}},
	})
	want := []string{
		"STAGE                 ALERTS  EVENTS  INCIDENTS",
		"reconnaissance        1       2       INC-2026-000001",
		"brute-force           1       1       INC-2026-000001",
		"malware               1       0       -",
		"(noise)               1       1       -",
		"2 of 10 stages of the attack were seen",
		"4 alerts -> 3 events -> 1 incidents",
	}
	for _, line := range want {
		if !strings.Contains("\n"+got, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
	if diff := cmp.Diff(want[len(want)-1]+"\n", got[strings.LastIndex(strings.TrimSpace(got), "\n")+1:]); diff != "" {
		t.Errorf("last line (-want +got):\n%s", diff)
	}
}
