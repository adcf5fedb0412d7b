package expression

import (
	"fmt"
	"maps"
	"math"
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

// A Term is one way for a field to satisfy an expression: a value of the slot that has Key; with the zero Key any
// value, as long as there is one.
type Term struct {
	Slot  int
	Key   Key
	Lower bool // it is the value in lower case that has Key
}

// A Key stands for the values that are equal to each other in comparisons, and perhaps some more.
type Key struct {
	Text   string
	Number float64
	kind   scalarKind
}

func termsOf(slot int, v scalar) []Term {
	keys := keysOf(v)
	terms := make([]Term, len(keys))
	for i, k := range keys {
		terms[i] = Term{Slot: slot, Key: k}
	}
	return terms
}

// lowerTermsOf are the terms of values that satisfy a comparison in lower case, none where there is no list of them.
func lowerTermsOf(slot int, values ...scalar) []Term {
	var terms []Term
	for _, v := range values {
		if v.kind != kindText {
			return nil
		}
		terms = append(terms, Term{Slot: slot, Key: Key{Text: v.s, kind: kindText}, Lower: true})
	}
	return terms
}

// keysOf are the keys of a scalar; two scalars that are equal share one at least.
func keysOf(v scalar) []Key {
	switch v.kind {
	case kindText:
		keys := []Key{{Text: v.s, kind: kindText}}
		if n, ok := parsed(v.s).number(); ok {
			keys = append(keys, numberKey(n))
		}
		return keys
	case kindInt, kindFloat:
		n, _ := v.number()
		return []Key{numberKey(n)}
	case kindBool:
		return []Key{{Number: float64(v.i), kind: kindBool}}
	default:
		return nil
	}
}

func numberKey(n float64) Key {
	if n == 0 || math.IsNaN(n) {
		n = 0 // minus zero equals zero
	}
	return Key{Number: n, kind: kindFloat}
}
