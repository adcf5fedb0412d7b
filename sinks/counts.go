package sinks

import (
	"context"

	"tocsin"
)

// Counts says how many incidents, or events, each of some queries selects, in their order and by one question to the
// store; orders, limits and cursors mean nothing here. Mark is a word that is another one once an incident of a tenant
// ("": of any) was written; what was read after a mark is at least as new as the mark. All may lag behind by a second,
// and agree with one another in it. Restricted is the revision of each restricted incident, by its id, and reads no more
// of it. All stores have it.
type Counts interface {
	Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error)
	EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error)
	Mark(ctx context.Context, tenant string) (string, error)
	Restricted(ctx context.Context) (map[string]int64, error)
}
