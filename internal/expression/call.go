package expression

import (
	"net/netip"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// nativeCall is cidr, wild and in_list over a field and constants.
func (c *compilation) nativeCall(x *ast.CallNode) (*leaf, bool) {
	id, ok := x.Callee.(*ast.IdentifierNode)
	if !ok || len(x.Arguments) < 2 {
		return nil, false
	}
	if id.Value != "cidr" && id.Value != "wild" && id.Value != "in_list" {
		return nil, false
	}
	mod, operand := c.modifier(x.Arguments[0])
	slot, typ, ok := c.field(operand)
	if !ok || slot < 0 {
		return nil, ok
	}
	if id.Value == "cidr" && typ != Any && typ != IP {
		c.fail(operand, "", "cidr takes an address, and %s is none", operand)
		return nil, true
	}
	test := c.callTest(id.Value, x)
	if test == nil {
		return nil, true
	}
	l := &leaf{mode: anyItem, mod: mod, test: test}
	if id.Value == "wild" && mod != inUpper { // folding is idempotent, and the folded value is at hand
		l.mod = inLower
	}
	return l, true
}

// textTest is a test that takes texts.
type textTest interface {
	test
	textual
}

// callTest is the question that cidr, wild or in_list asks of a string, nil after a fault.
func (c *compilation) callTest(name string, x *ast.CallNode) textTest {
	var args []string
	for _, a := range x.Arguments[1:] {
		v, ok := constOf(a)
		if !ok || v.kind != kindText {
			c.fail(a, "write it in quotes", "%s takes constant strings after its first argument", name)
			return nil
		}
		args = append(args, v.s)
	}
	switch name {
	case "cidr":
		return c.cidrTest(x, args)
	case "wild":
		return c.wildTest(x, args)
	default:
		return c.listTest(x, args)
	}
}

func (c *compilation) cidrTest(x *ast.CallNode, args []string) textTest {
	var nets []netip.Prefix
	for i, a := range args {
		p, err := netip.ParsePrefix(a)
		if err != nil {
			addr, err := netip.ParseAddr(a)
			if err != nil {
				c.fail(x.Arguments[i+1], `write it like "10.0.0.0/8"`, "%q is no network", a)
				return nil
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		nets = append(nets, p.Masked())
	}
	return netTest{nets}
}

func (c *compilation) wildTest(x *ast.CallNode, args []string) textTest {
	var ws []wildcard
	for i, a := range args {
		if len(a) > maxPattern || strings.Count(a, "?") > maxSingles {
			c.fail(x.Arguments[i+1], "use matches for what is so particular",
				"wildcard pattern of more than %d bytes or %d question marks", maxPattern, maxSingles)
			return nil
		}
		ws = append(ws, newWildcard(a))
	}
	return wildTest{ws}
}

func (c *compilation) listTest(x *ast.CallNode, args []string) textTest {
	if len(args) != 1 {
		c.fail(x, `write in_list(field, "name")`, "in_list takes a field and the name of one list")
		return nil
	}
	l, ok := c.table.opts.Lists[args[0]]
	if !ok {
		c.fail(x.Arguments[1], c.knownLists(), "no list named %q", args[0])
		return nil
	}
	return listTest{l}
}
