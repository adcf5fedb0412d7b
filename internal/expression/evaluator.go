package expression

import (
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"tocsin"
	"tocsin/internal/expression/automaton"
)

// An Evaluator holds one alert's values and what its table's leaves said of them. It is for one goroutine.
type Evaluator struct {
	table       *Table
	translation translation
	slots       []tocsin.Value
	used        []int    // slots that the alert filled
	kept        int      // how many of them so far, while an alert is loaded
	gone        []int    // slots that the alert before filled where this one filled others
	filled      []uint32 // slot -> generation of the last alert that filled it
	marked      bool     // see [Evaluator.Marked]
	memo        []verdict
	gen         uint32 // of the alert: memo entries of another generation count for nothing
	now         time.Time
	boxed       []box
	views       views
	record      original
	fields      tocsin.Fields
	vm          vm.VM
	machines    []*automaton.Machine // of patterns, each made when it is first needed
	steps       int                  // of the program that runs
	work        int                  // of all patterns and programs on this alert
	errs        map[int]error        // of leaves, this generation
	finder      *Finder              // of the index that is searched with this; nil for none
	decided     []uint64             // what explains an expression, while it is put together
	explained   []uint64             // what explained one before
	readings    []tocsin.Reading     // of that, nil for none
	readAt      uint32               // generation of its alert
}

// verdict is what a leaf said of the alert of a generation.
type verdict struct {
	gen   uint32
	state state
}

type state uint8

const (
	no     state = iota
	yes          // it holds
	failed       // it cannot be said: an error
	maybe        // a text was found that it wants: it is to be asked
)

// box is a slot's value as expr's machine takes it.
type box struct {
	gen   uint32
	value any
}

// Evaluator makes an evaluator with nothing loaded.
func (t *Table) Evaluator() *Evaluator {
	return &Evaluator{
		table: t, gen: 1, errs: map[int]error{},
		slots: make([]tocsin.Value, len(t.names)), filled: make([]uint32, len(t.names)),
		memo:  make([]verdict, len(t.leaves)),
		boxed: make([]box, len(t.names)), machines: make([]*automaton.Machine, t.tests),
		views: views{spans: make([]viewSpan, len(t.names)*int(modifiers))},
	}
}

// machine matches the pattern.
func (e *Evaluator) machine(t patternTest) *automaton.Machine {
	if m := e.machines[t.id]; m != nil {
		return m
	}
	m := automaton.New(t.re)
	e.machines[t.id] = m
	return m
}

func (e *Evaluator) reset(now time.Time) {
	e.now, e.work, e.marked = now, 0, false
	e.views.reset()
	e.gen++
	if e.gen == 0 { // wrapped round: no entry may look current
		clear(e.memo)
		clear(e.filled)
		clear(e.boxed)
		clear(e.views.spans)
		e.record.gen, e.readings = 0, nil
		e.gen = 1
	}
	if len(e.errs) > 0 {
		clear(e.errs)
	}
}

// Get is the value in a slot, [tocsin.Absent] where the alert lacks the field.
func (e *Evaluator) Get(slot int) tocsin.Value { return e.slots[slot] }

// Present reports whether the alert has the field: a value that is neither null nor an empty array.
func (e *Evaluator) Present(slot int) bool { return present(e.slots[slot]) }

// Holds reports whether the expression holds of what is loaded. The error is a calculation that cannot be done
// (text that is no number where a number is needed), one that takes too many steps, or one whose turn comes after
// others have taken all that one alert may cost; such an expression does not hold. An absent field is never an error.
func (e *Evaluator) Holds(x *Expr) (bool, error) {
	if x.plan.op == opLeaf {
		if v := e.memo[x.plan.leaf]; v.gen == e.gen && v.state <= yes {
			return v.state == yes, nil
		}
	}
	return e.holds(x.plan)
}

func (e *Evaluator) holds(n *node) (bool, error) {
	switch n.op {
	case opLeaf:
		return e.leaf(n.leaf)
	case opAnd:
		for _, k := range n.kids {
			if ok, err := e.holds(k); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	case opOr:
		for _, k := range n.kids {
			if ok, err := e.holds(k); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case opNot:
		ok, err := e.holds(n.kids[0])
		return !ok && err == nil, err
	default:
		return n.op == opTrue, nil
	}
}

func (e *Evaluator) leaf(id int) (bool, error) {
	if m := e.memo[id]; m.gen == e.gen {
		if m.state != maybe {
			return m.state == yes, e.failure(id, m)
		}
	} else if e.finder != nil && e.finder.lacks(id) {
		e.memo[id] = verdict{gen: e.gen}
		return false, nil
	}
	ok, err := e.table.leaves[id].holds(e)
	v := verdict{gen: e.gen}
	switch {
	case err != nil:
		v.state, e.errs[id] = failed, err
	case ok:
		v.state = yes
	}
	e.memo[id] = v
	return ok, err
}

func (e *Evaluator) failure(id int, v verdict) error {
	if v.state == failed {
		return e.errs[id]
	}
	return nil
}

// maxReadings bounds what is kept of one expression; an event carries them.
const maxReadings = 32

// Explain is why the expression holds of what is loaded: the leaves that decide it, each with the value that it saw. Of an
// and these are those of all its operands, of an or those of the one that was found to hold, of what must not hold those
// that keep it from holding: at most 32, in the order in which they were written. It is nil where the expression does not hold.
func (e *Evaluator) Explain(x *Expr) []tocsin.Reading {
	if x.plan.op == opLeaf && e.explainsAgain(x.plan) {
		return e.readings
	}
	if ok, err := e.holds(x.plan); !ok || err != nil {
		return nil
	}
	e.decided = e.decide(e.decided[:0], x.plan, true)
	slices.Sort(e.decided)
	all := slices.Compact(e.decided)
	if e.readings != nil && slices.Equal(all, e.explained) && e.readAgain() { // many rules have the same condition
		return e.readings
	}
	readings := make([]tocsin.Reading, len(all))
	for i, d := range all {
		readings[i] = e.reading(int(uint32(d)))
	}
	e.explained, e.readings, e.readAt = append(e.explained[:0], all...), readings, e.gen
	return readings
}

// explainsAgain reports whether a leaf by itself holds and reads what it did when it explained an expression last.
func (e *Evaluator) explainsAgain(n *node) bool {
	if len(e.readings) != 1 || e.explained[0] != uint64(n.at)<<32|uint64(n.leaf) {
		return false
	}
	r := &e.readings[0]
	if e.readAt == e.gen {
		return r.Holds
	}
	if v := e.memo[n.leaf]; v.gen != e.gen || v.state != yes || !r.Holds || !identical(e.seenBy(n.leaf), r.Value) {
		return false
	}
	e.readAt = e.gen
	return true
}

// readAgain reports whether the leaves that explained an expression read of the loaded alert what they did then: mostly what
// decides is one word, and then nothing need be made.
func (e *Evaluator) readAgain() bool {
	if e.readAt == e.gen {
		return true
	}
	for i, d := range e.explained {
		id, r := int(uint32(d)), &e.readings[i]
		if ok, _ := e.leaf(id); ok != r.Holds || !identical(e.seenBy(id), r.Value) {
			return false
		}
	}
	e.readAt = e.gen
	return true
}

// identical reports whether two values that one leaf read say the same: of texts and whole numbers by what they say, of all
// else by where it stands.
func identical(a, b tocsin.Value) bool {
	s, ok := a.Str()
	if t, also := b.Str(); ok || also {
		return ok && also && s == t
	}
	return a == b || a.Kind() == tocsin.Int && b.Kind() == tocsin.Int && a.Text() == b.Text()
}

// decide appends the leaves that make n hold, or not hold: which of the two is so is known. The upper half of each is its
// place, the lower half its number.
func (e *Evaluator) decide(ids []uint64, n *node, so bool) []uint64 {
	switch n.op {
	case opLeaf:
		if len(ids) < maxReadings {
			ids = append(ids, uint64(n.at)<<32|uint64(n.leaf))
		}
	case opNot:
		ids = e.decide(ids, n.kids[0], !so)
	case opAnd, opOr:
		one := (n.op == opOr) == so // operand is enough
		for _, k := range n.kids {
			if one {
				if ok, _ := e.holds(k); ok != so {
					continue
				}
			}
			if ids = e.decide(ids, k, so); one {
				break
			}
		}
	}
	return ids
}

func (e *Evaluator) reading(id int) tocsin.Reading {
	l := e.table.leaves[id]
	ok, _ := e.leaf(id) // an error reads as: does not hold
	return tocsin.Reading{Expr: l.text, Value: e.seenBy(id), Holds: ok}
}

// seenBy is the value of a leaf's first field; null where it is absent or has none.
func (e *Evaluator) seenBy(id int) tocsin.Value {
	if slots := e.table.leaves[id].slots; len(slots) > 0 && !e.slots[slots[0]].IsAbsent() {
		return e.slots[slots[0]]
	}
	return tocsin.NullValue()
}
