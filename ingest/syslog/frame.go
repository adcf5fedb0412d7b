package syslog

import (
	"bytes"
	"fmt"
)

// The faults of records that the listener finds; see [ingest.Record].
const (
	faultTooBig  = "too_big"
	faultFraming = "framing"
	faultCut     = "cut"
)

// A framing is how a connection tells its messages apart.
type framing uint8

const (
	untold framing = iota
	counted
	lines
)

// maxDigits bounds the length of a message in octet counting.
const maxDigits = 9

// A frame is one message of a connection, or what is wrong in its place.
type frame struct {
	value  []byte
	fault  string // "" for none
	detail string
	size   int64
}

// A framer splits a stream into messages, as far as it has come. Of a message above the limit it keeps no bytes. The
// zero value with a limit is ready; it is for one goroutine.
type framer struct {
	limit  int
	how    framing
	rest   []byte // read and not yet a message
	skip   int64  // bytes of a message above the limit that are still to come: octet counting
	over   int64  // bytes of a line above the limit that came so far; 0: none
	broken bool   // nothing behind can be told apart
}

// feed takes in what was read. The bytes are the framer's for ever.
func (f *framer) feed(b []byte) {
	if f.broken {
		return
	}
	if n := min(f.skip, int64(len(b))); n > 0 {
		f.skip -= n
		b = b[n:]
	}
	f.rest = append(f.rest, b...)
}

// next returns the next message whose end has come.
func (f *framer) next() (frame, bool) {
	for !f.broken {
		if f.how == untold && !f.tell() {
			return frame{}, false
		}
		take := f.line
		if f.how == counted {
			take = f.octets
		}
		got, whole := take()
		if !whole {
			return frame{}, false
		}
		if got.fault == "" && len(bytes.TrimSpace(got.value)) == 0 {
			continue // an empty line is no message
		}
		return got, true
	}
	return frame{}, false
}

// tell finds out the framing from the first bytes: a length, a space and the beginning of a message is octet counting.
func (f *framer) tell() bool {
	digits := 0
	for digits < len(f.rest) && digits <= maxDigits && f.rest[digits]-'0' < 10 {
		digits++
	}
	switch {
	case len(f.rest) == 0:
		return false
	case digits == 0 || digits > maxDigits || f.rest[0] == '0':
		f.how = lines
	case digits+1 >= len(f.rest):
		return false // more has to come
	case f.rest[digits] == ' ' && f.rest[digits+1] == '<':
		f.how = counted
	default:
		f.how = lines
	}
	return true
}

// octets takes a message of octet counting.
func (f *framer) octets() (frame, bool) {
	length, at := int64(0), 0
	for at < len(f.rest) && at < maxDigits && f.rest[at]-'0' < 10 {
		length = 10*length + int64(f.rest[at]-'0')
		at++
	}
	switch {
	case at == len(f.rest) && at < maxDigits:
		return frame{}, false
	case at == 0 && (f.rest[0] == '\n' || f.rest[0] == '\r'): // some senders end a counted message with a line's end too
		f.take(1)
		return frame{}, true
	case at == 0 || at == len(f.rest) || f.rest[at] != ' ' || f.rest[0] == '0':
		return f.lost(), true
	}
	at++
	if length > int64(f.limit) {
		f.take(at)
		n := min(length, int64(len(f.rest)))
		f.take(int(n))
		f.skip = length - n
		return f.tooBig(length), true
	}
	if int64(len(f.rest)-at) < length {
		return frame{}, false
	}
	value := bytes.Clone(f.rest[at : at+int(length)])
	f.take(at + int(length))
	return frame{value: value, size: length}, true
}

// lost ends a connection in which no length stands where one should.
func (f *framer) lost() frame {
	f.broken = true
	value := f.rest[:min(len(f.rest), f.limit)]
	f.rest = nil
	return frame{value: value, fault: faultFraming, detail: "no length of a message stands where one should; the connection was closed", size: int64(len(value))}
}

func (f *framer) tooBig(size int64) frame {
	return frame{fault: faultTooBig, detail: fmt.Sprintf("a message of %d bytes, the limit is %d", size, f.limit), size: size}
}

// line takes a message that ends with a line's end or a zero byte.
func (f *framer) line() (frame, bool) {
	end := bytes.IndexAny(f.rest, "\n\x00")
	if end < 0 {
		if len(f.rest) > f.limit {
			f.over += int64(len(f.rest))
			f.rest = f.rest[:0]
		}
		return frame{}, false
	}
	size := f.over + int64(end)
	value := f.rest[:end]
	f.over = 0
	if size > int64(f.limit) {
		f.take(end + 1)
		return f.tooBig(size), true
	}
	value = bytes.Clone(bytes.TrimSuffix(value, []byte("\r")))
	f.take(end + 1)
	return frame{value: value, size: int64(len(value))}, true
}

func (f *framer) take(n int) { f.rest = f.rest[n:] } // what grows it next leaves the front behind

// end returns what is left when the connection has ended: a last line is a message where the sender closed it in
// order; anything else was cut off.
func (f *framer) end(inOrder bool) (frame, bool) {
	size := f.over + int64(len(f.rest))
	switch {
	case f.broken || f.skip > 0 || len(bytes.TrimSpace(f.rest)) == 0 && f.over == 0: // what is skipped was told of before
		return frame{}, false
	case f.over > 0 || len(f.rest) > f.limit:
		return frame{fault: faultCut, detail: "the connection ended within a message that is above the limit", size: size}, true
	case inOrder && f.how != counted:
		return frame{value: bytes.TrimSuffix(f.rest, []byte("\r")), size: size}, true
	}
	return frame{value: f.rest, fault: faultCut, detail: "the connection ended within a message", size: size}, true
}
