package expression

import (
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"tocsin"
)

// An Evaluator holds one alert's values and what its table's leaves said of them. It is for one goroutine.
type Evaluator struct {
	table       *Table
	translation translation
	slots       []tocsin.Value
	used        []int // slots that the alert filled
	memo        []verdict
	gen         uint32 // of the alert: memo entries of another generation count for nothing
	now         time.Time
	boxed       []box
	lower       []lowered
	fold        []lowered // every value as text in lower case
	text        []lowered // every value as text
	record      original
	fields      tocsin.Fields
	vm          vm.VM
	steps       int
	errs        map[int]error // of leaves, this generation
}

type verdict struct {
	gen   uint32
	state uint8 // 0 false, 1 true, 2 an error
}

// box is a slot's value as expr's machine takes it.
type box struct {
	gen   uint32
	value any
}

// lowered is a slot's value in lower case.
type lowered struct {
	gen   uint32
	value tocsin.Value
}

// modified is a slot's value after a string function; absent where it holds no string.
func (e *Evaluator) modified(slot int, m modifier) tocsin.Value {
	switch m {
	case inUpper:
		return eachText(e.slots[slot], strings.ToUpper)
	case inText:
		return e.asText(slot)
	case inFolded:
		return e.folded(slot)
	}
	l := &e.lower[slot]
	if l.gen != e.gen {
		l.gen, l.value = e.gen, eachText(e.slots[slot], fold)
	}
	return l.value
}

// asText is a slot's value with every member as text.
func (e *Evaluator) asText(slot int) tocsin.Value {
	v := e.slots[slot]
	if v.Kind() == tocsin.String || v.Kind() == tocsin.Absent {
		return v
	}
	l := &e.text[slot]
	if l.gen != e.gen {
		l.gen, l.value = e.gen, everyText(v)
	}
	return l.value
}

// folded is a slot's value with every member as text in lower case.
func (e *Evaluator) folded(slot int) tocsin.Value {
	v := e.slots[slot]
	if v.Kind() == tocsin.String {
		return e.modified(slot, inLower)
	}
	if v.Kind() == tocsin.Absent {
		return v
	}
	l := &e.fold[slot]
	if l.gen != e.gen {
		l.gen, l.value = e.gen, eachText(e.asText(slot), fold)
	}
	return l.value
}

func everyText(v tocsin.Value) tocsin.Value {
	switch v.Kind() {
	case tocsin.Absent, tocsin.Null:
		return tocsin.Value{}
	case tocsin.List:
		out := make([]tocsin.Value, 0, len(items(v)))
		for _, item := range items(v) {
			if item.Kind() != tocsin.Null {
				out = append(out, tocsin.StringValue(item.Text()))
			}
		}
		return tocsin.ListValue(out...)
	default:
		return tocsin.StringValue(v.Text())
	}
}

func eachText(v tocsin.Value, do func(string) string) tocsin.Value {
	if v.Kind() != tocsin.List {
		if s, ok := fromValue(v).str(); ok {
			return tocsin.StringValue(do(s))
		}
		return tocsin.Value{}
	}
	var out []tocsin.Value
	for _, item := range items(v) {
		if s, ok := fromValue(item).str(); ok {
			out = append(out, tocsin.StringValue(do(s)))
		}
	}
	return tocsin.ListValue(out...)
}

// Evaluator makes an evaluator with nothing loaded.
func (t *Table) Evaluator() *Evaluator {
	return &Evaluator{
		table: t, gen: 1, errs: map[int]error{},
		slots: make([]tocsin.Value, len(t.names)),
		memo:  make([]verdict, len(t.leaves)),
		boxed: make([]box, len(t.names)),
		lower: make([]lowered, len(t.names)),
		fold:  make([]lowered, len(t.names)),
		text:  make([]lowered, len(t.names)),
	}
}

func (e *Evaluator) reset(now time.Time) {
	for _, s := range e.used {
		e.slots[s] = tocsin.Value{}
	}
	e.used = e.used[:0]
	e.now = now
	e.gen++
	if e.gen == 0 { // wrapped round: no entry may look current
		clear(e.memo)
		clear(e.boxed)
		clear(e.lower)
		clear(e.fold)
		clear(e.text)
		e.record.gen = 0
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
// (text that is no number where a number is needed) or one that takes too many steps; such an expression does not
// hold. An absent field is never an error.
func (e *Evaluator) Holds(x *Expr) (bool, error) { return e.holds(x.root) }

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
		if m.state == 2 {
			return false, e.errs[id]
		}
		return m.state == 1, nil
	}
	ok, err := e.table.leaves[id].holds(e)
	v := verdict{gen: e.gen}
	switch {
	case err != nil:
		v.state, e.errs[id] = 2, err
	case ok:
		v.state = 1
	}
	e.memo[id] = v
	return ok, err
}

// maxReadings bounds what is kept of one expression; an event carries them.
const maxReadings = 64

// Explain is every leaf of the expression with the value that it saw and whether it holds: without short cuts, the
// first 64.
func (e *Evaluator) Explain(x *Expr) []tocsin.Reading {
	if x.root.op == opLeaf {
		return []tocsin.Reading{e.reading(x.root.leaf)}
	}
	var readings []tocsin.Reading
	seen := map[int]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opLeaf && !seen[n.leaf] && len(readings) < maxReadings {
			seen[n.leaf] = true
			readings = append(readings, e.reading(n.leaf))
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(x.root)
	return readings
}

func (e *Evaluator) reading(id int) tocsin.Reading {
	l := e.table.leaves[id]
	ok, _ := e.leaf(id) // an error reads as: does not hold
	r := tocsin.Reading{Expr: l.text, Value: tocsin.NullValue(), Holds: ok}
	if len(l.slots) > 0 && !e.slots[l.slots[0]].IsAbsent() {
		r.Value = e.slots[l.slots[0]]
	}
	return r
}
