package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/ingest"
)

const (
	// One read makes at most this many records, or stops once they hold this many bytes: what a batch of records costs
	// must not depend on how many of them a producer put into one of its own.
	readRecords = 1000
	readBytes   = 256 << 10

	verifyEvery = 30 * time.Second // between two looks at the topic's id
	backoffMin  = 100 * time.Millisecond
	backoffMax  = 5 * time.Second

	clockSkew = 5 * time.Minute // engine.md, ruling 2
)

// ErrUnusable marks an error that no retry cures: a topic that is not there or is compacted.
var ErrUnusable = errors.New("not usable as an input")

// A Partition is one partition that a generation gave this member. Its methods but Progress are for one goroutine.
type Partition struct {
	shared    *shared
	topic     Topic
	id        int32
	committed int64

	incarnation string
	next        int64
	raw         []byte // batches that were fetched and not yet opened
	open        *batch
	suspect     int64     // base of a batch whose checksum was wrong once; -1 for none
	verified    time.Time // of the topic's id
	failing     bool
	gaps        []Gap // not yet handed over
	mishap      mishap

	mu       sync.Mutex
	progress Progress
	end      int64 // of the partition, where it was last asked for while nothing was fetched; 0: it was not
}

// shared is what the partitions of a group have in common.
type shared struct {
	cfg     Config
	opts    Options
	client  *client
	unpack  *unpacker
	metrics *metrics
	ids     identities
}

// Topic is the partition's topic.
func (p *Partition) Topic() string { return p.topic.Name }

// ID is the partition's number in its topic.
func (p *Partition) ID() int32 { return p.id }

// Committed is the group's committed offset, -1 where there is none.
func (p *Partition) Committed() int64 { return p.committed }

// Next is the offset that is read next.
func (p *Partition) Next() int64 { return p.next }

// Incarnation names the life of the log: the cluster's id and the topic's. A topic that was deleted and made again
// has another one.
func (p *Partition) Incarnation() string { return p.incarnation }

// SeekTo makes offset the next one to read. One that retention has removed is reported as a [Gap] by the next Read.
func (p *Partition) SeekTo(offset int64) {
	p.next, p.raw, p.open, p.suspect = offset, nil, nil, -1
}

// SeekToStart makes the first record that the log still has the next one to read. It is no [Gap], whatever was there
// before. Like Read it retries what fails on the way to the broker until ctx ends, whose error is then returned.
func (p *Partition) SeekToStart(ctx context.Context) error {
	return p.until(ctx, func() error {
		first, _, err := p.shared.client.bounds(ctx, p.topic.Name, p.id)
		if err == nil {
			p.SeekTo(first)
		}
		return err
	})
}

// until does what may fail on the way to the broker until it is done, or ctx ends.
func (p *Partition) until(ctx context.Context, do func() error) error {
	for backoff := backoffMin; ; backoff = min(2*backoff, backoffMax) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := do()
		if err == nil {
			p.recovered()
			return nil
		}
		p.degraded(ctx, err)
		select {
		case <-ctx.Done():
		case <-time.After(backoff):
		}
	}
}

// Progress is safe for concurrent use.
func (p *Partition) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.progress
	now.HighWatermark = max(now.HighWatermark, p.end)
	return now
}

// Read returns the next records. It makes at most one fetch that waits: a read that brings no record says that the
// partition's end was reached. What fails on the way to the broker is retried until ctx ends, whose error is
// then returned. A partition that holds what is not supported stands still there: Read then waits until ctx ends.
func (p *Partition) Read(ctx context.Context) (Fetched, error) {
	if err := p.until(ctx, func() error { return p.fill(ctx) }); err != nil {
		return Fetched{}, err
	}
	records, err := p.drain()
	p.note()
	if err != nil && len(records) == 0 { // what stands before the fault comes first
		p.halt(err)
		<-ctx.Done()
		return Fetched{}, context.Cause(ctx)
	}
	p.shared.metrics.records.WithLabelValues(p.topic.Name).Add(float64(len(records)))
	p.shared.metrics.bytes.WithLabelValues(p.topic.Name).Add(float64(weight(records)))
	gaps := p.gaps
	p.gaps = nil
	return Fetched{Records: records, Next: p.next, HighWatermark: p.progress.HighWatermark, Incarnation: p.incarnation, Gaps: gaps}, nil
}

// fill fetches, unless there is something left of the last fetch.
func (p *Partition) fill(ctx context.Context) error {
	if p.open != nil || len(p.raw) > 0 {
		return nil
	}
	if err := p.verifyBy(ctx, p.verified.IsZero() && p.failing); err != nil {
		return fmt.Errorf("identify the topic: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	cfg := p.shared.cfg
	answer, err := fetch(ctx, p.shared.client, &fetchRequest{
		topic: p.topic.Name, id: topicID(p.incarnation), partition: p.id, offset: p.next, maxBytes: int32(cfg.FetchBytes),
		maxWait: int32(cfg.MaxWait.Milliseconds()), rawLimit: cfg.BatchLimit,
	})
	switch {
	case err != nil:
		if isUnknown(err) {
			p.verified = time.Time{}
		}
		return err
	case errors.Is(answer.code, kafka.OffsetOutOfRange):
		return p.relocate(ctx)
	case answer.code != 0:
		if isUnknown(answer.code) {
			p.verified = time.Time{}
		}
		return answer.code
	}
	p.mu.Lock()
	p.progress.HighWatermark, p.progress.Read, p.end = answer.high, p.shared.opts.Now(), 0
	p.mu.Unlock()
	p.raw = answer.batches
	if answer.oversize > 0 {
		h, _ := readHeader(answer.batches)
		p.raw, p.open = nil, &batch{header: h, next: h.base}
		p.open.poison(faultTooBig, "record batch of %d bytes, the limit is %d", answer.oversize, cfg.BatchLimit)
	}
	return nil
}

func isUnknown(err error) bool {
	return errors.Is(err, kafka.UnknownTopicOrPartition) || errors.Is(err, kafka.NotLeaderForPartition) ||
		errors.Is(err, kafka.LeaderNotAvailable) || errors.Is(err, kafka.UnknownTopicID) || errors.Is(err, kafka.InconsistentTopicID)
}

// relocate finds where to read on when the offset wanted is not in the log.
func (p *Partition) relocate(ctx context.Context) error {
	was := p.incarnation
	p.verified = time.Time{}
	if err := p.verifyBy(ctx, true); err != nil || p.incarnation != was {
		return err
	}
	first, end, err := p.shared.client.bounds(ctx, p.topic.Name, p.id)
	if err != nil {
		return err
	}
	switch {
	case p.next < first:
		p.gap(first, "retention")
	case p.next > end:
		// The log is shorter than it was: an unclean election, as a re-created topic has another id. What it holds from
		// here on are other records at offsets that were read before.
		p.incarnation = fmt.Sprintf("%s~%d", p.incarnation, end)
		p.gap(end, "truncated")
	}
	return nil // in range again: fetch
}

// verifyBy looks whether the topic is still the one it was, if that was not done lately. A fresh look asks the broker.
func (p *Partition) verifyBy(ctx context.Context, fresh bool) error {
	now := p.shared.opts.Now()
	if !p.verified.IsZero() && now.Sub(p.verified) < verifyEvery {
		return nil
	}
	id, err := p.shared.ids.of(ctx, p.topic.Name, fresh)
	if err != nil {
		return err
	}
	p.verified = now
	switch {
	case p.incarnation == "":
		p.incarnation = id
	case id != p.incarnation && !truncatedLife(p.incarnation, id):
		first, _, err := p.shared.client.bounds(ctx, p.topic.Name, p.id)
		if err != nil {
			p.verified = time.Time{}
			return err
		}
		p.incarnation = id
		p.gap(first, "recreated")
	}
	return nil
}

// truncatedLife reports whether incarnation is id after relocate found the log cut short.
func truncatedLife(incarnation, id string) bool {
	return len(incarnation) > len(id) && incarnation[:len(id)] == id && incarnation[len(id)] == '~'
}

// drain makes records of what was fetched.
func (p *Partition) drain() ([]ingest.Record, error) {
	var out []ingest.Record
	for size := 0; len(out) < readRecords && size < readBytes; {
		if p.open == nil {
			if ok, err := p.nextBatch(); err != nil || !ok {
				return out, err
			}
		}
		r, ok := p.open.take()
		switch {
		case ok && r.offset < p.next:
		case ok:
			p.skipTo(r.offset)
			p.next++
			size += len(r.value)
			out = append(out, p.record(r))
		default:
			if p.open.fault != "" {
				out = append(out, p.poisoned())
			}
			p.closeBatch()
		}
	}
	return out, nil
}

// nextBatch opens the next batch of what was fetched; false where there is none that is whole.
func (p *Partition) nextBatch() (bool, error) {
	h, ok := readHeader(p.raw)
	if !ok || h.size > len(p.raw) {
		p.raw = nil
		return false, nil
	}
	if h.size < batchPrefix+5 { // no length of a batch: what follows cannot be found either
		h.size = len(p.raw)
		h.magic = -1
	}
	if h.magic == 2 && h.attrs&(attrTransactional|attrControl) != 0 {
		return false, &haltError{
			Topic: p.topic.Name, Partition: p.id, Offset: h.base,
			Reason: "a producer writes transactions to it, which are not supported: aborted records could not be told from committed ones",
		}
	}
	raw := p.raw[:h.size:h.size]
	p.raw = p.raw[h.size:]
	b := openBatch(p.shared.unpack, h, raw)
	if b.fault == faultCodec && p.suspect != h.base {
		// It may have been hurt on its way here: it is fetched once more.
		p.suspect, p.raw = h.base, nil
		return false, nil
	}
	p.suspect = -1
	p.open = b
	return true, nil
}

// closeBatch goes on behind the open batch. The offsets of a damaged one are believed as far as they can be true.
func (p *Partition) closeBatch() {
	b := p.open
	p.open = nil
	end := b.last + 1
	switch {
	case b.fault == "":
		p.skipTo(end)
	case end > p.next && end <= p.progress.HighWatermark:
		p.next = end
	default:
		p.next++
		p.raw = nil
	}
}

// skipTo counts the offsets below offset that hold no record.
func (p *Partition) skipTo(offset int64) {
	if offset > p.next {
		p.shared.metrics.skipped.WithLabelValues(p.topic.Name).Add(float64(offset - p.next))
		p.next = offset
	}
}

// note publishes how far the partition has been read.
func (p *Partition) note() {
	now := p.shared.opts.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	g := &p.progress
	if g.Next != p.next {
		g.Next, g.Moved, g.AtEnd = p.next, now, time.Time{} // there was more to read, even if it is at the end again
	}
	switch {
	case p.next < g.HighWatermark || p.open != nil:
		g.AtEnd = time.Time{}
	case g.AtEnd.IsZero():
		g.AtEnd = now
	}
	p.shared.metrics.position(p.topic.Name, p.id, p.next, max(g.HighWatermark, p.end))
}

func (p *Partition) halt(err error) {
	p.mu.Lock()
	p.progress.Halted = err.Error()
	p.mu.Unlock()
	p.shared.metrics.halt(p.topic.Name, p.id)
	p.shared.opts.Log.Error("partition halts", "topic", p.topic.Name, "partition", p.id, "err", err)
}

// degraded and recovered log the edges of a time without the broker, not each attempt.
func (p *Partition) degraded(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.shared.metrics.errs.WithLabelValues("fetch").Inc()
	p.mu.Lock()
	p.progress.AtEnd = time.Time{} // nobody knows: what cannot be reached is never idle (engine.md, ruling 4)
	p.mu.Unlock()
	if !p.failing {
		p.shared.opts.Log.Warn("partition cannot be read for now", "topic", p.topic.Name, "partition", p.id, "err", err)
	}
	p.failing = true
	p.mishap.note(err, p.shared.opts.Now(), p.topic)
}

func (p *Partition) recovered() {
	if p.failing {
		p.shared.opts.Log.Info("partition is read again", "topic", p.topic.Name, "partition", p.id)
	}
	p.failing = false
	p.mishap.over()
}

// ref says where the record at offset stands.
func (p *Partition) ref(offset int64) tocsin.Ref {
	return tocsin.Ref{Topic: p.topic.Name, Partition: p.id, Offset: offset, Incarnation: p.incarnation}
}
