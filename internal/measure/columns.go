package measure

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"tocsin"
)

// errFull says that more would have to be held than may be.
var errFull = errors.New("more than is held in memory")

// columns hold the measures of many incidents, each word and number in a column: some 150 bytes an incident.
type columns struct {
	limit  int // rows
	row    map[key]uint32
	word   [][]uint16 // by dimension; what stands there is a place in texts
	number []numbers  // by cohort, then by value
	texts  []string
	text   map[string]uint16
}

// A key stands for an incident's id. Ids are derived by hashing, but a file that somebody has changed may hold any.
type key [16]byte

func keyOf(id string) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:])
}

// numbers are whole numbers of at most 32 bits, with a place of their own for others.
type numbers struct {
	small []uint32
	large map[uint32]int64
}

const (
	absent    = math.MaxUint32
	elsewhere = math.MaxUint32 - 1
)

func newColumns(limit int) *columns {
	c := &columns{limit: limit}
	c.clear()
	return c
}

// clear forgets all.
func (c *columns) clear() {
	*c = columns{
		limit: c.limit, row: map[key]uint32{}, text: map[string]uint16{},
		word: make([][]uint16, len(tocsin.Dimensions())), number: make([]numbers, len(tocsin.Cohorts())+len(tocsin.MeasureValues())),
	}
}

// put takes in how an incident stands. The error is [errFull].
func (c *columns) put(m *tocsin.Measure) error {
	id := keyOf(m.Incident)
	row, there := c.row[id]
	if !there {
		if row = uint32(len(c.word[0])); int(row) >= c.limit {
			return errFull
		}
		for n := range c.word {
			c.word[n] = append(c.word[n], 0)
		}
		for n := range c.number {
			c.number[n].small = append(c.number[n].small, absent)
		}
		c.row[id] = row
	}
	for n, name := range tocsin.Dimensions() {
		place, err := c.place(m.Words[name])
		if err != nil {
			return err
		}
		c.word[n][row] = place
	}
	at := 0
	for _, name := range tocsin.Cohorts() {
		v, ok := m.Marks[name]
		c.number[at].set(row, v, ok)
		at++
	}
	for _, name := range tocsin.MeasureValues() {
		v, ok := m.Values[name]
		c.number[at].set(row, v, ok)
		at++
	}
	return nil
}

// remove takes an incident out: without marks it is in no cohort. Its row is used again should it come again.
func (c *columns) remove(id string) {
	if row, there := c.row[keyOf(id)]; there {
		for n := range c.number {
			c.number[n].set(row, 0, false)
		}
	}
}

// place is that of a text among all; a new one gets one.
func (c *columns) place(text string) (uint16, error) {
	if p, ok := c.text[text]; ok {
		return p, nil
	}
	if len(c.texts) > math.MaxUint16 {
		return 0, fmt.Errorf("words: %w", errFull)
	}
	p := uint16(len(c.texts))
	c.texts = append(c.texts, text)
	c.text[text] = p
	return p, nil
}

func (n *numbers) set(row uint32, v int64, there bool) {
	delete(n.large, row)
	switch {
	case !there:
		n.small[row] = absent
	case v >= 0 && v < elsewhere:
		n.small[row] = uint32(v)
	default:
		n.small[row] = elsewhere
		if n.large == nil {
			n.large = map[uint32]int64{}
		}
		n.large[row] = v
	}
}

func (n *numbers) get(row uint32) (int64, bool) {
	switch v := n.small[row]; v {
	case absent:
		return 0, false
	case elsewhere:
		return n.large[row], true
	default:
		return int64(v), true
	}
}

// bytes is about how much memory the columns take.
func (c *columns) bytes() int64 {
	size := int64(len(c.row)) * 40 // of a table that is between half full and full
	for _, w := range c.word {
		size += int64(cap(w)) * 2
	}
	for _, n := range c.number {
		size += int64(cap(n.small))*4 + int64(len(n.large))*40
	}
	for _, t := range c.texts {
		size += int64(len(t)) + 60
	}
	return size
}
