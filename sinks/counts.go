package sinks

import (
	"context"

	"tocsin"
)

// Counts says how many incidents each of some queries selects, in their order and by one question to the store; orders,
// limits and cursors mean nothing here. It may lag behind by a second. All stores have it.
type Counts interface {
	Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error)
}
