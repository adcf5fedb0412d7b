package correlate

import (
	"cmp"
	"time"

	"tocsin"
)

// Event time is nanoseconds since 1970 in an int64, clamped to the years 1896 to 2116 so that sums and differences
// with durations of up to longest never overflow.
const (
	earliest = -1 << 61
	latest   = 1 << 62
	longest  = 1 << 60 // 36 years
	never    = latest + 1<<61
	unset    = -1 << 62 // before every time
)

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return unset
	}
	switch s := t.Unix(); {
	case s <= earliest/int64(time.Second):
		return earliest
	case s >= latest/int64(time.Second):
		return latest
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == unset {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// An order is an alert's place among a key's alerts: by time, then by id. Two alerts of one key with the same order
// are one alert.
type order struct {
	at int64
	id id128
}

func (o order) compare(p order) int {
	if c := cmp.Compare(o.at, p.at); c != 0 {
		return c
	}
	return o.id.compare(p.id)
}

func (o order) before(p order) bool {
	switch {
	case o.at != p.at:
		return o.at < p.at
	case o.id.high != p.id.high:
		return o.id.high < p.id.high
	default:
		return o.id.low < p.id.low
	}
}

// An item is one accepted alert as a key holds it: 80 bytes and what it does not share with its neighbour.
type item struct {
	order
	received int64
	digest   [32]byte
	place    int64 // four times its position in its log, and the marks below
	p        *payload
}

// The marks beside an item's position.
const (
	owns  = 1 << iota // its payload is accounted to it
	lacks             // fields of the rule are absent from it
	marks = iota
)

// farthest bounds positions.
const farthest = 1 << 60

const itemSize = 80

// An origin is one partition of one input in one incarnation, or one file.
type origin struct {
	source, file, topic, incarnation string
	partition                        int32
}

// A mark is how far an origin has been seen: the greatest position, and the greatest index at it.
type mark struct {
	pos   int64
	index int32
}

func (m mark) covers(pos int64, index int32) bool {
	return pos < m.pos || pos == m.pos && index <= m.index
}

// itemOf makes an item of a match, without its payload, and what that is to say.
func (e *Engine) itemOf(m *tocsin.Match, at int64, from *origin) (x item, p saying) {
	e.readItem(&x, &p, m, at, from)
	return x, p
}

// readItem is itemOf into x and p, which are zero. What p says is the match's: it is good until the next match.
func (e *Engine) readItem(x *item, p *saying, m *tocsin.Match, at int64, from *origin) {
	o := &e.memo
	o.read(&m.Alert)
	x.at, x.id = at, o.id
	x.received, x.digest = nanos(m.Alert.Received), m.Alert.Digest
	x.stand(m.Alert.Ref.Position(), m.Absent)
	p.from, p.entities, p.seldom = from, m.Entities, e.pool.none
	if o.idHex && e.link == nil && m.Facts.Risk == 0 && !m.Facts.IOC && len(m.Facts.Tactics)+len(m.Absent) == 0 {
		return
	}
	o.seldom = seldom{facts: m.Facts, absent: m.Absent, link: e.link}
	p.seldom = &o.seldom
	if !o.idHex {
		o.seldom.id = m.Alert.ID
	}
	if e.link != nil { // the ids of events may differ with the order of arrival: their content does not
		x.id, o.seldom.id = idOf([16]byte(x.digest[:16])), m.Alert.ID
	}
}

// share gives x the payload p. It is accounted with it, unless the neighbour says the same.
func (x *item) share(l *pool, p *saying, neighbour *item) {
	x.p = l.one(p)
	x.own(neighbour == nil || !neighbour.p.same(x.p))
}

// stand places x in its log.
func (x *item) stand(pos int64, absent []string) {
	if x.place = pos << marks; len(absent) > 0 {
		x.place |= lacks
	}
}

// own says whether the payload of x is accounted to it.
func (x *item) own(does bool) {
	if x.place &^= owns; does {
		x.place |= owns
	}
}

// owns reports whether it is.
func (x *item) owns() bool { return x.place&owns != 0 }

// unowned is x without a payload of its own.
func (x *item) unowned() item {
	y := *x
	y.own(false)
	return y
}

// pos is the position in its log.
func (x *item) pos() int64 { return x.place >> marks }

// cost is how many bytes x is accounted with.
func (x *item) cost() int64 {
	if x.place&owns == 0 {
		return itemSize
	}
	return itemSize + x.p.weight
}

func (x *item) alertID() string {
	if x.p.id != "" {
		return x.p.id
	}
	return x.id.hex()
}

// called reports whether the alert has that id.
func (x *item) called(id string) bool {
	if x.p.id != "" {
		return x.p.id == id
	}
	var named id128
	return hexInto(&named, id) && named == x.id
}

// hexName is the length of an alert's id in hex.
const hexName = 32

// ref is the alert as evidence names it; id is its own in hex.
func (x *item) ref(id string) tocsin.AlertRef {
	r := x.p.from.ref()
	x.fill(&r, id)
	return r
}

// ref is what the names of all alerts that came from o have in common.
func (o *origin) ref() tocsin.AlertRef {
	return tocsin.AlertRef{Source: o.source, Ref: tocsin.Ref{File: o.file, Topic: o.topic, Partition: o.partition, Incarnation: o.incarnation}}
}

// fill makes r, which the alert's origin has begun, the name of the alert.
func (x *item) fill(r *tocsin.AlertRef, id string) {
	if r.ID = id; x.p.id != "" {
		r.ID = x.p.id
	}
	r.Time = instant(x.at)
	if r.Received = r.Time; x.received != x.at {
		r.Received = instant(x.received)
	}
	r.Digest = x.digest
	if r.Ref.Topic == "" {
		r.Ref.Line = x.pos()
	} else {
		r.Ref.Offset = x.pos()
	}
}
