package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// keyOf writes a syntax tree so that two trees have the same key exactly where they are the same. Unlike printing it
// takes time in proportion to the tree.
func keyOf(n ast.Node) string {
	var b strings.Builder
	writeKey(&b, n)
	return b.String()
}

func writeKey(b *strings.Builder, n ast.Node) {
	list := func(name string, kids ...ast.Node) {
		b.WriteByte('(')
		b.WriteString(name)
		for _, k := range kids {
			b.WriteByte(' ')
			writeKey(b, k)
		}
		b.WriteByte(')')
	}
	switch x := n.(type) {
	case nil:
		b.WriteByte('_')
	case *ast.NilNode:
		b.WriteString("nil")
	case *ast.IdentifierNode:
		b.WriteString(x.Value)
	case *ast.IntegerNode:
		b.WriteString(strconv.Itoa(x.Value))
	case *ast.FloatNode:
		b.WriteString("f" + strconv.FormatFloat(x.Value, 'g', -1, 64))
	case *ast.BoolNode:
		b.WriteString(strconv.FormatBool(x.Value))
	case *ast.StringNode:
		b.WriteString(strconv.Quote(x.Value))
	case *ast.PointerNode:
		b.WriteString("#" + x.Name)
	case *ast.UnaryNode:
		list(x.Operator, x.Node)
	case *ast.BinaryNode:
		list(x.Operator, x.Left, x.Right)
	case *ast.ChainNode:
		writeKey(b, x.Node)
	case *ast.MemberNode:
		list(".", x.Node, x.Property)
	case *ast.CallNode:
		list("call", append([]ast.Node{x.Callee}, x.Arguments...)...)
	case *ast.BuiltinNode:
		list("builtin "+x.Name, x.Arguments...)
	case *ast.PredicateNode:
		list("each", x.Node)
	case *ast.ConditionalNode:
		list("if", x.Cond, x.Exp1, x.Exp2)
	case *ast.VariableDeclaratorNode:
		list("let "+x.Name, x.Value, x.Expr)
	case *ast.ArrayNode:
		list("list", x.Nodes...)
	default:
		fmt.Fprintf(b, "%T@%p", n, n) // of what is refused: equal to nothing
	}
}
