package expression

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// treeCalls are the functions that ask of fields what trees do: they stand by themselves, take fields and constants,
// and read every value as the text that its record wrote.
var treeCalls = map[string]func(args []treeArg) (Tree, error){
	"wild": func(args []treeArg) (Tree, error) {
		return eachPattern(args, func(g Glob) Tree { return Covers(args[0].field, g, false) })
	},
	"wild_cased": func(args []treeArg) (Tree, error) {
		return eachPattern(args, func(g Glob) Tree { return Covers(args[0].field, g, true) })
	},
	"regex": func(args []treeArg) (Tree, error) {
		if len(args) != 2 || args[0].field == "" || args[1].field != "" {
			return Tree{}, fmt.Errorf("regex takes a field and a pattern in quotes")
		}
		return Matches(args[0].field, args[1].text), nil
	},
	"exists": func(args []treeArg) (Tree, error) {
		if len(args) != 1 || args[0].field == "" {
			return Tree{}, fmt.Errorf("exists takes a field")
		}
		return Exists(args[0].field), nil
	},
	"mentions_regex": func(args []treeArg) (Tree, error) {
		if len(args) != 1 || args[0].field != "" {
			return Tree{}, fmt.Errorf("mentions_regex takes a pattern in quotes")
		}
		return MentionsMatch(args[0].text), nil
	},
	"mentions":       func(args []treeArg) (Tree, error) { return mentionsCall(args, false) },
	"mentions_cased": func(args []treeArg) (Tree, error) { return mentionsCall(args, true) },
	"related":        func(args []treeArg) (Tree, error) { return relatedCall(args, false) },
	"related_cased":  func(args []treeArg) (Tree, error) { return relatedCall(args, true) },
	"time_part":      timePartCall,
}

// treeArg is an argument of such a function: a field, or a constant as text.
type treeArg struct{ field, text string }

func eachPattern(args []treeArg, covers func(Glob) Tree) (Tree, error) {
	if len(args) < 2 || args[0].field == "" {
		return Tree{}, fmt.Errorf("a field and patterns in quotes are wanted here")
	}
	kids := make([]Tree, 0, len(args)-1)
	for _, a := range args[1:] {
		if a.field != "" {
			return Tree{}, fmt.Errorf("a pattern is a constant string: write it in quotes")
		}
		kids = append(kids, covers(ParseGlob(a.text)))
	}
	return Some(kids...), nil
}

func mentionsCall(args []treeArg, exact bool) (Tree, error) {
	if len(args) != 1 || args[0].field != "" {
		return Tree{}, fmt.Errorf("mentions takes one pattern in quotes")
	}
	return Mentions(ParseGlob(args[0].text), exact), nil
}

// relations are the words for relations, in their order.
var relations = []string{"==", "contains", "startsWith", "endsWith"}

func relatedCall(args []treeArg, exact bool) (Tree, error) {
	if len(args) != 3 || args[0].field == "" || args[1].field != "" || args[2].field == "" || !slices.Contains(relations, args[1].text) {
		return Tree{}, fmt.Errorf(`related takes a field, one of "%s", and another field`, strings.Join(relations, `", "`))
	}
	return Relates(args[0].field, args[2].field, Relation(slices.Index(relations, args[1].text)), exact), nil
}

func timePartCall(args []treeArg) (Tree, error) {
	if len(args) != 3 || args[0].field == "" || args[1].field != "" || !slices.Contains(TimeParts(), args[1].text) {
		return Tree{}, fmt.Errorf(`time_part takes a field, one of "%s", and a number`, strings.Join(TimeParts(), `", "`))
	}
	n, err := strconv.Atoi(args[2].text)
	if err != nil {
		return Tree{}, fmt.Errorf("%q is no whole number", args[2].text)
	}
	return PartOfTime(args[0].field, args[1].text, n), nil
}

// treeCall makes the leaf of such a function. ok is false where the call is another, or has arguments that only a
// program can take: wild over a calculated value.
func (c *compilation) treeCall(x *ast.CallNode) (n *node, ok bool) {
	id, named := x.Callee.(*ast.IdentifierNode)
	if !named || treeCalls[id.Value] == nil {
		return nil, false
	}
	var args []treeArg
	for _, a := range x.Arguments {
		arg, ok := c.treeArg(a)
		if !ok {
			if id.Value != "wild" {
				c.fail(a, "write the field's name, or a constant", "%s takes fields and constants", id.Value)
			}
			return &node{op: opFalse}, id.Value != "wild"
		}
		args = append(args, arg)
	}
	if id.Value == "wild" && (len(args) < 2 || args[0].field == "" || !c.wildFits(x)) {
		return nil, false // told where programs are made
	}
	tree, err := treeCalls[id.Value](args)
	if err != nil {
		c.fail(x, "", "%s", err)
		return &node{op: opFalse}, true
	}
	b := &building{table: c.table, seen: map[int]bool{}}
	n, err = b.node(tree, 0)
	if err != nil {
		c.fail(x, "", "%s", err)
		return &node{op: opFalse}, true
	}
	for _, slot := range b.slots {
		c.read(slot)
	}
	return n, true
}

// wildFits reports whether all patterns of wild are within the limits.
func (c *compilation) wildFits(x *ast.CallNode) bool {
	for _, a := range x.Arguments[1:] {
		v, ok := constOf(a)
		if !ok || v.kind != kindText || len(v.s) > maxPattern || strings.Count(v.s, "?") > maxSingles {
			return false
		}
	}
	return true
}

func (c *compilation) treeArg(n ast.Node) (treeArg, bool) {
	if v, ok := constOf(n); ok {
		switch v.kind {
		case kindText:
			return treeArg{text: v.s}, true
		case kindInt:
			return treeArg{text: strconv.FormatInt(v.i, 10)}, true
		default:
			return treeArg{}, false
		}
	}
	place := ""
	if m, ok := n.(*ast.MemberNode); ok {
		if i, ok := m.Property.(*ast.IntegerNode); ok && i.Value >= 0 {
			n, place = m.Node, "["+strconv.Itoa(i.Value)+"]"
		}
	}
	name, _, ok := c.fieldName(n)
	if !ok {
		return treeArg{}, false
	}
	slot, _, ok := c.field(n)
	return treeArg{field: name + place}, ok && slot >= 0
}

// ParseGlob reads a pattern as wild() takes it: * and ? are wildcards; a backslash before one of them, or before
// another backslash, takes it as it is; any other backslash stands for itself.
func ParseGlob(s string) Glob {
	var g Glob
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			g = append(g, GlobPart{Text: b.String()})
			b.Reset()
		}
	}
	escaped := false
	for i := range len(s) {
		c := s[i]
		switch {
		case escaped:
			if c != '*' && c != '?' && c != '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == '*' || c == '?':
			flush()
			g = append(g, GlobPart{Wild: c})
		default:
			b.WriteByte(c)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	flush()
	return g
}

// Source is the tree as text that [Table.Compile] makes the same condition of. The error names the first leaf that
// text cannot say.
func (t Tree) Source() (string, error) {
	var b strings.Builder
	err := t.source(&b, true)
	return b.String(), err
}

func (t Tree) source(b *strings.Builder, outermost bool) error {
	switch {
	case !t.zero || t.op == opFalse:
		b.WriteString("false")
		return nil
	case t.op == opTrue:
		b.WriteString("true")
		return nil
	case t.op == opLeaf:
		if t.src == "" {
			return fmt.Errorf("a term has no form in expr")
		}
		b.WriteString(t.src)
		return nil
	case t.op == opNot:
		b.WriteString("not (")
		if err := t.kids[0].source(b, true); err != nil {
			return err
		}
		b.WriteString(")")
		return nil
	}
	word := " and "
	if t.op == opOr {
		word = " or "
	}
	if !outermost {
		b.WriteString("(")
		defer b.WriteString(")")
	}
	for i, k := range t.kids {
		if i > 0 {
			b.WriteString(word)
		}
		if err := k.source(b, false); err != nil {
			return err
		}
	}
	return nil
}

// FieldSource is a field's name as expr text spells it.
func FieldSource(name string) string {
	name, member, _ := strings.Cut(name, "[")
	var b strings.Builder
	for i, part := range strings.Split(name, ".") {
		switch {
		case plainName(part) && i == 0:
			b.WriteString(part)
		case plainName(part):
			b.WriteString("." + part)
		default:
			b.WriteString("[" + strconv.Quote(part) + "]")
		}
	}
	if member != "" {
		b.WriteString("[" + member)
	}
	return b.String()
}

// keywords are expr's words: no names.
var keywords = []string{
	"in", "not", "and", "or", "matches", "contains", "startsWith", "endsWith", "let", "if", "else", "true", "false", "nil",
}

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && !slices.Contains(keywords, s)
}

// sourced is the tree with its text; patterns that text cannot hold have none.
func sourced(t Tree, format string, field string, texts ...any) Tree {
	for _, a := range texts {
		if s, ok := a.(string); ok && !strings.HasPrefix(s, `"`) {
			return t
		}
	}
	t.src = fmt.Sprintf(format, append([]any{FieldSource(field)}, texts...)...)
	return t
}

// globSource is a pattern in quotes, "" where text cannot hold it.
func globSource(g Glob) string {
	for _, p := range g {
		if strings.ToValidUTF8(p.Text, "") != p.Text {
			return ""
		}
	}
	s := g.String()
	if len(s) > maxPattern || strings.Count(s, "?") > maxSingles {
		return ""
	}
	return strconv.Quote(s)
}

func cidrSource(t Tree, field string, net netip.Prefix) Tree {
	return sourced(t, "cidr(%s, %s)", field, strconv.Quote(net.String()))
}
