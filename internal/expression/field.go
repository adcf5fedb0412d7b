package expression

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// fieldName is the dotted name that a node spells, and where it starts. It is none if the node is no chain of
// names, or starts with a variable or a name of the rule.
func (c *compilation) fieldName(n ast.Node) (name string, first ast.Node, ok bool) {
	var parts []string
	for {
		switch x := n.(type) {
		case *ast.ChainNode:
			n = x.Node
			continue
		case *ast.MemberNode:
			p, ok := x.Property.(*ast.StringNode)
			if !ok || x.Method {
				return "", nil, false
			}
			parts = append(parts, p.Value)
			n = x.Node
			continue
		case *ast.IdentifierNode:
			_, named := c.names[x.Value]
			if strings.HasPrefix(x.Value, "$") { // the machine's own names
				return "", nil, false
			}
			if named && len(parts) == 0 || slices.Contains(c.scope, x.Value) {
				return "", nil, false
			}
			parts = append(parts, x.Value)
			slices.Reverse(parts)
			return strings.Join(parts, "."), x, true
		}
		return "", nil, false
	}
}

// field resolves a node that names a field to its slot. ok is false where the node is something else; a slot of -1
// is a fault that has been told.
func (c *compilation) field(n ast.Node) (slot int, typ Type, ok bool) {
	name, first, ok := c.fieldName(n)
	if !ok {
		return 0, Any, false
	}
	typ = Any
	if c.table.opts.Lookup != nil {
		known := false
		if typ, known = c.table.opts.Lookup(name); !known {
			c.fail(first, c.suggest(name), "unknown field %q", name)
			return -1, Any, true
		}
	}
	if typ == Object {
		c.fail(first, c.suggest(name), "%s is an object: it has fields but no value", name)
		return -1, Any, true
	}
	slot = c.table.Slot(name)
	c.read(slot)
	return slot, typ, true
}

func (c *compilation) suggest(name string) string {
	var near []string
	if c.table.opts.Nearest != nil {
		near = append(near, c.table.opts.Nearest(name)...)
	}
	for _, n := range slices.Sorted(maps.Keys(c.names)) {
		if strings.EqualFold(n, name) || within1(n, name) {
			near = append([]string{n}, near...)
		}
	}
	switch len(near) {
	case 0:
		return "see the field list, or put your own fields under labels."
	case 1:
		return "did you mean " + near[0] + "?"
	default:
		return "did you mean " + strings.Join(near[:min(len(near), 3)], ", ") + "?"
	}
}

// within1 reports whether a and b differ by one character at most.
func within1(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i >= len(a)-1 || a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
