package correlate

import (
	"encoding/binary"
	"math"

	"tocsin"
)

// A saying is what is to become a payload: what a match says, as it came. Its lists are the match's.
type saying struct {
	from     *origin
	values   []string
	entities []tocsin.Entity
	*seldom
}

// repeats reports whether p says what q said, by where it is kept: rules that read the same of an alert hand over the very same
// lists.
func (p *saying) repeats(q *saying) bool {
	return p.from == q.from && identical(p.entities, q.entities) && identical(p.values, q.values) &&
		(p.seldom == q.seldom || p.facts.Risk == q.facts.Risk && p.facts.IOC == q.facts.IOC &&
			identical(p.facts.Tactics, q.facts.Tactics) && identical(p.absent, q.absent) && p.common() && q.common())
}

// A heard is a saying as the pool knows it: its hash, and what a payload that says it is accounted with.
type heard struct {
	hash   fingerprint
	weight int64
	shape  *shape
	texts  []byte // see [payload]; scratch
}

// hear works out what is asked of a saying.
func (l *pool) hear(to *heard, p *saying) {
	known := l.know(p)
	texts := to.texts[:0]
	for i := range p.entities {
		texts = appendText(texts, p.entities[i].Value)
	}
	to.shape, to.texts, to.weight = l.shape, texts, int64(payloadSize+len(texts))
	text := texts
	if len(p.values) > 0 || p.seldom != l.none && p.says() {
		l.said = appendRest(append(l.said[:0], texts...), p)
		text = l.said
		to.weight += int64(weighTexts(p.values) + p.seldom.weigh())
	}
	to.hash = known.with(l.hashOf(text))
}

func weighTexts(all []string) (n int) {
	for _, v := range all {
		n += 16 + len(v)
	}
	return n
}

// appendText appends a text so that what follows cannot be taken for its end.
func appendText(to []byte, s string) []byte {
	if len(s) < 0x80 {
		return append(append(to, byte(len(s))), s...)
	}
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

// cutText takes the first text off what [appendText] made.
func cutText(all string) (text, rest string) {
	n, size := uint64(all[0]), 1
	if n >= 0x80 {
		var head [binary.MaxVarintLen64]byte
		n, size = binary.Uvarint(head[:copy(head[:], all)])
	}
	return all[size : size+int(n)], all[size+int(n):]
}

// appendRest appends what few payloads have.
func appendRest(text []byte, p *saying) []byte {
	flag := byte(0)
	if p.facts.IOC {
		flag = 1
	}
	text = binary.LittleEndian.AppendUint64(append(text, flag), math.Float64bits(p.facts.Risk))
	for _, list := range [3][]string{p.values, p.facts.Tactics, p.absent} {
		text = binary.AppendUvarint(text, uint64(len(list)))
		for _, s := range list {
			text = appendText(text, s)
		}
	}
	return text
}
