package pipeline_test

import (
	"context"
	"errors"
	"log/slog"
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
	correlate := func() *pipeline.KafkaCorrelate {
		c := correlator(t, b, s)
		c.SnapshotEvery = time.Millisecond
		return c
	}
	event := func(what string) tocsin.Event {
		t.Helper()
		select {
		case e := <-s.kept:
			return e
		case <-time.After(5 * time.Minute):
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
	for range 30_000 {
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
	case g := <-b.gaps:
		if g.Topic != "tocsin.matches" || g.From != 3 || g.Reason != "recreated" {
			t.Errorf("told: %+v", g)
		}
	default:
		t.Error("nobody was told")
	}
}

// A log that is made anew time and again at the same length loses something each time: each has a dead letter of its own.
func TestGapLetter(t *testing.T) {
	g := ingestkafka.Gap{Topic: "tocsin.matches", From: 100, To: 0, Reason: "recreated", Incarnation: "c/one"}
	first := pipeline.GapLetter(g, "tocsin.matches", "default", time.Now())
	if want := "tocsin.matches 0: the topic was made anew: what the one before had from offset 100 on was lost, if anything (recreated)"; first.Detail != want {
		t.Errorf("told %q, want %q", first.Detail, want)
	}
	if again := pipeline.GapLetter(g, "tocsin.matches", "default", time.Now().Add(time.Hour)); again.ID != first.ID {
		t.Error("the same gap, told again, is another dead letter")
	}
	g.Incarnation = "c/two"
	if next := pipeline.GapLetter(g, "tocsin.matches", "default", time.Now()); next.ID == first.ID {
		t.Error("two gaps are one dead letter")
	}
}

// What is saved of the new log comes behind what was saved of the old one, though its offsets are lower: the next owner
// goes on from there, and tells of no loss once more.
func TestSavedOfTheNewLog(t *testing.T) {
	b := newBus(t)
	s := &shelf{Store: memory.New(), asked: make(chan struct{}, 1), open: true, kept: make(chan tocsin.Event, 10)}
	member := func() (stop func()) {
		c := correlator(t, b, s)
		c.SnapshotEvery = time.Millisecond
		end := b.member("tocsin.matches", pipeline.Kafka(c.Serve))
		return func() {
			if err := end(); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
	saved := func(offset int64, not string) (log string) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var snap tocsin.Snapshot
		for range 6_000 {
			if snap, _ = s.LatestSnapshot(t.Context(), 0); snap.Offset == offset && snap.Log != not {
				return snap.Log
			}
			<-tick.C
		}
		t.Fatalf("saved at %d of %q, want %d of another than %q", snap.Offset, snap.Log, offset, not)
		return ""
	}
	b.matches("203.0.113.7", 1, 2, 3, 4, 5)
	stop := member()
	old := saved(5, "")
	stop()
	b.remake()
	b.matches("203.0.113.8", 6, 7)
	stop = member()
	saved(2, old)
	stop()
	if told := len(b.gaps); told != 1 {
		t.Errorf("%d gaps were told for one log", told)
	}
	b.matches("203.0.113.8", 8)
	stop = member()
	second := saved(3, old)
	stop()
	if told := len(b.gaps); told != 1 {
		t.Errorf("%d gaps were told after the next start", told)
	}
	if g := <-b.gaps; g.Incarnation != second {
		t.Errorf("told of %q, it goes on in %q", g.Incarnation, second)
	}
	for len(s.kept) > 1 {
		<-s.kept
	}
	if e := <-s.kept; e.Group[0].Value.Text() != "203.0.113.8" || e.Count != 3 {
		t.Errorf("event of %v with %d alerts, want what the saved engine held and the one behind it", e.Group, e.Count)
	}
}

// A registry takes note of what it is to register.
type registry struct{ applied chan string }

func (r registry) Apply(_ context.Context, events []tocsin.Event) error {
	for _, e := range events {
		r.applied <- e.ID
	}
	return nil
}

// The same for the events log, while there is no registrar: the next one reads the new log from its start, and tells.
func TestEventsLogMadeAnewWhileDown(t *testing.T) {
	b, l := newBus(t), &ledger{}
	r := registry{make(chan string, 10)}
	log := slog.New(slog.DiscardHandler)
	registrar := func() *pipeline.KafkaRegistrar {
		return &pipeline.KafkaRegistrar{
			Registrar: r, Read: kafkasink.DecodeEventRecord, Partitions: 1, Timers: func(context.Context) error { return nil }, TimersEvery: time.Hour,
			Store: l, Now: time.Now, Retry: &pipeline.Retry{Log: log, Now: time.Now}, Log: log,
		}
	}
	write := func(ids ...string) {
		t.Helper()
		var all []tocsin.EventRecord
		for _, id := range ids {
			all = append(all, tocsin.EventRecord{Event: &tocsin.Event{ID: id}})
		}
		if err := b.producer.WriteEvents(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	applied := func(want ...string) {
		t.Helper()
		for _, id := range want {
			select {
			case got := <-r.applied:
				if got != id {
					t.Errorf("registered %s, want %s", got, id)
				}
			case <-time.After(5 * time.Minute):
				t.Fatalf("%s was not registered", id)
			}
		}
	}
	of := tocsin.SourcePartition{Source: "tocsin.events"}
	for _, c := range []struct {
		remade bool
		write  []string
	}{{false, []string{"a", "b"}}, {false, []string{"c"}}, {true, []string{"d", "e", "f", "g"}}} {
		if c.remade {
			b.remake()
		}
		write(c.write...)
		stop := b.member("tocsin.events", pipeline.Kafka(registrar().Serve))
		applied(c.write...)
		l.await(t, "the life of the log is known", func() bool { return l.progress[of].Incarnation != "" })
		b.committed("tocsin.events")
		_ = stop()
		if told := len(b.gaps) > 0; told != c.remade {
			t.Errorf("%v: told: %v", c.write, told)
		}
	}
}

// committed waits until a member has committed all of a topic.
func (b *bus) committed(topic string) {
	b.t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(b.brokers...)}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		at, err := client.OffsetFetch(b.t.Context(), &kafka.OffsetFetchRequest{GroupID: "g-" + topic, Topics: map[string][]int{topic: {0}}})
		if err != nil {
			b.t.Fatal(err)
		}
		end, err := client.ListOffsets(b.t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(0)}}})
		if err != nil {
			b.t.Fatal(err)
		}
		if of := at.Topics[topic]; len(of) > 0 && of[0].CommittedOffset == end.Topics[topic][0].LastOffset {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%s is not committed: %+v", topic, at.Topics)
		}
	}
}

// What the events log says it was written under judges an event, whoever is the registrar and whatever is in force there;
// scales that nobody has any more are told of, and those in force judge.
func TestJudgedByTheScalesOfTheLog(t *testing.T) {
	b := newBus(t)
	applied := make(chan string, 10)
	asked := 0
	log := slog.New(slog.DiscardHandler)
	r := &pipeline.KafkaRegistrar{
		Registrar: court{"own", applied}, Read: kafkasink.DecodeEventRecord, Partitions: 1, Timers: func(context.Context) error { return nil }, TimersEvery: time.Hour,
		Scaled: func(_ context.Context, hash string) (pipeline.Registrar, error) {
			if asked++; hash == "gone" {
				return nil, tocsin.ErrNotFound
			}
			return court{hash, applied}, nil
		},
		Now: time.Now, Retry: &pipeline.Retry{Log: log, Now: time.Now}, Log: log,
	}
	var records []tocsin.EventRecord
	for _, e := range [][2]string{{"1", "old"}, {"2", "old"}, {"3", "new"}, {"4", "old"}, {"5", ""}, {"6", "gone"}, {"7", "new"}} {
		records = append(records, tocsin.EventRecord{Event: &tocsin.Event{ID: e[0]}, Scales: e[1]})
	}
	if err := b.producer.WriteEvents(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	stop := b.member("tocsin.events", pipeline.Kafka(r.Serve))
	for _, want := range []string{"1 by old", "2 by old", "3 by new", "4 by old", "5 by own", "6 by own", "7 by new"} {
		select {
		case got := <-applied:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(5 * time.Minute):
			t.Fatalf("never: %s", want)
		}
	}
	_ = stop()
	if asked != 3 {
		t.Errorf("scales were looked for %d times, there are 3", asked)
	}
}

// A court says by which scales it judges.
type court struct {
	scales  string
	applied chan string
}

func (c court) Apply(_ context.Context, events []tocsin.Event) error {
	for _, e := range events {
		c.applied <- e.ID + " by " + c.scales
	}
	return nil
}
