package expression

import (
	"fmt"
	"unicode/utf8"
)

// Limits on what an expression may be. They hold before the parser sees the text: its recursion and memory are not
// bounded by themselves.
const (
	MaxText    = 16 << 10 // bytes of an expression
	maxNesting = 64       // open brackets
	maxDepth   = 128      // of the syntax tree, runs of and or or counted once: printing and checking take its square
	maxNodes   = 10_000   // nodes of the syntax tree, let names expanded
	maxLets    = 8        // let declarations inside one expression
	maxPattern = 1 << 10  // bytes of a regular expression or wildcard pattern
	maxSingles = 16       // question marks in a wildcard pattern: each place of a value may be tried against all of them
	maxProgram = 1_000    // instructions of a compiled regular expression
	maxWork    = 4 << 20  // instructions times bytes that a pattern may take for one alert: 20 ms at worst
	maxAlert   = 32 << 20 // the same of all patterns and programs together: less than half a second at worst
	maxValue   = 64 << 10 // bytes of a string that are matched
	maxItems   = 256      // members of an array that are looked at
	maxSteps   = 50_000   // of one leaf on one alert: a loop body, or 64 bytes of string work, is one step
)

// guard rejects text that could hurt the parser.
func guard(text string) error {
	if len(text) > MaxText {
		return Errors{{
			Message: fmt.Sprintf("expression of %d bytes: the limit is %d", len(text), MaxText),
			Remedy:  "put long lists of values into a file under lists/ and use in_list",
		}}
	}
	if !utf8.ValidString(text) {
		return Errors{{Message: "expression is not valid UTF-8"}}
	}
	return guardNesting(text)
}

// guardNesting counts open brackets outside strings and comments, and prefix operators in a row, which nest too.
func guardNesting(text string) error {
	depth, run, offset := 0, 0, -1
	var quote rune
	escaped := false
	for _, r := range text {
		offset++
		if quote != 0 {
			switch {
			case escaped:
				escaped = false
			case r == '\\' && quote != '`':
				escaped = true
			case r == quote:
				quote = 0
			}
			continue
		}
		switch r {
		case '"', '\'', '`':
			quote, run = r, 0
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
			run = 0
		case '-', '+', '!', '?', '*', '^':
			run++
		case ' ', '\t', '\n', '\r':
		default:
			run = 0
		}
		if depth > maxNesting || run > maxNesting {
			return Errors{{
				Offset: offset, Message: fmt.Sprintf("expression nests deeper than %d", maxNesting),
				Remedy: "split it with let",
			}}
		}
	}
	return nil
}
