package literal

import (
	"math/bits"
	"strings"
)

const (
	gramBytes = 4
	longest   = 8 // bytes between two probes, at most
	maxChain  = 64
	// Long is how many bytes a literal inside a text should have: where all have so many, only every fourth place of the text is probed.
	Long = gramBytes + 3
)

// caseBit is what upper and lower case of an ASCII letter differ in, in each byte of a gram.
const caseBit = 0x20202020

// grams finds literals inside texts. Each literal is entered under as many grams in a row as there are bytes between
// two probes, so one of them lies at a probe wherever the literal stands.
type grams struct {
	stride  int
	fold    uint32 // set in every gram
	shift   uint8  // of hashes, for the bitmap
	bitmap  []uint64
	cells   []gramCell // open addressing by hash
	narrow  uint8      // the shift for cells
	entries []gramEntry
	rest    []Literal // whose grams too many others have: looked for one by one
}

// gramCell is the first entry of a gram, counted from 1; 0 for an empty cell.
type gramCell struct {
	gram  uint32
	first int32
}

// gramEntry is a literal that holds a gram at an offset, and the next one with the same gram, -1 for none.
type gramEntry struct {
	Literal
	offset int32
	next   int32
}

// newGrams makes the table of literals of at least four bytes; nil of none.
func newGrams(all []Literal, loose bool) *grams {
	if len(all) == 0 {
		return nil
	}
	g := &grams{stride: longest}
	if loose {
		g.fold = caseBit
	}
	for _, l := range all {
		g.stride = min(g.stride, len(l.Text)-gramBytes+1)
	}
	n := len(all) * g.stride
	g.shift = uint8(64 - min(max(bits.Len(uint(16*n)), 10), 22))
	g.bitmap = make([]uint64, 1<<(64-g.shift)/64)
	g.narrow = uint8(64 - bits.Len(uint(2*n)))
	g.cells = make([]gramCell, 1<<(64-g.narrow))
	common := g.count(all)
	chains := map[uint32]int{}
	for _, l := range all {
		g.enter(l, common, chains)
	}
	return g
}

// count counts in how many places of the literals each gram is.
func (g *grams) count(all []Literal) map[uint32]int {
	n := map[uint32]int{}
	for _, l := range all {
		for i := 0; i+gramBytes <= len(l.Text); i++ {
			n[g.gram(l.Text, i)]++
		}
	}
	return n
}

func (g *grams) gram(s string, i int) uint32 { return half(s, i) | g.fold }

// enter enters a literal under the grams that are the least common: those of many literals stand in many texts.
func (g *grams) enter(l Literal, common, chains map[uint32]int) {
	best, least := -1, 0
	for from := 0; from+g.stride+gramBytes-1 <= len(l.Text); from++ {
		sum, full := 0, false
		for i := range g.stride {
			gram := g.gram(l.Text, from+i)
			sum += common[gram]
			full = full || chains[gram] >= maxChain
		}
		if !full && (best < 0 || sum < least) {
			best, least = from, sum
		}
	}
	if best < 0 {
		g.rest = append(g.rest, l)
		return
	}
	for i := range g.stride {
		gram := g.gram(l.Text, best+i)
		chains[gram]++
		h := hashOf(gram)
		g.bitmap[h>>g.shift/64] |= 1 << (h >> g.shift % 64)
		c := g.cell(gram, h)
		e := gramEntry{Literal: l, offset: int32(best + i), next: -1}
		if c.first != 0 {
			e.next = c.first - 1
		}
		g.entries = append(g.entries, e)
		c.gram, c.first = gram, int32(len(g.entries))
	}
}

func hashOf(gram uint32) uint64 { return uint64(gram) * spread }

// cell is where a gram is or would be.
func (g *grams) cell(gram uint32, hash uint64) *gramCell {
	i := hash >> g.narrow
	for {
		c := &g.cells[i]
		if c.first == 0 || c.gram == gram {
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
		gram := half(text, i) | fold
		h := hashOf(gram)
		if at := h >> (shift & 63); bitmap[at/64]&(1<<(at%64)) != 0 {
			g.compare(text, i, gram, h, hits)
		}
	}
	for _, l := range g.rest {
		if !hits.has(l.ID) && g.inside(text, l.Text) {
			hits.add(l.ID)
		}
	}
}

// compare compares the literals of a gram with the text around it.
func (g *grams) compare(text string, at int, gram uint32, hash uint64, hits *Hits) {
	for i := g.cell(gram, hash).first - 1; i >= 0; i = g.entries[i].next {
		e := &g.entries[i]
		from := at - int(e.offset)
		if from < 0 || from+len(e.Text) > len(text) || hits.has(e.ID) {
			continue
		}
		if part := text[from : from+len(e.Text)]; part == e.Text || g.fold != 0 && equalFold(part, e.Text) {
			hits.add(e.ID)
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
