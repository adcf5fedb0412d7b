package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
)

// KafkaRegistrar applies the events topic to the register. The topic has one partition: whoever owns it is the
// registrar, so that Kafka is the election (delivery.md 3.3, 1).
type KafkaRegistrar struct {
	Registrar Registrar
	Read      func(value []byte) (tocsin.Event, error) // decodes a record of the events topic
	// Timers writes what became due; it is called every TimersEvery while this daemon is the registrar.
	Timers      func(ctx context.Context) error
	TimersEvery time.Duration
	Retry       *Retry
	Log         *slog.Logger
}

// Serve applies events until ctx ends.
func (r *KafkaRegistrar) Serve(ctx context.Context, gen *kafka.Generation) error {
	if len(gen.Partitions) == 0 {
		<-ctx.Done()
		return nil
	}
	p := gen.Partitions[0]
	next := time.NewTicker(r.TimersEvery)
	defer next.Stop()
	for {
		got, err := p.Read(ctx)
		if err == nil {
			err = r.apply(ctx, gen, p, got)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.Topic(), err)
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

func (r *KafkaRegistrar) apply(ctx context.Context, gen *kafka.Generation, p *kafka.Partition, got kafka.Fetched) error {
	for _, rec := range got.Records {
		e, err := r.Read(rec.Value)
		if err != nil {
			r.Log.ErrorContext(ctx, "events log holds what is not ours", "offset", rec.Ref.Offset, "err", err)
			continue
		}
		if err := r.Retry.Do(ctx, "elasticsearch", func() error { return r.Registrar.Apply(ctx, e) }); err != nil {
			return fmt.Errorf("register event %s: %w", e.ID, err)
		}
	}
	if len(got.Records) == 0 {
		return nil
	}
	return gen.Commit(map[kafka.TopicPartition]int64{{Topic: p.Topic(), Partition: p.ID()}: got.Next})
}
