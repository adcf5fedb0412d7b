package main

import (
	"context"
	"errors"
	"strings"
	"time"
)

// A fleet is the daemons that share the work: one, unless more are asked for.
type fleet []*daemon

// start runs one daemon for each configuration.
func (s *stand) start(ctx context.Context) (fleet, error) {
	var all fleet
	for _, file := range s.files {
		d, err := start(ctx, s.options, file)
		if err != nil {
			_, stopped := all.stop()
			return nil, errors.Join(err, stopped)
		}
		all = append(all, d)
	}
	return all, nil
}

// stop ends them and tells the most memory that one of them had.
func (f fleet) stop() (peak int64, err error) {
	for _, d := range f {
		most, stopped := d.stop()
		peak, err = max(peak, most), errors.Join(err, stopped)
	}
	return peak, err
}

// health is what they tell of the partitions that each has.
func (f fleet) health(ctx context.Context) (all health, err error) {
	for _, d := range f {
		h, err := d.health(ctx)
		if err != nil {
			return all, err
		}
		all.Lags, all.Shards = append(all.Lags, h.Lags...), append(all.Shards, h.Shards...)
	}
	return all, nil
}

func (f fleet) cpu(ctx context.Context) (total time.Duration, err error) {
	for _, d := range f {
		used, err := d.cpu(ctx)
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

func (f fleet) outcome(ctx context.Context) (string, error) {
	var texts []string
	for _, d := range f {
		text, err := d.outcome(ctx)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n"), nil
}
