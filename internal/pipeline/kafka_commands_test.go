package pipeline_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
)

// An orderBook is one partition whose records are there from the start, and the right to commit it.
type orderBook struct {
	records   []string
	next      int64
	committed int64
}

func (l *orderBook) Topic() string                     { return "tocsin.commands" }
func (l *orderBook) ID() int32                         { return 0 }
func (l *orderBook) Committed() int64                  { return l.committed }
func (l *orderBook) SeekTo(offset int64)               { l.next = offset }
func (l *orderBook) SeekToStart(context.Context) error { l.next = 0; return nil }
func (l *orderBook) Progress() kafka.Progress          { return kafka.Progress{} }
func (l *orderBook) Draining() context.Context         { return context.Background() }

func (l *orderBook) Read(ctx context.Context) (kafka.Fetched, error) {
	if l.next == int64(len(l.records)) {
		<-ctx.Done()
		return kafka.Fetched{}, ctx.Err()
	}
	rec := ingest.Record{Value: []byte(l.records[l.next]), Ref: tocsin.Ref{Topic: "tocsin.commands", Offset: l.next}}
	l.next++
	return kafka.Fetched{Records: []ingest.Record{rec}, Next: l.next}, nil
}

func (l *orderBook) Commit(offsets map[kafka.TopicPartition]int64) error {
	for _, next := range offsets {
		l.committed = next
	}
	return nil
}

// Commands are carried out in order, each until it is done, and none is committed before.
func TestCommandsAreDoneBeforeTheyAreCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &orderBook{records: []string{"a", "b", "c"}}
		health := &pipeline.Health{}
		var done []string
		up := time.Now().Add(time.Minute)
		k := &pipeline.KafkaCommands{
			Retry: &pipeline.Retry{Health: health, Log: slog.New(slog.DiscardHandler), Now: time.Now},
			Do: func(_ context.Context, rec ingest.Record) error {
				if string(rec.Value) == "b" && time.Now().Before(up) {
					if l.committed != 1 {
						t.Errorf("committed %d while the second is not done", l.committed)
					}
					return errors.New("the store is down")
				}
				done = append(done, string(rec.Value))
				return nil
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := k.Serve(ctx, &pipeline.Generation{Partitions: []pipeline.Partition{l}, Tenancy: l}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(done, ""); got != "abc" || l.committed != 3 {
			t.Errorf("done %s, committed %d", got, l.committed)
		}
	})
}
