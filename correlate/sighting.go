package correlate

import (
	"bytes"
	"cmp"
	pile "container/heap"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"tocsin"
	"tocsin/rules"
)

// A mention is an alert as evidence names it.
type mention struct {
	order
	received int64
	digest   [32]byte
	pos      int64
	from     *origin
	id       string // where it is not 32 hex digits
	content  string // its digest where that is no SHA-256; of old snapshots alone
}

// A noticed is an alert that waits for the watermark.
type noticed struct {
	mention
	host, apart, rule string
	tactics           []string
	severity          int64
	links             []string
	entities          []tocsin.Entity
	facts             tocsin.Facts
}

// sightingOf is the match in hand in memory of its own.
func (e *Engine) sightingOf(m *tocsin.Match, at int64, from *origin) *noticed {
	o := &e.memo
	o.read(&m.Alert)
	w := &noticed{mention: mention{order: order{at, o.id}, received: nanos(m.Alert.Received), digest: m.Alert.Digest, pos: m.Alert.Ref.Position(), from: from}}
	if !o.idHex {
		w.id = strings.Clone(m.Alert.ID)
	}
	w.host, w.apart = m.Values[rules.NoveltyHost].Text(), m.Values[rules.NoveltyApart].Text()
	w.rule = m.Values[rules.NoveltyRule].Text()
	w.tactics = textsOf(m.Values[rules.NoveltyTactics])
	w.links = textsOf(m.Values[rules.NoveltyLinks])
	if f, ok := m.Values[rules.NoveltySeverity].Float(); ok {
		w.severity = int64(min(max(f, 0), 1000))
	}
	w.entities, w.facts = e.pool.entities(m.Entities), m.Facts
	w.facts.Tactics = slices.Clone(m.Facts.Tactics)
	return w
}

// entities is a copy of all in memory of its own, or the last copy where that says the same.
func (l *pool) entities(all []tocsin.Entity) []tocsin.Entity {
	if !slices.Equal(all, l.last) {
		l.last = slices.Clone(all)
		for i := range all {
			l.last[i].Value = strings.Clone(all[i].Value)
		}
	}
	return l.last
}

func textsOf(v tocsin.Value) []string {
	if v.Kind() == tocsin.Null {
		return nil
	}
	var out []string
	for _, item := range v.Items() {
		out = append(out, strings.Clone(item.Text()))
	}
	return out
}

// ref is the alert as evidence names it.
func (m *mention) ref() tocsin.AlertRef {
	r := tocsin.AlertRef{
		ID: m.alertID(), Source: m.from.source, Time: instant(m.at), Received: instant(m.received), Digest: m.digest,
		Ref: tocsin.Ref{File: m.from.file, Topic: m.from.topic, Partition: m.from.partition, Incarnation: m.from.incarnation},
	}
	if m.from.topic == "" {
		r.Ref.Line = m.pos
	} else {
		r.Ref.Offset = m.pos
	}
	return r
}

func (m *mention) alertID() string {
	if m.id != "" {
		return m.id
	}
	return m.order.id.hex()
}

// A sum names a set of alerts: the hashes of their content and time, added up modulo 2^256.
type sum [4]uint64

func (s *sum) add(m *mention) {
	var buf [40]byte
	binary.BigEndian.PutUint64(buf[:], uint64(m.at))
	copy(buf[8:], m.digest[:])
	one := sha256.Sum256(buf[:])
	if m.digest == [32]byte{} {
		one = sha256.Sum256(append(append(buf[:8:8], '#'), cmp.Or(m.content, m.alertID())...))
	}
	var other sum
	for i := range other {
		other[i] = binary.LittleEndian.Uint64(one[8*i:])
	}
	s.plus(&other)
}

func (s *sum) plus(o *sum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
}

func (s *sum) digest() string {
	var buf [32]byte
	for i, w := range s {
		binary.LittleEndian.PutUint64(buf[8*i:], w)
	}
	return tocsin.Hash("alerts", string(buf[:]))
}

// A waitHeap has the earliest alert on top. Of one time the content decides, so that the order does not depend on where
// the alerts came from.
type waitHeap []*noticed

func (w *noticed) compare(o *noticed) int {
	return cmp.Or(cmp.Compare(w.at, o.at), bytes.Compare(w.digest[:], o.digest[:]), w.order.id.compare(o.order.id))
}

func (h waitHeap) Len() int           { return len(h) }
func (h waitHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h waitHeap) Less(i, j int) bool { return h[i].compare(h[j]) < 0 }

// Push implements [container/heap.Interface].
func (h *waitHeap) Push(x any) {
	if w, ok := x.(*noticed); ok {
		*h = append(*h, w)
	}
}

// Pop implements [container/heap.Interface].
func (h *waitHeap) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return w
}

func (h *waitHeap) next() *noticed {
	w, _ := pile.Pop(h).(*noticed)
	return w
}
