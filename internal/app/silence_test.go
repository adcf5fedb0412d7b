package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/api"
	"tocsin/internal/config"
	"tocsin/internal/pipeline"
)

// A quietHouse is a daemon whose clock and looks at its sources are the test's.
type quietHouse struct {
	*testing.T
	cfg config.Config
	at  atomic.Int64
	*App
	stop func()
}

func newQuietHouse(t *testing.T, sources ...config.Source) *quietHouse {
	t.Helper()
	h := &quietHouse{T: t, cfg: config.Default()}
	h.cfg.DataDir, h.cfg.HTTP.Listen, h.cfg.Sources = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", sources
	h.at.Store(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC).UnixNano())
	return h
}

func (h *quietHouse) clock() time.Time { return time.Unix(0, h.at.Load()).UTC() }

func (h *quietHouse) open() {
	h.Helper()
	ctx, cancel := context.WithCancel(h.Context())
	a, err := New(ctx, Options{Config: h.cfg, Log: slog.New(slog.DiscardHandler), Now: h.clock})
	if err != nil {
		cancel()
		h.Fatal(err)
	}
	h.App = a
	a.parts = slices.DeleteFunc(a.parts, func(p part) bool { return p.name == "silence" })
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.Error(err)
		}
	}
	h.look(0)
}

// look lets time pass and looks at the sources.
func (h *quietHouse) look(after time.Duration) {
	h.Helper()
	h.at.Add(int64(after))
	if err := h.silences.look(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// say brings one record of a source, and waits until it is processed.
func (h *quietHouse) say(source string) {
	h.Helper()
	_, err := h.silences.journal.Append(h.Context(), []ingest.Record{{
		Source: source, Tenant: "default", Format: "auto", Received: h.clock(), Value: fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert"},"message":"x"}`, h.clock().Format(time.RFC3339)),
	}})
	if err != nil {
		h.Fatal(err)
	}
	h.until(func() bool { return h.silences.listen(h.Context()).heard[source].Equal(h.clock()) })
}

// settle waits until all that was taken is processed.
func (h *quietHouse) settle() {
	h.Helper()
	h.until(func() bool { n, err := h.backlog(h.Context()); return err == nil && n == 0 })
}

func (h *quietHouse) until(done func() bool) {
	h.Helper()
	for end := time.Now().Add(5 * time.Minute); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatal("what was taken is not processed")
		}
	}
}

// told are the messages of the alerts that the daemon raised, and how many events they led to.
func (h *quietHouse) told() (messages []string, events int) {
	h.Helper()
	h.settle()
	all, _, err := h.store.AlertsBy(h.Context(), tocsin.AlertQuery{Source: ownSource})
	if err != nil {
		h.Fatal(err)
	}
	for i := range all {
		messages = append(messages, all[i].Fields.Get("message").Text())
	}
	page, err := h.store.EventsBy(h.Context(), tocsin.EventQuery{Rule: "2f0c9c4e-6f0b-4a8e-9a55-7d3b8a1de0c4"})
	if err != nil {
		h.Fatal(err)
	}
	return messages, len(page.Items)
}

// A source that is silent against its habit is an alert and an event, once, whatever restarts there are; it ends when the
// source speaks again.
func TestSilenceAgainstHabit(t *testing.T) {
	h := newQuietHouse(t)
	h.open()
	for range 110 {
		h.say("http")
		h.look(15 * time.Minute)
	}
	if m, _ := h.told(); len(m) != 0 {
		t.Fatalf("%q while it kept its habit", m)
	}
	h.look(6 * time.Minute)
	if m, _ := h.told(); len(m) != 0 {
		t.Fatalf("%q within half as long again", m)
	}
	h.look(2 * time.Minute)
	m, events := h.told()
	if len(m) != 1 || events != 1 || !strings.Contains(m[0], "source http has not been heard of since 2026-11-03T11:15:00Z, which is more than the 22m30s allowed; it is used to pause for 15m0s at most") {
		t.Fatalf("%q, %d events", m, events)
	}
	h.isSilent("http", true)
	h.look(time.Hour)
	h.silences.habits["http"].Told = false // as if it had ended before it took note
	h.stop()
	h.open()
	h.look(30 * time.Minute)
	if m, events := h.told(); len(m) != 1 || events != 1 {
		t.Fatalf("%q, %d events after a restart", m, events)
	}
	h.isSilent("http", true)
	h.say("http")
	h.look(time.Minute)
	h.isSilent("http", false)
	h.look(time.Hour)
	if m, _ := h.told(); len(m) != 2 {
		t.Errorf("%q at the second silence", m)
	}
	h.stop()
}

func (h *quietHouse) isSilent(source string, want bool) {
	h.Helper()
	sources := h.sources(&pulse{})
	i := slices.IndexFunc(sources, func(s api.Source) bool { return s.Name == source })
	if i < 0 || sources[i].Silent.IsZero() == want {
		h.Fatalf("sources %+v, want %s silent: %v", sources, source, want)
	}
	if want && sources[i].Habit != 900 {
		h.Errorf("habit of %v s, want 900", sources[i].Habit)
	}
	troubled := slices.ContainsFunc(h.health.Report().Troubles, func(tr pipeline.Trouble) bool { return tr.Part == "silence of "+source })
	if troubled != want {
		h.Errorf("troubles %+v, want silence: %v", h.health.Report().Troubles, want)
	}
}

// A limit of its own holds from the first hearing on; off is never; and what waits to be processed is no silence.
func TestSilenceLimits(t *testing.T) {
	h := newQuietHouse(t, config.Source{Name: "fw", Kind: "http", Tenant: "default", Format: "auto", Store: "all", Silence: "10m"},
		config.Source{Name: "lab", Kind: "http", Tenant: "default", Format: "auto", Store: "all", Silence: "off"})
	h.open()
	defer func() { h.stop() }()
	h.say("fw")
	h.say("lab")
	h.look(9 * time.Minute)
	if m, _ := h.told(); len(m) != 0 {
		t.Fatalf("%q", m)
	}
	h.look(2 * time.Minute)
	if m, _ := h.told(); len(m) != 1 || !strings.Contains(m[0], "source fw ") {
		t.Fatalf("%q", m)
	}
}

// What fails on the way is found again and told once it can be.
func TestSilenceToldLater(t *testing.T) {
	h := newQuietHouse(t, config.Source{Name: "fw", Kind: "http", Tenant: "default", Format: "auto", Store: "all", Silence: "10m"})
	h.open()
	defer func() { h.stop() }()
	h.say("fw")
	h.look(time.Minute)
	journal := h.silences.journal
	h.silences.journal = refusing{}
	h.at.Add(int64(11 * time.Minute))
	if err := h.silences.look(t.Context()); !errors.Is(err, ingest.ErrUnavailable) {
		t.Fatal(err)
	}
	h.silences.journal = journal
	h.look(time.Minute)
	h.look(time.Minute)
	if m, events := h.told(); len(m) != 1 || events != 1 {
		t.Fatalf("%q, %d events", m, events)
	}
}

type refusing struct{}

func (refusing) Append(context.Context, []ingest.Record) (ingest.Result, error) {
	return ingest.Result{}, ingest.ErrUnavailable
}

// In mode kafka silence is judged only while all inputs are known to be read to their end.
func TestTopicListening(t *testing.T) {
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	at := func(source string, n int32, atEnd bool, told time.Duration, heard map[string]time.Time) tocsin.InputProgress {
		return tocsin.InputProgress{
			SourcePartition: tocsin.SourcePartition{Source: source, Partition: n}, Offset: 5, Greatest: now, AtEnd: atEnd, At: now.Add(-told), Heard: heard,
		}
	}
	earlier, later := map[string]time.Time{"fw": now.Add(-time.Hour)}, map[string]time.Time{"fw": now.Add(-time.Minute)}
	for _, test := range []struct {
		name   string
		all    []tocsin.InputProgress
		judges bool
		old    time.Duration
		want   listening
	}{
		{name: "the latest of all partitions", all: []tocsin.InputProgress{at("http", 0, true, 0, later), at("http", 1, true, 0, earlier)}, judges: true, want: listening{heard: later, now: now, judges: true}},
		{name: "one lags", all: []tocsin.InputProgress{at("http", 0, true, 0, later), at("alerts", 1, false, 0, nil)}, judges: true, want: listening{heard: later, judges: true}},
		{name: "one says nothing", all: []tocsin.InputProgress{at("http", 0, true, 2*time.Minute, later)}, judges: true, want: listening{heard: later, judges: true}},
		{name: "history is read at its own pace", all: []tocsin.InputProgress{at("http", 0, true, 0, later), at("past", 0, false, 0, nil)}, judges: true, want: listening{heard: later, now: now, judges: true}},
		{name: "another judges", all: []tocsin.InputProgress{at("http", 0, true, 0, later)}, want: listening{heard: later, now: now}},
		{name: "nobody tells any more", all: []tocsin.InputProgress{at("http", 0, true, 0, later)}, judges: true, old: 2 * time.Minute, want: listening{heard: later, now: now}},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := now.Add(-test.old)
			l := &topicListening{now: func() time.Time { return clock }, sources: []config.Source{{Name: "past", Recorded: true}}}
			l.watch(test.all, test.judges)
			clock = now
			if got := l.listen(t.Context()); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

// A source that was never heard of is told of too: whoever set it up looks for it.
func TestSourcesThatWereNeverHeardOf(t *testing.T) {
	h := newQuietHouse(t, config.Source{Name: "fw", Kind: "http", Tenant: "default", Format: "auto", Store: "all"}, config.Source{Name: "edr", Kind: "http", Tenant: "default", Format: "auto", Store: "all"})
	h.open()
	defer func() { h.stop() }()
	h.say("fw")
	var names []string
	for _, s := range h.sources(&pulse{}) {
		names = append(names, s.Name)
		if s.Received.IsZero() != (s.Name == "edr") {
			t.Errorf("%s was received %v", s.Name, s.Received)
		}
	}
	if !slices.Equal(names, []string{"edr", "fw"}) {
		t.Errorf("sources %q", names)
	}
}
