package app

import (
	"context"

	"tocsin/register"
)

// due writes what has become due by now: targets that passed, and the backlog of the day.
func (a *App) due(s store) func(context.Context) error {
	r, b := a.register(s), &register.Backlogger{Store: s}
	return func(ctx context.Context) error {
		if _, err := r.Timers(ctx, a.now()); err != nil {
			return err
		}
		return b.Take(ctx, a.now())
	}
}
