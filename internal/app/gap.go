package app

import (
	"context"
	"errors"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
)

// tellGap tells health and log of records that were lost before they could be read. The reader counts them.
func (k *kafkaStages) tellGap(g kafka.Gap) {
	letter := pipeline.GapLetter(g, g.Topic, "default", k.now())
	k.health.Fail("gap", errors.New(letter.Detail), letter.Received)
}

// recordedWithin is how long a store may be away that a gap of a topic of ours is to be recorded in.
const recordedWithin = time.Hour

// gap also records a stretch of a topic of ours in the dead-letter place. The detect stage does that for the inputs,
// before it goes on; here the reader must not wait for the store.
func (k *kafkaStages) gap(g kafka.Gap) {
	k.tellGap(g)
	letters := []tocsin.Rejection{pipeline.GapLetter(g, g.Topic, "default", k.now())}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), recordedWithin)
		defer cancel()
		if err := k.retry.Do(ctx, "elasticsearch", func() error { return k.store.StoreRejections(ctx, letters) }); err != nil {
			k.log.Error("a gap was not recorded", "err", err)
		}
	}()
}
