package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tocsin"
)

// A scaled emission is one with the hash of the scales that were in force where it was written to the events log: whoever
// is the registrar, and whatever scales it has itself by then, judges it by those (engine.md, ruling 18).
type scaled struct {
	scales string
	events []tocsin.Event
}

// byScales cuts emissions where the scales change, and where there are more than are repeated at once.
func byScales(events []tocsin.Event) []scaled {
	var all []scaled
	for _, e := range events {
		last := len(all) - 1
		if last < 0 || all[last].scales != e.Scales || len(all[last].events) == atOnce {
			all = append(all, scaled{scales: e.Scales})
			last++
		}
		all[last].events = append(all[last].events, e)
	}
	return all
}

// A judge is a registrar by scales of a hash.
type judge struct {
	scales string
	by     Registrar
}

// by finds the registrar of the scales of a hash, whatever it takes; that of the scales in force here where they were not
// said, or where nobody has them any more.
//
// Those that were used last are kept: a change in the middle of the log takes two.
func (r *KafkaRegistrar) by(ctx context.Context, t *tenure, scales string) (Registrar, error) {
	if r.Scaled == nil || scales == "" {
		return r.Registrar, nil
	}
	if i := slices.IndexFunc(t.judges, func(j judge) bool { return j.scales == scales }); i >= 0 {
		return t.judges[i].by, nil
	}
	by := r.Registrar
	err := r.Retry.Do(ctx, "elasticsearch", func() error {
		found, err := r.Scaled(ctx, scales)
		switch {
		case errors.Is(err, tocsin.ErrNotFound):
			r.Log.ErrorContext(ctx, "scales are not known, events are judged by those in force here", "scales", scales)
			return nil
		case err == nil:
			by = found
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t.judges = append([]judge{{scales, by}}, t.judges[:min(len(t.judges), mostSets-1)]...)
	return by, nil
}

// apply registers emissions, each by its scales.
func (r *KafkaRegistrar) apply(ctx context.Context, t *tenure, events []tocsin.Event) error {
	for _, some := range byScales(events) {
		by, err := r.by(ctx, t, some.scales)
		if err != nil {
			return err
		}
		if err := r.Retry.Do(ctx, "elasticsearch", func() error { return by.Apply(ctx, some.events) }); err != nil {
			return fmt.Errorf("register %d events: %w", len(some.events), err)
		}
	}
	return nil
}
