package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
	"tocsin/sinks"
)

// A MatchLog is the matches topic: matches go to the partition of their key, a marker to every partition. All of it
// is acknowledged, in order, when it returns; after an error the caller repeats it before it writes anything else. It may
// be called concurrently.
type MatchLog interface {
	WriteMatches(ctx context.Context, records []tocsin.LogRecord) error
}

// KafkaDetect runs the detect stage over the partitions that its consumer group gives it. It keeps no state: the
// group's offsets are where it stands.
type KafkaDetect struct {
	Detector Detector // without Decoder and Matcher, which each partition has for itself
	Decoders func() (Decoder, error)
	Sets     *Sets
	Matches  MatchLog
	Inputs   map[string]Input // by topic
	// Listed names all partitions of all inputs, as the cluster has them now.
	Listed  func(ctx context.Context) ([]tocsin.SourcePartition, error)
	Now     func() time.Time
	Retry   *Retry
	Metrics *Metrics
	Fail    Failpoint
	Store   sinks.ProgressStore // where partitions are left and found; nil: nowhere
	Paces   Paces
	Watch   Watch                  // nil: nobody
	First   tocsin.SourcePartition // whose owner judges for the watch
}

// An Input is one topic of a source.
type Input struct {
	Policy
	Topic int // which of the source's topics, from 0
}

// Serve reads the partitions of one generation until ctx ends.
func (d *KafkaDetect) Serve(ctx context.Context, gen *Generation) error {
	ended := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	left, err := d.resume(ctx, gen)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	if d.Store != nil {
		wg.Go(func() { d.exchange(ctx) })
	}
	for _, p := range gen.Partitions {
		wg.Go(func() {
			if err := d.partition(ctx, gen, p, left[d.sourcePartition(p)]); ctx.Err() == nil { // it ends with an error alone
				cancel(err)
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

// topicShift sets the partitions of a source's topics apart: those of its first topic keep their numbers.
const topicShift = 1 << 16

// SourcePartitionOf names an input partition: the source and, of its topic-th topic, the partition's number.
func SourcePartitionOf(source string, topic int, partition int32) tocsin.SourcePartition {
	return tocsin.SourcePartition{Source: source, Partition: int32(topic)*topicShift + partition} //nolint:gosec // topics are few
}

func (d *KafkaDetect) sourcePartition(p Partition) tocsin.SourcePartition {
	in := d.Inputs[p.Topic()]
	return SourcePartitionOf(in.Source, in.Topic, p.ID())
}

// An input is one partition on its way through the detect stage.
type input struct {
	p        Partition
	gen      *Generation
	policy   Policy
	detector Detector
	progress Progress
	set      *Enforced
	accepted time.Time // when the greatest time was accepted, by the clock
	marked   time.Time // when the last marker was written, by the clock
	said     tocsin.Marker
	life     string // incarnation of the log that is read
	heard    Hearings
}

func (d *KafkaDetect) partition(ctx context.Context, gen *Generation, p Partition, left tocsin.InputProgress) error {
	dec, err := d.Decoders()
	if err != nil {
		return err
	}
	topic := d.Inputs[p.Topic()]
	in := &input{p: p, gen: gen, policy: topic.Policy, detector: d.Detector}
	in.detector.Decoder = dec
	in.progress = Progress{Partition: d.sourcePartition(p), Policy: topic.Policy, Epoch: max(int64(gen.ID), left.Epoch)}
	in.progress.Accept(left.Greatest)
	in.accepted, in.life = left.Accepted, left.Incarnation
	for source, at := range left.Heard {
		in.heard.Note(source, at)
	}
	if err := d.relive(ctx, in, left.Offset); err != nil {
		return err
	}
	defer d.Paces.gone(in.progress.Partition)
	for {
		if err := d.wait(ctx, in); err != nil {
			return err
		}
		got, err := readRound(ctx, p)
		if err != nil {
			return err
		}
		if got.Incarnation != in.life { // a marker's offsets count in one life of the log
			if in.life != "" {
				in.progress.Epoch++
			}
			in.life = got.Incarnation
		}
		if err := d.records(ctx, in, got); err != nil {
			return err
		}
		d.Paces.come(&in.progress, len(got.Records), got.AtEnd(), d.Now())
		if err := d.mark(ctx, in, got); err != nil {
			return err
		}
	}
}

// roundRecords and roundBytes bound what is detected in one go: enough that the two round trips of storing the alerts
// and writing their matches cost little a record, and little enough to hold in memory for every partition.
const (
	roundRecords = 2000
	roundBytes   = 2 << 20
)

// readAhead is how long a round waits for more of what stands ready: a read that takes longer, or that halts, must not
// hold back what was read.
const readAhead = 200 * time.Millisecond

// readRound joins what stands ready in a partition: producers' record batches may be small.
func readRound(ctx context.Context, p Partition) (kafka.Fetched, error) {
	got, err := p.Read(ctx)
	if err != nil {
		return got, err
	}
	ahead, cancel := context.WithTimeout(ctx, readAhead)
	defer cancel()
	size := 0
	for next := got.Records; ; {
		for i := range next {
			size += len(next[i].Value)
		}
		if len(next) == 0 || got.AtEnd() || len(got.Records) >= roundRecords || size >= roundBytes {
			return got, nil
		}
		more, err := p.Read(ahead)
		if err != nil {
			return got, nil
		}
		next = more.Records
		more.Records, more.Gaps = append(got.Records, next...), append(got.Gaps, more.Gaps...)
		got = more
	}
}

// records takes what one read brought through detection to the matches log.
func (d *KafkaDetect) records(ctx context.Context, in *input, got kafka.Fetched) error {
	before := in.progress.Greatest()
	if len(got.Records) == 0 {
		return d.gaps(ctx, in, got, before, nil)
	}
	if now := d.Sets.Enforced(); now != in.set {
		in.set, in.detector.Matcher = now, newMatcher(now.Set)
	}
	if r, ok := in.detector.Decoder.(Renewer); ok {
		r.Renew()
	}
	if r, ok := in.detector.Matcher.(Reuser); ok { // what was published before is done with
		r.Reuse()
	}
	var out []Detection
	err := d.Retry.Do(ctx, "elasticsearch", func() (err error) {
		out, err = in.detector.Detect(ctx, in.policy, got.Records)
		return err
	})
	if err != nil {
		return err
	}
	d.Fail.pass(AfterAck)
	matches := d.detected(in, got, out)
	if err := d.gaps(ctx, in, got, before, out); err != nil {
		return err
	}
	if err := d.publish(ctx, matches); err != nil {
		return err
	}
	d.Fail.pass(AfterMatches)
	return nil
}

// detected notes what became of each record, and returns the matches as the log takes them.
func (d *KafkaDetect) detected(in *input, got kafka.Fetched, out []Detection) []tocsin.LogRecord {
	var matches []tocsin.LogRecord
	for i := range out {
		for k := range out[i].Matches {
			m := &out[i].Matches[k]
			m.Order = in.set.Order
			matches = append(matches, tocsin.LogRecord{Match: m})
		}
		if a := out[i].Alert; a != nil {
			in.progress.See(out[i].Watched, out[i].Sees)
			if in.progress.Accept(a.Time) {
				in.accepted = d.Now()
			}
		}
		d.Metrics.detected(got.Records[i].Source, &out[i])
		in.heard.note(&got.Records[i])
	}
	return matches
}

// publish appends to the matches log. It does not return before all of it is acknowledged, or ctx ends: detection
// never continues past a failed batch (delivery.md 3.3, 4).
func (d *KafkaDetect) publish(ctx context.Context, records []tocsin.LogRecord) error {
	if len(records) == 0 {
		return nil
	}
	return d.Retry.Do(ctx, "kafka", func() error { return d.Matches.WriteMatches(ctx, records) })
}

// markEvery is how often a partition's owner says how far it is (delivery.md 3.3, 3), and markSoon how often where other
// daemons may wait for it.
const (
	markEvery = time.Second
	markSoon  = 200 * time.Millisecond
)

// mark writes a marker when there is something new to say, at most once a second, and commits the offset behind it.
func (d *KafkaDetect) mark(ctx context.Context, in *input, got kafka.Fetched) error {
	now := d.Now()
	if since := now.Sub(in.marked); since < markSoon || since < markEvery && !d.Paces.moved(in.said.Greatest, in.progress.Greatest()) {
		return nil
	}
	m := in.progress.Marker(got.Next)
	// What was read while a write waited is of the past: only a read that finds nothing says that there is nothing.
	quiet := len(got.Records) == 0 && atEnd(in.p, in.policy, now)
	switch {
	case !quiet:
	case in.policy.Recorded:
		m.Ended = d.sourceEnded(in, now)
	default:
		m.Idle, m.Tick = true, tickOf(in, now)
	}
	if in.set != nil {
		m.Set, m.Order = in.set.Set.Hash, in.set.Order
	}
	if repeat := m.Ended && now.Sub(in.marked) >= sayEvery; !repeat && !worthSaying(m, in.said) {
		return nil
	}
	err := d.Retry.Do(ctx, "kafka", func() (err error) {
		m.Listed, err = d.Listed(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.publish(ctx, []tocsin.LogRecord{{Marker: &m}}); err != nil {
		return err
	}
	in.marked, in.said = now, m
	in.progress.Told()
	d.Paces.tell(tocsin.InputProgress{
		SourcePartition: in.progress.Partition, Incarnation: in.life, Epoch: in.progress.Epoch, Offset: got.Next, Greatest: m.Greatest,
		Accepted: in.accepted, AtEnd: got.AtEnd(), At: now, Heard: in.heard.All(),
	})
	d.Fail.pass(BeforeCommit)
	return d.Retry.commit(ctx, in.gen, in.p, got.Next)
}

// atEnd reports whether a partition was read to its end and has brought nothing for idle_after since.
func atEnd(p Partition, policy Policy, now time.Time) bool {
	state := p.Progress()
	return !state.AtEnd.IsZero() && now.Sub(state.AtEnd) >= policy.IdleAfter
}

// sourceEnded reports whether all partitions of a recorded source that this member owns are at their end: its owner
// then declares the end of each (engine.md, ruling 4). More records take the declaration back.
func (d *KafkaDetect) sourceEnded(in *input, now time.Time) bool {
	for _, p := range in.gen.Partitions {
		if d.Inputs[p.Topic()].Source == in.policy.Source && !atEnd(p, in.policy, now) {
			return false
		}
	}
	return true
}

// sayEvery is how often a tick is said, and the end of a recorded source, which another partition may have taken back.
const sayEvery = 10 * time.Second

// worthSaying reports whether a marker tells more than the last one.
func worthSaying(m, said tocsin.Marker) bool {
	return said.Source == "" || m.Offset != said.Offset || m.Idle != said.Idle || m.Ended != said.Ended || m.Set != said.Set || m.Order != said.Order ||
		m.Tick.Sub(said.Tick) >= sayEvery
}

// tickOf is the time that has come at an idle partition: its greatest accepted time and the time passed since, less
// the disorder (engine.md, ruling 4).
func tickOf(in *input, now time.Time) time.Time {
	if in.progress.Greatest().IsZero() {
		return time.Time{}
	}
	return in.progress.Greatest().Add(now.Sub(in.accepted)).Add(-in.policy.Disorder)
}

// A Retry repeats what fails on the way to a server until it succeeds, and tells health and log of it.
type Retry struct {
	Health  *Health
	Log     *slog.Logger
	Metrics *Metrics
	Now     func() time.Time
	Random  func() float64 // of the pauses: a number in [0, 1); nil: a random one
}
