package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/internal/app"
	"tocsin/internal/pipeline"
)

// with starts one more daemon on the stand, of some roles and with a clock of its own.
func (s *stand) with(now func() time.Time, roles ...string) (a *app.App, stop func()) {
	s.t.Helper()
	cfg := s.cfg
	cfg.Roles, cfg.DataDir = roles, s.t.TempDir()
	ctx, cancel := context.WithCancel(s.t.Context())
	a, err := app.New(ctx, app.Options{Config: cfg, Log: slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Now: now})
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return a, func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the daemon ended with %v", err)
		}
	}
}

// reads is how many partitions of the input a daemon's health tells of.
func reads(h pipeline.Report, topic string) (n int) {
	for _, l := range h.Lags {
		if l.Topic == topic && strings.HasPrefix(l.Group, "detect") {
			n++
		}
	}
	return n
}

// One daemon for each role, and two that detect; the input is given more partitions while they run: what is in them is
// read from its first record, and events and incidents are those of a replay.
func TestRolesAndAddedPartitions(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	t.Parallel()
	records := scenario()
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 20 * time.Second // longer than it takes to see that there are more
	events, incidents := expected(t, records)
	var detectors []*app.App
	for _, roles := range [][]string{{"detect"}, {"detect"}, {"correlate"}, {"registrar", "api"}} {
		a, stop := s.with(time.Now, roles...)
		defer stop()
		if roles[0] == "detect" {
			detectors = append(detectors, a)
		}
	}
	owned := func(want int) func() (bool, string) {
		return func() (bool, string) {
			n := reads(detectors[0].Health().Report(), s.topic()) + reads(detectors[1].Health().Report(), s.topic())
			return n == want, fmt.Sprint(n, " partitions are read")
		}
	}
	await(t, time.Minute, "all partitions are read", owned(3))
	half := len(records) / 2
	s.produce(records[:half])
	grown, err := s.kafka().CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: s.topic(), Count: 5}}})
	if err != nil || grown.Errors[s.topic()] != nil {
		t.Fatal(err, grown)
	}
	await(t, 2*time.Minute, "the new partitions are read too", owned(5))
	s.produce(records[half:])
	s.await(len(records), events, incidents, 4*time.Minute)
}

// The clock of one of two hosts steps by an hour, forth and back, while records are read: time comes from the data, and
// nothing is judged by the clock.
func TestClockSteps(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	t.Parallel()
	records := scenario()
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 20 * time.Second // the parts come as one history
	events, incidents := expected(t, records)
	var off atomic.Int64
	_, stop := s.with(time.Now, "detect", "correlate", "registrar", "api")
	defer stop()
	_, stopped := s.with(func() time.Time { return time.Now().Add(time.Duration(off.Load())) }, "detect", "correlate", "registrar", "api")
	defer stopped()
	third := len(records) / 3
	for n, step := range []time.Duration{time.Hour, -time.Hour, 0} {
		off.Store(int64(step))
		end := (n + 1) * third
		if n == 2 {
			end = len(records)
		}
		s.produce(records[n*third : end])
		s.stored(n*third + third/2)
	}
	s.await(len(records), events, incidents, 4*time.Minute)
}
