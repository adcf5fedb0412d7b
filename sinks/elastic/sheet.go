package elastic

import (
	"encoding/json"
	"strconv"
	"time"
)

// A sheet is a JSON object that is being written by hand, member by member in the order of their names: as encoding/json
// writes the [object] of the same members, without one.
type sheet struct{ b []byte }

// name begins a member. Names are plain: letters, digits and underscores.
func (w *sheet) name(name string) {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

func (w *sheet) text(name, s string) {
	w.name(name)
	w.b = appendWord(w.b, s)
}

// texts writes several members, given as name and text in turn.
func (w *sheet) texts(pairs ...string) {
	for n := 0; n+1 < len(pairs); n += 2 {
		w.text(pairs[n], pairs[n+1])
	}
}

// present writes a member unless its text is "".
func (w *sheet) present(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

func (w *sheet) number(name string, n int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *sheet) flag(name string, is bool) {
	w.name(name)
	w.b = strconv.AppendBool(w.b, is)
}

func (w *sheet) date(name string, t time.Time) {
	w.name(name)
	w.b = appendDate(w.b, t)
}

// come writes a time unless it has not come.
func (w *sheet) come(name string, t time.Time) {
	if !t.IsZero() {
		w.date(name, t)
	}
}

// object writes a member whose own members write writes.
func (w *sheet) object(name string, write func()) {
	w.name(name)
	w.b = append(w.b, '{')
	write()
	w.b = append(w.b, '}')
}

// words writes a list of texts, null where there is none.
func (w *sheet) words(name string, all []string) {
	w.name(name)
	if all == nil {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = append(w.b, '[')
	for n, s := range all {
		if n > 0 {
			w.b = append(w.b, ',')
		}
		w.b = appendWord(w.b, s)
	}
	w.b = append(w.b, ']')
}

// objects writes a list of n objects.
func (w *sheet) objects(name string, n int, write func(at int)) {
	w.name(name)
	w.b = append(w.b, '[')
	for at := range n {
		if at > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		write(at)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// values writes a list of what few incidents have, as encoding/json does: the incident's own JSON was made of it before.
func values[T any](w *sheet, name string, all []T) {
	w.name(name)
	text := []byte("null")
	if all != nil {
		text, _ = json.Marshal(all)
	}
	w.b = append(w.b, text...)
}
