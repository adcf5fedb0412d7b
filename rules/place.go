package rules

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A Place is a line and a column of a rule's file, both from 1.
type Place struct{ Line, Column int }

// from is the file from a line on, empty where it has no such line.
func (r *reader) from(line int) []byte {
	if r.lines == nil {
		r.lines = append(make([]int, 0, 1+bytes.Count(r.src, []byte{'\n'})), 0)
		for i, c := range r.src {
			if c == '\n' {
				r.lines = append(r.lines, i+1)
			}
		}
	}
	if line < 1 || line > len(r.lines) {
		return nil
	}
	return r.src[r.lines[line-1]:]
}

// place is where character offset of a scalar's value stands.
func (r *reader) place(n *yaml.Node, offset int) (line, column int) {
	return within(r.from(n.Line), n, offset)
}

// Within finds the place of character offset of a scalar's value in the file that it stands in, whatever style it is written
// in: it walks value and source side by side and passes over white space, which folding changes.
func Within(src []byte, n *yaml.Node, offset int) Place {
	r := reader{src: src}
	line, column := r.place(n, offset)
	return Place{line, column}
}

// within is that, where rest is the file from the scalar's line on.
func within(rest []byte, n *yaml.Node, offset int) (line, column int) {
	line, column = n.Line, 1
	next := func() rune {
		c, _ := utf8.DecodeRune(rest)
		return c
	}
	step := func() {
		c, size := utf8.DecodeRune(rest)
		if c == '\n' {
			line, column = line+1, 0
		}
		rest = rest[size:]
		column++
	}
	for len(rest) > 0 && column < n.Column {
		step()
	}
	switch n.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle) {
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		step()
	case yaml.LiteralStyle, yaml.FoldedStyle:
		for len(rest) > 0 && next() != '\n' {
			step()
		}
	}
	for i, c := range []rune(n.Value) {
		if unicode.IsSpace(c) {
			continue
		}
		for len(rest) > 0 && unicode.IsSpace(next()) {
			step()
		}
		if i >= offset {
			break
		}
		if len(rest) > 0 && next() != c { // an escape: \" in double quotes
			step()
		}
		step()
		if c == '\'' && n.Style&yaml.SingleQuotedStyle != 0 {
			step()
		}
	}
	return line, column
}
