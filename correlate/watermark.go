package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"tocsin"
)

// A reader is what the newest marker said of one input partition.
type reader struct {
	epoch, offset      int64
	greatest           int64
	disorder, lateness int64
	tick               int64
	idle, ended        bool
	recorded           bool
}

// bound is the event time that the partition's alerts will not fall below, but for late ones.
func (r *reader) bound() int64 { return max(r.greatest, earliest) - r.disorder }

// progress is the watermark's own state (engine.md, rulings 3 and 4).
type progress struct {
	readers  map[tocsin.SourcePartition]reader
	listed   []tocsin.SourcePartition // sorted; empty: those that sent markers
	fenced   int64                    // markers older than what was heard
	lateness int64                    // the greatest of all readers

	watermark int64 // unset before every listed partition was heard of
	horizon   int64 // alerts before it are never evaluated by windows, and are forgotten
	holder    string
	behind    []string
	ended     bool // recorded partitions have come to their end and no other is active; a function of readers
}

// recorded reports whether a declared source is one that replays history.
func (p *progress) recorded() bool {
	for _, r := range p.readers { // an or: the order does not matter
		if r.recorded {
			return true
		}
	}
	return false
}

// after is the watermark that a marker would lead to.
func (p *progress) after(m tocsin.Marker) int64 {
	trial := *p
	trial.readers = maps.Clone(p.readers)
	trial.heed(m)
	return trial.watermark
}

func newProgress(lateness time.Duration) progress {
	return progress{
		readers: make(map[tocsin.SourcePartition]reader), lateness: short(lateness), watermark: unset, horizon: unset,
	}
}

// heed takes a marker in and reports whether it counted: an older owner's does not, nor one that a producer's second
// attempt put behind a newer one. What a new owner has not read again is still known of the partition.
func (p *progress) heed(m tocsin.Marker) bool {
	old, known := p.readers[m.SourcePartition]
	if known && (m.Epoch < old.epoch || m.Epoch == old.epoch && m.Offset < old.offset) {
		p.fenced++
		return false
	}
	if known && old.ended && !m.Ended {
		p.takeBack(m.Source)
	}
	greatest := nanos(m.Greatest)
	if known {
		greatest = max(greatest, old.greatest)
	}
	p.readers[m.SourcePartition] = reader{
		epoch: m.Epoch, offset: m.Offset, greatest: greatest, tick: nanos(m.Tick),
		disorder: short(m.Disorder), lateness: short(m.Lateness), idle: m.Idle && !m.Recorded, ended: m.Ended, recorded: m.Recorded,
	}
	if len(m.Listed) > 0 {
		p.listed = slices.Clone(m.Listed)
		slices.SortFunc(p.listed, comparePartitions)
		p.listed = slices.Compact(p.listed)
		maps.DeleteFunc(p.readers, func(sp tocsin.SourcePartition, _ reader) bool {
			_, ok := slices.BinarySearchFunc(p.listed, sp, comparePartitions)
			return !ok && sp != m.SourcePartition
		})
	}
	p.lateness = 0
	for _, r := range p.readers { // a maximum: the order does not matter
		p.lateness = max(p.lateness, r.lateness)
	}
	p.move(m)
	if p.watermark != unset {
		p.horizon = max(p.horizon, p.watermark-p.lateness)
	}
	return true
}

// takeBack lets the partitions of a source count again that had come to their end: more of its history follows, and those
// that have not said so yet may only be slower. Their owners repeat the declaration where it still holds.
func (p *progress) takeBack(source string) {
	for sp, r := range p.readers { // each by itself: the order does not matter
		if sp.Source == source && r.ended {
			r.ended = false
			p.readers[sp] = r
		}
	}
}

// move advances the watermark as far as the readers allow; it never goes back.
func (p *progress) move(m tocsin.Marker) {
	declared := p.listed
	if len(declared) == 0 {
		declared = slices.SortedFunc(maps.Keys(p.readers), comparePartitions)
	}
	p.ended = false
	active, idle := int64(never), int64(never)
	done := int64(unset)
	var waiting, idling []string
	holder := ""
	for _, sp := range declared {
		r, ok := p.readers[sp]
		switch {
		case !ok:
			waiting = append(waiting, partitionName(sp))
		case r.ended:
			done = max(done, r.greatest)
		case r.idle:
			idling = append(idling, partitionName(sp))
			idle = min(idle, r.bound())
		default:
			if r.bound() < active {
				active, holder = r.bound(), partitionName(sp)
			}
		}
	}
	p.holder, p.behind = holder, idling
	if len(waiting) > 0 {
		p.holder, p.behind = waiting[0], append(waiting, idling...)
		return
	}
	switch {
	case active != never:
		p.watermark = max(p.watermark, active)
	case idle == never:
		p.watermark = max(p.watermark, done)
	default:
		p.watermark = max(p.watermark, done, idle, nanos(m.Tick))
	}
	p.ended = active == never && done != unset
}

// latenessOf is how late alerts of the source partition may be; the greatest lateness where it sent no marker.
func (p *progress) latenessOf(source string, partition int32) int64 {
	if r, ok := p.readers[tocsin.SourcePartition{Source: source, Partition: partition}]; ok {
		return r.lateness
	}
	return p.lateness
}

func short(d time.Duration) int64 { return min(max(int64(d), 0), longest) }

func comparePartitions(a, b tocsin.SourcePartition) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Partition, b.Partition))
}

func partitionName(sp tocsin.SourcePartition) string {
	return sp.Source + "/" + strconv.Itoa(int(sp.Partition))
}
