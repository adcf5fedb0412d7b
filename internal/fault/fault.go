// Package fault says what is wrong with something a person wrote (a rule, a scale, a configuration): all faults at
// once, each with its place, the line with a caret under the spot, and the remedy.
package fault

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Fault is one thing wrong in one place. Line and Column count from 1, Column in characters; a Line of 0 means the
// file as a whole.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"` // what is wrong, lower-case, without a full stop
	Remedy  string `json:"remedy"`  // what to do; "" where the message says it
	Excerpt string `json:"excerpt"` // the source line, for the caret
}

// At makes a fault at a place in src and takes the excerpt from it.
func At(file string, src []byte, line, column int, message, remedy string) Fault {
	return Fault{File: file, Line: line, Column: column, Message: message, Remedy: remedy, Excerpt: excerpt(src, line)}
}

// excerpt is line n of src, cut to a length that a terminal can show.
func excerpt(src []byte, n int) string {
	const most = 200
	for i := 1; len(src) > 0; i++ {
		line, rest, _ := bytes.Cut(src, []byte("\n"))
		if i == n {
			s := strings.ToValidUTF8(strings.TrimRight(string(line), "\r"), "\uFFFD")
			if utf8.RuneCountInString(s) > most {
				s = string([]rune(s)[:most]) + "…"
			}
			return s
		}
		src = rest
	}
	return ""
}

// String writes the fault as people read it:
//
//	rules.d/web/scan.yml:12:7: unknown field "sorce.ip"
//	    when: sorce.ip == "203.0.113.7"
//	          ^
//	    did you mean source.ip?
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, max(f.Column, 1))
	}
	b.WriteString(": " + f.Message)
	if f.Excerpt != "" {
		fmt.Fprintf(&b, "\n    %s\n    %s^", printable(f.Excerpt), caretIndent(f.Excerpt, f.Column))
	}
	if f.Remedy != "" {
		b.WriteString("\n    " + f.Remedy)
	}
	return b.String()
}

// printable keeps terminal control characters out of a report; tabs stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
}

// caretIndent is the white space before a caret at column: tabs stay tabs so that it stands under its character.
func caretIndent(line string, column int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i+1 >= column {
			break
		}
		if r == '\t' {
			b.WriteRune('\t')
		} else {
			b.WriteRune(' ')
		}
	}
	return b.String()
}

// A List is all the faults of one input. It is an error when it is not empty.
type List []Fault

// Error writes every fault, one after the other.
func (l List) Error() string {
	parts := make([]string, len(l))
	for i, f := range l {
		parts[i] = f.String()
	}
	return strings.Join(parts, "\n")
}

// Err returns l as an error, nil where it is empty, its faults in the order of their places.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	l.Sort()
	return l
}

// Sort orders the faults by file, line and column.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
