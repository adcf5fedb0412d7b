package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/kafka"
	"tocsin/rules"
	"tocsin/sinks"
)

// An EventLog is the events topic: all of it is acknowledged, in order, when WriteEvents returns.
type EventLog interface {
	WriteEvents(ctx context.Context, records []tocsin.EventRecord) error
}

// KafkaCorrelate runs one engine for each partition of the matches topic that its consumer group gives it. An engine's
// snapshot carries its own offset and is the truth; the group's offset is advisory (delivery.md 3.1, 2).
type KafkaCorrelate struct {
	Sets   *Sets
	Config correlate.Config
	// Owns reports whether the matches of a key come to a partition of the matches topic; nil: to every one.
	Owns          func(partition int32, tenant, rule string, key []tocsin.Value) bool
	Read          func(value []byte) (tocsin.LogRecord, error) // decodes a record of the matches topic
	Events        sinks.EventStore
	EventLog      EventLog
	Scales        func() string // hash of those in force, which the events log names; nil: it names none
	State         sinks.StateStore
	SnapshotEvery time.Duration
	Now           func() time.Time
	Retry         *Retry
	Log           *slog.Logger
	Metrics       *Metrics
	Health        *Health
	Engines       *Engines // where the engines may be asked; nil: nowhere
	Fail          Failpoint
}

// Serve runs the partitions of one generation until ctx ends, then saves their engines.
func (c *KafkaCorrelate) Serve(ctx context.Context, gen *Generation) error {
	ended := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	saving := make(chan struct{}, savingAtOnce)
	for _, p := range gen.Partitions {
		wg.Go(func() {
			if err := c.partition(ctx, gen, p, saving); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s %d: %w", p.Topic(), p.ID(), err))
			}
		})
	}
	if len(gen.Partitions) == 0 {
		<-ctx.Done()
	}
	wg.Wait()
	if ended.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// savingAtOnce is how many engines are saved at the same time: each takes its state's size again, some times.
const savingAtOnce = 2

// A shard is one partition of the matches log and its engine.
type shard struct {
	p      Partition
	gen    *Generation
	mu     sync.Mutex // the engine's: it may be asked while it runs
	engine *correlate.Ordered
	set    string        // hash of the rule set in the engine
	order  int64         // the how-manieth that was put in force it is
	saved  time.Time     // by the clock
	saving chan struct{} // holds one for each engine that is being saved
	offset int64         // next to read
	log    string        // the life of the log that offset counts in; "": not known
	life   int64         // the how-manieth it is
	clean  bool          // nothing was read since the last snapshot
	torn   bool          // the engine is ahead of what was written: it must not be saved
	told   time.Time     // when the last progress was written, by the clock
	said   tocsin.Progress
}

func (c *KafkaCorrelate) partition(ctx context.Context, gen *Generation, p Partition, saving chan struct{}) error {
	s, err := c.restore(ctx, gen, p)
	if err != nil {
		return err
	}
	s.saving = saving
	defer c.Health.Gone(p.ID())
	defer c.Engines.open(p.ID(), &s.mu, func() *correlate.Engine { return s.engine.Engine })()
	for {
		got, err := p.Read(ctx)
		if err == nil {
			s.follow(got.Incarnation)
			err = c.apply(ctx, s, got)
		}
		if err == nil {
			err = c.tell(ctx, s)
		}
		if ctx.Err() != nil {
			return c.hand(s) //nolint:contextcheck // ctx is over; the generation says how long there is
		}
		if err != nil {
			return err
		}
		if due := c.Now().Sub(s.saved) >= c.SnapshotEvery; due && !s.clean {
			if err := c.save(ctx, s); err != nil {
				return err
			}
		}
	}
}

// restore loads the partition's snapshot and goes to its offset; without one the log is read from its start.
func (c *KafkaCorrelate) restore(ctx context.Context, gen *Generation, p Partition) (*shard, error) {
	set := c.Sets.Current()
	s := &shard{p: p, gen: gen, set: set.Hash, saved: c.Now(), clean: true}
	var snap tocsin.Snapshot
	var missing bool
	err := c.Retry.Do(ctx, "elasticsearch", func() (err error) {
		snap, err = c.State.LatestSnapshot(ctx, p.ID())
		missing = errors.Is(err, tocsin.ErrNotFound)
		if missing {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.offset, s.log, s.life = snap.Offset, snap.Log, snap.Life
	if !missing && !correlate.ReadsFormat(snap.Format) { // of another version of the daemon
		c.Log.WarnContext(ctx, "saved engine is of another format, the matches log is read again from its start", "partition", p.ID(), "format", snap.Format)
		missing = true
	}
	if missing {
		s.offset = 0
		s.engine = correlate.NewOrdered(c.config(p.ID()), set)
		if p.Committed() > 0 { // there was a state once: the log is read again as far as it goes back
			if err := p.SeekToStart(ctx); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
	if own, err := c.setOf(ctx, snap.Set); err != nil {
		return nil, err
	} else if own != nil {
		set = own
	}
	s.engine, err = correlate.RestoreOrdered(c.config(p.ID()), set, snap.State)
	if err != nil {
		return nil, fmt.Errorf("restore the snapshot of offset %d: %w", snap.Offset, err)
	}
	s.set, s.order = set.Hash, snap.Order
	return s, s.resume(ctx)
}

// apply steps the engine over what one read brought and writes what came of it.
func (c *KafkaCorrelate) apply(ctx context.Context, s *shard, got kafka.Fetched) error {
	records := c.decode(ctx, s, got.Records)
	sets, err := c.setsOf(ctx, s, records)
	if err != nil {
		return err
	}
	var events []tocsin.Event
	s.mu.Lock()
	if len(got.Gaps) > 0 {
		s.engine.Lost(s.engine.Watermark())
		s.clean = false
	}
	foreseen := 0
	for i := range records {
		for ; foreseen < min(i+correlate.Ahead+1, len(records)); foreseen++ {
			if m := records[foreseen].Match; m != nil {
				s.engine.Foresee(m)
			}
		}
		events = append(events, s.step(&records[i], sets)...)
	}
	s.mu.Unlock()
	if len(events) > 0 {
		s.torn = true
		if err := c.write(ctx, events); err != nil {
			return err
		}
		s.torn = false
		c.Metrics.emitted(events)
	}
	if len(got.Records) > 0 {
		s.clean = false
		c.Health.Progress(s.engine.Engine, s.p.ID(), got.Next, c.Now())
	}
	s.offset = got.Next
	return nil
}

// decode reads records of the log. One that cannot be read was not written by us: it is told and left out.
func (c *KafkaCorrelate) decode(ctx context.Context, s *shard, in []ingest.Record) []tocsin.LogRecord {
	out := make([]tocsin.LogRecord, 0, len(in))
	for _, r := range in {
		if r.Fault != "" {
			c.Log.ErrorContext(ctx, "matches log is damaged", "partition", s.p.ID(), "offset", r.Ref.Offset, "reason", r.Fault)
			continue
		}
		rec, err := c.Read(r.Value)
		if err != nil {
			c.Log.ErrorContext(ctx, "matches log holds what is not ours", "partition", s.p.ID(), "offset", r.Ref.Offset, "err", err)
			continue
		}
		out = append(out, rec)
	}
	return out
}

// step feeds one record of the log to the engine, after putting the rule set in force that the record was made by.
func (s *shard) step(r *tocsin.LogRecord, sets map[string]*rules.Set) []tocsin.Event {
	var events []tocsin.Event
	hash, order := setOf(r)
	if s.follows(hash, order) {
		if set := sets[hash]; set != nil && hash != s.set {
			events, s.set = s.engine.Use(set), hash
		}
		s.order = order
	}
	switch {
	case r.Match != nil:
		events = append(events, s.engine.Step(*r.Match)...)
	case r.Marker != nil:
		events = append(events, s.engine.Mark(*r.Marker)...)
	case r.Feedback != nil:
		s.engine.Lower(*r.Feedback)
	}
	return events
}

// write stores events and hands them to the registrar: both before the offset moves.
func (c *KafkaCorrelate) write(ctx context.Context, events []tocsin.Event) error {
	if err := c.Retry.Do(ctx, "elasticsearch", func() error { return c.Events.StoreEvents(ctx, events) }); err != nil {
		return err
	}
	c.Fail.pass(AfterEvents)
	scales := ""
	if c.Scales != nil {
		scales = c.Scales()
	}
	records := make([]tocsin.EventRecord, len(events))
	for i := range events {
		records[i].Event, records[i].Scales = &events[i], scales
	}
	return c.Retry.Do(ctx, "kafka", func() error { return c.EventLog.WriteEvents(ctx, records) })
}

// tell lets the registrar know how far recorded history has been taken: when there is something new, at most once a
// second, and every ten seconds besides, for a registrar that has just begun.
func (c *KafkaCorrelate) tell(ctx context.Context, s *shard) error {
	const repeat = 10 * time.Second
	now := c.Now()
	if !s.engine.Recorded() || now.Sub(s.told) < markEvery {
		return nil
	}
	p := tocsin.Progress{Partition: s.p.ID(), Watermark: s.engine.Watermark(), Ended: s.engine.Ended()}
	if p == s.said && now.Sub(s.told) < repeat {
		return nil
	}
	err := c.Retry.Do(ctx, "kafka", func() error { return c.EventLog.WriteEvents(ctx, []tocsin.EventRecord{{Progress: &p}}) })
	s.told, s.said = now, p
	return err
}

// save makes the engine's state durable, then commits the offset it stands at.
func (c *KafkaCorrelate) save(ctx context.Context, s *shard) error {
	select {
	case s.saving <- struct{}{}:
		defer func() { <-s.saving }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	now := c.Now()
	c.Fail.pass(BeforeSnapshot)
	s.mu.Lock()
	state := s.engine.Snapshot()
	s.mu.Unlock()
	snap := tocsin.Snapshot{
		Partition: s.p.ID(), Offset: s.offset, Log: s.log, Life: s.life, Set: s.set, Order: s.order, Format: correlate.SnapshotFormat,
		Watermark: s.engine.Watermark(), State: state, Taken: now,
	}
	if err := c.Retry.Do(ctx, "elasticsearch", func() error { return c.State.StoreSnapshot(ctx, snap) }); err != nil {
		return err
	}
	s.saved, s.clean = now, true
	c.Fail.pass(AfterSnapshot)
	return c.Retry.commit(ctx, s.gen, s.p, s.offset)
}

// hand saves a partition that is about to be another member's. What cannot be saved in time is read again, and so is
// what the engine has read and whose events were not written any more.
func (c *KafkaCorrelate) hand(s *shard) error {
	if s.clean || s.torn {
		return nil
	}
	return c.save(s.gen.Draining(), s)
}

// config is that of the engine of one partition.
func (c *KafkaCorrelate) config(partition int32) correlate.Config {
	cfg := c.Config
	if c.Owns != nil {
		cfg.Owns = func(tenant, rule string, key []tocsin.Value) bool { return c.Owns(partition, tenant, rule, key) }
	}
	return cfg
}
