package expression

import (
	"cmp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// program makes a leaf that expr's machine decides: every operator and function is replaced by one of ours, which
// take absent values, and every loop body counts its steps.
func (c *compilation) program(n ast.Node) *leaf {
	faults := len(c.errs)
	n = c.inline(n)
	if len(c.errs) > faults {
		return nil
	}
	l := &leaf{mode: program, text: n.String(), key: "program:" + keyOf(n)}
	if first := needed(n); first != nil {
		if slot, _, ok := c.field(first); ok && slot >= 0 {
			l.strict, c.reads = true, []int{slot}
		}
	}
	body := c.truth(n)
	if len(c.errs) > faults {
		return nil
	}
	tree := &parser.Tree{Node: body, Source: file.NewSource("")}
	if _, err := checker.Check(tree, c.table.conf); err != nil {
		c.errs = append(c.errs, Error{Offset: n.Location().From, Message: headline(parseError(err).Message)})
		return nil
	}
	p, err := compiler.Compile(tree, c.table.conf)
	if err != nil {
		c.errs = append(c.errs, Error{Offset: n.Location().From, Message: headline(parseError(err).Message)})
		return nil
	}
	l.prog = p
	return l
}

func headline(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// needed is a field without which a condition cannot hold, nil where none is known: functions and calculations of an
// absent value are absent, and comparisons with it are false.
func needed(n ast.Node) ast.Node {
	switch x := n.(type) {
	case *ast.BinaryNode:
		switch x.Operator {
		case "==", "!=", "<", "<=", ">", ">=":
			if isNil(x.Left) || isNil(x.Right) {
				return nil
			}
			return cmp.Or(operand(x.Left), operand(x.Right))
		case "in", "contains", "startsWith", "endsWith", "matches":
			return operand(x.Left)
		}
	case *ast.BuiltinNode:
		if x.Name == "any" || x.Name == "one" {
			return operand(x.Arguments[0])
		}
	}
	return nil
}

func isNil(n ast.Node) bool {
	_, ok := n.(*ast.NilNode)
	return ok
}

// operand is a field without which a value is absent.
func operand(n ast.Node) ast.Node {
	switch x := n.(type) {
	case *ast.MemberNode:
		if _, ok := x.Property.(*ast.StringNode); !ok {
			return operand(x.Node)
		}
		return x
	case *ast.IdentifierNode:
		return x
	case *ast.ChainNode:
		return operand(x.Node)
	case *ast.BuiltinNode:
		if f, ok := functions[x.Name]; ok && (!f.whole || x.Name == "len") && len(x.Arguments) > 0 {
			return operand(x.Arguments[0])
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "+", "-", "*", "/", "%", "**", "^":
			return cmp.Or(operand(x.Left), operand(x.Right))
		}
	}
	return nil
}

// inline puts the definitions of the rule's names in their places.
func (c *compilation) inline(n ast.Node) ast.Node {
	v := &inliner{c: c}
	ast.Walk(&n, v)
	return n
}

type inliner struct{ c *compilation }

// Visit replaces a name by its definition.
func (v *inliner) Visit(n *ast.Node) {
	id, ok := (*n).(*ast.IdentifierNode)
	if !ok {
		return
	}
	source, named := v.c.names[id.Value]
	if !named {
		return
	}
	if expanded := v.c.expand(id, source); expanded != nil {
		expanded = v.c.inline(expanded)
		v.c.leave()
		*n = expanded
	}
}

// truth is n as a condition: true or false, whatever it holds.
func (c *compilation) truth(n ast.Node) ast.Node {
	switch x := n.(type) {
	case *ast.BoolNode:
		return x
	case *ast.UnaryNode:
		if x.Operator == "not" || x.Operator == "!" {
			return &ast.UnaryNode{Operator: "not", Node: c.truth(x.Node)}
		}
		c.fail(n, "compare it with something", "%s is no condition", n)
		return &ast.BoolNode{}
	case *ast.BinaryNode:
		if slices.Contains([]string{"+", "-", "*", "/", "%", "**"}, x.Operator) {
			c.fail(n, "compare it with something", "%s is no condition", n)
			return &ast.BoolNode{}
		}
		if op := skeletonOp(x.Operator); op != opLeaf {
			return &ast.BinaryNode{Operator: x.Operator, Left: c.truth(x.Left), Right: c.truth(x.Right)}
		}
	case *ast.ConditionalNode:
		return &ast.ConditionalNode{Ternary: true, Cond: c.truth(x.Cond), Exp1: c.truth(x.Exp1), Exp2: c.truth(x.Exp2)}
	case *ast.VariableDeclaratorNode:
		return c.declaration(x, c.truth)
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.NilNode, *ast.ArrayNode:
		c.fail(n, "compare it with something", "%s is no condition", n)
		return &ast.BoolNode{}
	}
	return call("$truth", c.value(n))
}

// value is n with its operators replaced.
func (c *compilation) value(n ast.Node) ast.Node {
	if slot, _, ok := c.field(n); ok {
		return call("$field", env(), &ast.IntegerNode{Value: slot})
	}
	switch x := n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
		return n
	case *ast.IdentifierNode:
		if !slices.Contains(c.scope, x.Value) {
			c.fail(x, "", "%s is no field", x.Value)
		}
		return x
	case *ast.PointerNode:
		if x.Name != "" && x.Name != "index" {
			c.fail(x, "# is the member, #index its place", "unknown #%s", x.Name)
		}
		return x
	case *ast.ChainNode:
		return c.value(x.Node)
	case *ast.UnaryNode:
		return c.unary(x)
	case *ast.BinaryNode:
		return c.binary(x)
	case *ast.ConditionalNode:
		return &ast.ConditionalNode{Ternary: true, Cond: c.truth(x.Cond), Exp1: c.value(x.Exp1), Exp2: c.value(x.Exp2)}
	case *ast.ArrayNode:
		return c.array(x)
	case *ast.MemberNode:
		return c.member(x)
	case *ast.BuiltinNode:
		return c.builtin(x)
	case *ast.CallNode:
		return c.call(x)
	case *ast.VariableDeclaratorNode:
		return c.declaration(x, c.value)
	}
	c.fail(n, "", "%s is not available here", kindOf(n))
	return &ast.NilNode{}
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MapNode:
		return "a map"
	case *ast.SliceNode:
		return "a slice"
	case *ast.SequenceNode:
		return "a sequence of expressions"
	default:
		return "this form"
	}
}

func call(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

func env() ast.Node { return &ast.IdentifierNode{Value: "$env"} }

func (c *compilation) unary(x *ast.UnaryNode) ast.Node {
	switch x.Operator {
	case "not", "!":
		return c.truth(x)
	case "-":
		return call("$neg", c.value(x.Node))
	default:
		return c.value(x.Node)
	}
}

func (c *compilation) binary(x *ast.BinaryNode) ast.Node {
	if c.misreadNot(x) {
		return x
	}
	switch x.Operator {
	case "and", "&&", "or", "||":
		return c.truth(x)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(x)
	case "in":
		return call("$compare", env(), &ast.StringNode{Value: "=="}, c.value(x.Left), c.value(x.Right))
	case "contains", "startsWith", "endsWith":
		return call("$text", env(), &ast.StringNode{Value: x.Operator}, c.value(x.Left), c.value(x.Right))
	case "matches":
		return c.matches(x)
	case "+", "-", "*", "/", "%", "**", "^":
		return c.arithmetic(x)
	case "??":
		return call("$either", c.value(x.Left), c.value(x.Right))
	case "..":
		return c.span(x)
	}
	c.fail(x, "", "operator %s is not available", x.Operator)
	return x
}

func (c *compilation) comparison(x *ast.BinaryNode) ast.Node {
	_, left := x.Left.(*ast.NilNode)
	_, right := x.Right.(*ast.NilNode)
	if !left && !right {
		return call("$compare", env(), &ast.StringNode{Value: x.Operator}, c.value(x.Left), c.value(x.Right))
	}
	other := x.Left
	if left {
		other = x.Right
	}
	there := call("$present", c.value(other))
	switch x.Operator {
	case "!=":
		return there
	case "==":
		return &ast.UnaryNode{Operator: "not", Node: there}
	}
	c.fail(x, "compare with == nil or != nil", "nil has no order")
	return x
}

func (c *compilation) matches(x *ast.BinaryNode) ast.Node {
	v, ok := constOf(x.Right)
	if !ok || v.kind != kindText {
		c.fail(x.Right, "write it in quotes", "a pattern is a constant string")
		return x
	}
	re := c.pattern(x.Right, v.s)
	if re == nil {
		return x
	}
	return call("$test", env(), c.value(x.Left), &ast.ConstantNode{Value: question{re.test.re.MatchString, re.steps}})
}

// arithmetic refuses to add strings: doubling them is how a short rule fills the memory.
func (c *compilation) arithmetic(x *ast.BinaryNode) ast.Node {
	if v, ok := constOf(x); ok {
		return &ast.StringNode{Value: v.s}
	}
	for _, side := range []ast.Node{x.Left, x.Right} {
		if v, ok := constOf(side); ok && v.kind == kindText {
			c.fail(x, "compare the parts one by one", "%s takes numbers: strings are added only where both are literals", x.Operator)
			return x
		}
	}
	return call("$arith", &ast.StringNode{Value: x.Operator}, c.value(x.Left), c.value(x.Right))
}

// loops are the builtins that run a body over a list, by whether the body is a condition.
var loops = map[string]bool{
	"any": true, "all": true, "none": true, "one": true, "filter": true, "count": true, "find": true, "map": false,
}

// call is a call of one of our functions, or of a method of a time.
func (c *compilation) call(x *ast.CallNode) ast.Node {
	switch f := x.Callee.(type) {
	case *ast.IdentifierNode:
		switch f.Value {
		case "cidr", "wild", "in_list":
			if len(x.Arguments) < 2 {
				c.fail(x, "", "%s takes a value and constant strings", f.Value)
				return x
			}
			test := c.callTest(f.Value, x)
			if test == nil {
				return x
			}
			return call("$test", env(), c.value(x.Arguments[0]), &ast.ConstantNode{Value: question{test.match, 24}})
		default:
			return c.function(x, f.Value, x.Arguments)
		}
	case *ast.MemberNode:
		if p, ok := f.Property.(*ast.StringNode); ok && len(x.Arguments) == 0 && slices.Contains(timeParts, p.Value) {
			return call("$part", c.value(f.Node), p)
		}
	}
	c.fail(x, "times have "+strings.Join(timeParts, ", "), "%s is no function that rules may call", x.Callee)
	return x
}
