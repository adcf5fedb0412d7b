package replay

import (
	"context"
	"io"
	"maps"
	"slices"

	"tocsin"
	"tocsin/ingest"
	"tocsin/sinks/memory"
)

// Played is what a replay of a log left behind: what a daemon that read the same log must have in its store.
type Played struct {
	Summary
	Alerts map[string]bool         // ids of the alerts that were stored
	Dead   map[string]bool         // ids of the dead letters
	Events map[string]tocsin.Event // each as it was emitted last, by id
	Store  *memory.Store           // verdicts, incidents and their logs
}

// Play replays sources, each in its own order and all of them merged by time, and keeps what came of it. Records that
// carry their coordinates in a log get the ids that the daemon gives them.
func Play(ctx context.Context, o Options, sources []ingest.Source) (Played, error) {
	streams := make([]*stream, len(sources))
	for i, src := range sources {
		streams[i] = &stream{src: src, dec: o.Decoder, field: o.Field}
	}
	p := newPlayer(o, io.Discard)
	dead := map[string]bool{}
	err := merge(ctx, streams, func(in Input) error {
		if in.Rejection != nil {
			dead[in.Rejection.ID] = true
		}
		return p.feed(ctx, in)
	})
	if err == nil {
		err = p.finish(ctx)
	}
	alerts := make(map[string]bool, len(p.seen))
	for id := range maps.Keys(p.seen) {
		alerts[id] = true
	}
	return Played{Summary: p.sum, Alerts: alerts, Dead: dead, Events: p.settled, Store: p.store}, err
}

// Incidents are all incidents of the register, by id.
func (p Played) Incidents(ctx context.Context) (map[string]tocsin.Incident, error) {
	all, err := All(ctx, p.Store)
	out := make(map[string]tocsin.Incident, len(all))
	for i := range slices.Values(all) {
		out[i.ID] = i
	}
	return out, err
}
