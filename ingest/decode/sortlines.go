package decode

import (
	"strings"

	"tocsin"
)

// A sortLine is a line of a table that says what sort of event a word means: the word, its categories and its types.
type sortLine struct {
	word            string
	category, types tocsin.Value
}

// sortLines reads a table of them. What stands beside is added to the categories of each.
func sortLines(table, beside string) []sortLine {
	var all []sortLine
	for line := range strings.Lines(table) {
		if words := strings.Fields(line); len(words) == 3 {
			all = append(all, sortLine{words[0], listOf(words[1] + beside), listOf(words[2])})
		}
	}
	return all
}

// sortOf is the first line whose word a text fits, nil for none.
func sortOf(all []sortLine, text string, fits func(text, word string) bool) *sortLine {
	for i := range all {
		if fits(text, all[i].word) {
			return &all[i]
		}
	}
	return nil
}
