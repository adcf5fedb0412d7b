package main

import (
	"cmp"
	"iter"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// printable makes a text safe for a terminal: what an alert holds must not move the cursor, hide or reorder text.
func printable(s string) string {
	unsafe := func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unsafe(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// columnShown bounds a text of a list; -o json has all of it.
const columnShown = 100

// shown is a text that is safe for a terminal, and no longer than a list has room for.
func shown(s string) string {
	return cut(columnShown, printable(s))
}

// cut shortens a text to n characters.
func cut(n int, s string) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// stamp is a time in UTC, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func or(a, b string) string { return cmp.Or(a, b) }

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
