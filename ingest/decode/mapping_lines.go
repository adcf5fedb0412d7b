package decode

import (
	"slices"
	"strings"

	"tocsin"
)

// text is the mapping as a format of lines.
func (r *mappingReader) text() text {
	return text{needs: r.m.lines.bytes(), begins: r.m.lines.first(), signs: r.m.lines.search(), claims: r.claimsLine, read: r.readLine}
}

// first are the bytes that a line begins with, none where there may be a header.
func (l *lineSigns) first() (all byteSet) {
	for _, text := range l.begins {
		if !l.header {
			all = all.or(bytesOf(text[:1]))
		}
	}
	return all
}

// bytes are what stands in every line that has the signs.
func (l *lineSigns) bytes() byteSet {
	var all, common byteSet
	for _, sign := range l.has {
		all = all.or(bytesOf(sign))
	}
	for i, sign := range l.any {
		if i == 0 {
			common = bytesOf(sign)
		}
		common = common.and(bytesOf(sign))
	}
	return all.or(common)
}

// search is the signs that are looked for ahead of the others: of those of which one is in every line, the longest, which
// stand in the fewest lines of other formats.
func (l *lineSigns) search() []string {
	best := l.any
	for i := range l.has {
		if one := l.has[i : i+1]; shortest(one) > shortest(best) {
			best = one
		}
	}
	return best
}

// claimsLine reports whether a line has the signs, and the first step of parse that must find something finds it.
func (r *mappingReader) claimsLine(line string) bool {
	l := r.m.lines
	if !l.header && !l.begun(line) {
		return false
	}
	if len(l.programs) > 0 || l.header && len(l.begins) > 0 {
		h, ok := r.d.line.look(line)
		if len(l.programs) > 0 && (!ok || !l.by(h.app)) || ok && !l.begun(h.message) {
			return false
		}
	}
	for _, sign := range l.has {
		if !strings.Contains(line, sign) {
			return false
		}
	}
	if one := l.any; len(one) > 0 && !slices.ContainsFunc(one, func(sign string) bool { return strings.Contains(line, sign) }) {
		return false
	}
	in, ok := r.open(line, &r.claimed.header)
	if ok {
		r.claimed.line, r.claimed.record = line, in.record
	}
	return ok
}

// A claimedLine is a line that has been taken apart to see whether it is the format's, so that reading it need not do it
// again: the record of the decoder's document that holds it, and its header.
type claimedLine struct {
	line   string
	record uint64
	header header
}

// reopen is [mappingReader.open] for a line that may just have been claimed.
func (r *mappingReader) reopen(line string) (*doc, header, bool) {
	in, claimed := r.d.doc, &r.claimed
	if claimed.record != 0 && claimed.record == in.record && claimed.line == line {
		claimed.record = 0 // reading changes the document
		return in, claimed.header, true
	}
	var h header
	in, ok := r.open(line, &h)
	return in, h, ok
}

// none reports whether there are no signs.
func (l *lineSigns) none() bool {
	return len(l.has) == 0 && len(l.any) == 0 && len(l.begins) == 0 && len(l.programs) == 0
}

// by reports whether the program that wrote a line is one of the format's: a name of theirs, digits behind it aside.
func (l *lineSigns) by(app string) bool {
	if app == "" || !l.initials.holds(bytesOf(app[:1])) {
		return false
	}
	if !l.programs[app] && app[len(app)-1]-'0' < 10 {
		app = strings.TrimRight(app, "0123456789")
	}
	return l.programs[app]
}

// begun reports whether a line begins as the format's do.
func (l *lineSigns) begun(line string) bool {
	return len(l.begins) == 0 || slices.ContainsFunc(l.begins, func(s string) bool { return strings.HasPrefix(line, s) })
}

// open takes a line apart into the decoder's document, and the header's fields into o. It reports false where the line
// does not begin as the format's do, or a step that must find something does not.
func (r *mappingReader) open(line string, h *header) (*doc, bool) {
	*h = header{priority: -1, message: line}
	if r.m.lines.header {
		if full, ok := r.d.line.head(line); ok {
			*h = full
		}
	}
	body := strings.TrimSpace(h.message)
	if !r.m.lines.begun(body) {
		return nil, false
	}
	in := r.d.doc
	in.begin(len(line))
	in.keep(r.message, tocsin.StringValue(body), false)
	for i, part := range []string{h.host, h.app, h.pid} {
		if part != "" {
			in.keep(r.headerParts[i], tocsin.StringValue(part), false)
		}
	}
	for i := range r.steps {
		if found := r.steps[i].run(in); !found && !r.steps[i].optional {
			return nil, false
		}
	}
	return in, r.holds(in)
}

func (r *mappingReader) readLine(line string, o *output) string {
	in, h, ok := r.reopen(line)
	if !ok {
		return "no pattern of the mapping fits the line " + excerpt(line)
	}
	for _, part := range r.headerParts {
		part.used = in.record // the header has fields of its own
	}
	r.fill(in, o)
	if o.time.IsZero() {
		o.time = h.time
	}
	r.header.envelope(h, o)
	r.header.program(h, o)
	o.put(r.message, strings.TrimSpace(h.message))
	r.sentences(h, o)
	return ""
}

// sentences reads what the line says besides as syslog's messages are read, for the fields that are not set.
func (r *mappingReader) sentences(h header, o *output) {
	if r.pairs == nil {
		return
	}
	if body := pairsOf(h.message); body != "" {
		r.pairs.read(body, o)
	}
	r.d.says.record(h.message, o)
	r.d.says.people(h, o)
}
