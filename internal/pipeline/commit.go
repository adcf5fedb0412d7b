package pipeline

import (
	"context"
	"errors"

	"tocsin/ingest"
	"tocsin/ingest/kafka"
)

// commit moves a group's offset. Where the broker cannot be told, the work goes on: the offset says what need not be
// read again, no more, and the next commit says it too. Only a partition that is another member's by now is an error,
// [ingest.ErrRevoked].
func (r *Retry) commit(ctx context.Context, gen *Generation, p Partition, next int64) error {
	err := gen.Commit(map[kafka.TopicPartition]int64{{Topic: p.Topic(), Partition: p.ID()}: next})
	if err == nil || errors.Is(err, ingest.ErrRevoked) {
		return err
	}
	r.Log.WarnContext(ctx, "offset was not committed, will be repeated", "topic", p.Topic(), "partition", p.ID(), "err", err)
	return nil
}
