package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"tocsin/ingest"
	"tocsin/ingest/http"
)

// runGroup runs a group until test returns.
func runGroup(t *testing.T, cfg Config, opts Options, serve Handler) (stop func() error) {
	t.Helper()
	g, err := NewGroup(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, serve) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			cancel()
			result = <-ended
		})
		return result
	}
	t.Cleanup(func() { stop() })
	return stop
}

// A handler reads its partitions where it wants to, tells the end of the log from more to come, and can commit while
// it hands over, but not afterwards.
func TestGroup(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 2)
		c.produce(t, topic, 0, numbered(3000)...)
		cfg := c.config("g-"+topic, topic)
		g, err := NewGroup(cfg, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := g.Partitions(t.Context()); err != nil || got[topic] != 2 {
			t.Errorf("%v partitions, %v", got, err)
		}
		g.shared.client.close()
		type seen struct {
			Start, Committed int64
			Records          int
			AtEnd            bool
		}
		served := make(chan seen, 2)
		var gen *Generation
		stop := runGroup(t, cfg, Options{}, func(ctx context.Context, g *Generation) error {
			gen = g
			var wg sync.WaitGroup
			for _, p := range g.Partitions {
				wg.Go(func() {
					s := seen{Start: p.Next(), Committed: p.Committed()}
					if p.ID() == 0 {
						p.SeekTo(500)
					}
					for !s.AtEnd {
						f, err := p.Read(ctx)
						if err != nil {
							t.Error(err)
							return
						}
						s.Records += len(f.Records)
						s.AtEnd = f.AtEnd()
					}
					served <- s
				})
			}
			wg.Wait()
			if err := g.Commit(map[TopicPartition]int64{{"other", 0}: 1}); err == nil {
				t.Error("a partition of nobody was committed")
			}
			<-ctx.Done()
			if err := g.Draining().Err(); err != nil {
				t.Error(err)
			}
			return g.Commit(map[TopicPartition]int64{{topic, 0}: 700})
		})
		got := map[seen]bool{<-served: true, <-served: true}
		want := map[seen]bool{{Committed: -1, Records: 2500, AtEnd: true}: true, {Committed: -1, AtEnd: true}: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := gen.Commit(map[TopicPartition]int64{{topic, 0}: 1}); !errors.Is(err, ingest.ErrRevoked) {
			t.Errorf("a commit after the end: %v", err)
		}
		if got := c.committed(t, cfg.Group, topic, 1)[0]; got != 700 {
			t.Errorf("%d is committed", got)
		}
	})
}

// A handler may answer a rebalance with its context's error or cause: the next generation is served all the same.
func TestGroupServesOn(t *testing.T) {
	c := fakeCluster(t)
	topic := c.topic(t, 2)
	cfg := c.config("g", topic)
	cfg.Session = time.Second
	generations := make(chan int, 10)
	answers := []func(context.Context) error{
		func(ctx context.Context) error { return ctx.Err() },
		context.Cause,
		func(context.Context) error { return ingest.ErrRevoked },
	}
	served := 0
	runGroup(t, cfg, Options{}, func(ctx context.Context, g *Generation) error {
		generations <- len(g.Partitions)
		<-ctx.Done()
		served++
		return answers[(served-1)%len(answers)](ctx)
	})
	until := func(want int) { // a member that a busy machine does not hear of in time makes generations more
		for n := range generations {
			if n == want {
				return
			}
		}
	}
	until(2)
	for range 2 { // another member comes and goes: two generations each time
		stop := runGroup(t, cfg, Options{}, func(ctx context.Context, _ *Generation) error {
			<-ctx.Done()
			return nil
		})
		until(1)
		stop()
		until(2)
	}
}

// An error of the handler ends the group.
func TestGroupError(t *testing.T) {
	c := fakeCluster(t)
	topic := c.topic(t, 1)
	g, err := NewGroup(c.config("g", topic), Options{})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	served := 0
	err = g.Run(t.Context(), func(context.Context, *Generation) error {
		if served++; served == 1 {
			return fmt.Errorf("commit: %w", ingest.ErrRevoked) // which the broker knew before we did: no error, the group goes on
		}
		return broken
	})
	if !errors.Is(err, broken) || served != 2 {
		t.Errorf("%v after %d generations", err, served)
	}
}

// Where a partition begins: at the first record, the end, a time, an offset of the caller's, or where it was left.
func TestStart(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, "old0", "old1")
		time.Sleep(20 * time.Millisecond) // the next ones have another timestamp
		between := time.Now().UTC()
		time.Sleep(20 * time.Millisecond)
		c.produce(t, topic, 0, "new2")
		for name, test := range map[string]struct {
			start string
			opts  Options
			want  int64
		}{
			"earliest": {start: "earliest", want: 0},
			"latest":   {start: "latest", want: 3},
			"a time":   {start: between.Format(time.RFC3339Nano), want: 2},
			"later":    {start: time.Now().Add(time.Hour).Format(time.RFC3339), want: 3},
			"restored": {opts: Options{Offsets: func(string, int32, int64) (int64, error) { return 1, nil }}, want: 1},
			"not":      {opts: Options{Offsets: func(string, int32, int64) (int64, error) { return -1, nil }}, want: 0},
		} {
			t.Run(name, func(t *testing.T) {
				cfg := c.config("g-"+name+topic, topic)
				cfg.Start = test.start
				at := make(chan int64, 1)
				stop := runGroup(t, cfg, test.opts, func(ctx context.Context, g *Generation) error {
					at <- g.Partitions[0].Next()
					<-ctx.Done()
					return nil
				})
				if got := <-at; got != test.want {
					t.Errorf("begins at %d, want %d", got, test.want)
				}
				stop()
			})
		}
	})
}

// What latest meant at the first start is remembered: what comes while we are away is read.
func TestLatestIsRemembered(t *testing.T) {
	c := fakeCluster(t)
	topic := c.topic(t, 1)
	c.produce(t, topic, 0, "before")
	cfg := c.config("g", topic)
	cfg.Start = "latest"
	s := open(t, cfg, Options{})
	for deadline := time.Now().Add(2 * time.Minute); c.committed(t, "g", topic, 1)[0] != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was committed")
		}
	}
	s.Close()
	c.produce(t, topic, 0, "meanwhile")
	if got := readN(t, open(t, cfg, Options{}), 1); string(got[0].Value) != "meanwhile" {
		t.Errorf("%s", got[0].Value)
	}
}

// A broker that refuses for a while is tried again, at the join and at the fetch.
func TestRetries(t *testing.T) {
	fake, c := faultyCluster(t)
	topic := c.topic(t, 1)
	c.produce(t, topic, 0, "x")
	fail := func(key kmsg.Key, times int, answer func(req kmsg.Request) kmsg.Response) {
		fake.ControlKey(key.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			fake.KeepControl()
			if times--; times < 0 {
				return nil, nil, false
			}
			return answer(req), nil, true
		})
	}
	const coordinatorNotAvailable, notLeader = 15, 6
	fail(kmsg.FindCoordinator, 2, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
		res.ErrorCode = coordinatorNotAvailable
		return res
	})
	fail(kmsg.Fetch, 3, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.FetchResponse)
		of := kmsg.NewFetchResponseTopic()
		part := kmsg.NewFetchResponseTopicPartition()
		part.ErrorCode = notLeader
		of.Topic, of.Partitions = topic, append(of.Partitions, part)
		res.Topics = append(res.Topics, of)
		return res
	})
	if got := readN(t, open(t, c.config("g", topic), Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))}), 1); string(got[0].Value) != "x" {
		t.Errorf("%s", got[0].Value)
	}
}

// So is one that does not tell where the log begins, as it does not for a moment while a topic is made anew: a member that
// gave up there would end its daemon.
func TestSeekToStartRetries(t *testing.T) {
	fake, c := faultyCluster(t)
	topic := c.topic(t, 1)
	c.produce(t, topic, 0, "x", "y")
	cfg := c.config("g", topic)
	cfg.Start = "latest"
	g, err := NewGroup(cfg, Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var first string
	var left atomic.Int64
	err = g.Run(ctx, func(ctx context.Context, gen *Generation) error {
		defer cancel()
		left.Store(3)
		fake.ControlKey(kmsg.ListOffsets.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			fake.KeepControl()
			if left.Add(-1) < 0 {
				return nil, nil, false
			}
			const unknownTopic = 3
			asked := req.(*kmsg.ListOffsetsRequest)
			res := asked.ResponseKind().(*kmsg.ListOffsetsResponse)
			of, part := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
			part.ErrorCode = unknownTopic
			of.Topic, of.Partitions = topic, append(of.Partitions, part)
			res.Topics = append(res.Topics, of)
			return res, nil, true
		})
		p := gen.Partitions[0]
		if err := p.SeekToStart(ctx); err != nil {
			return err
		}
		got, err := p.Read(ctx)
		if err == nil && len(got.Records) > 0 {
			first = string(got.Records[0].Value)
		}
		return err
	})
	if first != "x" || left.Load() >= 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("read %q, %d refusals left, ended with %v", first, left.Load(), err)
	}
}

// Closing does not wait for a broker that has gone.
func TestCloseWithoutBroker(t *testing.T) {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, Connection{Brokers: fake.ListenAddrs()}, false)
	topic := "t"
	c.create(t, topic, 1)
	c.produce(t, topic, 0, "x")
	s := open(t, c.config("g", topic), Options{})
	readN(t, s, 1)
	fake.Close()
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
	case <-time.After(5 * time.Minute):
		t.Fatal("it waits for the broker")
	}
	if _, err := s.Read(t.Context()); err == nil {
		t.Error("a closed source can be read")
	}
}

// What the intake writes is read as it was: source, tenant, format, time and faults; a position comes once.
func TestIntake(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 4, "max.message.bytes", "8388608")
		in, err := NewIntake(c.Connection, topic)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		at := noon
		records := []ingest.Record{
			{Source: "edr", Tenant: "acme", Format: "ecs", Received: at, Value: []byte(`{"a":1}`), Position: "k/0", Size: 7},
			{Source: "edr", Tenant: "acme", Format: "ecs", Received: at, Value: []byte(`{"b":`), Position: "k/1", Fault: "json", Detail: "broken", Size: 5},
			{Source: "edr", Tenant: "acme", Format: "ecs", Received: at, Fault: "bomb", Detail: "no body", Size: 9},
			{Source: "edr", Tenant: "acme", Format: "ecs", Received: at, Fault: "too_big", Detail: "big", Value: make([]byte, intakeBytes+1)},
		}
		for i, want := range []http.Result{{Accepted: 4}, {Accepted: 2, Duplicate: 2}} {
			if got, err := in.Append(t.Context(), records); err != nil || got != want {
				t.Fatalf("call %d: %+v, %v", i, got, err)
			}
		}
		cfg := c.config("g-"+topic, topic)
		cfg.Topics[0].Own = true
		got := readN(t, open(t, cfg, Options{}), 6)
		partitions := map[int32]bool{}
		for _, r := range got {
			partitions[r.Ref.Partition] = true
		}
		if len(partitions) != 2 {
			t.Errorf("partitions %v", partitions)
		}
		for _, r := range got {
			if r.Source != "edr" || r.Tenant != "acme" || r.Format != "ecs" || !r.Received.Equal(at) {
				t.Errorf("%+v", r)
			}
		}
		faults := map[string]int{}
		for _, r := range got {
			faults[r.Fault]++
			if r.Fault == "too_big" && (r.Size != intakeBytes+1 || len(r.Value) != 0) {
				t.Errorf("too_big of %d bytes with %d", r.Size, len(r.Value))
			}
		}
		if diff := cmp.Diff(map[string]int{"": 1, "json": 1, "bomb": 2, "too_big": 2}, faults); diff != "" {
			t.Error(diff)
		}
	})
}
