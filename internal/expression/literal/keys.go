package literal

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// keys finds literals at one end of a text, or all of it, by the bytes at that end: up to eight.
type keys struct {
	filter   []uint64     // a bitmap of hashes, which is small and answers most look-ups; nil where there are no literals
	narrow   uint8        // the shift of hashes for the filter
	shift    uint8        // and for the cells
	widths   uint16       // bit w: there are literals of w bytes; bit 8: of eight and more
	by       *[256]uint16 // widths of the literals whose outermost byte this is
	cells    []cell       // open addressing by hash
	literals []keyed      // those of one key side by side
}

// keyed is a literal and its key.
type keyed struct {
	Literal
	key uint64
}

// cell says where what has a key stands in a slice; to is 0 in an empty one.
type cell struct {
	key      uint64
	from, to int32
}

// spread spreads keys over hashes.
const spread = 0x9e3779b97f4a7c15

func (k *keys) add(l Literal) {
	w := min(len(l.Text), 8)
	k.widths |= 1 << w
	if w > 0 {
		if k.by == nil {
			k.by = new([256]uint16)
		}
		k.by[outermost(l.Place, l.Text)] |= 1 << w
	}
	k.literals = append(k.literals, keyed{l, keyOf(l.Place, l.Text, w)})
}

// outermost is the byte at the end of a text where a place is.
func outermost(p Place, s string) byte {
	if p == Opens {
		return s[0]
	}
	return s[len(s)-1]
}

func (k *keys) build() {
	if len(k.literals) == 0 {
		return
	}
	k.literals = slices.Clip(k.literals)
	slices.SortStableFunc(k.literals, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	size := bits.Len(uint(2 * len(k.literals)))
	k.cells, k.shift = make([]cell, 1<<size), uint8(64-size)
	size = max(size+3, 6)
	k.filter, k.narrow = make([]uint64, 1<<size/64), uint8(64-size)
	for i := range k.literals {
		key := k.literals[i].key
		h := key * spread >> k.narrow
		k.filter[h/64] |= 1 << (h % 64)
		c := k.cell(key)
		if c.to == 0 {
			c.key, c.from = key, int32(i)
		}
		c.to = int32(i) + 1
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
		if c.to == 0 || c.key == key {
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
	if text == "" {
		return
	}
	for left := k.by[outermost(p, text)]; left != 0; left &= left - 1 {
		w := bits.TrailingZeros16(left)
		if w > len(text) {
			return
		}
		k.compare(p, text, w, hits)
	}
}

func (k *keys) compare(p Place, text string, w int, hits *Hits) {
	key := keyOf(p, text, w)
	if h := key * spread >> (k.narrow & 63); k.filter[h/64]&(1<<(h%64)) == 0 {
		return
	}
	c := k.cell(key)
	for i := c.from; i < c.to; i++ {
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
