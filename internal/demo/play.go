package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// batchSize is how many records are posted at once: some 150 KB, well below what the intake takes.
const batchSize = 200

// Play posts the records in batches, one a line, in their order. Lines are JSON and CEF side by side, so the intake must
// be told text/plain: lines of any format. The whole takes about the time lasting, spread as the records' own times
// are; 0 is as fast as post takes them. It returns the first error of post, or ctx's when that ends; what post must
// wait for (an intake that is full), it waits for itself.
func Play(ctx context.Context, post func(ctx context.Context, lines []byte) error, records []Record, lasting time.Duration) error {
	if len(records) == 0 {
		return nil
	}
	first := records[0].At
	whole := records[len(records)-1].At.Sub(first)
	began := time.Now()
	for at := 0; at < len(records); at += batchSize {
		batch := records[at:min(at+batchSize, len(records))]
		if lasting > 0 && whole > 0 {
			share := float64(batch[len(batch)-1].At.Sub(first)) / float64(whole)
			if err := Wait(ctx, time.Until(began.Add(time.Duration(share*float64(lasting))))); err != nil {
				return err
			}
		}
		var body bytes.Buffer
		for _, r := range batch {
			body.Write(r.Line)
			body.WriteByte('\n')
		}
		if err := post(ctx, body.Bytes()); err != nil {
			return fmt.Errorf("post records %d to %d: %w", at, at+len(batch)-1, err)
		}
	}
	return nil
}

// Wait returns after d, or with ctx's error when that ends first.
func Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
