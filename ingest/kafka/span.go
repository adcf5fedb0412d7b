package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tocsin/ingest"
)

// A Span reads one partition from a moment to the end that it had when the span was opened, for itself alone: it joins
// no group and commits nothing, so that who else reads the topic does not notice. It is an [ingest.Source].
type Span struct {
	p   *Partition
	end int64
}

// OpenSpans opens every partition of the configured topics from the first record that was written at or after since,
// or from the first that there is. cfg.Group and what concerns groups is not used. The spans share a client, which
// closed closes. The error wraps [ErrUnusable] for a topic that is not there.
func OpenSpans(ctx context.Context, cfg Config, opts Options, since time.Time) (spans []*Span, closed func(), err error) {
	cfg.Group = "none"
	g, err := NewGroup(cfg, opts)
	if err != nil {
		return nil, nil, err
	}
	closed = g.shared.client.close
	counts, err := g.shared.client.partitions(ctx, g.names)
	if err != nil {
		closed()
		return nil, nil, err
	}
	for _, t := range g.shared.cfg.Topics {
		if counts[t.Name] == 0 {
			closed()
			return nil, nil, fmt.Errorf("topic %q is not there: %w", t.Name, ErrUnusable)
		}
		for id := range counts[t.Name] {
			s, err := openSpan(ctx, g.shared, t, int32(id), since) //nolint:gosec // partitions are few
			if err != nil {
				closed()
				return nil, nil, fmt.Errorf("%s %d: %w", t.Name, id, err)
			}
			spans = append(spans, s)
		}
	}
	return spans, closed, nil
}

func openSpan(ctx context.Context, shared *shared, t Topic, id int32, since time.Time) (*Span, error) {
	p := &Partition{shared: shared, topic: t, id: id, committed: -1, suspect: -1}
	if err := p.verifyBy(ctx, false); err != nil {
		return nil, err
	}
	first, end, err := shared.client.bounds(ctx, t.Name, id)
	if err != nil {
		return nil, err
	}
	if !since.IsZero() {
		at, err := shared.client.offsetAt(ctx, t.Name, id, since)
		if err != nil {
			return nil, err
		}
		first = max(first, at)
	}
	p.next = first
	return &Span{p: p, end: end}, nil
}

// Left is how many offsets are still to be read.
func (s *Span) Left() int64 { return max(s.end-s.p.next, 0) }

// The bounds of one read: a broker that is away this long fails it, and a log that brings nothing this often in a row
// has no more records before its end.
const (
	spanTries = 6
	spanEmpty = 3
)

// Read implements [ingest.Source]. It returns io.EOF at the end; a broker that cannot be reached, and what the
// partition holds that is not supported, is an error.
func (s *Span) Read(ctx context.Context) (ingest.Batch, error) {
	for empty := 0; s.p.next < s.end && empty < spanEmpty; empty++ {
		if err := s.fill(ctx); err != nil {
			return ingest.Batch{}, err
		}
		records, err := s.p.drain()
		for i := range records {
			if records[i].Ref.Offset >= s.end { // written since
				records = records[:i]
				break
			}
		}
		if len(records) > 0 {
			return ingest.Batch{Records: records, Ack: func(context.Context) error { return nil }}, nil
		}
		if err != nil {
			return ingest.Batch{}, err
		}
	}
	return ingest.Batch{}, io.EOF
}

// fill fetches, with a few attempts.
func (s *Span) fill(ctx context.Context) error {
	var last error
	backoff := backoffMin
	for range spanTries {
		if last = s.p.fill(ctx); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(last, context.Cause(ctx))
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, backoffMax)
	}
	return last
}

// Close implements [ingest.Source]. The client is closed by the function that [OpenSpans] returned.
func (s *Span) Close() error { return nil }

var _ ingest.Source = (*Span)(nil)
