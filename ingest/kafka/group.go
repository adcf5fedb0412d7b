package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/ingest"
)

const (
	joinBackoff  = 500 * time.Millisecond
	handOver     = 5 * time.Second  // of the rebalance timeout that is left for joining again
	topicGrace   = 3 * time.Second  // for a topic that was made just now to be known to all brokers
	drainOnClose = 10 * time.Second // that a handler has when we shut down
	leaveTimeout = 5 * time.Second  // that leaving the group has, before its connections are cut
)

// A Group is a member of a consumer group.
type Group struct {
	shared *shared
	names  []string // topics
	known  map[string]int

	mu     sync.Mutex
	owned  []*Partition
	joined bool

	mishap  mishap // that keeps this member out of the group
	missing mishap // topics that are away
	dealing *dealing
}

// NewGroup checks the configuration and opens nothing: [Group.Run] does.
func NewGroup(cfg Config, opts Options) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg, opts = cfg.withDefaults(), opts.withDefaults()
	g := &Group{}
	for _, t := range cfg.Topics {
		g.names = append(g.names, t.Name)
	}
	client, err := newClient(cfg.Connection, g.names)
	if err != nil {
		return nil, err
	}
	unpack, err := newUnpacker(cfg.BatchLimit)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(opts.Registerer, cfg.Group)
	if err != nil {
		return nil, err
	}
	g.dealing = &dealing{client: client}
	g.shared = &shared{
		cfg: cfg, opts: opts, client: client, unpack: unpack, metrics: m,
		ids: identities{client: client, topics: g.names, now: opts.Now},
	}
	return g, nil
}

// A Handler serves one generation of the group: it reads gen's partitions until ctx ends, which says that they are to
// be handed over, or until it has a reason to stop. Then it flushes and commits what it has, before gen.Draining ends,
// and returns: nil, ctx's error, or [ingest.ErrRevoked]. A generation without partitions is served too: by waiting. A
// return before ctx ended makes the group rebalance; any other error ends [Group.Run].
type Handler func(ctx context.Context, gen *Generation) error

// Run joins the group and calls serve for each generation, one at a time, until ctx ends, whose error it then returns,
// or serve returns an error, or the input turns out to be unusable ([ErrUnusable]). All else that fails is retried. It
// leaves the group before it returns, at most 20 s after ctx ended. A Group runs once.
func (g *Group) Run(ctx context.Context, serve Handler) error {
	defer g.shared.client.close()
	if err := g.check(ctx); err != nil {
		return err
	}
	cfg := g.shared.cfg
	members, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: cfg.Group, Brokers: cfg.Brokers, Dialer: g.shared.client.dialer, Topics: g.names,
		HeartbeatInterval: cfg.Session / 4, SessionTimeout: cfg.Session, RebalanceTimeout: cfg.Rebalance,
		JoinGroupBackoff: joinBackoff, GroupBalancers: []kafka.GroupBalancer{g.dealing},
		StartOffset: kafka.FirstOffset, Timeout: dialTimeout,
	})
	if err != nil {
		return fmt.Errorf("group %q: %w", cfg.Group, err)
	}
	defer g.leave(members)
	var beside sync.WaitGroup
	defer beside.Wait() // which ends with ctx, or with looking
	looking, enough := context.WithCancel(ctx)
	defer enough()
	beside.Go(func() { g.watchLags(looking) })
	failing := false
	for {
		gen, err := members.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			g.shared.metrics.errs.WithLabelValues("join").Inc()
			if !failing {
				g.shared.opts.Log.Warn("group cannot be joined for now", "group", cfg.Group, "err", err)
			}
			failing = true
			g.mishap.note(err, g.shared.opts.Now(), cfg.Topics...)
			continue // kafka-go waits between two attempts
		}
		failing = false
		if err := g.generation(ctx, gen, serve); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// check waits until the cluster answers, and refuses what cannot be read.
func (g *Group) check(ctx context.Context) error {
	failing := false
	begun := time.Now()
	for {
		counts, err := g.shared.client.partitions(ctx, g.names)
		if err == nil {
			err = g.shared.client.refuseCompacted(ctx, g.names)
		}
		if err == nil {
			g.known = counts
			return nil
		}
		if errors.Is(err, ErrUnusable) && (!errors.Is(err, kafka.UnknownTopicOrPartition) || time.Since(begun) > topicGrace) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		g.shared.metrics.errs.WithLabelValues("check").Inc()
		g.mishap.note(err, g.shared.opts.Now(), g.among(g.names, counts)...)
		if !failing {
			g.shared.opts.Log.Warn("kafka cannot be reached for now", "group", g.shared.cfg.Group, "err", err)
		}
		failing = true
		select {
		case <-ctx.Done():
		case <-time.After(joinBackoff):
		}
	}
}

// leave takes the member out of the group. A broker that does not answer is not waited for.
func (g *Group) leave(members *kafka.ConsumerGroup) {
	timer := time.AfterFunc(leaveTimeout, g.shared.client.conns.closeAll)
	defer timer.Stop()
	members.Close()
}

// generation serves one generation to its end.
func (g *Group) generation(ctx context.Context, of *kafka.Generation, serve Handler) error {
	g.shared.metrics.rebalances.Inc()
	dealt := g.dealing.take()
	of.Start(func(revoked context.Context) { g.watchTopics(revoked, dealt) }) // its return ends the generation
	ended := make(chan error, 1)
	of.Start(func(revoked context.Context) {
		// Of its own making, so that its cause is plain [context.Canceled] when the partitions are revoked.
		owned, stop := context.WithCancelCause(context.WithoutCancel(ctx))
		defer stop(nil)
		defer context.AfterFunc(revoked, func() { stop(nil) })()
		defer context.AfterFunc(ctx, func() { stop(context.Cause(ctx)) })()
		drain, drained := context.WithCancel(context.WithoutCancel(ctx))
		defer drained()
		defer context.AfterFunc(owned, func() { g.drainFor(ctx, drain, drained) })()
		err := g.serve(owned, &Generation{ID: of.ID, Member: of.MemberID, of: of, drain: drain, shared: g.shared}, serve)
		if errors.Is(err, ingest.ErrRevoked) || owned.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // that is how a generation ends: the broker may know it before we do
		}
		ended <- err
	})
	return <-ended
}

// drainFor ends drain when the time to hand over has passed.
func (g *Group) drainFor(ctx, drain context.Context, drained func()) {
	limit := g.shared.cfg.Rebalance - handOver
	if ctx.Err() != nil {
		limit = min(limit, drainOnClose)
	}
	select {
	case <-drain.Done():
	case <-time.After(limit):
		drained()
	}
}

func (g *Group) serve(ctx context.Context, gen *Generation, serve Handler) error {
	defer gen.revoked.Store(true)
	for _, name := range slices.Sorted(maps.Keys(gen.of.Assignments)) {
		for _, a := range gen.of.Assignments[name] {
			p, err := g.assign(ctx, name, a)
			if err != nil {
				if ctx.Err() != nil {
					return nil // revoked before it began
				}
				return err
			}
			gen.Partitions = append(gen.Partitions, p)
		}
	}
	g.own(gen.Partitions)
	defer g.disown()
	g.shared.opts.Log.Info("joined group", "group", g.shared.cfg.Group, "generation", gen.ID, "partitions", len(gen.Partitions))
	return serve(ctx, gen)
}

// assign finds where a partition begins, whatever it takes.
func (g *Group) assign(ctx context.Context, name string, a kafka.PartitionAssignment) (*Partition, error) {
	i := slices.IndexFunc(g.shared.cfg.Topics, func(t Topic) bool { return t.Name == name })
	p := &Partition{shared: g.shared, topic: g.shared.cfg.Topics[i], id: int32(a.ID), committed: max(-1, a.Offset), suspect: -1}
	for {
		start, err := g.start(ctx, p)
		if err == nil {
			err = p.verifyBy(ctx, false)
		}
		if err == nil {
			p.next = start
			p.progress = Progress{Topic: name, Partition: p.id, Next: start, HighWatermark: start, Moved: g.shared.opts.Now()}
			return p, nil
		}
		if ctx.Err() != nil || errors.Is(err, errOffsets) {
			return nil, err
		}
		p.degraded(ctx, err)
		g.mishap.note(fmt.Errorf("topic %s, partition %d: %w", name, p.id, err), g.shared.opts.Now(), p.topic)
		select {
		case <-ctx.Done():
		case <-time.After(joinBackoff):
		}
	}
}

var errOffsets = errors.New("where a partition begins")

func (g *Group) start(ctx context.Context, p *Partition) (int64, error) {
	if restore := g.shared.opts.Offsets; restore != nil {
		offset, err := restore(p.topic.Name, p.id, p.committed)
		if err != nil {
			return 0, fmt.Errorf("%w: topic %q, partition %d: %w", errOffsets, p.topic.Name, p.id, err)
		}
		if offset >= 0 {
			return offset, nil
		}
	}
	if p.committed >= 0 {
		return p.committed, nil
	}
	first, end, err := g.shared.client.bounds(ctx, p.topic.Name, p.id)
	added := int(p.id) >= g.known[p.topic.Name] // while we ran
	switch at, _ := g.shared.cfg.startTime(); {
	case err != nil || added || g.shared.cfg.Start == "earliest":
		return first, err
	case at.IsZero():
		return end, nil
	default:
		return g.shared.client.offsetAt(ctx, p.topic.Name, p.id, at)
	}
}

func (g *Group) own(ps []*Partition) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owned, g.joined = ps, true
	g.mishap.over()
}

func (g *Group) disown() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.owned {
		g.shared.metrics.forget(p.topic.Name, p.id)
	}
	g.owned, g.joined = nil, false
}

// Progress tells how far each partition that this member owns has been read, and whether it is in the group now.
func (g *Group) Progress() (owned []Progress, joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.owned {
		owned = append(owned, p.Progress())
	}
	return owned, g.joined
}

// Partitions tells how many partitions each topic of the group has, as of at most 15 s ago. It may be called while
// the group runs, as often as one likes.
func (g *Group) Partitions(ctx context.Context) (map[string]int, error) {
	ids, err := g.shared.ids.ask(ctx, false)
	if err != nil {
		return nil, err
	}
	if ids.old {
		return g.shared.client.partitions(ctx, g.names)
	}
	for _, name := range g.names { // whoever waits for all partitions must not be told of a part of them
		if ids.counts[name] == 0 {
			g.shared.ids.forget()
			return nil, fmt.Errorf("topic %q: %w", name, cmp.Or(ids.codes[name], kafka.UnknownTopicOrPartition))
		}
	}
	return maps.Clone(ids.counts), nil
}

// A TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// A Generation is one assignment of partitions to this member.
type Generation struct {
	ID         int32  // it grows from one generation to the next: an epoch
	Member     string // id of this member
	Partitions []*Partition

	of     *kafka.Generation
	drain  context.Context
	shared *shared

	mu      sync.Mutex // one commit at a time
	revoked atomic.Bool
}

// Draining ends when it is too late to commit: another member may own the partitions then. What is not committed by
// then is read again.
func (gen *Generation) Draining() context.Context { return gen.drain }

// Commit commits the offsets to read next, of partitions of this generation. It may be called after the partitions
// were revoked, until the handler returned or Draining ended; then it changes nothing and returns
// [ingest.ErrRevoked].
func (gen *Generation) Commit(offsets map[TopicPartition]int64) error {
	gen.mu.Lock()
	defer gen.mu.Unlock()
	if gen.over() {
		return ingest.ErrRevoked
	}
	byTopic := map[string]map[int]int64{}
	for tp, offset := range offsets {
		if !slices.ContainsFunc(gen.Partitions, func(p *Partition) bool { return p.topic.Name == tp.Topic && p.id == tp.Partition }) {
			return fmt.Errorf("commit: partition %d of %q is not of this generation", tp.Partition, tp.Topic)
		}
		if byTopic[tp.Topic] == nil {
			byTopic[tp.Topic] = map[int]int64{}
		}
		byTopic[tp.Topic][int(tp.Partition)] = offset
	}
	err := gen.of.CommitOffsets(byTopic)
	switch {
	case err == nil:
		gen.shared.metrics.commits.Inc()
		return nil
	case errors.Is(err, kafka.IllegalGeneration), errors.Is(err, kafka.UnknownMemberId):
		return fmt.Errorf("commit: %w: %w", err, ingest.ErrRevoked)
	}
	gen.shared.metrics.errs.WithLabelValues("commit").Inc()
	return fmt.Errorf("commit: %w", err)
}

// over reports whether nothing can be committed any more. It never waits.
func (gen *Generation) over() bool { return gen.revoked.Load() || gen.drain.Err() != nil }
