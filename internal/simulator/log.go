package simulator

import (
	"context"
	"fmt"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/kafka"
	sinkskafka "tocsin/sinks/kafka"
)

// A log is one partition of a topic.
type log struct {
	topic   string
	id      int32
	records []record
	grown   chan struct{} // closed when a record was appended
}

type record struct {
	value []byte
	at    time.Time
}

func newLogs(topic string, n int) []*log {
	out := make([]*log, n)
	for i := range out {
		out[i] = &log{topic: topic, id: int32(i), grown: make(chan struct{})} //nolint:gosec // a few
	}
	return out
}

// append adds a record. The world's lock is held.
func (l *log) append(value []byte) {
	l.records = append(l.records, record{value, time.Now()})
	close(l.grown)
	l.grown = make(chan struct{})
}

// maxWait is how long a read waits for something to come.
const maxWait = 3 * time.Second

// A reader is a partition as one generation's owner reads it.
type reader struct {
	d         *daemon
	log       *log
	source    string
	next      int64
	committed int64
	progress  kafka.Progress // under the world's lock
}

// Topic implements [pipeline.Place].
func (r *reader) Topic() string { return r.log.topic }

// ID implements [pipeline.Place].
func (r *reader) ID() int32 { return r.log.id }

// Committed implements [pipeline.Place].
func (r *reader) Committed() int64 { return r.committed }

// SeekTo implements [pipeline.Cursor].
func (r *reader) SeekTo(offset int64) { r.next = offset }

// SeekToStart implements [pipeline.Cursor].
func (r *reader) SeekToStart(ctx context.Context) error {
	r.next = 0
	return ctx.Err()
}

// Progress implements [pipeline.Partition].
func (r *reader) Progress() kafka.Progress {
	r.d.world.mu.Lock()
	defer r.d.world.mu.Unlock()
	return r.progress
}

// Read implements [pipeline.Cursor]: it brings some of what stands there, and waits a while where nothing does.
func (r *reader) Read(ctx context.Context) (kafka.Fetched, error) {
	w := r.d.world
	w.mu.Lock()
	grown, empty := r.log.grown, r.next >= int64(len(r.log.records))
	w.mu.Unlock()
	if empty {
		timer := time.NewTimer(maxWait)
		defer timer.Stop()
		select {
		case <-grown:
		case <-timer.C:
		case <-ctx.Done():
		case <-r.d.dead.Done():
		}
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var got kafka.Fetched
		err := r.d.call(ctx, "log", w.fate(), func() { got = r.fetch() })
		switch {
		case ctx.Err() != nil:
			return kafka.Fetched{}, context.Cause(ctx)
		case r.d.dead.Err() != nil:
			return kafka.Fetched{}, errDead
		case err == nil:
			r.next = got.Next
			return got, nil
		}
		_ = r.d.travel(ctx, pause)
	}
}

// fetch takes some records. The world's lock is held.
func (r *reader) fetch() kafka.Fetched {
	w := r.d.world
	end := int64(len(r.log.records))
	got := kafka.Fetched{Next: r.next, HighWatermark: end, Incarnation: "life"}
	for most := 1 + w.random.IntN(8); got.Next < end && most > 0; most-- {
		rec := r.log.records[got.Next]
		got.Records = append(got.Records, ingest.Record{
			Source: r.source, Tenant: "default", Received: rec.at, Value: rec.value, Size: int64(len(rec.value)),
			Ref: tocsin.Ref{Topic: r.log.topic, Partition: r.log.id, Offset: got.Next, Incarnation: "life"},
		})
		got.Next++
	}
	if len(got.Records) > 0 {
		r.progress.AtEnd = time.Time{}
	}
	r.progress.Next, r.progress.HighWatermark, r.progress.Read = got.Next, end, time.Now()
	switch {
	case got.Next < end:
		r.progress.AtEnd = time.Time{}
	case r.progress.AtEnd.IsZero():
		r.progress.AtEnd = time.Now()
	}
	return got
}

// WriteMatches implements [pipeline.MatchLog]. A write that fails may have written any part from its beginning on, in
// each partition.
func (d *daemon) WriteMatches(ctx context.Context, records []tocsin.LogRecord) error {
	logs := d.world.logs["matches"]
	var all []placed
	for _, rec := range records {
		value, err := sinkskafka.EncodeLogRecord(rec)
		if err != nil {
			return fmt.Errorf("matches: %w", err)
		}
		if m := rec.Match; m != nil {
			all = append(all, placed{logs[sinkskafka.PartitionOf(m.Tenant, m.Rule, m.Key, m.Chained, len(logs))], value})
			continue
		}
		for _, l := range logs {
			all = append(all, placed{l, value})
		}
	}
	return d.write(ctx, all)
}

// WriteEvents implements [pipeline.EventLog].
func (d *daemon) WriteEvents(ctx context.Context, records []tocsin.EventRecord) error {
	var all []placed
	for _, rec := range records {
		value, err := sinkskafka.EncodeEventRecord(rec)
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		all = append(all, placed{d.world.logs["events"][0], value})
	}
	return d.write(ctx, all)
}

// A placed record is on its way to a partition.
type placed struct {
	log   *log
	value []byte
}

func (d *daemon) write(ctx context.Context, all []placed) error {
	f := d.world.fate()
	part := len(all)
	return d.call(ctx, "log", f, func() {
		if f.lost[1] || f.crash[1] {
			part = d.world.random.IntN(len(all) + 1)
		}
		for _, p := range all[:part] {
			p.log.append(p.value)
		}
	})
}
