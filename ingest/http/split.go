package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// The faults of records that the intake finds; see [ingest.Record].
const (
	faultJSON    = "json"
	faultTooBig  = "too_big"
	faultTooDeep = "too_deep"
	faultBomb    = "bomb"
)

// A piece is one record of a body.
type piece struct {
	value  []byte // of the body; trimmed of white space
	fault  string // "" for none
	detail string
}

// A splitter yields the records of a body, in their order, without copying them. It never fails: what it cannot follow
// is one piece with a fault. It looks at each byte once, keeps no stack, and leaves the depth of nesting to the decoder.
type splitter struct {
	rest  []byte
	shape shape
	limit int // bytes of one record
	begun bool
	ended bool   // but for what is behind
	after []byte // what stands behind an array and should not
}

// A shape is how the records of a body are told apart.
type shape uint8

const (
	shapeNone  shape = iota // no JSON at all
	shapeOne                // one JSON value
	shapeArray              // an array of values
	shapeLines              // a record in each line: NDJSON
	shapeText               // a record in each line, of whatever format
	shapeRun                // JSON objects one behind the other, with or without white space between them
)

// newSplitter finds out what shape body has; text says that its lines need not be JSON.
func newSplitter(body []byte, text bool, limit int) *splitter {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	s := &splitter{rest: bytes.TrimLeft(body, " \t\r\n"), limit: limit}
	switch {
	case len(s.rest) == 0:
		s.shape, s.ended = shapeNone, true
	case text:
		s.shape, s.rest = shapeText, body
	case s.rest[0] == '[':
		s.shape = shapeArray
	case s.rest[0] != '{':
		s.shape, s.ended = shapeNone, true
	case one(s.rest):
		s.shape = shapeOne
	default:
		s.shape = shapeLines
	}
	return s
}

// one reports whether b is a single object that may span lines.
func one(b []byte) bool {
	end, closed := object(b)
	return closed && len(bytes.TrimLeft(b[end:], " \t\r\n")) == 0
}

// next returns the next piece; false after the last one.
func (s *splitter) next() (piece, bool) {
	switch {
	case s.ended && len(s.after) > 0:
		p := piece{value: s.after, fault: faultJSON, detail: "stands behind the array"}
		s.after = nil
		return p, true
	case s.ended:
		return piece{}, false
	case s.shape == shapeArray:
		return s.nextElement()
	case s.shape == shapeRun:
		return s.nextObject()
	case s.shape == shapeOne:
		s.ended = true
		return s.checked(s.rest), true
	default:
		return s.nextLine()
	}
}

func (s *splitter) nextLine() (piece, bool) {
	for len(s.rest) > 0 {
		var line []byte
		line, s.rest, _ = bytes.Cut(s.rest, []byte("\n"))
		if line = bytes.TrimSuffix(line, []byte("\r")); len(bytes.TrimSpace(line)) > 0 {
			return s.checked(line), true
		}
	}
	s.ended = true
	return piece{}, false
}

// nextElement returns the next element of the array. A comma or a bracket ends an element wherever brackets are
// balanced: an element that is no JSON does not hide the next one.
func (s *splitter) nextElement() (piece, bool) {
	if !s.begun {
		s.begun = true
		if s.rest = bytes.TrimLeft(s.rest[1:], " \t\r\n"); len(s.rest) > 0 && s.rest[0] == ']' {
			s.close(0)
			return s.next()
		}
	}
	end, closed := element(s.rest)
	value := s.rest[:end]
	if !closed { // the body ends within the array
		s.rest, s.ended = nil, true
		if len(bytes.TrimSpace(value)) == 0 {
			return piece{value: value, fault: faultJSON, detail: "the array is not closed"}, true
		}
		p := s.checked(value)
		if p.fault == "" {
			p.fault, p.detail = faultJSON, "the array is not closed behind this element"
		}
		return p, true
	}
	if s.rest[end] == ',' {
		s.rest = s.rest[end+1:]
		return s.checked(value), true
	}
	s.close(end)
	return s.checked(value), true
}

// close ends the array, whose bracket is at offset end.
func (s *splitter) close(end int) {
	s.ended, s.after = true, bytes.TrimSpace(s.rest[end+1:])
}

// newRun splits objects that stand one behind the other, or an array of them.
func newRun(body []byte, limit int) *splitter {
	s := newSplitter(body, false, limit)
	if s.shape != shapeArray && s.shape != shapeNone {
		s.shape = shapeRun
	}
	return s
}

// nextObject returns the next object of a run. Behind one that is broken nothing can be told apart: the rest is one piece.
func (s *splitter) nextObject() (piece, bool) {
	if s.rest = bytes.TrimLeft(s.rest, " \t\r\n"); len(s.rest) == 0 {
		s.ended = true
		return piece{}, false
	}
	end, closed := object(s.rest)
	p := s.checked(s.rest[:end])
	if s.rest[0] != '{' || !closed || p.fault == faultJSON {
		p, s.ended = s.checked(s.rest), true
		return p, true
	}
	s.rest = s.rest[end:]
	return p, true
}

// element finds the end of the array element that b begins with: the offset of the comma or bracket behind it.
// closed is false where b ends before that.
func element(b []byte) (end int, closed bool) {
	return scan(b, func(i, depth int) (int, bool) {
		ends := depth == 0 && b[i] == ',' || depth < 0
		return i, ends
	})
}

// object finds the end of the object that b begins with: the offset behind its brace.
func object(b []byte) (end int, closed bool) {
	return scan(b, func(i, depth int) (int, bool) { return i + 1, depth <= 0 && b[i] != ',' })
}

// scan walks over b, outside of strings, until stop says that it is enough. It asks at each comma and each bracket,
// with the depth behind that.
func scan(b []byte, stop func(i, depth int) (int, bool)) (end int, stopped bool) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n < 0 {
				return len(b), false
			}
			i += n - 1
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
		default:
			continue
		}
		if end, ok := stop(i, depth); ok {
			return end, true
		}
	}
	return len(b), false
}

// stringEnd is the length of the string that b begins with, quotes included; -1 where it does not end.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// checked trims a record and says what is wrong with it.
func (s *splitter) checked(value []byte) piece {
	p := piece{value: value}
	if s.shape != shapeText {
		p.value = bytes.TrimSpace(value)
	}
	switch {
	case len(p.value) > s.limit:
		p.fault, p.detail = faultTooBig, fmt.Sprintf("record of %d bytes, the limit is %d", len(p.value), s.limit)
	case s.shape != shapeText && !json.Valid(p.value):
		p.fault, p.detail = reason(p.value)
	}
	return p
}

// reason says why value is no JSON.
func reason(value []byte) (fault, detail string) {
	if len(value) == 0 {
		return faultJSON, "there is no element between two commas"
	}
	var into json.RawMessage
	err := json.Unmarshal(value, &into)
	if err == nil {
		return faultJSON, "no JSON"
	}
	if strings.Contains(err.Error(), "max depth") {
		return faultTooDeep, "nested deeper than 10000"
	}
	return faultJSON, err.Error()
}
