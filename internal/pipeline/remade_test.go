package pipeline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	ingestkafka "tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
	kafkasink "tocsin/sinks/kafka"
	"tocsin/sinks/memory"
)

// remake deletes the internal topics and makes them anew.
func (b *bus) remake() {
	b.t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(b.brokers...)}
	if _, err := client.DeleteTopics(b.t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{"tocsin.matches", "tocsin.events", "tocsin.intake"}}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := kafkasink.Setup(b.t.Context(), kafkasink.Connection{Brokers: b.brokers}, kafkasink.Plan{Partitions: 1, IntakePartitions: 1}, false); err != nil {
		b.t.Fatal(err)
	}
}

// The matches log is deleted and made anew while nobody reads it: the saved engine's offset counts in the old one. It is
// told, and the new one is read from its start: what stands there before that offset is not lost without a word.
func TestMatchesLogMadeAnewWhileDown(t *testing.T) {
	b := newBus(t)
	s := &shelf{Store: memory.New(), asked: make(chan struct{}, 1), open: true, kept: make(chan tocsin.Event, 10)}
	gaps := make(chan ingestkafka.Gap, 10)
	correlate := func() *pipeline.KafkaCorrelate {
		c := correlator(t, b, s)
		c.SnapshotEvery = time.Millisecond
		c.Gap = func(g ingestkafka.Gap) { gaps <- g }
		return c
	}
	event := func(what string) tocsin.Event {
		t.Helper()
		select {
		case e := <-s.kept:
			return e
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no event", what)
			return tocsin.Event{}
		}
	}
	b.matches("203.0.113.7", 1, 2, 3)
	stop := b.member("tocsin.matches", pipeline.Kafka(correlate().Serve))
	event("before")
	var snap tocsin.Snapshot
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if snap, _ = s.LatestSnapshot(t.Context(), 0); snap.Offset == 3 {
			break
		}
		<-tick.C
	}
	if snap.Offset != 3 || snap.Log == "" {
		t.Fatalf("saved at %d of %q", snap.Offset, snap.Log)
	}
	if err := stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	b.remake()
	b.matches("203.0.113.8", 4, 5, 6) // where those stood that the engine has read
	stop = b.member("tocsin.matches", pipeline.Kafka(correlate().Serve))
	defer func() { _ = stop() }()
	if e := event("after"); e.Group[0].Value.Text() != "203.0.113.8" || e.Count != 3 {
		t.Errorf("event of %v with %d alerts", e.Group, e.Count)
	}
	select {
	case g := <-gaps:
		if g.Topic != "tocsin.matches" || g.From != 3 || g.Reason != "recreated" {
			t.Errorf("told: %+v", g)
		}
	default:
		t.Error("nobody was told")
	}
}
