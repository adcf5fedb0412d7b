package decode

import "strings"

// A signSearch finds which formats' signs stand in a line, in one pass over it, so that a line costs no more where more
// formats have signs. Each sign is entered under three of its bytes.
type signSearch struct {
	known [1 << gramBits / 64]uint64 // a bitmap of hashes: it answers for most places of a line
	by    map[uint32][]gramSign
	count int // of formats, whose bits go from 1
}

const (
	gramBytes = 3
	gramBits  = 15 // of 200 signs one place in 160 is looked at in vain; 4 KiB leave the first cache to others
)

// A gramSign is a sign that holds a gram at an offset, and the bit of its format.
type gramSign struct {
	text   string
	offset int
	bit    int
}

// A signSet is formats, by their bits in a search.
type signSet [4]uint64

func (s *signSet) add(bit int)      { s[bit/64] |= 1 << (bit % 64) }
func (s *signSet) has(bit int) bool { return s[bit/64]>>(bit%64)&1 != 0 }

// enter gives a format with these signs a bit; 0 where the format must always be asked: it has none, or one is too short
// to be looked for, or the search is full.
func (s *signSearch) enter(signs []string) (bit int) {
	if shortest(signs) < gramBytes || s.count == 64*len(signSet{})-1 {
		return 0
	}
	if s.by == nil {
		s.by = map[uint32][]gramSign{}
	}
	s.count++
	bit = s.count
	for _, sign := range signs {
		at := rarest(sign)
		gram := uint32(sign[at]) | uint32(sign[at+1])<<8 | uint32(sign[at+2])<<16
		s.known[hashOf(gram)/64] |= 1 << (hashOf(gram) % 64)
		s.by[gram] = append(s.by[gram], gramSign{sign, at, bit})
	}
	return bit
}

// find is the formats of which a sign stands in a line.
func (s *signSearch) find(line string) (found signSet) {
	gram := uint32(0)
	for i := range len(line) {
		gram = gram>>8 | uint32(line[i])<<16
		h := hashOf(gram)
		if s.known[h/64]>>(h%64)&1 == 0 {
			continue
		}
		for _, sign := range s.by[gram] {
			if from := i - (gramBytes - 1) - sign.offset; from >= 0 && strings.HasPrefix(line[from:], sign.text) {
				found.add(sign.bit)
			}
		}
	}
	return found
}

func hashOf(gram uint32) uint32 { return gram * 0x9e3779b1 >> (32 - gramBits) }

// rarest is where in a sign the three bytes stand that lines have the least: letters are common, marks are not.
func rarest(sign string) (at int) {
	most := -1
	for i := range len(sign) - gramBytes + 1 {
		marks := 0
		for _, c := range []byte(sign[i : i+gramBytes]) {
			if c != ' ' && c-'a' >= 26 && c-'0' >= 10 {
				marks++
			}
		}
		if marks > most {
			at, most = i, marks
		}
	}
	return at
}

// shortest is the length of the shortest of some texts, 0 of none.
func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	least := len(texts[0])
	for _, s := range texts {
		least = min(least, len(s))
	}
	return least
}
