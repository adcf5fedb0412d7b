package correlate

import (
	"iter"
	"slices"

	"tocsin"
)

// A payload is the part of an alert that many alerts of a key have in common; neighbours share it. It refers to nothing of
// the record that it was made of.
type payload struct {
	sum     fingerprint // hash of all that it says; zero for one that was not pooled
	weight  int64       // about how many bytes it takes
	from    *origin
	values  []string
	shape   *shape // of its entities
	texts   string // the values of these, each behind its length
	*seldom        // never written
}

// Seldom is what few alerts say. Payloads that say nothing of it share one, see [pool].
type seldom struct {
	id     string // alert id where it is not 32 hex digits, else ""
	digest string // its digest where that is no SHA-256; of old snapshots alone
	facts  tocsin.Facts
	absent []string
	link   *link // of an event; nil for an alert
}

const (
	payloadSize = 104 // bytes of a payload and of its place in the pool, without what it refers to
	seldomSize  = 112 // likewise, of what it says seldom
)

// says reports whether it says anything.
func (o *seldom) says() bool {
	return o.id != "" || o.digest != "" || o.facts.Risk != 0 || o.facts.IOC || len(o.facts.Tactics)+len(o.absent) > 0 || o.link != nil
}

// equal reports whether o and q say the same.
func (o *seldom) equal(q *seldom) bool {
	return o == q || o.link == q.link && o.id == q.id && o.digest == q.digest && o.facts.Risk == q.facts.Risk && o.facts.IOC == q.facts.IOC &&
		slices.Equal(o.facts.Tactics, q.facts.Tactics) && slices.Equal(o.absent, q.absent)
}

// common reports whether other alerts can say the same: no two have an id or a digest in common.
func (o *seldom) common() bool { return o.id == "" && o.digest == "" && o.link == nil }

// weigh is about how many bytes it takes.
func (o *seldom) weigh() int {
	if !o.says() {
		return 0
	}
	n := seldomSize + len(o.id) + len(o.digest) + 16*len(o.absent) + weighTexts(o.facts.Tactics)
	if o.link != nil {
		n += o.link.size()
	}
	return n
}

// same reports whether p and q say the same. Of pooled ones it need not look.
func (p *payload) same(q *payload) bool {
	if p == q {
		return true
	}
	if !p.sum.zero() && !q.sum.zero() {
		return p.sum == q.sum
	}
	return p.equal(q)
}

// equal reports whether p and q say the same.
func (p *payload) equal(q *payload) bool {
	return p == q || (p.from == q.from || *p.from == *q.from) && p.texts == q.texts && p.shape.equal(q.shape) &&
		slices.Equal(p.values, q.values) && p.seldom.equal(q.seldom)
}

// entities yields the entities that it names, and their places.
func (p *payload) entities() iter.Seq2[int, tocsin.Entity] {
	return func(yield func(int, tocsin.Entity) bool) {
		texts := p.texts
		for i, s := range p.shape.all {
			n := tocsin.Entity{Field: s.field, Role: s.role}
			if n.Value, texts = cutText(texts); !yield(i, n) {
				return
			}
		}
	}
}
