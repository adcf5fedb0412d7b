package expression

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/conf"
)

// A Type is what is known of a field when an expression is compiled.
type Type uint8

// The types of field. Any is the zero value: nothing is known, every comparison is allowed.
const (
	Any Type = iota
	Keyword
	IP
	Number
	Boolean
	Date
	Object // has fields of its own and no value: naming it is a fault
)

// Options say what names mean in the expressions of a [Table].
type Options struct {
	// Lookup knows the fields. A name it does not know is a fault. Nil accepts every name as [Any].
	Lookup func(name string) (Type, bool)
	// Nearest names known fields that resemble a misspelt one, best first. Nil suggests none.
	Nearest func(name string) []string
	// Lists are the reference lists of in_list, by name.
	Lists map[string]*List
	// Mark is how the names of fields begin that [Evaluator.Marked] tells of; "" for none.
	Mark string
}

// A Table is the slots and leaves that its expressions share. Compile all expressions first, then make evaluators:
// a Table may be read by many of them at once, but not while it still grows.
type Table struct {
	opts   Options
	conf   *conf.Config
	slots  map[string]int
	names  []string
	leaves []*leaf
	tests  int // patterns among them
	byKey  map[leafKey]int
}

// leafKey is a digest of what a leaf asks: the text itself would be held twice.
type leafKey [16]byte

// New makes an empty table.
func New(opts Options) *Table {
	return &Table{opts: opts, conf: config(), slots: map[string]int{}, byKey: map[leafKey]int{}}
}

// Slot returns the slot of the named field and adds it where there is none: for fields that a caller reads by
// [Evaluator.Get]. The name is not checked.
func (t *Table) Slot(name string) int {
	if s, ok := t.slots[name]; ok {
		return s
	}
	s := len(t.names)
	t.slots[name] = s
	t.names = append(t.names, name)
	return s
}

// Name is the field that a slot holds.
func (t *Table) Name(slot int) string { return t.names[slot] }

// Slots is the number of slots.
func (t *Table) Slots() int { return len(t.names) }

// Leaves is the number of distinct leaves.
func (t *Table) Leaves() int { return len(t.leaves) }

func (t *Table) addLeaf(l *leaf) int {
	h := sha256.Sum256([]byte(cmp.Or(l.key, l.text)))
	key := leafKey(h[:16])
	if id, ok := t.byKey[key]; ok {
		return id
	}
	l.key = ""
	id := len(t.leaves)
	l.wants = wantsOf(l)
	if p, ok := l.test.(patternTest); ok {
		p.id = t.tests
		l.test, t.tests = p, t.tests+1
	}
	l.asText, _ = l.test.(textual)
	if t, ok := l.test.(equalText); ok && l.mode == anyItem && l.mod == asIs && l.member == 0 && l.work == 0 {
		l.word, l.equals = t.s, true
	}
	t.leaves = append(t.leaves, l)
	t.byKey[key] = id
	return id
}

// An Expr is a compiled condition. It belongs to the table that compiled it.
type Expr struct {
	text  string
	root  *node // as it was written
	plan  *node // as it is evaluated: the cheapest operands first
	table *Table
	slots []int
	names []string
}

// Names are the names that the expression uses, in itself or through others, sorted.
func (x *Expr) Names() []string { return x.names }

// Text is the expression as it was written.
func (x *Expr) Text() string { return x.text }

// Slots are the slots of the fields that the expression reads, each once, in the order of their first use. The
// slice must not be written to.
func (x *Expr) Slots() []int { return x.slots }

// Fields are the names of the fields that the expression reads, in the order of their first use.
func (x *Expr) Fields() []string {
	names := make([]string, len(x.slots))
	for i, s := range x.slots {
		names[i] = x.table.names[s]
	}
	return names
}

// Canonical is the expression with its names expanded and its spelling normalised: two expressions with the same
// canonical text are the same condition.
func (x *Expr) Canonical() string {
	var b strings.Builder
	x.table.write(&b, x.root)
	return b.String()
}

// An Error is one thing wrong with an expression. Offset counts characters of its text.
type Error struct {
	Offset  int
	Message string
	Remedy  string
}

// Error says what is wrong.
func (e Error) Error() string { return e.Message }

// Errors are all things wrong with one expression, in the order of their places.
type Errors []Error

// Error joins the messages.
func (es Errors) Error() string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = fmt.Sprintf("at %d: %s", e.Offset+1, e.Message)
	}
	return strings.Join(parts, "; ")
}

// node is one knot of the boolean skeleton.
type node struct {
	op   nodeOp
	at   int32 // of a leaf: its place among the leaves of its expression
	kids []*node
	leaf int
}

// number notes in the leaves below n where each stands first.
func (n *node) number() *node {
	places := map[int]int32{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opLeaf {
			if _, known := places[n.leaf]; !known {
				places[n.leaf] = int32(len(places))
			}
			n.at = places[n.leaf]
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	return n
}

type nodeOp uint8

const (
	opLeaf nodeOp = iota
	opAnd
	opOr
	opNot
	opTrue
	opFalse
)

func (t *Table) write(b *strings.Builder, n *node) {
	switch n.op {
	case opLeaf:
		b.WriteString(t.leaves[n.leaf].text)
	case opTrue:
		b.WriteString("true")
	case opFalse:
		b.WriteString("false")
	case opNot:
		b.WriteString("not (")
		t.write(b, n.kids[0])
		b.WriteString(")")
	default:
		word := " and "
		if n.op == opOr {
			word = " or "
		}
		b.WriteString("(")
		for i, k := range n.kids {
			if i > 0 {
				b.WriteString(word)
			}
			t.write(b, k)
		}
		b.WriteString(")")
	}
}
