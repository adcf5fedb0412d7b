package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
	"tocsin/sinks"
)

// KafkaRegistrar applies the events topic to the register. The topic has one partition: whoever owns it is the
// registrar, so that Kafka is the election (delivery.md 3.3, 1).
type KafkaRegistrar struct {
	Registrar Registrar // by the scales in force
	// Scaled finds a registrar by the hash of its scales; the error wraps [tocsin.ErrNotFound] where nobody has them. Nil:
	// all is judged by those in force.
	Scaled     func(ctx context.Context, hash string) (Registrar, error)
	Read       func(value []byte) (tocsin.EventRecord, error) // decodes a record of the events topic
	Partitions int                                            // of the matches topic
	// Timers writes what became due; it is called every TimersEvery while this daemon is the registrar.
	Timers      func(ctx context.Context) error
	TimersEvery time.Duration
	// Beside runs while this daemon is the registrar, and ends with its context; nil is nothing.
	Beside func(ctx context.Context)
	Store  sinks.ProgressStore // where the life of the log is kept that the group's offset counts in; nil: nowhere
	Now    func() time.Time
	Retry  *Retry
	Log    *slog.Logger
	Fail   Failpoint
}

// A tenure is the time for which a daemon is the registrar.
type tenure struct {
	gen      *Generation
	p        Partition
	sequence Sequence
	progress map[int32]tocsin.Progress // of the partitions of the matches topic
	life     tocsin.InputProgress      // what is stored of the events topic
	judges   []judge                   // the last ones
}

// Serve applies events until ctx ends.
func (r *KafkaRegistrar) Serve(ctx context.Context, gen *Generation) error {
	if len(gen.Partitions) == 0 {
		<-ctx.Done()
		return nil
	}
	t := &tenure{gen: gen, p: gen.Partitions[0], progress: map[int32]tocsin.Progress{}}
	if r.Beside != nil {
		var wg sync.WaitGroup
		beside, end := context.WithCancel(ctx)
		wg.Go(func() { r.Beside(beside) })
		defer wg.Wait()
		defer end()
	}
	if err := r.relive(ctx, t); err != nil {
		return endOf(ctx, err)
	}
	next := time.NewTicker(r.TimersEvery)
	defer next.Stop()
	for {
		got, err := t.p.Read(ctx)
		if err == nil {
			err = r.take(ctx, t, got)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.p.Topic(), err)
		}
		select {
		case <-next.C:
			if err := r.Timers(ctx); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "timers were not written, will be repeated", "err", err)
			}
		default:
		}
	}
}

// take applies what one read brought, recorded history as far as nothing earlier can come, and commits what need not be
// read again.
func (r *KafkaRegistrar) take(ctx context.Context, t *tenure, got kafka.Fetched) error {
	if len(got.Records) == 0 {
		return nil
	}
	var events []tocsin.Event
	for _, rec := range got.Records {
		read, err := r.Read(rec.Value)
		switch {
		case err != nil:
			r.Log.ErrorContext(ctx, "events log holds what is not ours", "offset", rec.Ref.Offset, "err", err)
		case read.Progress != nil:
			t.progress[read.Progress.Partition] = *read.Progress
		case read.Event != nil:
			read.Event.Scales = read.Scales
			events = append(events, t.sequence.Add(*read.Event, rec.Ref.Offset)...)
		}
	}
	if err := r.apply(ctx, t, append(events, t.due(r.Partitions)...)); err != nil {
		return err
	}
	if err := r.lives(ctx, t, got.Incarnation); err != nil {
		return err
	}
	r.Fail.pass(AfterApply)
	return r.Retry.commit(ctx, t.gen, t.p, t.sequence.First(got.Next))
}

// due is the recorded history that nothing earlier can come before: up to the least watermark of all partitions, and
// all of it where every partition has come to the end.
func (t *tenure) due(partitions int) []tocsin.Event {
	if t.sequence.Len() == 0 || len(t.progress) < partitions {
		return nil
	}
	var least time.Time
	ended, first := true, true
	for _, p := range t.progress {
		ended = ended && p.Ended
		if first || p.Watermark.Before(least) {
			least, first = p.Watermark, false
		}
	}
	if ended {
		return t.sequence.Rest()
	}
	return t.sequence.Until(least)
}

// atOnce bounds how many emissions are repeated where one meets a trouble.
const atOnce = 1024
