package pipeline

import (
	"context"

	"tocsin/ingest/kafka"
)

// A Partition is one partition of a log that a generation gave this member; package ingest/kafka says what each method
// does. Its methods but Progress are for one goroutine.
type Partition interface {
	Place
	Cursor
	Progress() kafka.Progress
}

// A Place says which partition it is and where its group stands; Committed is -1 where it stands nowhere yet.
type Place interface {
	Topic() string
	ID() int32
	Committed() int64
}

// A Cursor reads on from where it stands. Read retries what fails on the way until ctx ends.
type Cursor interface {
	Read(ctx context.Context) (kafka.Fetched, error)
	SeekTo(offset int64)
	SeekToStart(ctx context.Context) error
}

// A Tenancy is the right to commit: until the partitions are another member's.
type Tenancy interface {
	Commit(offsets map[kafka.TopicPartition]int64) error
	Draining() context.Context
}

// A Generation is one assignment of partitions to this member of a consumer group.
type Generation struct {
	ID         int32 // it grows from one generation to the next
	Partitions []Partition
	Tenancy
}

// Kafka makes a consumer group's handler of a stage.
func Kafka(serve func(ctx context.Context, gen *Generation) error) kafka.Handler {
	return func(ctx context.Context, gen *kafka.Generation) error {
		g := &Generation{ID: gen.ID, Tenancy: gen}
		for _, p := range gen.Partitions {
			g.Partitions = append(g.Partitions, p)
		}
		return serve(ctx, g)
	}
}
