package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/ingest/decode"
	"tocsin/internal/pipeline"
	"tocsin/sinks"
	"tocsin/sinks/memory"
)

// A ledger keeps progress in memory, as stores do, and matches and markers as they are written.
type ledger struct {
	mu       sync.Mutex
	progress map[tocsin.SourcePartition]tocsin.InputProgress
	markers  []tocsin.Marker
	matches  []tocsin.Match
}

func (l *ledger) StoreProgress(_ context.Context, all []tocsin.InputProgress) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range all {
		if l.progress == nil {
			l.progress = map[tocsin.SourcePartition]tocsin.InputProgress{}
		}
		if p.Epoch >= l.progress[p.SourcePartition].Epoch {
			l.progress[p.SourcePartition] = p
		}
	}
	return nil
}

func (l *ledger) Progress(_ context.Context, of []tocsin.SourcePartition) ([]tocsin.InputProgress, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []tocsin.InputProgress
	for _, sp := range of {
		if p, ok := l.progress[sp]; ok {
			out = append(out, p)
		}
	}
	return out, nil
}

func (l *ledger) WriteMatches(_ context.Context, records []tocsin.LogRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		if r.Marker != nil {
			l.markers = append(l.markers, *r.Marker)
		} else {
			l.matches = append(l.matches, *r.Match)
		}
	}
	return nil
}

// await waits until the ledger is as wanted.
func (l *ledger) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		ok := holds()
		l.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never: %s; %+v, %d matches, markers %+v", what, l.progress, len(l.matches), l.markers)
		}
	}
}

func detector(t *testing.T, l *ledger, now func() time.Time) *pipeline.KafkaDetect {
	log := slog.New(slog.DiscardHandler)
	store := memory.New()
	return &pipeline.KafkaDetect{
		Detector: pipeline.Detector{Alerts: store, Dead: store}, Sets: pipeline.NewSets(set(t)), Matches: l,
		Inputs:   map[string]pipeline.Input{"in": {Policy: pipeline.Policy{Source: "in", Disorder: time.Minute, IdleAfter: time.Second, Keep: pipeline.KeepAll}}},
		Decoders: func() (pipeline.Decoder, error) { return decode.New(decode.Options{Limits: decode.DefaultLimits()}) },
		Listed: func(context.Context) ([]tocsin.SourcePartition, error) {
			return []tocsin.SourcePartition{{Source: "in", Partition: 0}, {Source: "in", Partition: 1}}, nil
		},
		Now: now, Retry: &pipeline.Retry{Log: log, Now: now}, Store: l,
	}
}

// in makes the input topic anew with failures, one a second from a time on, in each partition.
func (b *bus) in(from map[int]int, each int) {
	b.t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(b.brokers...)}
	_, _ = client.DeleteTopics(b.t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{"in"}}) // where it is
	made, err := client.CreateTopics(b.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "in", NumPartitions: len(from), ReplicationFactor: 1}}})
	if err != nil || made.Errors["in"] != nil {
		b.t.Fatal(err, made)
	}
	b.write(from, each)
}

// write appends to partitions of the topic.
func (b *bus) write(from map[int]int, each int) {
	b.t.Helper()
	w := &kafka.Writer{
		Addr: kafka.TCP(b.brokers...), Topic: "in", RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond,
		Balancer: kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return int(m.Key[0]) }),
	}
	defer w.Close()
	for _, n := range slices.Sorted(maps.Keys(from)) {
		var messages []kafka.Message
		for i := range each {
			messages = append(messages, kafka.Message{Key: []byte{byte(n)}, Value: failure(fmt.Sprintf("203.0.113.%d", n+1), from[n]+i)})
		}
		if err := w.WriteMessages(b.t.Context(), messages...); err != nil {
			b.t.Fatal(err)
		}
	}
}

// A new owner goes on from what the last one told: with a later epoch whatever its generation, with the greatest time
// although it reads nothing, so that an idle input has ticks at once.
func TestOwnerResumes(t *testing.T) {
	b, l := newBus(t), &ledger{}
	b.in(map[int]int{0: 0}, 5)
	stop := b.member("in", pipeline.Kafka(detector(t, l, time.Now).Serve))
	sp := tocsin.SourcePartition{Source: "in"}
	l.await(t, "the progress is stored", func() bool { return l.progress[sp].Offset == 5 && !l.progress[sp].Greatest.IsZero() })
	if err := stop(); err != context.Canceled { //nolint:errorlint // the cause itself
		t.Fatal(err)
	}
	l.mu.Lock()
	last := l.progress[sp]
	last.Epoch = 70 // of a group that counted longer
	l.progress[sp] = last
	l.markers, l.matches = nil, nil
	l.mu.Unlock()
	stop = b.member("in", pipeline.Kafka(detector(t, l, time.Now).Serve))
	defer func() { _ = stop() }()
	l.await(t, "an idle marker with a tick", func() bool {
		return slices.ContainsFunc(l.markers, func(m tocsin.Marker) bool {
			return m.Idle && m.Epoch == 71 && m.Greatest.Equal(last.Greatest) && !m.Tick.IsZero()
		})
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.matches) > 0 {
		t.Errorf("%d matches were made again", len(l.matches))
	}
}

// An input that was deleted and made anew while no daemon ran is read from its first record, be the committed offset
// inside it or beyond its end, and that records may be lost is told.
func TestInputMadeAnewWhileDown(t *testing.T) {
	for name, each := range map[string]int{"shorter": 2, "longer": 9} {
		t.Run(name, func(t *testing.T) {
			b, l := newBus(t), &ledger{}
			b.in(map[int]int{0: 0}, 5)
			stop := b.member("in", pipeline.Kafka(detector(t, l, time.Now).Serve))
			sp := tocsin.SourcePartition{Source: "in"}
			l.await(t, "the progress is stored", func() bool { return l.progress[sp].Offset == 5 })
			_ = stop()
			b.in(map[int]int{0: 100}, each)
			l.mu.Lock()
			l.matches, l.markers = nil, nil
			l.mu.Unlock()
			d := detector(t, l, time.Now)
			stop = b.member("in", pipeline.Kafka(d.Serve))
			defer func() { _ = stop() }()
			l.await(t, "all of the new log is read", func() bool { return len(l.matches) == each && len(l.markers) > 0 })
			if g := <-b.gaps; g.Reason != "recreated" || g.From != 5 {
				t.Errorf("told: %+v", g)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			if m, last := l.markers[0], l.matches[each-1].Alert.Time; m.Gap == nil || m.Gap.From.IsZero() || m.Gap.To.Before(last) || m.Offset != 0 {
				t.Errorf("the first marker: %+v, gap %+v", m, m.Gap)
			}
			dead, err := d.Detector.Dead.(*memory.Store).Rejections(t.Context(), sinks.RejectionQuery{})
			if err != nil || len(dead.Items) != 1 || dead.Items[0].Reason != "gap" || dead.Items[0].Ref.Offset != 5 {
				t.Errorf("dead letters %+v, %v", dead.Items, err)
			}
		})
	}
}

// A partition that is more than ten minutes ahead of a slower one waits for it; one that is at its end is no slower one.
func TestPartitionsPaceThemselves(t *testing.T) {
	b, l := newBus(t), &ledger{}
	b.in(map[int]int{0: 0, 1: 3600}, 20)
	other := tocsin.SourcePartition{Source: "in", Partition: 2} // of another daemon
	d := detector(t, l, time.Now)
	d.Listed = func(context.Context) ([]tocsin.SourcePartition, error) { return []tocsin.SourcePartition{other}, nil }
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	slow := tocsin.InputProgress{SourcePartition: other, Epoch: 1, Greatest: start, At: time.Now().Add(time.Minute)}
	if err := l.StoreProgress(t.Context(), []tocsin.InputProgress{slow}); err != nil {
		t.Fatal(err)
	}
	stop := b.member("in", pipeline.Kafka(d.Serve))
	defer func() { _ = stop() }()
	l.await(t, "both are read once", func() bool { return len(l.matches) == 40 })
	ahead := tocsin.SourcePartition{Source: "in", Partition: 1}
	written := 20
	l.await(t, "the slow one is heard of, and enough read beyond it", func() bool {
		if d.Paces.Waits(ahead, time.Now()) {
			return true
		}
		if len(l.matches) == 20+written && written < 40_000 {
			b.write(map[int]int{1: 3600 + written}, 1000)
			written += 1000
		}
		return false
	})
	if written <= 5000 {
		t.Errorf("held back after %d records", written)
	}
	if d.Paces.Waits(tocsin.SourcePartition{Source: "in"}, time.Now()) {
		t.Error("one that is level waits")
	}
	slow.AtEnd = true
	if err := l.StoreProgress(t.Context(), []tocsin.InputProgress{slow}); err != nil {
		t.Fatal(err)
	}
	l.await(t, "nobody waits for one at its end", func() bool { return !d.Paces.Waits(ahead, time.Now()) })
}
