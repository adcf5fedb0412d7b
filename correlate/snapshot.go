package correlate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tocsin"
	"tocsin/rules"
)

// SnapshotFormat is the version of the layout that [Engine.Snapshot] writes.
const SnapshotFormat = 6

// oldestFormat is the oldest version of the layout that [Restore] reads.
const oldestFormat = 4

// ReadsFormat reports whether [Restore] reads snapshots of a version.
func ReadsFormat(format int) bool { return format >= oldestFormat && format <= SnapshotFormat }

// magic opens every snapshot; the version of the layout follows.
const magic = "tocsin correlate"

// Snapshot is the engine's whole state: the same state gives the same bytes. An engine restored from it goes on as
// this one does, byte for byte.
func (e *Engine) Snapshot() []byte {
	return e.snapshot(SnapshotFormat)
}

func (e *Engine) snapshot(format int) []byte {
	c := &coder{buf: append([]byte(magic), byte(format)), format: format}
	e.layout(c, nil)
	e.layoutLowered(c)
	e.layoutContinued(c)
	sum := sha256.Sum256(c.buf)
	return append(c.buf, sum[:16]...)
}

// Restore makes an engine of a snapshot. Where set is not the set of the snapshot, it is put in force as by
// [Engine.Use], and the next call returns what that closed. The error wraps [ErrSnapshot] where the bytes are damaged
// or of another version; hostile bytes allocate in proportion to their length.
func Restore(cfg Config, set *rules.Set, data []byte) (*Engine, error) {
	return restore(cfg, plansOf(set), data)
}

func restore(cfg Config, set planSet, data []byte) (*Engine, error) {
	if len(data) <= len(magic)+16 || !bytes.HasPrefix(data, []byte(magic)) || !ReadsFormat(int(data[len(magic)])) {
		return nil, fmt.Errorf("%d bytes: %w", len(data), ErrSnapshot)
	}
	data, sum := data[:len(data)-16], data[len(data)-16:]
	if want := sha256.Sum256(data); !bytes.Equal(sum, want[:16]) {
		return nil, fmt.Errorf("its checksum is wrong: %w", ErrSnapshot)
	}
	e := newEngine(cfg, planSet{})
	c := &coder{buf: data[len(magic)+1:], format: int(data[len(magic)]), reading: true}
	e.layout(c, nil)
	if c.err == nil && len(c.buf) > 0 {
		e.layoutLowered(c)
	}
	if c.err == nil && len(c.buf) > 0 {
		e.layoutContinued(c)
	}
	if len(c.buf) > 0 {
		c.fail("%d bytes are left over", len(c.buf))
	}
	if c.err != nil {
		return nil, c.err
	}
	e.begin()
	e.use(set)
	e.backed, e.out = e.out, nil
	return e, nil
}

// layout is the order of everything in a snapshot. The ranks share the origins, which the first one writes.
func (e *Engine) layout(c *coder, origins *originTable) {
	c.text(&e.set)
	list(c, &e.shapes, 2, func(s *shapes) {
		c.text(&s.set)
		stringMap(c, &s.rules)
	})
	e.progress.layout(c)
	if origins == nil {
		origins = e.layoutOrigins(c)
	}
	list(c, &e.suspicions, 2, c.doubt)
	c.num(&e.unknown)
	c.at(&e.greatest)
	list(c, &e.backed, 2, func(ev *tocsin.Event) { c.json(ev) })
	tracks := make([]*track, 0, len(e.tracks))
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tracks = append(tracks, e.tracks[id])
	}
	list(c, &tracks, 10, func(tk **track) {
		if c.reading {
			*tk = newTrack(plan{}, e.cfg.AllEvidence, &e.pool)
		}
		(&trackCoder{coder: c, e: e, tk: *tk, origins: origins, index: make(map[*tocsin.RuleRef]int)}).layout()
	})
	e.layoutSights(c)
	e.layoutNext(c, origins)
}

func (p *progress) layout(c *coder) {
	partition := func(sp *tocsin.SourcePartition) {
		c.text(&sp.Source)
		n := int64(sp.Partition)
		c.num(&n)
		sp.Partition = int32(n)
	}
	known := slices.SortedFunc(maps.Keys(p.readers), comparePartitions)
	list(c, &known, 10, func(sp *tocsin.SourcePartition) {
		partition(sp)
		r := p.readers[*sp]
		c.num(&r.epoch)
		c.num(&r.offset)
		c.at(&r.greatest)
		c.span(&r.disorder)
		c.span(&r.lateness)
		c.at(&r.tick)
		c.bool(&r.idle)
		c.bool(&r.ended)
		c.bool(&r.recorded)
		p.readers[*sp] = r
	})
	list(c, &p.listed, 2, partition)
	c.num(&p.fenced)
	c.span(&p.lateness)
	c.at(&p.watermark)
	c.at(&p.horizon)
	if c.reading && p.watermark != unset {
		p.horizon = max(p.horizon, p.watermark-p.lateness)
	}
	c.text(&p.holder)
	c.texts(&p.behind)
}

// originTable is the origins in the order of the snapshot, by which payloads name them.
type originTable struct {
	all   []*seenOrigin
	index map[origin]int
}

func (e *Engine) layoutOrigins(c *coder) *originTable {
	all := slices.SortedFunc(maps.Values(e.origins), func(a, b *seenOrigin) int { return a.origin.compare(&b.origin) })
	list(c, &all, 7, func(o **seenOrigin) {
		if c.reading {
			*o = &seenOrigin{}
		}
		s := *o
		for _, t := range []*string{&s.source, &s.file, &s.topic, &s.incarnation} {
			c.text(t)
		}
		n := int64(s.partition)
		c.num(&n)
		s.partition = int32(n)
		c.num(&s.mark.pos)
		small(c, &s.mark.index, math.MaxInt32)
		e.origins[s.origin] = s
	})
	t := &originTable{all: all, index: make(map[origin]int, len(all))}
	for i, o := range all {
		t.index[o.origin] = i
	}
	return t
}

func (o *origin) compare(p *origin) int {
	for _, c := range []int{
		strings.Compare(o.source, p.source), strings.Compare(o.topic, p.topic), strings.Compare(o.file, p.file),
		strings.Compare(o.incarnation, p.incarnation),
	} {
		if c != 0 {
			return c
		}
	}
	return int(o.partition) - int(p.partition)
}

func (c *coder) doubt(d *doubt) {
	c.text(&d.reason)
	c.num(&d.until)
}

// stringMap is a map, by key.
func stringMap(c *coder, m *map[string]string) {
	keys := slices.Sorted(maps.Keys(*m))
	if c.reading {
		*m = make(map[string]string)
	}
	list(c, &keys, 2, func(k *string) {
		c.text(k)
		v := (*m)[*k]
		c.text(&v)
		(*m)[*k] = v
	})
}
