package integrity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
)

// byLog reads a store that cannot do so by itself: each log on its own.
type byLog struct {
	store Verifiable
	known []string // logs with a leaf
}

// Spans lists the logs with a leaf, those of incidents, and those that wait for a leaf.
func (b byLog) Spans(ctx context.Context) ([]tocsin.LogRange, error) {
	all := map[string]bool{}
	for _, log := range b.known {
		all[log] = true
	}
	q := tocsin.Query{Limit: 500}
	for {
		page, err := b.store.Incidents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list the incidents: %w", err)
		}
		for _, i := range page.Items {
			all[i.ID] = true
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	waiting, err := b.store.Unsequenced(ctx, time.Time{}, 1_000_000)
	if err != nil {
		return nil, fmt.Errorf("entries without a leaf: %w", err)
	}
	for _, h := range waiting {
		all[h.Incident] = true
	}
	spans := make([]tocsin.LogRange, 0, len(all))
	for _, log := range slices.Sorted(maps.Keys(all)) {
		spans = append(spans, tocsin.Only(log))
	}
	return spans, nil
}

// Held reads the one log of a span.
func (b byLog) Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	h := tocsin.Held{Log: span.From}
	var err error
	if h.Entries, err = b.store.Entries(ctx, h.Log, 1); err != nil {
		return fmt.Errorf("log %s: %w", h.Log, err)
	}
	i, err := b.store.Incident(ctx, h.Log)
	if err == nil {
		h.State, err = json.Marshal(i)
	} else if errors.Is(err, tocsin.ErrNotFound) {
		err = nil
	}
	if err != nil || h.State == nil && len(h.Entries) == 0 {
		return err
	}
	return each(h)
}

// HeldExhibits reads the copies that the one log of a span names.
func (b byLog) HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(tocsin.Exhibit) error) error {
	entries, err := b.store.Entries(ctx, span.From, 1)
	if err != nil {
		return fmt.Errorf("log %s: %w", span.From, err)
	}
	ids, err := register.ExhibitIDs(entries)
	if err != nil || len(ids) == 0 {
		return err
	}
	all, err := b.store.Exhibits(ctx, span.From, ids, true)
	if err != nil {
		return fmt.Errorf("evidence of incident %s: %w", span.From, err)
	}
	for _, x := range all {
		if err := each(x); err != nil {
			return err
		}
	}
	return nil
}
