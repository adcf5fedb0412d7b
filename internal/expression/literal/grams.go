package literal

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

const (
	gramBytes = 4
	maxChain  = 1024
	// Long is how many bytes a literal inside a text should have: where all have so many, only every fourth place of the
	// text is probed.
	Long = gramBytes + 3
)

// caseBit is what upper and lower case of an ASCII letter differ in, in each byte of a gram.
const caseBit = 0x20202020

// grams finds literals inside texts. Each literal is entered under as many grams in a row as there are bytes between
// two probes, so one of them lies at a probe wherever the literal stands. What many literals share is told apart by
// the four bytes beside it.
type grams struct {
	stride  int
	fold    uint32   // set in every gram
	shift   uint8    // of hashes, for the words of the bitmap
	bitmap  []uint64 // of each gram two bits of a word
	firsts  []first  // open addressing by hash of grams
	narrow  uint8    // the shift for firsts
	cells   []cell   // likewise by hash of keys, of those that are no grams alone
	tight   uint8    // the shift for cells
	entries []gramEntry
	rest    []Literal // whose keys too many others have: looked for one by one
}

// gramEntry is a literal that holds a gram at an offset. Most are ruled out by its ends, without a look at its text.
type gramEntry struct {
	first, last uint64 // its first and last bytes: eight, of shorter ones four
	text        string
	id          int32
	offset      int32
}

// keyedEntry is an entry while its table is made.
type keyedEntry struct {
	gramEntry
	key  uint64
	kind uint8
}

// first is what is known of a gram: its entries, and whether others have a key of it and what is beside it.
type first struct {
	gram     uint32
	kinds    uint8 // bits; 0 in an empty one
	from, to int32
}

// The kinds of key: of a gram by itself, or with the bytes after or before it.
const (
	alone = iota
	after
	before
)

// newGrams makes the table of literals of at least four bytes; nil of none.
func newGrams(all []Literal, loose bool) *grams {
	if len(all) == 0 {
		return nil
	}
	g := &grams{stride: 4}
	if loose { // of long texts
		g.fold, g.stride = caseBit, 8
	}
	for _, l := range all {
		g.stride = min(g.stride, len(l.Text)-gramBytes+1)
	}
	n := len(all) * g.stride
	words := min(max(bits.Len(uint(16*n)), 10), 22) - 6
	g.shift, g.bitmap = uint8(64-words), make([]uint64, 1<<words)
	e := &entering{grams: g, common: g.count(all), chains: map[uint64]int{}, keyed: make([]keyedEntry, 0, n)}
	for _, l := range all {
		e.enter(l)
	}
	g.settle(e.keyed)
	return g
}

// settle puts the entries of one key side by side, and notes in the cells where they are.
func (g *grams) settle(keyed []keyedEntry) {
	slices.SortStableFunc(keyed, func(a, b keyedEntry) int { return cmp.Compare(a.key, b.key) })
	size := bits.Len(uint(2 * len(keyed)))
	g.narrow, g.firsts, g.entries = uint8(64-size), make([]first, 1<<size), make([]gramEntry, len(keyed))
	pairs := 0
	for i := range keyed {
		e := &keyed[i]
		g.entries[i] = e.gramEntry
		f := g.first(g.gram(e.text, int(e.offset)))
		if f.gram, f.kinds = g.gram(e.text, int(e.offset)), f.kinds|1<<e.kind; e.kind != alone {
			pairs++
			continue
		}
		if f.to == 0 {
			f.from = int32(i)
		}
		f.to = int32(i) + 1
	}
	size = bits.Len(uint(2 * pairs))
	g.tight, g.cells = uint8(64-size), make([]cell, 1<<size)
	for i := range keyed {
		if e := &keyed[i]; e.kind != alone {
			c := g.cell(e.key)
			if c.to == 0 {
				c.key, c.from = e.key, int32(i)
			}
			c.to = int32(i) + 1
		}
	}
}

// count counts in how many places of the literals each gram is. Those of ordinary texts count for more.
func (g *grams) count(all []Literal) map[uint32]int32 {
	n := make(map[uint32]int32, len(ordinary))
	for i := 0; i+gramBytes <= len(ordinary); i++ {
		n[g.gram(ordinary, i)] = 4 * shared
	}
	for _, l := range all {
		for i := 0; i+gramBytes <= len(l.Text); i++ {
			n[g.gram(l.Text, i)]++
		}
	}
	return n
}

func (g *grams) gram(s string, i int) uint32 { return half(s, i) | g.fold }

// key is the key of a kind of the gram at i; ok is false where s has no such bytes.
func (g *grams) key(kind int, s string, i int) (key uint64, ok bool) {
	key = uint64(g.gram(s, i))
	switch kind {
	case after:
		if i+2*gramBytes > len(s) {
			return 0, false
		}
		key |= uint64(g.gram(s, i+gramBytes)) << 32
	case before:
		if i < gramBytes {
			return 0, false
		}
		key |= uint64(g.gram(s, i-gramBytes)) << 32
	}
	return key*spread + uint64(kind), true
}

// entering enters literals into a table.
type entering struct {
	*grams
	common map[uint32]int32 // grams
	chains map[uint64]int   // keys: literals that have it
	keyed  []keyedEntry
}

// shared is from how many literals on a gram is told apart by what is beside it.
const shared = 8

// choose is the kind of key that fewest have of the gram at i.
func (e *entering) choose(s string, i int) (kind int, key uint64) {
	key, _ = e.key(alone, s, i)
	if e.common[e.gram(s, i)] <= shared {
		return alone, key
	}
	for _, k := range []int{after, before} {
		if other, ok := e.key(k, s, i); ok && (kind == alone || e.chains[other] < e.chains[key]) {
			kind, key = k, other
		}
	}
	return kind, key
}

// enter enters a literal under the grams that are the least common: those of many literals stand in many texts.
func (e *entering) enter(l Literal) {
	best, least := -1, 0
	for from := 0; from+e.stride+gramBytes-1 <= len(l.Text); from++ {
		sum, full := 0, false
		for i := from; i < from+e.stride; i++ {
			_, key := e.choose(l.Text, i)
			sum += int(e.common[e.gram(l.Text, i)]) + shared*e.chains[key]
			full = full || e.chains[key] >= maxChain
		}
		if !full && (best < 0 || sum < least) {
			best, least = from, sum
		}
	}
	if best < 0 {
		e.rest = append(e.rest, l)
		return
	}
	for i := best; i < best+e.stride; i++ {
		kind, key := e.choose(l.Text, i)
		e.chains[key]++
		e.put(l, i, kind, key)
	}
}

func (e *entering) put(l Literal, at, kind int, key uint64) {
	h := hashOf(e.gram(l.Text, at))
	e.bitmap[h>>(e.shift&63)] |= bitsOf(h)
	entry := gramEntry{text: l.Text, id: l.ID, offset: int32(at)}
	entry.first, entry.last = e.ends(l.Text, 0, len(l.Text))
	e.keyed = append(e.keyed, keyedEntry{entry, key, uint8(kind)})
}

// ends are the first and last bytes of the part of s between from and to, which has four at least.
func (g *grams) ends(s string, from, to int) (first, last uint64) {
	if to-from < 8 {
		return uint64(half(s, from) | g.fold), uint64(half(s, to-4) | g.fold)
	}
	fold := uint64(g.fold)<<32 | uint64(g.fold)
	return word(s, from) | fold, word(s, to-8) | fold
}

func hashOf(gram uint32) uint64 { return uint64(gram) * spread }

// bitsOf are the two bits of a hash in its word of the bitmap.
func bitsOf(hash uint64) uint64 { return 1<<(hash>>20&63) | 1<<(hash>>26&63) }

// first is where a gram is or would be.
func (g *grams) first(gram uint32) *first {
	i := hashOf(gram) >> (g.narrow & 63)
	for {
		f := &g.firsts[i]
		if f.kinds == 0 || f.gram == gram {
			return f
		}
		if i++; i == uint64(len(g.firsts)) {
			i = 0
		}
	}
}

// cell is where a key is or would be.
func (g *grams) cell(key uint64) *cell {
	i := key * spread >> g.tight
	for {
		c := &g.cells[i]
		if c.to == 0 || c.key == key {
			return c
		}
		if i++; i == uint64(len(g.cells)) {
			i = 0
		}
	}
}

func (g *grams) find(text string, hits *Hits) {
	bitmap, shift, fold, stride := g.bitmap, g.shift, g.fold, g.stride
	for i := 0; i+gramBytes <= len(text); i += stride {
		h := hashOf(half(text, i) | fold)
		if bits := bitsOf(h); bitmap[h>>(shift&63)]&bits == bits {
			g.look(text, i, hits)
		}
	}
	for _, l := range g.rest {
		if !hits.has(l.ID) && g.inside(text, l.Text) {
			hits.add(l.ID)
		}
	}
}

// look compares the literals of the gram at a place with the text around it.
func (g *grams) look(text string, at int, hits *Hits) {
	f := g.first(g.gram(text, at))
	if f.from < f.to {
		g.compare(text, at, g.entries[f.from:f.to], hits)
	}
	for kind := after; f.kinds>>kind != 0; kind++ {
		if f.kinds>>kind&1 == 0 {
			continue
		}
		if key, ok := g.key(kind, text, at); ok {
			if c := g.cell(key); c.to > 0 {
				g.compare(text, at, g.entries[c.from:c.to], hits)
			}
		}
	}
}

func (g *grams) compare(text string, at int, entries []gramEntry, hits *Hits) {
	for i := range entries {
		e := &entries[i]
		from := at - int(e.offset)
		to := from + len(e.text)
		if from < 0 || to > len(text) {
			continue
		}
		if first, last := g.ends(text, from, to); first != e.first || last != e.last {
			continue
		}
		if g.fold == 0 && to-from <= 16 || text[from:to] == e.text || g.fold != 0 && equalFold(text[from:to], e.text) {
			hits.add(e.id)
		}
	}
}

func (g *grams) inside(text, part string) bool {
	if g.fold == 0 {
		return strings.Contains(text, part)
	}
	for i := 0; i+len(part) <= len(text); i++ {
		if equalFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// equalFold compares bytes with as many of lower-case ASCII.
func equalFold(s, lower string) bool {
	for i := range len(lower) {
		c := s[i]
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
