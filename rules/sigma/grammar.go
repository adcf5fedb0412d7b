package sigma

import (
	"fmt"
	"strings"
	"unicode"
)

// grammar reads and, or, not and brackets over names, binding as they do in Sigma: not before and before or. Its errors
// know where in the text they stand.
type grammar[T any] struct {
	tokens  []token
	at      int
	depth   int
	and, or func(a, b T) T
	not     func(T) (T, error)
	name    func(g *grammar[T], name string) (T, error)
}

// A token is a word of a text, or a bracket.
type token struct {
	text string
	at   int // in characters
}

// maxCondition bounds a condition: bytes, and open brackets and nots.
const (
	maxCondition = 16 << 10
	maxNesting   = 64
)

// words are the tokens of a condition.
func words(s string) []token {
	var out []token
	open := false
	for i, r := range []rune(s) {
		switch {
		case r == '(' || r == ')':
			out, open = append(out, token{string(r), i}), false
		case unicode.IsSpace(r):
			open = false
		case open:
			out[len(out)-1].text += string(r)
		default:
			out, open = append(out, token{string(r), i}), true
		}
	}
	return out
}

// wrong is an error at token number i, or at the last one where that is not there.
func (g *grammar[T]) wrong(i int, remedy, format string, args ...any) error {
	e := &remedied{reason: fmt.Sprintf(format, args...), remedy: remedy}
	if n := len(g.tokens); n > 0 {
		e.offset = g.tokens[min(max(i, 0), n-1)].at
	}
	return e
}

func (g *grammar[T]) parse() (T, error) {
	out, err := g.alternatives()
	if err == nil && g.at < len(g.tokens) {
		err = g.wrong(g.at, "write and, or, or a bracket between names", "condition goes on with %q where it should end", g.tokens[g.at].text)
	}
	return out, err
}

// word takes the next token if it is the keyword.
func (g *grammar[T]) word(keyword string) bool {
	if g.at < len(g.tokens) && strings.EqualFold(g.tokens[g.at].text, keyword) {
		g.at++
		return true
	}
	return false
}

// next takes the next token, "" at the end.
func (g *grammar[T]) next() string {
	if g.at == len(g.tokens) {
		return ""
	}
	g.at++
	return g.tokens[g.at-1].text
}

func (g *grammar[T]) alternatives() (T, error) { return g.run("or", g.or, g.conjunction) }

func (g *grammar[T]) conjunction() (T, error) { return g.run("and", g.and, g.operand) }

func (g *grammar[T]) run(keyword string, join func(a, b T) T, operand func() (T, error)) (T, error) {
	out, err := operand()
	for err == nil && g.word(keyword) {
		var right T
		if right, err = operand(); err == nil {
			out = join(out, right)
		}
	}
	return out, err
}

func (g *grammar[T]) operand() (out T, err error) {
	if g.depth++; g.depth > maxNesting {
		return out, g.wrong(g.at, "take it apart: several conditions are a list, one of which must hold", "condition nests deeper than %d", maxNesting)
	}
	defer func() { g.depth-- }()
	switch {
	case g.word("not"):
		if out, err = g.operand(); err != nil {
			return out, err
		}
		return g.not(out)
	case g.word("("):
		open := g.at - 1
		out, err = g.alternatives()
		if err == nil && !g.word(")") {
			err = g.wrong(open, "close it with )", "condition lacks a closing bracket")
		}
		return out, err
	case g.at == len(g.tokens):
		return out, g.wrong(g.at, "name a selection there", "condition ends where a selection was expected")
	}
	return g.name(g, g.next())
}
