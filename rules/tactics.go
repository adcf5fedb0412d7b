package rules

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"tocsin/internal/fault"
)

// A wordTable names the ATT&CK tactic that words in a rule's name speak of. The first row whose word is in the name
// decides. A word stands between characters that are neither letters, digits nor _, and a space in it also for a hyphen.
type wordTable []tacticWord

type tacticWord struct{ word, tactic string }

// maxWords bounds a table of words: each is looked for in each name that is new.
const maxWords = 2000

// tacticName is a tactic as tags name it, whether an alert names it by id, by title or so; "" for what is none.
func tacticName(s string) string {
	name := "attack." + strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(s), " ", "-"), "_", "-")
	if _, ok := tactics[name]; ok {
		return name[len("attack."):]
	}
	for tag, id := range tactics { // a membership: the order does not matter
		if strings.EqualFold(id, s) {
			return tag[len("attack."):]
		}
	}
	return ""
}

// tactic is the tactic that a name speaks of, "" for none.
func (t wordTable) tactic(name string) string {
	name = anchored(name)
	for _, w := range t {
		if strings.Contains(name, w.word) {
			return w.tactic
		}
	}
	return ""
}

// anchored is a text in lower case whose words stand between single spaces, with one at either end.
func anchored(s string) string {
	b := make([]byte, 1, len(s)+2)
	b[0] = ' '
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r > 127:
			b = append(b, string(r)...)
		case b[len(b)-1] != ' ':
			b = append(b, ' ')
		}
	}
	if b[len(b)-1] != ' ' {
		b = append(b, ' ')
	}
	return string(b)
}

// readTable reads a list whose heading is value,tactic. It is false for another list.
func (r *reader) readTable() (table wordTable, ok bool) {
	in := csv.NewReader(bytes.NewReader(r.src))
	in.FieldsPerRecord, in.Comment, in.TrimLeadingSpace = -1, '#', true
	for first := true; ; first = false {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return table, ok
		}
		if err != nil {
			return nil, false // told where its values are read
		}
		if first {
			if ok = len(row) == 2 && strings.EqualFold(row[0], "value") && strings.EqualFold(row[1], "tactic"); !ok {
				return nil, false
			}
			continue
		}
		line, column := in.FieldPos(0)
		switch {
		case len(row) != 2 || anchored(row[0]) == " ":
			r.faults = append(r.faults, fault.At(r.file, r.src, line, column, "a row is a word and a tactic", "write it like brute force,credential-access"))
		case tacticName(row[1]) == "":
			_, column = in.FieldPos(1)
			r.faults = append(r.faults, fault.At(r.file, r.src, line, column, "ATT&CK has no tactic "+row[1], fault.DidYouMean(row[1], tacticNames())))
		case len(table) == maxWords:
			r.faults = append(r.faults, fault.At(r.file, r.src, line, column, "more than 2000 words", ""))
			return table, ok
		default:
			table = append(table, tacticWord{anchored(row[0]), tacticName(row[1])})
		}
	}
}

func tacticNames() []string {
	names := make([]string, 0, len(tactics))
	for tag := range tactics {
		names = append(names, tag[len("attack."):])
	}
	slices.Sort(names)
	return names
}

// text is what the hash of a set is over: the order of a table decides.
func (t wordTable) text() string {
	var b strings.Builder
	for _, w := range t {
		b.WriteString(w.word + "=" + w.tactic + "\n")
	}
	return b.String()
}
