package expression

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/expr-lang/expr/ast"

	"tocsin/internal/expression/literal"
)

// native makes a leaf of the forms that compare one field with constants, or two fields. ok is false for all other
// forms; they are left to a program. Faults are told either way.
func (c *compilation) native(n ast.Node) (l *leaf, ok bool) {
	switch x := n.(type) {
	case *ast.BinaryNode:
		l, ok = c.nativeBinary(x)
	case *ast.CallNode:
		l, ok = c.nativeCall(x)
	default:
		l, ok = c.nativeField(n)
	}
	if l != nil {
		l.text = n.String()
	}
	return l, ok
}

// nativeField is a field by itself: true where it holds true.
func (c *compilation) nativeField(n ast.Node) (*leaf, bool) {
	slot, typ, ok := c.field(n)
	if !ok || slot < 0 {
		return nil, ok
	}
	if typ != Any && typ != Boolean {
		c.fail(n, fmt.Sprintf("write %s != nil to ask whether it is there", n), "%s is no condition: it holds no true or false", n)
		return nil, true
	}
	return &leaf{mode: anyItem, test: isTrue{}}, true
}

func (c *compilation) nativeBinary(x *ast.BinaryNode) (*leaf, bool) {
	if c.misreadNot(x) {
		return nil, true
	}
	switch x.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		return c.nativeCompare(x)
	case "in":
		return c.nativeIn(x)
	case "contains", "startsWith", "endsWith", "matches":
		return c.nativeText(x)
	default:
		return nil, false
	}
}

// misreadNot finds not x == y, which the grammar reads as (not x) == y.
func (c *compilation) misreadNot(x *ast.BinaryNode) bool {
	if u, ok := x.Left.(*ast.UnaryNode); ok && (u.Operator == "not" || u.Operator == "!") {
		c.fail(u, fmt.Sprintf("write not (%s %s %s)", u.Node, x.Operator, x.Right),
			"%s binds tighter than %s: this compares a negation", u.Operator, x.Operator)
		return true
	}
	return false
}

// ops maps comparison operators to orders, and flipped to the order with its sides exchanged.
func orderOf(operator string, flipped bool) order {
	switch operator {
	case "<":
		if flipped {
			return isGreater
		}
		return isLess
	case "<=":
		if flipped {
			return isGreaterEqual
		}
		return isLessEqual
	case ">":
		if flipped {
			return isLess
		}
		return isGreater
	case ">=":
		if flipped {
			return isLessEqual
		}
		return isGreaterEqual
	default:
		return isEqual
	}
}

func (c *compilation) nativeCompare(x *ast.BinaryNode) (*leaf, bool) {
	left, right, flipped := x.Left, x.Right, false
	if isConst(left) && !isConst(right) {
		left, right, flipped = right, left, true
	}
	mod, operand := c.modifier(left)
	slot, typ, ok := c.field(operand)
	if !ok {
		return nil, false
	}
	if slot < 0 {
		c.field(right) // its faults too
		return nil, true
	}
	if _, isNil := right.(*ast.NilNode); isNil {
		return c.presence(x, mod)
	}
	value, ok := constOf(right)
	if !ok {
		return c.fieldPair(x, mod, slot, right, flipped)
	}
	if !c.comparable(x, operand, typ, value) {
		return nil, true
	}
	l := &leaf{mode: anyItem}
	if x.Operator == "!=" {
		l.mode = noItem
	}
	op := orderOf(x.Operator, flipped)
	switch {
	case op == isEqual && value.kind == kindText:
		l.test = equalText{s: value.s, number: parsed(value.s)}
	default:
		l.test = ordered{op: op, other: value}
	}
	l.mod = mod
	return l, true
}

func (c *compilation) presence(x *ast.BinaryNode, mod modifier) (*leaf, bool) {
	switch {
	case mod != asIs:
		return nil, false
	case x.Operator == "==":
		return &leaf{mode: isAbsent}, true
	case x.Operator == "!=":
		return &leaf{mode: isThere}, true
	default:
		c.fail(x, "compare with == nil or != nil", "nil has no order")
		return nil, true
	}
}

func (c *compilation) fieldPair(x *ast.BinaryNode, mod modifier, slot int, right ast.Node, flipped bool) (*leaf, bool) {
	other, _, ok := c.field(right)
	if !ok || mod != asIs {
		return nil, false
	}
	if other < 0 {
		return nil, true
	}
	l := &leaf{mode: pair, op: orderOf(x.Operator, flipped), slots: []int{slot, other}}
	if x.Operator == "!=" {
		l.mode = noPair
	}
	return l, true
}

// modifier unwraps lower(f), upper(f) and fold(f).
func (c *compilation) modifier(n ast.Node) (modifier, ast.Node) {
	switch x := n.(type) {
	case *ast.BuiltinNode:
		if len(x.Arguments) == 1 && x.Name == "lower" {
			return inLower, x.Arguments[0]
		}
		if len(x.Arguments) == 1 && x.Name == "upper" {
			return inUpper, x.Arguments[0]
		}
	case *ast.CallNode:
		if id, ok := x.Callee.(*ast.IdentifierNode); ok && id.Value == "fold" && len(x.Arguments) == 1 {
			return inLower, x.Arguments[0]
		}
	}
	return asIs, n
}

// nativeIn is field in [constants], and constant in field.
func (c *compilation) nativeIn(x *ast.BinaryNode) (*leaf, bool) {
	if value, ok := constOf(x.Left); ok {
		slot, typ, ok := c.field(x.Right)
		if !ok || slot < 0 {
			return nil, ok
		}
		if !c.comparable(x, x.Right, typ, value) {
			return nil, true
		}
		return &leaf{mode: anyItem, test: newOneOf([]scalar{value})}, true
	}
	list, ok := x.Right.(*ast.ArrayNode)
	if !ok {
		return nil, false
	}
	mod, operand := c.modifier(x.Left)
	slot, typ, ok := c.field(operand)
	if !ok || slot < 0 {
		return nil, ok
	}
	var values []scalar
	for _, n := range list.Nodes {
		v, ok := constOf(n)
		if !ok {
			return nil, false
		}
		if !c.comparable(n, operand, typ, v) {
			return nil, true
		}
		values = append(values, v)
	}
	return &leaf{mode: anyItem, mod: mod, test: newOneOf(values)}, true
}

func (c *compilation) nativeText(x *ast.BinaryNode) (*leaf, bool) {
	value, ok := constOf(x.Right)
	if !ok {
		return nil, false
	}
	if value.kind != kindText {
		c.fail(x.Right, "put it in quotes", "%s takes a string", x.Operator)
		return nil, true
	}
	mod, operand := c.modifier(x.Left)
	slot, typ, ok := c.field(operand)
	if !ok || slot < 0 {
		return nil, ok
	}
	if typ == Boolean {
		c.fail(operand, "compare it with true or false", "%s is true or false, not a string", operand)
		return nil, true
	}
	l := &leaf{mode: anyItem, mod: mod}
	switch x.Operator {
	case "contains":
		l.test = partTest{literal.Inside, value.s}
	case "startsWith":
		l.test = partTest{literal.Opens, value.s}
	case "endsWith":
		l.test = partTest{literal.Closes, value.s}
	default:
		re := c.pattern(x.Right, value.s)
		if re == nil {
			return nil, true
		}
		l.test, l.work, l.steps = re.test, maxWork/re.steps, re.steps
	}
	return l, true
}

// pattern is a compiled regular expression and how many instructions it has.
type pattern struct {
	test  patternTest
	steps int
}

// pattern compiles a regular expression within the limits; nil after a fault.
func (c *compilation) pattern(n ast.Node, s string) *pattern {
	if len(s) > maxPattern {
		c.fail(n, "use in_list or several patterns", "pattern of %d bytes: the limit is %d", len(s), maxPattern)
		return nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		c.fail(n, "the syntax is RE2: no look-around, no back-references", "%s",
			strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	p := &pattern{test: patternTest{re: re}, steps: maxProgram}
	if tree, err := syntax.Parse(s, syntax.Perl); err == nil {
		p.test.needs, p.test.least, p.test.row = needsOf(tree), shortest(tree), longestRun(tree)
		if prog, err := syntax.Compile(tree.Simplify()); err == nil {
			p.steps = len(prog.Inst)
		}
	}
	if p.steps > maxProgram {
		c.fail(n, "lower the repeat counts", "pattern too costly: %d steps, the limit is %d", p.steps, maxProgram)
		return nil
	}
	return p
}
