package expression

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

func isConst(n ast.Node) bool {
	_, ok := constOf(n)
	return ok
}

// constOf is the value of a literal, a negated number or an addition of string literals.
func constOf(n ast.Node) (scalar, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return scalar{kind: kindText, s: x.Value}, true
	case *ast.IntegerNode:
		return scalar{kind: kindInt, i: int64(x.Value)}, true
	case *ast.FloatNode:
		return scalar{kind: kindFloat, f: x.Value}, true
	case *ast.BoolNode:
		return fromAny(x.Value), true
	case *ast.UnaryNode:
		v, ok := constOf(x.Node)
		if !ok || x.Operator != "-" {
			return scalar{}, false
		}
		v.i, v.f = -v.i, -v.f
		return v, v.kind == kindInt || v.kind == kindFloat
	case *ast.BinaryNode:
		a, oka := constOf(x.Left)
		b, okb := constOf(x.Right)
		if oka && okb && x.Operator == "+" && a.kind == kindText && b.kind == kindText {
			return scalar{kind: kindText, s: a.s + b.s}, true
		}
	}
	return scalar{}, false
}

// comparable tells the comparisons that can never hold by what is known of the field.
func (c *compilation) comparable(at, field ast.Node, typ Type, v scalar) bool {
	switch {
	case typ == Number && v.kind == kindText && parsed(v.s).kind == kindNone:
		c.fail(at, "compare it with a number", "%s is a number and never equals %q", field, v.s)
	case typ == Number && v.kind == kindBool, typ == Keyword && v.kind == kindBool:
		c.fail(at, "compare it with what it holds", "%s is not true or false", field)
	case typ == Boolean && v.kind != kindBool:
		c.fail(at, "write true or false, without quotes", "%s is true or false", field)
	case typ == IP && v.kind == kindText && !isAddress(v.s):
		remedy := "write an address"
		if strings.Contains(v.s, "/") {
			remedy = fmt.Sprintf("write cidr(%s, %q)", field, v.s)
		}
		c.fail(at, remedy, "%s is an address and never equals %q", field, v.s)
	default:
		return true
	}
	return false
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func (c *compilation) knownLists() string {
	names := slices.Sorted(maps.Keys(c.table.opts.Lists))
	if len(names) == 0 {
		return "put it into lists/ as .txt, .csv or .yml"
	}
	return "known lists: " + strings.Join(names, ", ")
}
