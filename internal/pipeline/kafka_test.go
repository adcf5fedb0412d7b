package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"tocsin"
	"tocsin/ingest/decode"
	ingestkafka "tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
	"tocsin/rules"
	kafkasink "tocsin/sinks/kafka"
	"tocsin/sinks/memory"
)

// A bus is a broker in this process with the internal topics and an input.
type bus struct {
	t        *testing.T
	brokers  []string
	producer *kafkasink.Producer
	gaps     chan ingestkafka.Gap // that members told
}

func newBus(t *testing.T) *bus {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SleepOutOfOrder())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b := &bus{t: t, brokers: c.ListenAddrs(), gaps: make(chan ingestkafka.Gap, 10)}
	plan := kafkasink.Plan{Partitions: 1, IntakePartitions: 1}
	if _, err := kafkasink.Setup(t.Context(), kafkasink.Connection{Brokers: b.brokers}, plan, false); err != nil {
		t.Fatal(err)
	}
	b.producer, err = kafkasink.New(kafkasink.Config{Connection: kafkasink.Connection{Brokers: b.brokers}, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.producer.Close() })
	return b
}

// member runs a member of a group until stop is called.
func (b *bus) member(topic string, serve ingestkafka.Handler) (stop func() error) {
	b.t.Helper()
	g, err := ingestkafka.NewGroup(ingestkafka.Config{
		Connection: ingestkafka.Connection{Brokers: b.brokers}, Group: "g-" + topic, Topics: []ingestkafka.Topic{{Name: topic}}, MaxWait: 20 * time.Millisecond,
	}, ingestkafka.Options{Gap: func(g ingestkafka.Gap) { b.gaps <- g }})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, serve) }()
	return sync.OnceValue(func() error { cancel(); return <-ended })
}

// matches writes the matches of failures of one source.
func (b *bus) matches(ip string, seconds ...int) {
	b.t.Helper()
	b.matchesBy(set(b.t), 0, ip, seconds...)
}

// matchesBy writes those that a rule set makes, the how-manieth that was put in force.
func (b *bus) matchesBy(set *rules.Set, order int64, ip string, seconds ...int) {
	b.t.Helper()
	dec, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	if err != nil {
		b.t.Fatal(err)
	}
	var log []tocsin.LogRecord
	for _, s := range seconds {
		r := newWorld()
		r.append(failure(ip, s))
		record := *r.rows[0].Record
		record.Ref.Offset = int64(s)
		a, rejection := dec.Decode(record)
		if rejection != nil {
			b.t.Fatal(rejection.Detail)
		}
		for _, m := range set.Matcher().Match(&a) {
			m.Order = order
			log = append(log, tocsin.LogRecord{Match: &m})
		}
	}
	if err := b.producer.WriteMatches(b.t.Context(), log); err != nil {
		b.t.Fatal(err)
	}
}

// A shelf keeps events once it is open, and tells that it was asked.
type shelf struct {
	*memory.Store
	asked chan struct{}
	open  bool
	kept  chan tocsin.Event
}

func (s *shelf) StoreEvents(ctx context.Context, events []tocsin.Event) error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	if !s.open {
		return errAway
	}
	for _, e := range events {
		s.kept <- e
	}
	return s.Store.StoreEvents(ctx, events)
}

func correlator(t *testing.T, b *bus, events *shelf) *pipeline.KafkaCorrelate {
	log := slog.New(slog.DiscardHandler)
	return &pipeline.KafkaCorrelate{
		Sets: pipeline.NewSets(set(t)), Read: kafkasink.DecodeLogRecord, Events: events, EventLog: b.producer, State: events.Store,
		SnapshotEvery: time.Hour, Now: time.Now, Retry: &pipeline.Retry{Log: log, Now: time.Now}, Log: log,
	}
}

// A partition is handed over while events wait for a store that is away: the next owner must find the matches that led
// to them unread, not an engine that believes to have told of them.
func TestHandOverWithUnwrittenEvents(t *testing.T) {
	b := newBus(t)
	store := memory.New()
	away := &shelf{Store: store, asked: make(chan struct{}, 1)}
	b.matches("203.0.113.7", 0) // leads to nothing: the shard has something to save
	read := make(chan struct{}, 1)
	c := correlator(t, b, away)
	decode := c.Read
	c.Read = func(value []byte) (tocsin.LogRecord, error) {
		select {
		case read <- struct{}{}:
		default:
		}
		return decode(value)
	}
	stop := b.member("tocsin.matches", pipeline.Kafka(c.Serve))
	<-read
	b.matches("203.0.113.8", 1, 2, 3)
	<-away.asked
	if err := stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if snap, err := store.LatestSnapshot(t.Context(), 0); err == nil {
		t.Errorf("the engine was saved at offset %d with events that nobody has", snap.Offset)
	}
	back := &shelf{Store: store, asked: make(chan struct{}, 1), open: true, kept: make(chan tocsin.Event, 10)}
	stop = b.member("tocsin.matches", pipeline.Kafka(correlator(t, b, back).Serve))
	defer func() { _ = stop() }()
	select {
	case e := <-back.kept:
		if e.Count != 3 {
			t.Errorf("the event has %d alerts", e.Count)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("the event is lost")
	}
}

// The log says where a reload happens: a daemon that begins with the new rules reads the matches of the old ones by the
// old ones, and comes to the same events, emission by emission.
func TestReloadIsWhereTheLogHasIt(t *testing.T) {
	b := newBus(t)
	of := func(atLeast int) *rules.Set {
		text := strings.ReplaceAll(burst, "at_least: 3", fmt.Sprint("at_least: ", atLeast))
		s, err := rules.Load([]rules.Source{{Name: "test", FS: fstest.MapFS{"burst.yml": {Data: []byte(text)}}}}, rules.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, after := of(3), of(2)
	b.matchesBy(before, 1, "203.0.113.7", 1, 2)
	b.matchesBy(after, 2, "203.0.113.8", 3, 4)
	b.matchesBy(before, 1, "203.0.113.9", 5, 6) // a detector that has not reloaded yet
	b.matchesBy(after, 2, "203.0.113.7", 7)
	read := func(mine *rules.Set) (said []string) {
		s := &shelf{Store: memory.New(), asked: make(chan struct{}, 1), open: true, kept: make(chan tocsin.Event, 10)}
		c := correlator(t, b, s)
		c.Sets = pipeline.NewSets(mine)
		c.Sets.Fetch = func(_ context.Context, hash string) (*rules.Set, error) {
			for _, set := range []*rules.Set{before, after} {
				if set.Hash == hash {
					return set, nil
				}
			}
			return nil, tocsin.ErrNotFound
		}
		stop := b.member("tocsin.matches", pipeline.Kafka(c.Serve))
		defer func() { _ = stop() }()
		for range 3 {
			select {
			case e := <-s.kept:
				said = append(said, fmt.Sprint(e.Group[0].Value.Text(), " r", e.Revision, " n", e.Count, " ", e.Milestone, e.Completeness.Degraded))
			case <-time.After(5 * time.Minute):
				return append(said, "and no more")
			}
		}
		return said
	}
	first, again := read(before), read(after)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("(-daemon that was reloaded +daemon that began anew):\n%s", diff)
	}
	if !strings.HasPrefix(first[0], "203.0.113.8") { // the two of the old rules would be the first to fire by the new ones
		t.Errorf("the matches of the old rules were not judged by them: %q", first)
	}
}
