package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Names are the conditions that an expression may use by name: a rule's let. A name hides a field of the same name.
type Names map[string]string

// Compile compiles a condition. The error is of type [Errors] and lists all that is wrong with it; faults inside
// the text of a name are not repeated where it is used: compile each name once by itself.
func (t *Table) Compile(source string, names Names) (*Expr, error) {
	c := &compilation{table: t, names: names, slotSeen: map[int]bool{}}
	root := c.source(source)
	if root == nil {
		return nil, c.errs
	}
	n := c.condition(root).number()
	if len(c.errs) > 0 {
		slices.SortStableFunc(c.errs, func(a, b Error) int { return a.Offset - b.Offset })
		return nil, slices.CompactFunc(c.errs, func(a, b Error) bool { return a == b })
	}
	slices.Sort(c.used)
	return &Expr{text: source, root: n, plan: t.plan(n), table: t, slots: c.slots, names: slices.Compact(c.used)}, nil
}

// compilation is the state of one Compile.
type compilation struct {
	table    *Table
	names    Names
	used     []string // names that were expanded
	using    []string // names being expanded
	at       int      // where the outermost of them was used; its faults are told there
	nodes    int
	lets     int
	errs     Errors
	slots    []int
	slotSeen map[int]bool
	scope    []string // variables of let declarations inside the expression
	reads    []int    // slots of the leaf being built
}

// source parses text; nil means that it could not and that errs says why.
func (c *compilation) source(source string) ast.Node {
	if err := guard(source); err != nil {
		c.errs = append(c.errs, err.(Errors)...) //nolint:errorlint // guard returns nothing else
		return nil
	}
	if strings.TrimSpace(source) == "" {
		c.errs = append(c.errs, Error{Message: "empty expression", Remedy: "write true for a condition that always holds"})
		return nil
	}
	tree, err := parser.ParseWithConfig(source, c.table.conf)
	if err != nil {
		c.errs = append(c.errs, parseError(err))
		return nil
	}
	counter := &nodeCounter{}
	ast.Walk(&tree.Node, counter)
	c.nodes += counter.n
	if c.nodes > maxNodes {
		c.errs = append(c.errs, Error{
			Message: fmt.Sprintf("expression of more than %d terms", maxNodes),
			Remedy:  "put long lists of values into a file under lists/ and use in_list",
		})
		return nil
	}
	if depth(tree.Node) > maxDepth {
		c.errs = append(c.errs, Error{Message: fmt.Sprintf("expression nests deeper than %d", maxDepth), Remedy: "split it with let"})
		return nil
	}
	return tree.Node
}

func parseError(err error) Error {
	if fe, ok := errors.AsType[*file.Error](err); ok {
		message := plainWords(fe.Message)
		return Error{Offset: fe.From, Message: message, Remedy: wordsOfElsewhere(message)}
	}
	return Error{Message: plainWords(err.Error())}
}

// wordsOfElsewhere is the remedy for what other languages write otherwise, "" where nothing is known.
func wordsOfElsewhere(message string) string {
	token, ok := strings.CutPrefix(message, "unexpected ")
	switch token = strings.Trim(token, `"`); {
	case !ok:
		return ""
	case token == "=":
		return "write == to compare"
	case token == "AND", token == "OR", token == "NOT":
		return "write " + strings.ToLower(token)
	case token == "LIKE", token == "CONTAINS", token == "STARTSWITH", token == "ENDSWITH", token == "MATCHES", token == "IN":
		return "operators are written small: in, contains, startsWith, endsWith; wild() and regex() take patterns"
	}
	return ""
}

// plainWords says what the parser says without the names of its token kinds.
func plainWords(s string) string {
	s = lowerFirst(s)
	rest, ok := strings.CutPrefix(s, "unexpected token ")
	if !ok {
		return s
	}
	if rest == "EOF" {
		return "the expression ends where more was expected"
	}
	if _, inside, ok := strings.Cut(rest, "("); ok {
		return "unexpected " + strings.TrimSuffix(inside, ")")
	}
	return "unexpected " + rest
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

type nodeCounter struct{ n int }

// Visit counts.
func (v *nodeCounter) Visit(*ast.Node) { v.n++ }

// depth is how deep a syntax tree nests; a run of the same connective is one level.
func depth(n ast.Node) int {
	most := 0
	below := func(kids ...ast.Node) {
		for _, k := range kids {
			if k != nil {
				most = max(most, depth(k))
			}
		}
	}
	switch x := n.(type) {
	case *ast.BinaryNode:
		var left ast.Node = x
		for {
			b, ok := left.(*ast.BinaryNode)
			if !ok || skeletonOp(b.Operator) != skeletonOp(x.Operator) || skeletonOp(b.Operator) == opLeaf && b != x {
				break
			}
			below(b.Right)
			left = b.Left
		}
		below(left)
	case *ast.UnaryNode:
		below(x.Node)
	case *ast.ChainNode:
		below(x.Node)
	case *ast.MemberNode:
		below(x.Node, x.Property)
	case *ast.SliceNode:
		below(x.Node, x.From, x.To)
	case *ast.CallNode:
		below(x.Callee)
		below(x.Arguments...)
	case *ast.BuiltinNode:
		below(x.Arguments...)
	case *ast.PredicateNode:
		below(x.Node)
	case *ast.ConditionalNode:
		below(x.Cond, x.Exp1, x.Exp2)
	case *ast.VariableDeclaratorNode:
		below(x.Value, x.Expr)
	case *ast.SequenceNode:
		below(x.Nodes...)
	case *ast.ArrayNode:
		below(x.Nodes...)
	case *ast.MapNode:
		below(x.Pairs...)
	case *ast.PairNode:
		below(x.Key, x.Value)
	}
	return most + 1
}

func (c *compilation) fail(n ast.Node, remedy, format string, args ...any) {
	at := n.Location().From
	if len(c.using) > 0 {
		at = c.at
	}
	c.errs = append(c.errs, Error{Offset: at, Message: fmt.Sprintf(format, args...), Remedy: remedy})
}

// condition turns a syntax tree into a skeleton.
func (c *compilation) condition(n ast.Node) *node {
	switch x := n.(type) {
	case *ast.BoolNode:
		if x.Value {
			return &node{op: opTrue}
		}
		return &node{op: opFalse}
	case *ast.UnaryNode:
		if x.Operator == "not" || x.Operator == "!" {
			return &node{op: opNot, kids: []*node{c.condition(x.Node)}}
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&":
			return &node{op: opAnd, kids: c.flat(x, opAnd)}
		case "or", "||":
			return &node{op: opOr, kids: c.flat(x, opOr)}
		}
	case *ast.IdentifierNode:
		if text, ok := c.names[x.Value]; ok {
			if expanded := c.expand(x, text); expanded != nil {
				defer c.leave()
				return c.condition(expanded)
			}
			return &node{op: opFalse}
		}
	}
	return c.newLeaf(n)
}

// flat gathers the operands of a run of the same operator: a or b or c nests to the left, as deep as it is long.
func (c *compilation) flat(x *ast.BinaryNode, op nodeOp) []*node {
	var kids []*node
	for _, o := range operands(x, op) {
		k := c.condition(o)
		if k.op == op {
			kids = append(kids, k.kids...)
		} else {
			kids = append(kids, k)
		}
	}
	return kids
}

// operands are the nodes between which the same operator stands, in the order of the text.
func operands(x *ast.BinaryNode, op nodeOp) []ast.Node {
	var all []ast.Node
	var left ast.Node = x
	for {
		b, ok := left.(*ast.BinaryNode)
		if !ok || skeletonOp(b.Operator) != op {
			all = append(all, left)
			break
		}
		all = append(all, b.Right)
		left = b.Left
	}
	slices.Reverse(all)
	return all
}

func skeletonOp(operator string) nodeOp {
	switch operator {
	case "and", "&&":
		return opAnd
	case "or", "||":
		return opOr
	default:
		return opLeaf
	}
}

// expand parses the text of a name that is used at n. Nil means that it cannot be used.
func (c *compilation) expand(n ast.Node, source string) ast.Node {
	name := n.(*ast.IdentifierNode).Value
	if slices.Contains(c.using, name) {
		c.fail(n, "a name may use only names that do not use it", "%s is defined by itself: %s",
			name, strings.Join(append(c.using, name), " -> "))
		return nil
	}
	if len(c.using) == 0 {
		c.at = n.Location().From
	}
	faults := len(c.errs)
	parsed := c.source(source)
	if parsed == nil {
		over := c.nodes > maxNodes
		c.errs = c.errs[:faults]
		if over {
			c.fail(n, "define it once and use it once", "%s expands to more than %d terms", name, maxNodes)
		} else {
			c.fail(n, "", "%s is not usable: its own definition has faults", name)
		}
		return nil
	}
	c.using = append(c.using, name)
	c.used = append(c.used, name)
	return parsed
}

func (c *compilation) leave() { c.using = c.using[:len(c.using)-1] }

// newLeaf makes a leaf of a node that is no connective: a native one where its form allows, else a program.
func (c *compilation) newLeaf(n ast.Node) *node {
	faults := len(c.errs)
	c.reads = nil
	if x, ok := n.(*ast.CallNode); ok {
		if leaf, ok := c.treeCall(x); ok {
			return leaf
		}
	}
	l, ok := c.native(n)
	if !ok && len(c.errs) == faults {
		l = c.program(n)
	}
	if len(c.errs) > faults || l == nil {
		return &node{op: opFalse}
	}
	if l.slots == nil {
		l.slots = c.reads
	}
	return &node{op: opLeaf, leaf: c.table.addLeaf(l)}
}

// read notes that the expression reads a slot.
func (c *compilation) read(slot int) {
	if !c.slotSeen[slot] {
		c.slotSeen[slot] = true
		c.slots = append(c.slots, slot)
	}
	if !slices.Contains(c.reads, slot) {
		c.reads = append(c.reads, slot)
	}
}
