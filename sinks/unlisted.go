package sinks

import (
	"context"
	"time"
)

// An UnlistedStore tells what a crash between a log and its projection has left.
type UnlistedStore interface {
	// Unlisted names at most limit incidents that have a log and no projection, so that no listing has them: logs that
	// begin with one of [tocsin.FoundingActions], as those of custody have no incident. Since may leave out logs that
	// were begun before then; the zero time leaves out none. It may lag behind the log by a second; a projection that was
	// stored a moment ago it knows.
	Unlisted(ctx context.Context, since time.Time, limit int) ([]string, error)
}
