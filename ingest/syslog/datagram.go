package syslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"tocsin/ingest"
)

// What waits between the socket and the journal, at most; behind it the kernel's buffer fills.
const (
	queueRecords = 10_000
	queueBytes   = 16 << 20
	queueRound   = 1000
)

// datagrams reads datagrams by one goroutine and makes them durable by another.
func (l *Listener) datagrams(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = l.packet.Close() })()
	q := newQueue()
	var wg sync.WaitGroup
	wg.Go(func() {
		for records := q.take(queueRound); len(records) > 0; records = q.take(queueRound) {
			if l.deliver(ctx, records) != nil {
				return
			}
		}
	})
	err := l.receive(ctx, q)
	q.close()
	wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// receive reads datagrams into the queue until the socket is closed.
func (l *Listener) receive(ctx context.Context, q *queue) error {
	b, oob := make([]byte, l.cfg.MaxMessage+1), make([]byte, 64)
	dropped := l.opts.Metrics.dropped
	var loss lossCounter
	for {
		n, control, _, from, err := l.packet.ReadMsgUDPAddrPort(b, oob)
		switch {
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("syslog: %w", err)
		case err != nil: // an ICMP answer to something, or the machine is out of memory
			l.opts.Log.WarnContext(ctx, "a datagram was not read", "source", l.cfg.Source, "err", err)
			continue
		}
		if lost := loss.since(oob[:control]); lost > 0 {
			dropped.WithLabelValues(l.cfg.Source, "kernel").Add(float64(lost))
			l.opts.Log.WarnContext(ctx, "datagrams were lost: the kernel's buffer was full", "source", l.cfg.Source, "datagrams", lost)
		}
		peer := from.Addr().Unmap()
		switch {
		case !l.allowed(peer):
			dropped.WithLabelValues(l.cfg.Source, "network").Inc()
			continue
		case !l.rates.take(peer, time.Now()):
			dropped.WithLabelValues(l.cfg.Source, "rate").Inc()
			continue
		}
		got := frame{value: bytes.TrimRight(bytes.Clone(b[:n]), "\r\n\x00"), size: int64(n)}
		if n > l.cfg.MaxMessage {
			got = frame{fault: faultTooBig, detail: fmt.Sprintf("a datagram of more than %d bytes", l.cfg.MaxMessage), size: int64(n)}
		} else if len(got.value) == 0 {
			continue // a probe
		}
		q.put(ctx, l.record(got, besideOf(peer)))
	}
}

// A queue holds records, so many and so large at most.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	records []ingest.Record
	bytes   int
	closed  bool
}

func newQueue() *queue {
	q := &queue{}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// put waits for room, or for the end.
func (q *queue) put(ctx context.Context, r ingest.Record) {
	defer context.AfterFunc(ctx, q.changed.Broadcast)()
	q.mu.Lock()
	defer q.mu.Unlock()
	for (len(q.records) >= queueRecords || q.bytes >= queueBytes) && ctx.Err() == nil && !q.closed {
		q.changed.Wait()
	}
	q.records, q.bytes = append(q.records, r), q.bytes+len(r.Value)
	q.changed.Broadcast()
}

// take waits for records and returns at most n; none once the queue is closed and empty.
func (q *queue) take(n int) []ingest.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.records) == 0 && !q.closed {
		q.changed.Wait()
	}
	n = min(n, len(q.records))
	out := append([]ingest.Record(nil), q.records[:n]...)
	q.records = append(q.records[:0], q.records[n:]...)
	for i := range out {
		q.bytes -= len(out[i].Value)
	}
	q.changed.Broadcast()
	return out
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
