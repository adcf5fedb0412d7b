package correlate

import (
	"crypto/sha256"
	"encoding/binary"

	"tocsin"
)

// A memo remembers of the alert in hand what several rules ask in turn.
type memo struct {
	idText string
	id     id128
	idHex  bool

	sumAt   int64
	summed  [32]byte // the digest that sum is of; zero for none
	sum     [32]byte
	stamped *blockHash

	said   saying   // by the match before, as it came
	saidOf seldom   // what it says seldom
	heard           // of it
	pooled *payload // that says it; nil for not known
	seldom seldom   // of the match in hand, see [Engine.readItem]
}

// common is the payload that says what p says, which other alerts can say. Where the match before said the same there is
// nothing to look for.
func (o *memo) common(l *pool, p *saying) *payload {
	if o.hear(l, p); o.pooled == nil {
		o.pooled = l.find(p, &o.heard)
	}
	return o.pooled
}

// among is the payload of r that says what p says, nil for none. It spares a look into the pool, which is far away.
func (o *memo) among(r *recents, l *pool, p *saying) *payload {
	o.hear(l, p)
	return r.find(o.hash)
}

// hear works out the hash of what p says, and what it is accounted with.
func (o *memo) hear(l *pool, p *saying) {
	if p.repeats(&o.said) {
		return
	}
	o.said, o.pooled = *p, nil
	if p.seldom == &o.seldom {
		o.saidOf = o.seldom
		o.said.seldom = &o.saidOf
	}
	l.hear(&o.heard, p)
}

// identical reports whether a and b are one list.
func identical[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// read decodes the alert's id, unless it is that of the alert before.
func (o *memo) read(a *tocsin.AlertRef) {
	if o.idText != a.ID || o.idText == "" {
		o.idText, o.idHex = a.ID, hexInto(&o.id, a.ID)
		if !o.idHex {
			sum := sha256.Sum256([]byte(a.ID))
			o.id = idOf([16]byte(sum[:16]))
		}
	}
}

// digestOf is the hash of the content and time of the alert in hand, see [body.addDigest], worked out for the first rule that asks.
func (o *memo) digestOf(x *item) *[32]byte {
	if x.at == o.sumAt && x.digest == o.summed && x.digest != [32]byte{} {
		return &o.sum
	}
	o.sumAt, o.summed = x.at, x.digest
	if x.digest == [32]byte{} {
		o.sum = digestOfName(x)
		return &o.sum
	}
	if o.stamped == nil {
		o.stamped = newBlockHash()
	}
	o.sum = o.stamped.sum(x.at, &x.digest)
	return &o.sum
}

// digestOfName is [memo.digestOf] of an alert without a content digest: it stands with its id.
func digestOfName(x *item) [32]byte {
	name := x.p.digest
	if name == "" {
		name = x.alertID()
	}
	text := append(binary.BigEndian.AppendUint64(nil, uint64(x.at)), '#')
	return sha256.Sum256(append(text, name...))
}
