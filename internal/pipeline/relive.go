package pipeline

import (
	"context"
	"strings"

	"tocsin"
)

// An Anew is a partition of a log that can be deleted and made anew: it names the life that is read, and is told what was
// lost with an earlier one.
type Anew interface {
	Incarnation() string
	Missed(from int64)
}

// relive begins at the first record where the log that the group's offset counts in was deleted, and made anew, while
// nobody read it: the offset means nothing in the new one, be it beyond its end or not.
func (d *KafkaDetect) relive(ctx context.Context, in *input, left int64) error {
	p, ok := in.p.(Anew)
	if !ok || sameLife(in.life, p.Incarnation()) {
		return nil
	}
	if err := in.p.SeekToStart(ctx); err != nil {
		return err
	}
	p.Missed(max(in.p.Committed(), left)) // the group may have lost its offset with the log
	in.progress.Epoch++
	in.life = p.Incarnation()
	return nil
}

// sameLife reports whether the life of a log that was left is that which is read now, or not known.
func sameLife(left, now string) bool {
	return left == "" || now == left || strings.HasPrefix(left, now+"~")
}

// resume goes to the offset of a restored engine. Where the log that it counts in was deleted and made anew meanwhile, it
// says nothing: what was lost with that log is told, and the new one is read from its start.
func (s *shard) resume(ctx context.Context) error {
	p, ok := s.p.(Anew)
	if !ok || p.Incarnation() == "" || sameLife(s.log, p.Incarnation()) {
		s.p.SeekTo(s.offset)
		return nil
	}
	if err := s.p.SeekToStart(ctx); err != nil {
		return err
	}
	p.Missed(s.offset)
	s.clean = false
	s.follow(p.Incarnation())
	return nil
}

// follow notes which life of the log is read. One that began anew, or was cut short, has lower offsets than what was saved
// of the one before, and yet comes behind it.
func (s *shard) follow(life string) {
	if !sameLife(s.log, life) {
		s.life++
	}
	s.log = life
}

// relive does the same for the events topic, whose life the last registrar left in the store.
func (r *KafkaRegistrar) relive(ctx context.Context, t *tenure) error {
	p, ok := t.p.(Anew)
	if !ok || r.Store == nil {
		return nil
	}
	of := tocsin.SourcePartition{Source: t.p.Topic(), Partition: t.p.ID()}
	err := r.Retry.Do(ctx, "elasticsearch", func() error {
		known, err := r.Store.Progress(ctx, []tocsin.SourcePartition{of})
		if err == nil && len(known) > 0 {
			t.life = known[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	t.life.SourcePartition, t.life.Epoch, t.life.AtEnd = of, max(int64(t.gen.ID), t.life.Epoch+1), true
	if sameLife(t.life.Incarnation, p.Incarnation()) {
		return nil
	}
	p.Missed(t.p.Committed())
	return t.p.SeekToStart(ctx)
}

// lives stores which life of the events topic is read, where that is news: before an offset in it is committed.
func (r *KafkaRegistrar) lives(ctx context.Context, t *tenure, life string) error {
	if r.Store == nil || life == "" || t.life.Incarnation == life {
		return nil
	}
	now := t.life
	now.Incarnation, now.At = life, r.Now()
	err := r.Retry.Do(ctx, "elasticsearch", func() error { return r.Store.StoreProgress(ctx, []tocsin.InputProgress{now}) })
	if err == nil {
		t.life = now
	}
	return err
}

// endOf is nil where ctx is over, which is how a tenure ends.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // see above
	}
	return err
}
