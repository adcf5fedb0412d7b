package sigma

import (
	"errors"
	"fmt"
	"strings"
)

// grammar reads and, or, not and brackets over names, binding as they do in Sigma: not before and before or.
type grammar[T any] struct {
	tokens  []string
	at      int
	depth   int
	and, or func(a, b T) T
	not     func(T) (T, error)
	name    func(g *grammar[T], name string) (T, error)
}

// maxCondition bounds a condition: bytes, and open brackets and nots.
const (
	maxCondition = 16 << 10
	maxNesting   = 64
)

// words are the tokens of a condition.
func words(s string) []string {
	return strings.Fields(strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) "))
}

func (g *grammar[T]) parse() (T, error) {
	out, err := g.alternatives()
	if err == nil && g.at < len(g.tokens) {
		err = fmt.Errorf("condition goes on with %q where it should end", g.tokens[g.at])
	}
	return out, err
}

// word takes the next token if it is the keyword.
func (g *grammar[T]) word(keyword string) bool {
	if g.at < len(g.tokens) && strings.EqualFold(g.tokens[g.at], keyword) {
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
	return g.tokens[g.at-1]
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
		return out, fmt.Errorf("condition nests deeper than %d", maxNesting)
	}
	defer func() { g.depth-- }()
	switch {
	case g.word("not"):
		if out, err = g.operand(); err != nil {
			return out, err
		}
		return g.not(out)
	case g.word("("):
		out, err = g.alternatives()
		if err == nil && !g.word(")") {
			err = errors.New("condition lacks a closing bracket")
		}
		return out, err
	case g.at == len(g.tokens):
		return out, errors.New("condition ends where a selection was expected")
	}
	return g.name(g, g.next())
}
