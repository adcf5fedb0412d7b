// Package literal finds which of many literal texts stand in a text, at a cost that hardly grows with their number.
//
// Texts that equal, open or close a text are looked up by up to eight of their bytes. Texts inside it are looked up by
// four: a bitmap of such grams is probed at every n-th byte, where n is so small that each literal holds a gram at
// such a place, and what the bitmap lets through is compared. Nothing is allocated by a search.
package literal

// A Place is where in a text a literal must stand.
type Place uint8

// The places.
const (
	Whole  Place = iota // it is the text
	Opens               // the text starts with it
	Closes              // the text ends with it
	Inside              // it is part of the text
)

// Least is how many bytes a literal must have at its place.
func (p Place) Least() int {
	switch p {
	case Whole:
		return 0
	default:
		return 1
	}
}

// A Literal is a text to be found. Its ID is what a search tells of it: different literals of all sets that share
// their [Hits] have different ones, from 0.
type Literal struct {
	Text  string
	Place Place
	ID    int32
}

// A Set is literals that are looked for together. It is immutable and may be shared. The zero Set holds none.
type Set struct {
	keyed [3]keys // by place
	long  *grams  // nil for none; of longStride bytes between two probes and more
	short *grams  // nil for none; of literals that are too short for that: every byte is probed
	brief *brief  // nil for none; of literals that are shorter than a gram
}

// New makes a set. A literal that is shorter than the least of its place is never found.
func New(all []Literal) *Set {
	s := &Set{}
	var long, short, brief []Literal
	for _, l := range all {
		switch {
		case len(l.Text) < l.Place.Least():
		case l.Place != Inside:
			s.keyed[l.Place].add(l)
		case len(l.Text) < gramBytes:
			brief = append(brief, l)
		case len(l.Text) < Long:
			short = append(short, l)
		default:
			long = append(long, l)
		}
	}
	for i := range s.keyed {
		s.keyed[i].build()
	}
	s.long, s.short, s.brief = newGrams(long, false), newGrams(short, false), newBrief(brief)
	return s
}

// Find adds to hits the literals that stand at their places in the text.
func (s *Set) Find(text string, hits *Hits) {
	for i := range s.keyed {
		if s.keyed[i].filter != nil {
			s.keyed[i].find(Place(i), text, hits)
		}
	}
	if s.long != nil {
		s.long.find(text, hits)
	}
	if s.short != nil {
		s.short.find(text, hits)
	}
	if s.brief != nil {
		s.brief.find(text, hits)
	}
}

// A Loose set looks for literals inside texts without regard to the case of ASCII letters.
type Loose struct{ long, short *grams }

// LeastLoose is how many bytes a literal of a loose set must have.
const LeastLoose = gramBytes

// NewLoose makes a loose set of literals in lower-case ASCII. Their places count for nothing, and what is shorter than
// [LeastLoose] is never found.
func NewLoose(all []Literal) *Loose {
	var long, short []Literal
	for _, l := range all {
		switch {
		case len(l.Text) < gramBytes:
		case len(l.Text) < Long:
			short = append(short, l)
		default:
			long = append(long, l)
		}
	}
	return &Loose{newGrams(long, true), newGrams(short, true)}
}

// Find adds to hits the literals that stand in the text. ascii is false where the text holds anything else than ASCII.
func (s *Loose) Find(text string, hits *Hits) {
	if s.long != nil {
		s.long.find(text, hits)
	}
	if s.short != nil {
		s.short.find(text, hits)
	}
}

// Hits are the literals that searches have found since the last reset, each once.
type Hits struct {
	IDs   []int32
	marks []uint32 // by ID: the generation in which it was found last
	gen   uint32
}

// NewHits makes room for the hits of literals with IDs below n.
func NewHits(n int) *Hits { return &Hits{marks: make([]uint32, n), gen: 1} }

// Reset forgets what was found.
func (h *Hits) Reset() {
	h.IDs = h.IDs[:0]
	if h.gen++; h.gen == 0 {
		clear(h.marks)
		h.gen = 1
	}
}

func (h *Hits) has(id int32) bool { return h.marks[id] == h.gen }

func (h *Hits) add(id int32) {
	if h.marks[id] != h.gen {
		h.marks[id] = h.gen
		h.IDs = append(h.IDs, id)
	}
}
