package decode

import (
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/expression"
)

// A Mapping is a format that a person describes in a file: by what its records are recognised, how text is taken apart,
// and which path becomes which field. docs/mappings.md has the language. It is immutable, and one may serve many
// decoders.
type Mapping struct {
	Format    string        // its name
	namespace string        // what it does not name stays below it
	when      [][]condition // sets of which one must hold, each whole
	lines     *lineSigns    // of a format of text; nil for JSON
	parse     []step
	times     []string
	layouts   []string
	zone      *time.Location // of times that name none
	id        string         // path of an id that is unique by design, "" for none
	named     []string       // paths of arrays of objects with a name and a value, each of which is a member spelled otherwise
	inside    []string       // paths, the first of which that is there holds a record of another format
	fields    []mapped
	guess     bool              // what the fields leave unset is guessed, as of JSON of no known format
	never     []string          // fields that are not guessed
	otherwise []mapped          // what fills fields that are still unset then
	table     *expression.Table // of the conditions; nil where there are none
	tests     []mappingTest
}

// A condition says that a path is there and, unless any, has one of these values as text, of which those that end with a
// star stand for all that begin so.
type condition struct {
	path   string
	values []string
	any    bool
}

// holds reports whether a text that is there fulfils the condition.
func (c *condition) holds(text string) bool {
	if c.any {
		return true
	}
	for _, v := range c.values {
		if begin, open := strings.CutSuffix(v, "*"); v == text || open && strings.HasPrefix(text, begin) {
			return true
		}
	}
	return false
}

// lineSigns tell a text format's lines: all of has and one of any stand in the line, and it begins with one of begins,
// as far as there are any. They spare trying the patterns on every line.
type lineSigns struct {
	has    []string
	any    []string
	begins []string
	// programs are names in the syslog header: the line's program is one of them, or one followed by digits.
	programs  map[string]bool
	initials  byteSet // of the programs: they spare looking for most
	header    bool    // a syslog header may stand before what begins and parse look at
	sentences bool    // what the line says is read as syslog's messages are
}

// A mapped is one field and the ways to fill it, the first of which that gives a value is taken.
type mapped struct {
	field string
	ways  []way
	last  bool // a way has a condition: it is filled after those that have none
}

// A way fills a field from the first path that is there, or with a constant.
type way struct {
	from  []string
	value tocsin.Value // a constant; absent where from is set
	as    string
	words map[string]tocsin.Value // a value's replacement, by its text
	cond  *expression.Expr        // nil: always
}

// A mappingTest is a record of the mapping file and what must become of it.
type mappingTest struct {
	name     string
	line     int // in the file
	record   []byte
	received time.Time
	want     []wantedField
	format   string // that the record must be of, "" for the mapping's own
	rejected string // the reason why it must be none
}

type wantedField struct {
	field string
	value tocsin.Value // null: the alert must not have the field
}

// change applies the way's words and conversion.
func (w *way) change(v tocsin.Value) tocsin.Value {
	if v.IsAbsent() {
		return v
	}
	if w.words != nil {
		if to, ok := w.words[v.Text()]; ok {
			v = to
		} else if to, ok := w.words["*"]; ok {
			v = to
		}
	}
	if by := conversions[w.as]; by != nil {
		v = by(v)
	}
	return v
}
