package app

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/sinks/sqlite"
)

// The journal keeps each set of scales that it names under its hash, and which it named last.
const (
	journalScales = "scales"
	newestScales  = "scales in force"
)

// enforceScales writes into the journal that a scale set judges from here on, with the set, unless it says so already.
func (j *journal) enforceScales(ctx context.Context, set *scaleSet) error {
	newest, err := j.store.Cursors(ctx, newestScales)
	if err != nil || string(newest["hash"]) == set.hash {
		return err
	}
	files, err := json.Marshal(set.files)
	if err != nil {
		return err
	}
	row, err := json.Marshal(pipeline.Quiet{Scales: set.hash})
	if err != nil {
		return err
	}
	placed, err := j.store.Journal(ctx, []sqlite.JournalEntry{
		{Kind: sqlite.JournalCursor, Source: journalScales, Position: set.hash, Raw: files},
		{Kind: sqlite.JournalCursor, Source: newestScales, Position: "hash", Raw: []byte(set.hash)},
		{Kind: sqlite.JournalTick, Raw: row},
	})
	if err != nil {
		return fmt.Errorf("name the scales in the journal: %w", err)
	}
	j.placed(placed)
	return nil
}

// scaled is the registrar stage by the scales that the journal names by a hash.
func (a *App) scaled(j *journal) pipeline.Scaled {
	known := map[string]*scaleSet{} // by the pipeline's loop alone
	return func(ctx context.Context, hash string, s register.Store) (pipeline.Registrar, error) {
		if own := a.judging.Load(); own.hash == hash {
			return a.judge(a.register(s), own), nil
		}
		if known[hash] == nil {
			all, err := j.store.Cursors(ctx, journalScales)
			if err != nil {
				return nil, err
			}
			set, err := a.storedScales(ctx, hash, all[hash])
			if err != nil {
				return nil, err
			}
			known = map[string]*scaleSet{hash: set}
		}
		return a.judge(a.register(s), known[hash]), nil
	}
}
