package app

import (
	"context"

	"tocsin/register"
)

// due writes what has become due by now: targets that passed, and the backlog of the day.
func (a *App) due(s store) func(context.Context) error {
	r, b, last := a.register(s), &register.Backlogger{Store: s}, a.counted().timers
	return func(ctx context.Context) error {
		if _, err := r.Timers(ctx, a.now()); err != nil {
			return err
		}
		last.Set(float64(a.now().Unix()))
		return b.Take(ctx, a.now())
	}
}
