package expression

import (
	"errors"
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
			return Tree{}, errors.New("regex takes a field and a pattern in quotes")
		}
		return Matches(args[0].field, args[1].text), nil
	},
	"exists": func(args []treeArg) (Tree, error) {
		if len(args) != 1 || args[0].field == "" {
			return Tree{}, errors.New("exists takes a field")
		}
		return Exists(args[0].field), nil
	},
	"has_fields": func(args []treeArg) (Tree, error) {
		if len(args) != 1 || args[0].field == "" {
			return Tree{}, errors.New("has_fields takes a field")
		}
		return HasFields(args[0].field), nil
	},
	"mentions_regex": func(args []treeArg) (Tree, error) {
		if len(args) != 1 || args[0].field != "" {
			return Tree{}, errors.New("mentions_regex takes a pattern in quotes")
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
		return Tree{}, errors.New("a field and patterns in quotes are wanted here")
	}
	kids := make([]Tree, 0, len(args)-1)
	for _, a := range args[1:] {
		if a.field != "" {
			return Tree{}, errors.New("a pattern is a constant string: write it in quotes")
		}
		kids = append(kids, covers(ParseGlob(a.text)))
	}
	return Some(kids...), nil
}

func mentionsCall(args []treeArg, exact bool) (Tree, error) {
	if len(args) != 1 || args[0].field != "" {
		return Tree{}, errors.New("mentions takes one pattern in quotes")
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

// Named gives a tree a name for [Tree.Define]; what it means stays the same.
func Named(name string, t Tree) Tree {
	t.name = name
	return t
}

// Source is the tree as text that [Table.Compile] makes the same condition of. The error names the first leaf that
// text cannot say.
func (t Tree) Source() (string, error) { return t.Define(nil) }

// Define is [Tree.Source] with the named parts of the tree written by name: define is told the name of each part and
// its text, and returns what to write in its place. A nil define writes them out.
func (t Tree) Define(define func(name, text string) string) (string, error) {
	w := &sourceWriter{define: define}
	err := w.write(t, true)
	return w.b.String(), err
}

type sourceWriter struct {
	b      strings.Builder
	define func(name, text string) string
}

func (w *sourceWriter) write(t Tree, outermost bool) error {
	if t.name != "" && w.define != nil {
		name := t.name
		t.name = ""
		text, err := t.Define(w.define)
		w.b.WriteString(w.define(name, text))
		return err
	}
	switch {
	case !t.zero || t.op == opFalse:
		w.b.WriteString("false")
	case t.op == opTrue:
		w.b.WriteString("true")
	case t.op == opLeaf:
		if t.src == "" {
			return errors.New("a term has no form in expr")
		}
		w.b.WriteString(t.src)
	case t.op == opNot:
		w.b.WriteString("not (")
		if err := w.write(t.kids[0], true); err != nil {
			return err
		}
		w.b.WriteString(")")
	default:
		return w.connected(t, outermost)
	}
	return nil
}

// longLine is how long a line of connected terms may be before each gets its own.
const longLine = 110

func (w *sourceWriter) connected(t Tree, outermost bool) error {
	word := "and "
	if t.op == opOr {
		word = "or "
	}
	terms, size := make([]string, len(t.kids)), 0
	for i, k := range t.kids {
		one := &sourceWriter{define: w.define}
		if err := one.write(k, false); err != nil {
			return err
		}
		terms[i] = one.b.String()
		size += len(terms[i]) + len(word) + 1
	}
	if w.define != nil && size > longText {
		terms = chunked(terms, word, w.define)
	}
	space := " "
	if outermost && w.define != nil && size > longLine {
		space = "\n"
	}
	text := strings.Join(terms, space+word)
	if !outermost {
		text = "(" + text + ")"
	}
	w.b.WriteString(text)
	return nil
}

// longText is how long connected terms may be before they are taken apart: [MaxText] bounds a text.
const longText = MaxText / 2

// chunked names runs of terms that are short enough for a text of their own.
func chunked(terms []string, word string, define func(name, text string) string) []string {
	var out, run []string
	size := 0
	flush := func() {
		if len(run) > 0 {
			out = append(out, define("part", strings.Join(run, "\n"+word)))
			run, size = nil, 0
		}
	}
	for _, t := range terms {
		if size += len(t) + len(word) + 1; size > longText {
			flush()
			size = len(t)
		}
		run = append(run, t)
	}
	flush()
	return out
}

// Reserved reports whether a name means something in expressions by itself, so that nothing may be called so.
func Reserved(name string) bool {
	_, function := functions[name]
	_, loop := loops[name]
	return function || loop || treeCalls[name] != nil || slices.Contains(keywords, name) || slices.Contains([]string{"cidr", "in_list"}, name)
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
