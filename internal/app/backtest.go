package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/ingest"
	"tocsin/ingest/kafka"
	"tocsin/internal/config"
	"tocsin/internal/replay"
)

// KafkaSpans opens the configured input topics of mode kafka, and that of the HTTP intake where it is there, from the
// first record that was written at or after since to the end that they have now. It joins no group and commits nothing.
// left tells how many offsets are still to be read.
func KafkaSpans(ctx context.Context, cfg config.Config, o Options, since time.Time) (sources []ingest.Source, left func() int64, closed func(), err error) {
	topics := []kafka.Topic{{
		Name: cfg.Kafka.Prefix + "intake", Source: intakeSource, Tenant: cfg.Intake.Tenant, Format: cfg.Intake.Format, Own: true,
	}}
	for _, s := range cfg.Sources {
		if s.Kind != "kafka" {
			continue
		}
		for _, name := range s.Topics {
			topics = append(topics, kafka.Topic{Name: name, Source: s.Name, Tenant: s.Tenant, Format: s.Format})
		}
	}
	var spans []*kafka.Span
	var ends []func()
	closed = func() {
		for _, end := range ends {
			end()
		}
	}
	for i, t := range topics {
		c := kafka.Config{
			Connection: connection(cfg.Kafka), Topics: []kafka.Topic{t}, RecordLimit: int(cfg.Intake.MaxRecord),
			BatchLimit: min(int(cfg.Intake.MaxUnpack), 64<<20),
		}
		some, end, err := kafka.OpenSpans(ctx, c, kafka.Options{Log: o.Log, Now: o.Now}, since)
		if i == 0 && errors.Is(err, kafka.ErrUnusable) && len(topics) > 1 {
			continue // no daemon has taken in anything by HTTP
		}
		if err != nil {
			closed()
			return nil, nil, nil, fmt.Errorf("kafka %w: %w", ErrUnreachable, err)
		}
		spans, ends = append(spans, some...), append(ends, end)
	}
	for _, s := range spans {
		sources = append(sources, s)
	}
	left = func() (n int64) {
		for _, s := range spans {
			n += s.Left()
		}
		return n
	}
	return sources, left, closed, nil
}

// Known are the incidents of a register that people gave a disposition and that were going on since then.
func (r *Reader) Known(ctx context.Context, since time.Time) ([]replay.Known, error) {
	return replay.KnownIncidents(ctx, r.store, since)
}

// Stored is a source of the original records of the alerts that the store keeps.
func (r *Reader) Stored(since time.Time) *replay.Stored {
	return &replay.Stored{Store: r.store, Since: since}
}
