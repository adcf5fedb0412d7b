package pipeline

import (
	"context"
	"strings"

	"tocsin/ingest/kafka"
)

// An Anew is a partition of a log that can be deleted and made anew: it names the life that is read.
type Anew interface{ Incarnation() string }

// relive begins at the first record where the log that the group's offset counts in was deleted, and made anew, while
// nobody read it: the offset means nothing in the new one, be it beyond its end or not.
func (d *KafkaDetect) relive(ctx context.Context, in *input) error {
	p, ok := in.p.(Anew)
	if !ok || in.life == "" || p.Incarnation() == in.life || strings.HasPrefix(in.life, p.Incarnation()+"~") {
		return nil
	}
	if err := in.p.SeekToStart(ctx); err != nil {
		return err
	}
	if d.Gap != nil {
		d.Gap(kafka.Gap{Topic: in.p.Topic(), Partition: in.p.ID(), From: max(in.p.Committed(), 0), To: 0, Reason: "recreated"})
	}
	in.progress.Epoch++
	in.life = p.Incarnation()
	return nil
}
