package literal

import (
	"math/bits"
	"strings"
)

// keys finds literals at one end of a text, or all of it, by the bytes at that end: up to eight.
type keys struct {
	literals []keyed
	cells    []cell // open addressing by hash; nil where there are no literals
	shift    uint8
	widths   uint16 // bit w: there are literals of w bytes; bit 8: of eight and more
}

// keyed is a literal and the next one with the same key, -1 for none.
type keyed struct {
	Literal
	next int32
}

// cell is the first literal of a key, counted from 1; 0 for an empty cell.
type cell struct {
	key   uint64
	first int32
}

// spread spreads keys over hashes.
const spread = 0x9e3779b97f4a7c15

func (k *keys) add(l Literal) { k.literals = append(k.literals, keyed{l, -1}) }

func (k *keys) build(p Place) {
	if len(k.literals) == 0 {
		return
	}
	size := bits.Len(uint(2 * len(k.literals)))
	k.cells, k.shift = make([]cell, 1<<size), uint8(64-size)
	for i := range k.literals {
		l := &k.literals[i]
		w := min(len(l.Text), 8)
		k.widths |= 1 << w
		c := k.cell(keyOf(p, l.Text, w))
		if c.first != 0 {
			l.next = c.first - 1
		}
		c.key, c.first = keyOf(p, l.Text, w), int32(i+1)
	}
}

// keyOf is the key of a text by w of its bytes, 8 at most and no more than it has.
func keyOf(p Place, s string, w int) uint64 {
	switch p {
	case Opens:
		return bytesOf(s[:w]) + uint64(w)
	case Whole:
		return bytesOf(s[len(s)-w:])*spread ^ bytesOf(s[:w]) + uint64(len(s))
	default:
		return bytesOf(s[len(s)-w:]) + uint64(w)
	}
}

// bytesOf is up to eight bytes as a number.
func bytesOf(s string) uint64 {
	if len(s) == 8 {
		return word(s, 0)
	}
	var n uint64
	for i := len(s) - 1; i >= 0; i-- {
		n = n<<8 | uint64(s[i])
	}
	return n
}

// cell is where a key is or would be.
func (k *keys) cell(key uint64) *cell {
	i := key * spread >> k.shift
	for {
		c := &k.cells[i]
		if c.first == 0 || c.key == key {
			return c
		}
		if i++; i == uint64(len(k.cells)) {
			i = 0
		}
	}
}

func (k *keys) find(p Place, text string, hits *Hits) {
	if p == Whole {
		if w := min(len(text), 8); k.widths&(1<<w) != 0 {
			k.compare(p, text, w, hits)
		}
		return
	}
	for left := k.widths; left != 0; left &= left - 1 {
		w := bits.TrailingZeros16(left)
		if w > len(text) {
			return
		}
		k.compare(p, text, w, hits)
	}
}

func (k *keys) compare(p Place, text string, w int, hits *Hits) {
	for i := k.cell(keyOf(p, text, w)).first - 1; i >= 0; i = k.literals[i].next {
		l := &k.literals[i]
		var ok bool
		switch p {
		case Whole:
			ok = text == l.Text
		case Opens:
			ok = strings.HasPrefix(text, l.Text)
		default:
			ok = strings.HasSuffix(text, l.Text)
		}
		if ok {
			hits.add(l.ID)
		}
	}
}
