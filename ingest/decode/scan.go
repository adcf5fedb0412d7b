package decode

import (
	"fmt"

	"tocsin"
)

// A scanError says why a record is no JSON that we read.
type scanError struct {
	reason string // json or too_deep
	detail string
}

// scan reads one JSON object into d.leaves. Of text that is no UTF-8 it makes leaves that are none either; d.ascii rules
// that out.
func (d *doc) scan(text []byte) *scanError {
	d.begin(len(text))
	s := scanner{doc: d, text: text, key: d.scratch}
	from, ascii := len(d.memory.text), false
	s.stops, ascii = d.stops.find(text)
	err := s.record()
	d.scratch, d.stops, d.ascii, d.texts = s.key[:0], s.stops, err == nil && ascii && !s.beyond, ""
	if err == nil && len(d.marks) == 0 {
		d.texts = d.memory.since(from)
	}
	return err
}

func (s *scanner) record() *scanError {
	d, text := s.doc, s.text
	s.space()
	if s.at >= len(text) || text[s.at] != '{' {
		return s.fault("a record is one JSON object")
	}
	if err := s.object(&d.dict.root, 1, false); err != nil {
		return err
	}
	s.space()
	if s.at < len(text) {
		return s.fault("something follows the JSON object")
	}
	d.settle()
	return nil
}

// A scanner is one pass over one record.
type scanner struct {
	doc    *doc
	text   []byte
	at     int
	stops  stops
	key    []byte // scratch: an unescaped key
	beyond bool   // an escape stands for a character beyond ASCII
}

func (s *scanner) fault(what string) *scanError {
	return &scanError{reason: "json", detail: fmt.Sprintf("%s (byte %d)", what, s.at)}
}

// object reads an object whose members lie below parent; s.at is at its brace. In an array of objects, listed, the
// leaves of one name become a list.
func (s *scanner) object(parent *name, depth int, listed bool) *scanError {
	if depth > s.doc.limits.Depth {
		return &scanError{reason: "too_deep", detail: fmt.Sprintf("nested more than %d deep", s.doc.limits.Depth)}
	}
	s.at++
	s.doc.objects++
	number := s.doc.objects
	if s.space() == '}' {
		s.at++
		return nil
	}
	before := parent
	for {
		if s.space() != '"' {
			return s.fault("a member's name is missing")
		}
		n, err := s.member(parent, before)
		if err != nil {
			return err
		}
		if s.space() != ':' {
			return s.fault("a colon is missing")
		}
		s.at++
		if n != nil {
			before = n
			if n.inObject == number {
				s.doc.mark(markDuplicate)
				n = nil // the first one stays
			} else {
				n.inObject = number
			}
		}
		if err := s.value(n, depth, listed); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fault("a comma or a closing brace is missing")
		}
	}
}

// member reads a key and returns its name below parent, nil where the leaf is not to be kept.
func (s *scanner) member(parent, before *name) (*name, *scanError) {
	start := s.at + 1
	if parent != nil {
		for i, a := range &before.after {
			if a != nil && s.spells(start, a) && a.up == parent {
				s.at = start + len(a.last) + 1
				if i > 0 {
					before.after[0], before.after[1] = a, before.after[0]
				}
				return a, nil
			}
		}
	}
	end, plain := s.quoted(start)
	if end < 0 {
		return nil, s.fault("a string does not end, or holds a control character")
	}
	key := s.text[start:end]
	s.at = end + 1
	if !plain {
		var ok bool
		if s.key, ok = s.unescape(s.key[:0], key); !ok {
			return nil, s.fault("a string holds an unknown escape")
		}
		key = s.key
	}
	if parent == nil {
		return nil, nil
	}
	n := s.doc.name(parent, key)
	if n == nil {
		s.doc.mark(markTruncated)
		return nil, nil
	}
	if n.up == parent {
		before.after[0], before.after[1] = n, before.after[0]
	}
	return n, nil
}

// spells reports whether the key that starts at start is the last part of n, as it is.
func (s *scanner) spells(start int, n *name) bool {
	end := start + len(n.last)
	return n.plain && end < len(s.text) && s.text[end] == '"' && string(s.text[start:end]) == n.last
}

// value reads any value and keeps it as n's leaf; n is nil where it is read for its syntax alone.
func (s *scanner) value(n *name, depth int, listed bool) *scanError {
	switch s.space() {
	case '"':
		v, err := s.str(n != nil)
		if err == nil && n != nil {
			s.doc.keep(n, v, listed)
		}
		return err
	case '{':
		return s.object(n, depth+1, listed)
	case '[':
		return s.array(n, depth+1, listed)
	default:
		v, err := s.scalar(n != nil)
		if err != nil {
			return err
		}
		if n != nil {
			s.doc.keep(n, v, listed)
		}
		return nil
	}
}

// array reads an array. Its scalars become one list; its objects' leaves become lists.
func (s *scanner) array(n *name, depth int, listed bool) *scanError {
	if depth > s.doc.limits.Depth {
		return &scanError{reason: "too_deep", detail: fmt.Sprintf("nested more than %d deep", s.doc.limits.Depth)}
	}
	s.at++
	if s.space() == ']' {
		s.at++
		if n != nil {
			s.doc.keep(n, tocsin.ListValue(), listed)
		}
		return nil
	}
	base := len(s.doc.items)
	defer func() { s.doc.items = s.doc.items[:base] }()
	objects := false
	for count := 0; ; count++ {
		to := n
		if to != nil && count >= s.doc.limits.Items {
			s.doc.mark(markTruncated)
			to = nil
		}
		switch s.space() {
		case '{':
			objects = true
			from := len(s.doc.leaves)
			if err := s.object(to, depth+1, true); err != nil {
				return err
			}
			if to != nil && to.paired {
				s.doc.pair(to, from)
			}
		case '[':
			objects = true
			if err := s.array(to, depth+1, true); err != nil {
				return err
			}
		default:
			v, err := s.scalar(to != nil)
			if err != nil {
				return err
			}
			if to != nil {
				s.doc.items = append(s.doc.items, v)
			}
		}
		switch s.space() {
		case ',':
			s.at++
			continue
		case ']':
			s.at++
		default:
			return s.fault("a comma or a closing bracket is missing")
		}
		break
	}
	if items := s.doc.items[base:]; n != nil && (len(items) > 0 || !objects) {
		s.doc.keep(n, tocsin.ListValue(s.doc.memory.list(items)...), listed)
	}
	return nil
}

// scalar reads a string, a number or a word; wanted says whether its value matters.
func (s *scanner) scalar(wanted bool) (tocsin.Value, *scanError) {
	if s.at >= len(s.text) {
		return tocsin.Value{}, s.fault("the record ends in the middle")
	}
	switch c := s.text[s.at]; {
	case c == '"':
		return s.str(wanted)
	case c == '-' || c >= '0' && c <= '9':
		return s.number(wanted)
	case s.word("true"):
		return tocsin.BoolValue(true), nil
	case s.word("false"):
		return tocsin.BoolValue(false), nil
	case s.word("null"):
		return tocsin.NullValue(), nil
	default:
		return tocsin.Value{}, s.fault("a value is missing")
	}
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.at < len(w) || string(s.text[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) str(wanted bool) (tocsin.Value, *scanError) {
	start := s.at + 1
	if wanted {
		from, fault := s.take(start)
		if fault == noFault {
			m := &s.doc.memory
			if len(m.text)-from > s.doc.limits.Value {
				s.doc.cut(from)
			}
			text := m.since(from)
			m.text = append(m.text, tocsin.TextEnd)
			return tocsin.StringValue(text), nil
		}
	}
	end, plain := s.quoted(start)
	if end < 0 {
		return tocsin.Value{}, s.fault("a string does not end, or holds a control character")
	}
	s.at = end + 1
	if plain {
		return tocsin.Value{}, nil
	}
	var ok bool
	if s.key, ok = s.unescape(s.key[:0], s.text[start:end]); !ok {
		return tocsin.Value{}, s.fault("a string holds an unknown escape")
	}
	return tocsin.Value{}, nil
}

// number reads a number by the grammar of JSON. One that no [tocsin.NumberValue] holds stays as text.
func (s *scanner) number(wanted bool) (tocsin.Value, *scanError) {
	start := s.at
	if s.text[s.at] == '-' {
		s.at++
	}
	switch {
	case s.at < len(s.text) && s.text[s.at] == '0':
		s.at++
	case s.digits() == 0:
		return tocsin.Value{}, s.fault("a number has no digits")
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return tocsin.Value{}, s.fault("a number has no digits after its point")
		}
	}
	if s.at < len(s.text) && s.text[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return tocsin.Value{}, s.fault("a number has no digits in its exponent")
		}
	}
	if !wanted {
		return tocsin.Value{}, nil
	}
	m := &s.doc.memory
	from := len(m.text)
	m.text = append(m.text, s.text[start:s.at]...)
	if len(m.text)-from > s.doc.limits.Value {
		s.doc.cut(from)
	}
	text := m.since(from)
	m.text = append(m.text, tocsin.TextEnd)
	if v, ok := tocsin.NumberValue(text); ok {
		return v, nil
	}
	s.doc.mark(markNumber)
	return tocsin.StringValue(text), nil
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// space skips white space and returns the byte that follows, 0 at the end.
func (s *scanner) space() byte {
	for s.at < len(s.text) {
		c := s.text[s.at]
		if c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.at++
	}
	return 0
}
