package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin"
)

// entryText is the canonical JSON of an entry as its hash is taken over: all that is stored of it but Hash, with the
// commitment of each personal value in the place of the value. It is what [canonical] gives, written by hand as it is
// asked for every entry that is verified.
func entryText(e tocsin.LogEntry) ([]byte, error) {
	return appendEntry(make([]byte, 0, 512+len(e.Data)+len(e.Text)), e)
}

// appendEntry is entryText behind what b holds.
func appendEntry(b []byte, e tocsin.LogEntry) ([]byte, error) {
	blank(&e, e.Personal)
	b = appendText(b, `{"action":`, string(e.Action))
	b = appendText(b, `,"by":{"id":`, e.By.ID)
	b = appendText(b, `,"kind":`, e.By.Kind)
	b = appendOptional(b, `,"role":`, e.By.Role)
	b = appendText(b, `},"command":`, e.Command)
	var err error
	if len(e.Data) > 0 {
		if b, err = appendHidden(append(b, `,"data":`...), &e); err != nil {
			return nil, err
		}
	}
	if b, err = appendTime(append(b, `,"effective":`...), e.Effective); err != nil {
		return nil, err
	}
	b = appendOptional(b, `,"event":`, e.Event)
	b = appendOptional(b, `,"from":`, string(e.From))
	b = appendText(b, `,"hash":`, "")
	b = appendText(b, `,"incident":`, e.Incident)
	if len(e.Personal) > 0 {
		if b, err = appendCommitments(append(b, `,"personal":`...), e.Personal); err != nil {
			return nil, err
		}
	}
	b = appendText(b, `,"phase":`, e.Phase)
	b = appendText(b, `,"prev":`, e.Prev)
	b = appendOptional(b, `,"reason":`, e.Reason)
	if b, err = appendTime(append(b, `,"recorded":`...), e.Recorded); err != nil {
		return nil, err
	}
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	for n, s := range e.Skipped {
		lead := `,`
		if n == 0 {
			lead = `,"skipped":[`
		}
		b = appendText(b, lead, string(s))
	}
	if len(e.Skipped) > 0 {
		b = append(b, ']')
	}
	b = appendText(b, `,"tenant":`, e.Tenant)
	b = appendOptional(b, `,"text":`, e.Text)
	b = appendOptional(b, `,"to":`, string(e.To))
	return append(b, '}'), nil
}

// appendHidden is the data of an entry without the members for which commitments stand.
func appendHidden(b []byte, e *tocsin.LogEntry) ([]byte, error) {
	var few [4]string
	hidden := few[:0]
	for path := range e.Personal {
		if name, ok := strings.CutPrefix(path, "data."); ok {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return appendCanonicalText(b, e.Data)
	}
	s := scan{text: e.Data, out: b, hidden: hidden}
	if s.all() {
		return s.out, nil
	}
	rest := tocsin.LogEntry{Data: e.Data}
	if err := without(&rest, hidden); err != nil {
		return nil, err
	}
	return appendCanonicalText(b, rest.Data)
}

// appendCommitments are the commitments without their salts, in the order of their paths.
func appendCommitments(b []byte, all map[string]tocsin.Commitment) ([]byte, error) {
	var few [8]string // most entries have two or three
	paths := few[:0]
	for path := range all {
		if !ascii(path) {
			return appendValue(b, bare(all))
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for n, path := range paths {
		lead := `,`
		if n == 0 {
			lead = `{`
		}
		b = appendText(appendText(b, lead, path), `:{"hash":`, all[path].Hash)
		b = append(b, '}')
	}
	return append(b, '}'), nil
}

func appendText(b []byte, lead, s string) []byte { return appendString(append(b, lead...), s) }

func appendOptional(b []byte, lead, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, lead, s)
}

func appendTime(b []byte, t time.Time) ([]byte, error) {
	b, err := t.AppendText(append(b, '"'))
	return append(b, '"'), err
}

func appendValue(b []byte, v any) ([]byte, error) {
	text, err := canonical(v)
	return append(b, text...), err
}

// errUnusual says that a JSON text is not as this package writes it, so that it takes the longer way.
var errUnusual = errors.New("not written here")

// appendCanonicalText is [canonical] of a JSON text. One that this package wrote is canonical but for what a store's
// encoder escapes; anything else is decoded and written anew.
func appendCanonicalText(b, text []byte) ([]byte, error) {
	s := scan{text: text, out: b}
	if s.all() {
		return s.out, nil
	}
	if at := tocsin.MemberTwice(text); at != "" {
		return nil, fmt.Errorf("it has %s twice", at)
	}
	return appendValue(b, json.RawMessage(text))
}

// A scan copies a JSON text in its canonical form.
type scan struct {
	text, out []byte
	at        int
	hidden    []string // members of the outermost object that are left out
}

// all copies the whole text, and reports false where it is not as this package writes it.
func (s *scan) all() bool {
	if s.value(0) != nil {
		return false
	}
	s.space()
	return s.at == len(s.text)
}

// maxScan is how deep a scan follows: the data of entries are a few levels deep.
const maxScan = 32

func (s *scan) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\t' || s.text[s.at] == '\r') {
		s.at++
	}
}

// take moves over a byte that must come next.
func (s *scan) take(c byte) bool {
	if s.space(); s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scan) value(depth int) error {
	if s.space(); s.at >= len(s.text) || depth > maxScan {
		return errUnusual
	}
	switch c := s.text[s.at]; {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.str()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if end := s.at + len(word); end <= len(s.text) && string(s.text[s.at:end]) == word {
			s.out, s.at = append(s.out, word...), end
			return nil
		}
	}
	return errUnusual
}

func (s *scan) object(depth int) error {
	s.at++
	s.out = append(s.out, '{')
	var few [16]member
	all, ordered := few[:0], true
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return errUnusual
		}
		s.space()
		m := member{from: len(s.out)}
		var err error
		if m.name, err = s.str(); err != nil || !ascii(m.name) || !s.take(':') {
			return errUnusual
		}
		s.out = append(s.out, ':')
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if depth == 0 && slices.Contains(s.hidden, m.name) {
			s.out = s.out[:m.from]
			continue
		}
		m.to = len(s.out)
		s.out = append(s.out, ',')
		ordered = ordered && (len(all) == 0 || all[len(all)-1].name < m.name)
		all = append(all, m)
	}
	if len(all) > 0 {
		s.out = s.out[:len(s.out)-1]
	}
	if !ordered && !s.order(all) {
		return errUnusual
	}
	s.out = append(s.out, '}')
	return nil
}

// A member of an object, and where it stands in what is written.
type member struct {
	name     string
	from, to int
}

// order puts the members of an object, which end what is written, into their order. It reports false where two have one
// name.
func (s *scan) order(all []member) bool {
	start := all[0].from
	was := slices.Clone(s.out[start:])
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	s.out = s.out[:start]
	for n, m := range all {
		if n > 0 {
			if m.name == all[n-1].name {
				return false
			}
			s.out = append(s.out, ',')
		}
		s.out = append(s.out, was[m.from-start:m.to-start]...)
	}
	return true
}

// ascii names order by their bytes as by their UTF-16 units.
func ascii(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (s *scan) array(depth int) error {
	s.at++
	s.out = append(s.out, '[')
	for first := true; !s.take(']'); first = false {
		if !first {
			if !s.take(',') {
				return errUnusual
			}
			s.out = append(s.out, ',')
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
	s.out = append(s.out, ']')
	return nil
}

// str copies a string and returns what it says.
func (s *scan) str() (string, error) {
	if s.at >= len(s.text) || s.text[s.at] != '"' {
		return "", errUnusual
	}
	plain := true
	for end := s.at + 1; end < len(s.text); end++ {
		switch c := s.text[end]; {
		case c == '\\':
			plain = false
			end++
		case c < ' ':
			return "", errUnusual
		case c == '"':
			quoted := s.text[s.at : end+1]
			s.at = end + 1
			if plain && utf8.Valid(quoted) {
				s.out = append(s.out, quoted...)
				return string(quoted[1 : len(quoted)-1]), nil
			}
			var text string
			if json.Unmarshal(quoted, &text) != nil {
				return "", errUnusual
			}
			s.out = appendString(s.out, text)
			return text, nil
		}
	}
	return "", errUnusual
}

func (s *scan) number() error {
	start := s.at
	if s.text[s.at] == '-' {
		s.at++
	}
	digits := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	whole := s.at - digits
	if whole == 0 || whole > 18 || s.text[digits] == '0' && (whole > 1 || digits > start) ||
		s.at < len(s.text) && slices.Contains([]byte(".eE"), s.text[s.at]) {
		return errUnusual // fractions are seldom
	}
	s.out = append(s.out, s.text[start:s.at]...)
	return nil
}
