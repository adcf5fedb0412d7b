package expression

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// A Tree is a condition that is given as a tree instead of text: for rule languages that are not expr. Unlike in
// text, every value counts as the text that its record wrote, numbers and truths too, and is compared without regard
// to case unless a leaf says otherwise. The zero Tree never holds.
type Tree struct {
	op   nodeOp
	kids []Tree
	make func(t *Table) (*leaf, error)
	src  string // of a leaf, as [Table.Compile] reads it; "" where text cannot say it
	name string // see [Named]
	zero bool   // set by the constructors: the zero value of op is a leaf
}

// All holds where all of kids hold; of none, always.
func All(kids ...Tree) Tree {
	kids = slices.DeleteFunc(slices.Clone(kids), func(k Tree) bool { return k.op == opTrue && k.zero })
	switch len(kids) {
	case 0:
		return Tree{op: opTrue, zero: true}
	case 1:
		return kids[0]
	}
	return Tree{op: opAnd, kids: kids, zero: true}
}

// Some holds where one of kids holds at least; of none, never.
func Some(kids ...Tree) Tree {
	switch len(kids) {
	case 0:
		return Tree{op: opFalse, zero: true}
	case 1:
		return kids[0]
	}
	return Tree{op: opOr, kids: kids, zero: true}
}

// Negate holds where kid does not.
func Negate(kid Tree) Tree { return Tree{op: opNot, kids: []Tree{kid}, zero: true} }

// place resolves a field to its slot. A name that ends in [n] means the list's member of that place, from 0.
func (t *Table) place(field string) (slot, member int) {
	if base, rest, ok := strings.Cut(field, "["); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(rest, "]")); err == nil && n >= 0 {
			return t.Slot(base), n + 1
		}
	}
	return t.Slot(field), 0
}

func leafTree(build func(t *Table) (*leaf, error)) Tree {
	return Tree{op: opLeaf, make: build, zero: true}
}

// Covers holds where a value of the field is covered by the pattern; exact regards case.
func Covers(field string, g Glob, exact bool) Tree {
	name := "wild"
	if exact {
		name = "wild_cased"
	}
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		slot, member := t.place(field)
		l := &leaf{
			member: member,
			text:   "wild(" + field + ", " + quoted(g.String()) + caseNote(exact), slots: []int{slot},
			mod: inFolded, test: newGlobTest(g, !exact),
		}
		if exact {
			l.mod = inText
		}
		return l, nil
	}), name+"(%s, %s)", field, globSource(g))
}

func caseNote(exact bool) string {
	if exact {
		return ", exact)"
	}
	return ")"
}

// IsAbsent holds where the field is not there, null or an empty list.
func IsAbsent(field string) Tree {
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		slot, member := t.place(field)
		return &leaf{text: field + " == nil", slots: []int{slot}, mode: isAbsent, member: member}, nil
	}), "%s == nil", field)
}

// Exists holds where the record has the field, be its value empty or null.
func Exists(field string) Tree {
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		slot, member := t.place(field)
		return &leaf{text: "exists(" + field + ")", slots: []int{slot}, mode: isNamed, member: member}, nil
	}), "exists(%s)", field)
}

// HasFields holds where the record has fields below the named one: it is an object. It has no value then.
func HasFields(name string) Tree {
	return sourced(leafTree(func(*Table) (*leaf, error) {
		return &leaf{text: "has_fields(" + name + ")", mode: isParent, parent: name + "."}, nil
	}), "has_fields(%s)", name)
}

// Matches holds where the regular expression (RE2) finds something in a value of the field. It regards case unless
// it has the flag i.
func Matches(field, pattern string) Tree {
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		slot, member := t.place(field)
		p, err := boundedPattern(pattern)
		if err != nil {
			return nil, err
		}
		return &leaf{
			text: field + " matches " + quoted(pattern), slots: []int{slot}, mod: inText, member: member,
			test: p.test, work: maxTreeWork / p.steps, steps: p.steps,
		}, nil
	}), "regex(%s, %s)", field, quoted(pattern))
}

// The limits on the patterns of trees; they are wider than those of text, as whole public collections come in here.
const (
	maxTreePattern = 4 << 10
	maxTreeProgram = 8_000
	maxTreeWork    = 32 << 20 // instructions times bytes, as maxWork
)

func boundedPattern(s string) (*pattern, error) {
	if len(s) > maxTreePattern {
		return nil, fmt.Errorf("regular expression of %d bytes: the limit is %d", len(s), maxTreePattern)
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("regular expression that RE2 does not have: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("regular expression: %w", err)
	}
	p, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("regular expression: %w", err)
	}
	if len(p.Inst) > maxTreeProgram {
		return nil, fmt.Errorf("regular expression of %d steps: the limit is %d", len(p.Inst), maxTreeProgram)
	}
	return &pattern{patternTest{re: re, needs: needsOf(tree), least: shortest(tree), row: longestRun(tree)}, len(p.Inst)}, nil
}

// Within holds where a value of the field is an address in the network.
func Within(field string, net netip.Prefix) Tree {
	return cidrSource(leafTree(func(t *Table) (*leaf, error) {
		nets := []netip.Prefix{net.Masked()}
		return &leaf{
			text: "cidr(" + field + ", " + quoted(net.String()) + ")", slots: []int{t.Slot(field)}, mod: inText,
			test: netTest{nets},
		}, nil
	}), field, net)
}

// Compares holds where a value of the field is a number for which the operator (<, <=, >, >=) holds against n.
func Compares(field, operator string, n float64) Tree {
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		return &leaf{
			text:  fmt.Sprintf("%s %s %s", field, operator, strconv.FormatFloat(n, 'g', -1, 64)),
			slots: []int{t.Slot(field)}, test: ordered{op: orderOf(operator, false), other: scalar{kind: kindFloat, f: n}},
		}, nil
	}), "%s "+operator+" "+strconv.FormatFloat(n, 'f', -1, 64), field)
}

// A Relation is how one field's value stands to another's.
type Relation uint8

// The relations.
const (
	Same     Relation = iota // the same text
	Holds                    // the other's is part of it
	Begins                   // the other's opens it
	Finishes                 // the other's closes it
)

// Relates holds where a value of the field stands in the relation to a value of the other field; exact regards case.
func Relates(field, other string, how Relation, exact bool) Tree {
	name, word := "related", relations[how]
	if exact {
		name = "related_cased"
	}
	tree := leafTree(func(t *Table) (*leaf, error) {
		l := &leaf{text: field + " " + word + " " + other, slots: []int{t.Slot(field), t.Slot(other)}, mode: related, how: how, mod: inFolded}
		if exact {
			l.mod, l.text = inText, l.text+" (exact)"
		}
		return l, nil
	})
	tree.src = name + "(" + FieldSource(field) + ", " + quoted(word) + ", " + FieldSource(other) + ")"
	return tree
}

func relates(texts, others []string, how Relation) bool {
	for _, x := range texts {
		for _, y := range others {
			var ok bool
			switch how {
			case Holds:
				ok = strings.Contains(x, y)
			case Begins:
				ok = strings.HasPrefix(x, y)
			case Finishes:
				ok = strings.HasSuffix(x, y)
			default:
				ok = x == y
			}
			if ok {
				return true
			}
		}
	}
	return false
}

// Mentions holds where a text of the original record (see [Evaluator.Original]) is covered by the pattern; exact
// regards case. Where the record is not known it is asked of all fields.
func Mentions(g Glob, exact bool) Tree {
	tree := leafTree(func(*Table) (*leaf, error) {
		l := &leaf{text: "mentions(" + quoted(g.String()) + caseNote(exact), mode: anywhere, test: newGlobTest(g, !exact), mod: inFolded}
		if exact {
			l.mod = inText
		}
		return l, nil
	})
	if text := globSource(g); text != "" {
		tree.src = "mentions(" + text + ")"
		if exact {
			tree.src = "mentions_cased(" + text + ")"
		}
	}
	return tree
}

// MentionsMatch holds where the regular expression (RE2) finds something in a text of the original record, as
// [Mentions] looks for it.
func MentionsMatch(pattern string) Tree {
	tree := leafTree(func(*Table) (*leaf, error) {
		p, err := boundedPattern(pattern)
		if err != nil {
			return nil, err
		}
		p.test.most = maxTreeWork / p.steps
		return &leaf{text: "mentions_regex(" + quoted(pattern) + ")", mode: anywhere, mod: inText, test: p.test, steps: p.steps}, nil
	})
	tree.src = "mentions_regex(" + quoted(pattern) + ")"
	return tree
}

// Build makes an expression of a tree. text is what people read as its source. The error is the first leaf that
// cannot be evaluated exactly, or the limit that the tree exceeds.
func (t *Table) Build(text string, tree Tree) (*Expr, error) {
	b := &building{table: t, seen: map[int]bool{}}
	root, err := b.node(tree, 0)
	if err != nil {
		return nil, err
	}
	return &Expr{text: text, root: root, plan: t.plan(root.number()), table: t, slots: b.slots}, nil
}

type building struct {
	table *Table
	nodes int
	slots []int
	seen  map[int]bool
}

// maxTreeNodes bounds a tree: the largest public rules have some 2,000 leaves, which variants multiply.
const maxTreeNodes = 50_000

func (b *building) node(tree Tree, depth int) (*node, error) {
	if b.nodes++; b.nodes > maxTreeNodes {
		return nil, fmt.Errorf("condition of more than %d terms", maxTreeNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("condition nests deeper than %d", maxDepth)
	}
	switch {
	case !tree.zero:
		return &node{op: opFalse}, nil
	case tree.op == opLeaf:
		return b.leaf(tree)
	}
	n := &node{op: tree.op}
	for _, k := range tree.kids {
		kid, err := b.node(k, depth+1)
		if err != nil {
			return nil, err
		}
		if kid.op == n.op && (n.op == opAnd || n.op == opOr) {
			n.kids = append(n.kids, kid.kids...)
			continue
		}
		n.kids = append(n.kids, kid)
	}
	return n, nil
}

func (b *building) leaf(tree Tree) (*node, error) {
	l, err := tree.make(b.table)
	if err != nil {
		return nil, err
	}
	l.key = "tree:" + l.text + "#" + strconv.Itoa(l.member)
	for _, s := range l.slots {
		if !b.seen[s] {
			b.seen[s] = true
			b.slots = append(b.slots, s)
		}
	}
	return &node{op: opLeaf, leaf: b.table.addLeaf(l)}, nil
}
