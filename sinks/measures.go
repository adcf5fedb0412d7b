package sinks

import (
	"context"

	"tocsin"
)

// Measures answer what statistics ask of the incidents of a store.
type Measures interface {
	// Tallies counts incidents that are alike, as [tocsin.Tallies] counts them one by one: ordered by time, words and
	// value. The error wraps [tocsin.ErrQuery]. What was written a second ago may not be counted yet.
	Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error)
	// MeasuresSince tells how the incidents stand that were written since a mark of an earlier answer ("": since ever), in
	// the order in which they were: at most limit, and at least one while there are any. What was written a second ago
	// may be told later, but never not at all. The error wraps [errors.ErrUnsupported] where the store is laid out so
	// that it cannot tell.
	MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error)
}

// Volumes count what a store has.
type Volumes interface {
	// Volumes tells how many alerts and events of a tenant ("": of all) there are of each month from one on and before
	// another, "2026.11", in their order; a month with none may be left out. What was written a second ago may not be
	// counted yet, and what retention removed is not.
	Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error)
}

// Backlogs keep how much work waited, day by day.
type Backlogs interface {
	// PutBacklog keeps what was taken of a day. What is there for the day, tenant and priority stays as it is.
	PutBacklog(ctx context.Context, all []tocsin.Backlog) error
	// Backlogs tells what was taken from a day on and before another, "2006-01-02", of one tenant ("": of all together),
	// ordered by day and priority.
	Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error)
}
