package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tocsin/ingest"
)

// KafkaCommands carries out the records of the commands topic. Each is done, or known to be refused for good and kept as a
// dead letter, before its offset is committed; a command that comes twice changes nothing the second time.
type KafkaCommands struct {
	// Do carries one record out. An error says that it could not be done now: it is repeated.
	Do    func(ctx context.Context, rec ingest.Record) error
	Retry *Retry
}

// Serve works the partitions off, each in the order of its offsets, until ctx ends.
func (k *KafkaCommands) Serve(ctx context.Context, gen *Generation) error {
	if len(gen.Partitions) == 0 {
		<-ctx.Done()
		return nil
	}
	errs := make([]error, len(gen.Partitions))
	var wg sync.WaitGroup
	for n, p := range gen.Partitions {
		wg.Go(func() { errs[n] = k.serve(ctx, gen, p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (k *KafkaCommands) serve(ctx context.Context, gen *Generation, p Partition) error {
	for {
		got, err := p.Read(ctx)
		for i := 0; err == nil && i < len(got.Records); i++ {
			err = k.Retry.Do(ctx, "commands", func() error { return k.Do(ctx, got.Records[i]) })
		}
		if err == nil && len(got.Records) > 0 {
			err = k.Retry.commit(ctx, gen, p, got.Next)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // an end is no error
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.Topic(), err)
		}
	}
}
