package pipeline

import (
	"maps"
	"sync"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// Hearings are when each source was last heard of: the latest receipt among its records, whatever became of them. The
// zero value has none; it is safe for concurrent use, and a nil one takes no note.
type Hearings struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// mostHeard bounds the sources that are listened for; they are configured, and few.
const mostHeard = 1000

// note takes in one record.
func (h *Hearings) note(r *ingest.Record) {
	if h != nil {
		h.Note(r.Source, r.Received)
	}
}

// Note takes in that a source was heard of.
func (h *Hearings) Note(source string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, known := h.last[source]
	if at.IsZero() || !at.After(last) || !known && len(h.last) == mostHeard {
		return
	}
	if h.last == nil {
		h.last = map[string]time.Time{}
	}
	h.last[source] = at
}

// All returns them by source.
func (h *Hearings) All() map[string]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.last)
}

// A Watch is told what all detecting daemons have heard: how far each input partition was read, and whether this daemon
// is the one that judges by it, of which there is one at a time.
type Watch func(all []tocsin.InputProgress, judges bool)

// watch tells the watch, as the owner of the first partition of the first input or not.
func (d *KafkaDetect) watch(all []tocsin.InputProgress) {
	if d.Watch != nil {
		d.Watch(all, d.Paces.owns(d.First))
	}
}

// owns reports whether a partition is this daemon's.
func (p *Paces) owns(of tocsin.SourcePartition) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ours := p.own[of]
	return ours
}
