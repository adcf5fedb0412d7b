package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

func (c *compilation) span(x *ast.BinaryNode) ast.Node {
	a, oka := constOf(x.Left)
	b, okb := constOf(x.Right)
	if !oka || !okb || a.kind != kindInt || b.kind != kindInt || b.i-a.i < 0 || b.i-a.i >= maxItems {
		c.fail(x, "", "a range has two whole numbers, at most %d apart", maxItems)
	}
	return x
}

func (c *compilation) array(x *ast.ArrayNode) ast.Node {
	out := &ast.ArrayNode{}
	for _, n := range x.Nodes {
		out.Nodes = append(out.Nodes, c.value(n))
	}
	return out
}

func (c *compilation) member(x *ast.MemberNode) ast.Node {
	if _, ok := x.Property.(*ast.StringNode); ok || x.Method {
		c.fail(x, "", "values have no fields of their own")
		return x
	}
	return call("$index", c.value(x.Node), c.value(x.Property))
}

func (c *compilation) declaration(x *ast.VariableDeclaratorNode, body func(ast.Node) ast.Node) ast.Node {
	c.lets++
	if c.lets > maxLets {
		c.fail(x, "use the rule's let instead", "more than %d let declarations", maxLets)
		return x
	}
	value := c.value(x.Value)
	c.scope = append(c.scope, x.Name)
	out := &ast.VariableDeclaratorNode{Name: x.Name, Value: value, Expr: body(x.Expr)}
	c.scope = c.scope[:len(c.scope)-1]
	return out
}

func (c *compilation) builtin(x *ast.BuiltinNode) ast.Node {
	condition, loop := loops[x.Name]
	if !loop {
		return c.function(x, x.Name, x.Arguments)
	}
	if len(x.Arguments) != 2 {
		c.fail(x, fmt.Sprintf("write %s(list, condition on #)", x.Name), "%s takes a list and a condition", x.Name)
		return x
	}
	p, ok := x.Arguments[1].(*ast.PredicateNode)
	if !ok {
		c.fail(x, fmt.Sprintf("write %s(list, condition on #)", x.Name), "%s takes a condition", x.Name)
		return x
	}
	body := c.value
	if condition {
		body = c.truth
	}
	return &ast.BuiltinNode{Name: x.Name, Arguments: []ast.Node{
		call("$list", c.value(x.Arguments[0])),
		&ast.PredicateNode{Node: &ast.SequenceNode{Nodes: []ast.Node{call("$tick", env()), body(p.Node)}}},
	}}
}

func (c *compilation) function(n ast.Node, name string, args []ast.Node) ast.Node {
	f, ok := functions[name]
	if !ok {
		c.fail(n, "available are "+functionNames(), "function %s is not available", name)
		return n
	}
	if len(args) < f.least || len(args) > f.most {
		c.fail(n, "", "%s takes %s", name, f.arity())
		return n
	}
	out := []ast.Node{env()}
	for _, a := range args {
		out = append(out, c.value(a))
	}
	return call("$"+name, out...)
}
