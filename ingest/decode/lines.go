package decode

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// A byteSet is which bytes of ASCII stand in a text. That a text has not all of another's spares looking for it.
type byteSet struct{ low, high uint64 }

// bytesOf is the set of a text's bytes. Those beyond ASCII may stand for others, so a set can hold too much, never too
// little.
func bytesOf(s string) (b byteSet) {
	for i := range len(s) {
		bit, high := uint64(1)<<(s[i]&63), -uint64(s[i]>>6&1)
		b.low |= bit &^ high
		b.high |= bit & high
	}
	return b
}

// holds reports whether all of o is in b.
func (b byteSet) holds(o byteSet) bool { return o.low&^b.low|o.high&^b.high == 0 }

// and is what both have.
func (b byteSet) and(o byteSet) byteSet { return byteSet{b.low & o.low, b.high & o.high} }

// or is what either has.
func (b byteSet) or(o byteSet) byteSet { return byteSet{b.low | o.low, b.high | o.high} }

// A lineReader is what the formats of text know of the line being read, so that the header that several look at is taken
// apart once.
type lineReader struct {
	line   string // the one whose header is known
	header header
	ok     bool
	data   []param // of headers: used again by the next record
	memory *memory // of the alert; nil: none
}

// begin forgets the record before: another one's line may stand at the same place.
func (l *lineReader) begin() {
	const most = 1024 // parameters that are kept for the next one
	l.line, l.data = "", l.data[:0]
	if cap(l.data) > most {
		l.data = nil
	}
}

// head is [syslogHeader] of a line.
func (l *lineReader) head(line string) (header, bool) {
	h, ok := l.look(line)
	return *h, ok
}

// look is head without a copy, for those who want to know one part of it.
func (l *lineReader) look(line string) (*header, bool) {
	if len(line) == 0 || len(line) != len(l.line) || unsafe.StringData(line) != unsafe.StringData(l.line) {
		l.line = line
		l.header, l.ok = l.read(line)
	}
	return &l.header, l.ok
}

// headerBefore is the syslog header that a line has before the record which begins at a place of it.
func headerBefore(line string, at int) header {
	const blanks = " \t\r\n\v\f"
	end := len(strings.TrimRight(line[:at], blanks))
	if end == 0 {
		return header{priority: -1}
	}
	lead := line[:end]
	if end < at && line[end] == ' ' {
		lead = line[:end+1]
	} else {
		lead += " "
	}
	h, _ := syslogHeader(strings.TrimLeft(lead, blanks))
	return h
}

// nibble is what a hexadecimal digit stands for, 255 for another byte.
func nibble(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 255
}

func (d *Decoder) readText(line, want string) (format, reason, detail string) {
	if bare, ok := strings.CutSuffix(line, "#015"); ok { // what rsyslog makes of a carriage return
		line = strings.TrimRight(bare, " ")
	}
	var f *reader
	if want == "" {
		f = d.lineFormat(line)
	} else {
		f = d.wanted(want)
	}
	if f == nil {
		return "", "format", "no format is recognised in the line " + excerpt(line)
	}
	fault := f.text.read(line, d.out)
	if fault == "" {
		return f.name, "", ""
	}
	if by := d.looser(line, f.name, want); by != nil {
		d.out.begin()
		if by.text.read(line, d.out) == "" {
			return by.name, "", ""
		}
	}
	return "", "format", f.name + ": " + fault
}

// looser is the format that reads a line as the sentence that it is, where it only looked like one of the web servers' and
// firewalls' columns; nil for none. What is broken of a format that stands for an alert is none.
func (d *Decoder) looser(line, format, want string) *reader {
	if want != "" || format != "weblog" && format != "panos" {
		return nil
	}
	for _, name := range [...]string{"syslog", "plain"} {
		if by := d.wanted(name); by != nil && by.text.claims(line) {
			return by
		}
	}
	return nil
}

// wanted is the format of lines of that name; nil for none.
func (d *Decoder) wanted(name string) *reader {
	for i := range d.formats {
		if f := &d.formats[i]; f.text.read != nil && f.name == name {
			return f
		}
	}
	return nil
}

// A lineTest is what is asked of a line before a format is asked for it: of all formats, close together.
type lineTest struct {
	needs, begins byteSet
	sign, format  int32
}

// lineFormat is the first format that claims a line, but none of the names except; nil for none.
func (d *Decoder) lineFormat(line string, except ...string) *reader {
	var has byteSet
	var signs signSet
	looked, first := false, bytesOf(line[:min(len(line), 1)])
	for i := range d.lines {
		t := &d.lines[i]
		if t.begins != (byteSet{}) && !t.begins.holds(first) {
			continue
		}
		if has == (byteSet{}) && t.needs != has { // the first formats ask for little that costs less than this
			has = bytesOf(line)
		}
		if !has.holds(t.needs) {
			continue
		}
		if t.sign != 0 && !looked {
			signs, looked = d.signs.find(line), true
		}
		if t.sign != 0 && !signs.has(int(t.sign)) {
			continue
		}
		if f := &d.formats[t.format]; !slices.Contains(except, f.name) && f.text.claims(line) {
			return f
		}
	}
	return nil
}

// excerpt is the beginning of a line, quoted.
func excerpt(line string) string {
	const most = 60
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return fmt.Sprintf("%q", line)
}
