package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"tocsin/ingest"
)

// A Source reads its topics as a member of a group and merges the partitions it is given into one stream of batches.
// The records of one partition come in order. What was acknowledged is committed once in a while and before a
// partition is handed over; a restart reads again what was not.
//
// Read hands over what the partitions have fetched; they fetch no more until that is taken, so that not calling Read
// is how to pause.
type Source struct {
	group  *Group
	chunks chan chunk
	cancel context.CancelFunc
	done   chan struct{} // closed when the group has been left
	err    error         // why; to be read after done
}

var _ ingest.Source = (*Source)(nil)

// Records of several partitions are put into one batch as long as they are at hand and it is below these.
const (
	batchRecords = 2 * readRecords
	batchBytes   = 1 << 20
)

// Open begins to join the group and returns at once. A cluster that cannot be reached is tried again for as long as
// the source is open; a topic that cannot be used is an error of Read that wraps [ErrUnusable].
func Open(cfg Config, opts Options) (*Source, error) {
	group, err := NewGroup(cfg, opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Source{group: group, chunks: make(chan chunk), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.err = group.Run(ctx, s.serve)
	}()
	return s, nil
}

// A chunk is what one read of one partition brought.
type chunk struct {
	Fetched
	of     TopicPartition
	ledger *ledger
}

// Read implements [ingest.Source]. Acknowledging a batch of partitions that were handed over meanwhile returns
// [ingest.ErrRevoked] and changes nothing but for the partitions of the batch that were not.
func (s *Source) Read(ctx context.Context) (ingest.Batch, error) {
	var chunks []chunk
	select {
	case <-ctx.Done():
		return ingest.Batch{}, context.Cause(ctx)
	case <-s.done:
		return ingest.Batch{}, s.err
	case c := <-s.chunks:
		chunks = append(chunks, c)
	}
	records, size := chunks[0].Records, weight(chunks[0].Records)
merge:
	for len(records) < batchRecords && size < batchBytes {
		select {
		case c := <-s.chunks:
			chunks = append(chunks, c)
			records = append(records, c.Records...)
			size += weight(c.Records)
		default:
			break merge
		}
	}
	return ingest.Batch{Records: records, Ack: func(context.Context) error {
		var errs []error
		for _, c := range chunks {
			errs = append(errs, c.ledger.ack(c))
		}
		chunks = nil
		return errors.Join(errs...)
	}}, nil
}

func weight(records []ingest.Record) (n int) {
	for _, r := range records {
		n += len(r.Value)
	}
	return n
}

// Progress tells how far each partition that this member owns has been read, and whether it is in the group now.
func (s *Source) Progress() (owned []Progress, joined bool) { return s.group.Progress() }

// Close waits for the batches that were read to be acknowledged, for a while, commits, and leaves the group: at most
// 20 s. Read then returns an error.
func (s *Source) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// serve pumps the partitions of one generation into the source's channel.
func (s *Source) serve(ctx context.Context, gen *Generation) error {
	l := &ledger{gen: gen, partitions: map[TopicPartition]*account{}, moved: make(chan struct{}, 1)}
	for _, p := range gen.Partitions {
		a := &account{acked: p.Next(), committed: p.Committed(), incarnation: p.Incarnation()}
		l.partitions[TopicPartition{p.Topic(), p.ID()}] = a
	}
	if err := l.commit(); err != nil { // where nothing was committed, what latest meant must outlive a restart
		s.group.shared.opts.Log.Warn("offsets not committed at the start of a generation", "group", s.group.shared.cfg.Group, "err", err)
	}
	var pumps sync.WaitGroup
	for _, p := range gen.Partitions {
		pumps.Go(func() { s.pump(ctx, l, p) })
	}
	tick := time.NewTicker(s.group.shared.cfg.Commit)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			if err := l.commit(); err != nil {
				s.group.shared.opts.Log.Warn("offsets not committed for now", "group", s.group.shared.cfg.Group, "err", err)
			}
		}
	}
	pumps.Wait()
	l.settle(gen.Draining()) //nolint:contextcheck // ctx is over; what is left has the time that draining gives
	if err := l.commit(); err != nil {
		s.group.shared.opts.Log.Warn("offsets not committed at the end of a generation", "group", s.group.shared.cfg.Group, "err", err)
	}
	return nil
}

// pump reads one partition until its generation ends.
func (s *Source) pump(ctx context.Context, l *ledger, p *Partition) {
	of := TopicPartition{p.Topic(), p.ID()}
	for {
		f, err := p.Read(ctx)
		if err != nil {
			return // revoked
		}
		if len(f.Records) == 0 {
			continue
		}
		c := chunk{Fetched: f, of: of, ledger: l}
		l.deliver(c, 1)
		select {
		case s.chunks <- c:
		case <-ctx.Done():
			l.deliver(c, -1)
			return
		}
	}
}

// A ledger keeps the offsets of one generation.
type ledger struct {
	gen   *Generation
	moved chan struct{} // holds one when something was acknowledged

	mu         sync.Mutex
	partitions map[TopicPartition]*account
}

// An account is what a ledger knows of a partition.
type account struct {
	open        int    // chunks that were handed over and not acknowledged
	acked       int64  // offset to read next
	committed   int64  // -1 for none
	incarnation string // of the log that these belong to
}

func (l *ledger) deliver(c chunk, by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partitions[c.of].open += by
}

func (l *ledger) ack(c chunk) error {
	l.mu.Lock()
	a := l.partitions[c.of]
	switch {
	case a.incarnation != c.Incarnation && a.acked > c.Next:
		a.incarnation, a.acked, a.committed = c.Incarnation, c.Next, -1 // the log begins anew
	default:
		a.incarnation, a.acked = c.Incarnation, max(a.acked, c.Next)
	}
	a.open = max(0, a.open-1)
	l.mu.Unlock()
	select {
	case l.moved <- struct{}{}:
	default:
	}
	if l.gen.over() {
		return ingest.ErrRevoked
	}
	return nil
}

// settle waits until all that was handed over is acknowledged, or until ctx ends.
func (l *ledger) settle(ctx context.Context) {
	for l.outstanding() {
		select {
		case <-ctx.Done():
			return
		case <-l.moved:
		}
	}
}

func (l *ledger) outstanding() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.partitions {
		if a.open > 0 {
			return true
		}
	}
	return false
}

// commit commits what was acknowledged since the last time.
func (l *ledger) commit() error {
	l.mu.Lock()
	due := map[TopicPartition]int64{}
	for tp, a := range l.partitions {
		if a.acked != a.committed {
			due[tp] = a.acked
		}
	}
	l.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	if err := l.gen.Commit(due); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for tp, offset := range due {
		l.partitions[tp].committed = offset
	}
	return nil
}
