package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"tocsin"
	"tocsin/sinks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onClusters runs test against the fake broker and against the real one that TOCSIN_TEST_KAFKA names.
func onClusters(t *testing.T, test func(t *testing.T, c Connection, prefix string)) {
	t.Run("fake", func(t *testing.T) {
		test(t, Connection{Brokers: fake(t).ListenAddrs()}, "p.")
	})
	t.Run("real", func(t *testing.T) {
		brokers := os.Getenv("TOCSIN_TEST_KAFKA")
		if brokers == "" || os.Getenv("TOCSIN_TEST_KAFKA_CA") != "" {
			t.Skip("TOCSIN_TEST_KAFKA names no plain-text broker: deploy/stack/up starts a Kafka and prints it")
		}
		c := Connection{Brokers: strings.Split(brokers, ",")}
		prefix := fmt.Sprintf("p%d-%d.", os.Getpid(), time.Now().UnixNano())
		t.Cleanup(func() { dropAll(t, c, prefix) })
		test(t, c, prefix)
	})
}

func fake(t *testing.T) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func dropAll(t *testing.T, c Connection, prefix string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteTopicsRequest()
	for _, topic := range (Plan{Prefix: prefix}).Topics() {
		rt := kmsg.NewDeleteTopicsRequestTopic()
		rt.Topic = &topic.Name
		req.Topics, req.TopicNames = append(req.Topics, rt), append(req.TopicNames, topic.Name)
	}
	if _, err := req.RequestWith(context.Background(), client); err != nil {
		t.Log(err)
	}
}

func producer(t *testing.T, cfg Config) *Producer {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func readAll(t *testing.T, c Connection, topic string, n int) map[int32][]string {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out := map[int32][]string{}
	for got := 0; got < n; {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d records", got, n)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			got++
			out[r.Partition] = append(out[r.Partition], string(r.Value))
		})
	}
	return out
}

// Matches of one key stay in one partition and in order, and a marker comes to every partition behind them.
func TestWriteMatches(t *testing.T) {
	onClusters(t, func(t *testing.T, c Connection, prefix string) {
		plan := Plan{Prefix: prefix, Partitions: 4}
		if _, err := Setup(t.Context(), c, plan, false); err != nil {
			t.Fatal(err)
		}
		p := producer(t, Config{Connection: c, Prefix: prefix, Partitions: 4})
		const keys, each = 50, 50
		var records []tocsin.LogRecord
		for i := range each {
			for k := range keys {
				records = append(records, tocsin.LogRecord{Match: &tocsin.Match{
					Rule: "r", Tenant: "default", Key: []tocsin.Value{tocsin.IntValue(int64(k))}, Index: i,
				}})
			}
		}
		records = append(records, tocsin.LogRecord{Marker: &tocsin.Marker{Offset: 77}})
		if err := p.WriteMatches(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		home, seen := map[string]int32{}, map[string]int{}
		for partition, values := range readAll(t, c, prefix+"matches", len(records)+3) {
			for i, v := range values {
				rec, err := DecodeLogRecord([]byte(v))
				if err != nil {
					t.Fatal(err)
				}
				if last := i == len(values)-1; last != (rec.Marker != nil) {
					t.Fatalf("partition %d, record %d of %d: %s", partition, i, len(values), v)
				}
				if rec.Match == nil {
					continue
				}
				key := tocsin.KeyText(rec.Match.Key)
				if was, ok := home[key]; ok && was != partition {
					t.Errorf("key %s in partitions %d and %d", key, was, partition)
				}
				if home[key] = partition; rec.Match.Index != seen[key] {
					t.Errorf("key %s: %d where %d was to come", key, rec.Match.Index, seen[key])
				}
				seen[key]++
			}
		}
		if len(home) != keys {
			t.Errorf("%d keys", len(home))
		}
	})
}

func TestWriteEvents(t *testing.T) {
	onClusters(t, func(t *testing.T, c Connection, prefix string) {
		if _, err := Setup(t.Context(), c, Plan{Prefix: prefix, Partitions: 2}, false); err != nil {
			t.Fatal(err)
		}
		p := producer(t, Config{Connection: c, Prefix: prefix})
		var events []tocsin.Event
		for i := range 2500 {
			events = append(events, tocsin.Event{ID: "e", Revision: int64(i)})
		}
		if err := p.WriteEvents(t.Context(), records(events...)); err != nil {
			t.Fatal(err)
		}
		for i, v := range readAll(t, c, prefix+"events", len(events))[0] {
			if e, err := decodeEvent([]byte(v)); err != nil || e.Revision != int64(i) {
				t.Fatalf("%d: %v %v", i, e, err)
			}
		}
	})
}

// After a batch that failed nothing more of the call is written, and the repetition writes all of it.
func TestFailStop(t *testing.T) {
	cluster := fake(t)
	c := Connection{Brokers: cluster.ListenAddrs()}
	if _, err := Setup(t.Context(), c, Plan{Prefix: "p."}, false); err != nil {
		t.Fatal(err)
	}
	p := producer(t, Config{Connection: c, Prefix: "p."})
	var produced int
	cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		produced++
		if produced != 2 {
			cluster.KeepControl()
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.ProduceResponse)
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = "p.events"
		part := kmsg.NewProduceResponseTopicPartition()
		part.ErrorCode = kerr.TopicAuthorizationFailed.Code
		topic.Partitions = append(topic.Partitions, part)
		res.Topics = append(res.Topics, topic)
		return res, nil, true
	})
	events := make([]tocsin.Event, 3*roundRecords)
	for i := range events {
		events[i].Revision = int64(i)
	}
	if err := p.WriteEvents(t.Context(), records(events...)); !errors.Is(err, sinks.ErrPermanent) || !strings.Contains(err.Error(), "; grant WRITE on the topic to the daemon's user again") {
		t.Fatalf("%v", err)
	}
	if produced != 2 {
		t.Errorf("%d batches were sent, want 2", produced)
	}
	if err := p.WriteEvents(t.Context(), records(events...)); err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, c, "p.events", roundRecords+len(events))[0]); n != roundRecords+len(events) {
		t.Errorf("%d records", n)
	}
}

func TestTooLarge(t *testing.T) {
	p := producer(t, Config{Connection: Connection{Brokers: []string{"127.0.0.1:1"}}})
	err := p.WriteEvents(t.Context(), records(tocsin.Event{Tenant: strings.Repeat("x", RecordLimit)}))
	if !errors.Is(err, sinks.ErrPermanent) {
		t.Error(err)
	}
}

// Setting up creates what is missing once, says what it would do, and refuses what does not fit.
func TestSetup(t *testing.T) {
	onClusters(t, func(t *testing.T, c Connection, prefix string) {
		plan := Plan{Prefix: prefix, Partitions: 3}
		actions := func(dry bool) (out []string) {
			steps, err := Setup(t.Context(), c, plan, dry)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range steps {
				out = append(out, s.Action+" "+strings.TrimPrefix(s.Topic, prefix))
			}
			return out
		}
		create := []string{"create intake", "create matches", "create events"}
		keep := []string{"keep intake", "keep matches", "keep events"}
		if err := Check(t.Context(), c, plan); !errors.Is(err, ErrMisfit) {
			t.Error(err)
		}
		for i, want := range [][]string{create, create, keep, keep} {
			if diff := cmp.Diff(want, actions(i != 1 && i != 3)); diff != "" {
				t.Errorf("call %d: %s", i, diff)
			}
		}
		if err := Check(t.Context(), c, plan); err != nil {
			t.Error(err)
		}
		plan.Partitions = 5
		err := Check(t.Context(), c, plan)
		if !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "3 partitions and must have 5") || !strings.Contains(err.Error(), "set kafka.partitions to 3; where it was given them later, stop the daemons, delete the topic and run `tocsin setup kafka`") {
			t.Error(err)
		}
		if _, err := Setup(t.Context(), c, Plan{Retention: time.Hour}, true); err == nil {
			t.Error("a retention of an hour was accepted")
		}
	})
}
