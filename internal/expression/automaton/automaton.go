// Package automaton tells whether a regular expression finds something in a text by one look at a table for each byte.
//
// The table is that of a deterministic automaton whose states are made when a text first leads to them. What the tables
// of a few thousand expressions would take is bounded by giving up: an expression that leads to ever new states is left to
// [regexp], which says the same.
package automaton

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of one machine.
const (
	maxCells = 16 << 10 // of its table: 64 KiB
	maxFar   = 1 << 10  // remembered steps by characters beyond ASCII
	maxFull  = 4        // times that it may run out of room before it is given up
)

// A Machine matches one regular expression. It is for one goroutine.
type Machine struct {
	re      *regexp.Regexp
	prefix  string // of whatever matches
	prog    *syntax.Prog
	regards bool             // conditions on the place between two characters
	classes [256]uint8       // bytes of one class take every state to the same state; those beyond ASCII lead nowhere
	samples []rune           // a character of each class
	width   int32            // of a state's row: the classes, the end of the text, and what is beyond ASCII
	next    []int32          // by row and class: where the next state's row starts, or one of the marks below
	states  []state          // by row
	by      map[string]int32 // row by what the state is
	far     map[uint64]int32 // next by row and character beyond ASCII
	idle    [4]int32         // the rows of states in which nothing waits, by what stood before
	full    int

	key     []byte // scratch, as the rest
	stack   []uint32
	seen    []uint32 // by instruction: the closure in which it was met
	closure uint32
	runes   []uint32
}

// state is the instructions that wait for the next character, and what stood before it.
type state struct {
	waiting []uint32
	before  before
}

// before is what of the character before a place decides which conditions hold there.
type before uint8

const (
	atBegin before = iota
	afterLine
	afterWord
	afterOther
)

// What stands in the table instead of a row.
const (
	unknown int32 = 0
	found   int32 = -1
	lost    int32 = -2 // at the end of the text: nothing was found
	idle    int32 = -3 // and below, by what stood before: nothing waits, so a match can only begin later
)

// New makes a machine of an expression, which is one of [regexp.Compile].
func New(re *regexp.Regexp) *Machine {
	prog, err := program(re)
	if err != nil {
		return &Machine{re: re, full: maxFull}
	}
	m := &Machine{re: re, prog: prog, seen: make([]uint32, len(prog.Inst))}
	m.prefix, _ = re.LiteralPrefix()
	m.regards = slices.ContainsFunc(prog.Inst, func(in syntax.Inst) bool { return in.Op == syntax.InstEmptyWidth })
	m.classify()
	m.reset()
	return m
}

func program(re *regexp.Regexp) (*syntax.Prog, error) {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil, err
	}
	return syntax.Compile(tree.Simplify())
}

// classify puts the bytes of ASCII into classes: those that no instruction tells apart.
func (m *Machine) classify() {
	var tests []*syntax.Inst
	met := map[string]bool{}
	for i := range m.prog.Inst {
		in := &m.prog.Inst[i]
		switch in.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if key := string(append([]rune{rune(in.Op), rune(in.Arg)}, in.Rune...)); !met[key] {
				met[key] = true
				tests = append(tests, in)
			}
		}
	}
	by := map[string]uint8{}
	for c := range rune(utf8.RuneSelf) {
		key := []byte{byte(m.after(c))}
		for _, in := range tests {
			passed := byte(0)
			if in.MatchRune(c) {
				passed = 1
			}
			key = append(key, passed)
		}
		class, ok := by[string(key)]
		if !ok {
			class = uint8(len(m.samples))
			by[string(key)] = class
			m.samples = append(m.samples, c)
		}
		m.classes[c] = class
	}
	m.width = int32(len(m.samples)) + 2
	for c := utf8.RuneSelf; c < len(m.classes); c++ {
		m.classes[c] = uint8(m.width - 1)
	}
}

func (m *Machine) after(r rune) before {
	switch {
	case !m.regards:
		return afterOther
	case r == '\n':
		return afterLine
	case syntax.IsWordChar(r):
		return afterWord
	default:
		return afterOther
	}
}

// reset forgets all states but the first.
func (m *Machine) reset() {
	m.next, m.states = m.next[:0], m.states[:0]
	m.by, m.far = map[string]int32{}, map[uint64]int32{}
	m.states = append(m.states, state{}) // row 0 is nobody's: its number means unknown
	m.next = append(m.next, make([]int32, m.width)...)
	for b := range m.idle {
		m.idle[b] = m.room(nil, before(b))
	}
}

// Match reports whether the expression finds something in the text.
func (m *Machine) Match(text string) bool {
	if m.full >= maxFull {
		return m.re.MatchString(text)
	}
	at, next := idle-int32(atBegin), m.next
	for i := 0; ; i++ {
		switch {
		case at > 0:
		case at <= idle:
			skipped := strings.Index(text[i:], m.prefix)
			if skipped < 0 {
				return false
			}
			if skipped > 0 {
				i += skipped
				last, _ := utf8.DecodeLastRuneInString(text[:i])
				at = idle - int32(m.after(last))
			}
			at = m.idle[idle-at]
		case at == found:
			return true
		default:
			return m.giveUp(text)
		}
		for i < len(text) {
			to := next[at+int32(m.classes[text[i]])]
			if to <= 0 {
				break
			}
			at = to
			i++
		}
		if i >= len(text) {
			return m.ends(at)
		}
		i, at = m.advance(at, text, i)
		next = m.next
	}
}

// advance leads on by the character at i, whose last byte is at the place that it returns.
func (m *Machine) advance(at int32, text string, i int) (last int, to int32) {
	c := text[i]
	if c >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(text[i:])
		return i + size - 1, m.stepFar(at, r)
	}
	if to = m.next[at+int32(m.classes[c])]; to == unknown {
		to = m.step(at, int32(m.classes[c]))
	}
	return i, to
}

// ends reports whether a match ends with the text.
func (m *Machine) ends(at int32) bool {
	to := m.next[at+m.width-2]
	if to == unknown {
		to = m.step(at, m.width-2)
	}
	return to == found
}

// giveUp matches the text otherwise, as there is no room for more states.
func (m *Machine) giveUp(text string) bool {
	if m.full++; m.full >= maxFull {
		m.next, m.states, m.by, m.far = nil, nil, nil, nil
	} else {
		m.reset()
	}
	return m.re.MatchString(text)
}

// step works out where a class, or the end of the text, leads from a state, and remembers it. It returns unknown where
// there is no room.
func (m *Machine) step(at, class int32) int32 {
	r := rune(-1)
	if class < m.width-2 {
		r = m.samples[class]
	}
	to := m.move(at, r)
	if to != unknown {
		m.next[at+class] = to
	}
	return to
}

// stepFar is step by a character beyond ASCII.
func (m *Machine) stepFar(at int32, r rune) int32 {
	key := uint64(at)<<32 | uint64(r)
	to, ok := m.far[key]
	if !ok {
		if to = m.move(at, r); to != unknown && len(m.far) < maxFar {
			m.far[key] = to
		}
	}
	return to
}

// move works out where a character leads from a state; -1 is the end of the text.
func (m *Machine) move(at int32, r rune) int32 {
	s := &m.states[at/m.width]
	previous := [...]rune{atBegin: -1, afterLine: '\n', afterWord: 'a', afterOther: ' '}[s.before]
	if m.follow(s.waiting, syntax.EmptyOpContext(previous, r)) {
		return found
	}
	if r < 0 {
		return lost
	}
	waiting := m.stack[:0]
	for _, pc := range m.runes {
		if in := &m.prog.Inst[pc]; in.MatchRune(r) {
			waiting = append(waiting, in.Out)
		}
	}
	slices.Sort(waiting)
	m.stack = waiting[:0]
	return m.row(slices.Compact(waiting), m.after(r))
}

// follow collects in m.runes the instructions that take a character, of those that wait and of a match that begins here,
// where such conditions hold. It reports whether a match ends here.
func (m *Machine) follow(waiting []uint32, holds syntax.EmptyOp) (matched bool) {
	m.closure++
	m.runes = m.runes[:0]
	stack := append(append(m.stack[:0], waiting...), uint32(m.prog.Start))
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if m.seen[pc] == m.closure {
			continue
		}
		m.seen[pc] = m.closure
		switch in := &m.prog.Inst[pc]; in.Op {
		case syntax.InstMatch:
			matched = true
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Arg, in.Out)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^holds == 0 {
				stack = append(stack, in.Out)
			}
		case syntax.InstFail:
		default:
			m.runes = append(m.runes, pc)
		}
	}
	m.stack = stack[:0]
	return matched
}

// row is where the row of a state starts, or that it is idle; unknown where there is no room for one more.
func (m *Machine) row(waiting []uint32, b before) int32 {
	if len(waiting) == 0 {
		if m.prefix == "" {
			return m.idle[b]
		}
		return idle - int32(b)
	}
	m.key = append(m.key[:0], byte(b))
	for _, pc := range waiting {
		m.key = binary.LittleEndian.AppendUint16(m.key, uint16(pc))
	}
	if at, ok := m.by[string(m.key)]; ok {
		return at
	}
	if len(m.next)+int(m.width) > maxCells {
		return unknown
	}
	at := m.room(slices.Clone(waiting), b)
	m.by[string(m.key)] = at
	return at
}

// room makes a row.
func (m *Machine) room(waiting []uint32, b before) int32 {
	at := int32(len(m.next))
	m.states = append(m.states, state{waiting, b})
	m.next = append(m.next, make([]int32, m.width)...)
	return at
}
