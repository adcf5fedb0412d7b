package decode

import (
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/expression"
)

// A mappingReader is a mapping with its names found in one decoder's dictionary.
type mappingReader struct {
	m      *Mapping
	d      *Decoder
	tests  [][]*name // of when
	times  []*name
	id     *name
	inside []*name

	action, category, types *name

	first, last    []fieldStep // fields without and with conditions
	never          []*name     // of guesses
	otherwise      []fieldStep // after guesses
	steps          []stepReader
	prefix, module *name
	message        *name
	whole          bool // the record stays whole below prefix
	header         *syslogFields
	headerParts    []*name
	derive         deriver
	beside         map[*name]*name
	ports          map[*name]*name // of the ends whose address this record writes with a port: where it goes if nothing says it better
	behind         []portBehind    // of this record
	evaluator      *expression.Evaluator
	claimed        claimedLine
	pairs          *pairReader // nil: the line's sentences are not read
}

type fieldStep struct {
	to      *name
	ways    []wayStep
	allowed string // the words that the field may hold; "" for any
}

// A portBehind is a port that stands behind an address.
type portBehind struct {
	to   *name
	port int
}

type wayStep struct {
	*way
	from []*name
}

func newFieldStep(f *mapped, d *dictionary) fieldStep {
	fs := fieldStep{to: d.name(f.field), allowed: allowedWords(f.field)}
	for j := range f.ways {
		for _, from := range f.ways[j].from {
			d.tell(from, f.field)
		}
		fs.ways = append(fs.ways, wayStep{way: &f.ways[j], from: d.names(f.ways[j].from...)})
	}
	return fs
}

func newMappingReader(m *Mapping, dec *Decoder) *mappingReader {
	d := dec.doc.dict
	r := &mappingReader{
		m: m, d: dec, times: d.names(m.times...), prefix: d.name(m.namespace), module: d.name("event.module"), message: d.name("message"),
		derive: newDeriver(d), beside: map[*name]*name{}, ports: map[*name]*name{},
		action: d.name("event.action"), category: d.name("event.category"), types: d.name("event.type"),
	}
	for _, root := range []string{"source", "destination", "client", "server"} {
		ip := d.name(root + ".ip")
		r.beside[ip], r.ports[ip] = d.name(root+".address"), d.name(root+".port")
	}
	if m.lines != nil {
		r.header, r.headerParts = newSyslogFields(d), d.names("syslog.host", "syslog.program", "syslog.pid")
	}
	for _, set := range m.when {
		var tests []*name
		for _, c := range set {
			tests = append(tests, d.name(c.path))
		}
		r.tests = append(r.tests, tests)
	}
	r.never = d.names(m.never...)
	for _, n := range d.names(m.named...) {
		n.paired = true
	}
	if m.id != "" {
		r.id = d.name(m.id)
	}
	r.inside = d.names(m.inside...)
	for i := range m.fields {
		if fs := newFieldStep(&m.fields[i], d); m.fields[i].last {
			r.last = append(r.last, fs)
		} else {
			r.first = append(r.first, fs)
		}
	}
	for i := range m.otherwise {
		r.otherwise = append(r.otherwise, newFieldStep(&m.otherwise[i], d))
	}
	for i := range m.parse {
		r.steps = append(r.steps, newStepReader(&m.parse[i], d))
	}
	if m.lines != nil && m.lines.sentences {
		r.pairs = dec.pairs()
	}
	return r
}

// object is the mapping as a format of JSON.
func (r *mappingReader) object() object {
	return object{claims: r.holds, read: r.readObject, anchors: r.anchors()}
}

func (r *mappingReader) readObject(in *doc, o *output) {
	for i := range r.steps {
		r.steps[i].run(in)
	}
	r.fill(in, o)
}

// anchors are the first paths of all sets of when.
func (r *mappingReader) anchors() []*name {
	var first []*name
	for _, set := range r.tests {
		first = append(first, set[0])
	}
	return first
}

// holds reports whether all conditions of one set of when hold; a mapping without when takes any record.
func (r *mappingReader) holds(in *doc) bool {
	for i, set := range r.m.when {
		if holdAll(set, r.tests[i], in) {
			return true
		}
	}
	return len(r.m.when) == 0
}

func holdAll(set []condition, at []*name, in *doc) bool {
	for i := range set {
		if !in.has(at[i]) || !set[i].holds(in.text(at[i])) {
			return false
		}
	}
	return true
}

// fill sets the alert's fields from the record's paths.
func (r *mappingReader) fill(in *doc, o *output) {
	r.behind = r.behind[:0]
	for _, n := range r.times {
		if o.time = r.m.time(in.value(n)); !o.time.IsZero() {
			o.time = r.d.guesser.dayTime(o.time, in.value(n), n, in)
			o.time = o.time.Add(in.fraction(n))
			n.used = in.record
			o.time = r.d.guesser.dayTime(o.time, in.value(n), n, in)
			break
		}
	}
	if r.id != nil {
		o.own = in.text(r.id)
	}
	for i := range r.first {
		r.field(&r.first[i], in, o)
	}
	o.put(r.module, r.m.Format)
	if r.m.lines != nil {
		r.message.used = in.record // the line is the alert's message, see readLine
	}
	if r.whole {
		o.all(r.prefix)
	} else {
		o.rest(r.prefix)
	}
	r.later(r.last, in, o)
	if r.m.guess && !(r.whole && r.carries(in)) { // what is carried is surer than what its carrier seems to be
		r.guess(in, o)
	}
	r.later(r.otherwise, in, o)
	for _, p := range r.behind {
		if !o.has(p.to) {
			o.set(p.to, tocsin.IntValue(int64(p.port)))
		}
	}
	r.nested(in, o)
	r.typed(o)
	r.derive.apply(o)
}

// carries reports whether the record holds another.
func (r *mappingReader) carries(in *doc) bool {
	return slices.ContainsFunc(r.inside, func(n *name) bool { return in.has(n) || in.below(n) })
}

// typed sets the type of an event whose sort the mapping tells, but not its type: what the action's verb says.
func (r *mappingReader) typed(o *output) {
	if !o.has(r.category) || o.has(r.types) {
		return
	}
	action := o.lower(o.text(r.action))
	if slices.ContainsFunc(o.value(r.category).Items(), func(v tocsin.Value) bool { return v.Text() == "authentication" }) {
		switch {
		case saysAny(action, "logout", "logoff", "log out", "log off", "signout", "sign-out", "sign_out", "sign out", "signed_out"):
			o.put(r.types, "end")
			return
		case loginWord(action), saysAny(action, "logged_in", "signed_in", "auth", "sso"):
			o.put(r.types, "start")
			return
		}
	}
	o.put(r.types, changeKind(action))
}

// guess sets what the names of the record's other paths tell.
func (r *mappingReader) guess(in *doc, o *output) {
	for _, n := range r.never {
		n.barred = o.record
	}
	r.d.guesser.read(in, o)
	if text, ok := o.value(r.message).Str(); ok {
		r.d.says.text(text, o)
	}
	r.d.guesser.infer.last(o)
}

// later fills fields whose conditions see what the fields before them were given.
func (r *mappingReader) later(fields []fieldStep, in *doc, o *output) {
	if len(fields) > 0 && r.evaluator == nil && r.m.table != nil {
		r.evaluator = r.m.table.Evaluator() // not before a record asks for it: most formats never come
	}
	loaded := -1
	for i := range fields {
		if r.evaluator != nil && loaded != len(o.leaves) && !o.has(fields[i].to) {
			loaded = len(o.leaves)
			r.evaluator.Load(o.fields(o.leaves), o.time)
		}
		r.field(&fields[i], in, o)
	}
}

// nested reads the record within the record, be it a text or an object. It overwrites the document.
func (r *mappingReader) nested(in *doc, o *output) {
	for _, n := range r.inside {
		switch {
		case in.has(n):
			r.d.within(in.text(n), o)
		case in.below(n):
			in.subtree(n)
			r.d.readInner(o)
		default:
			continue
		}
		return
	}
}

// field fills one field by the first way that gives a value.
func (r *mappingReader) field(f *fieldStep, in *doc, o *output) {
	for _, w := range f.ways {
		if w.cond != nil {
			if holds, err := r.evaluator.Holds(w.cond); err != nil || !holds {
				continue
			}
		}
		v, from := w.value, (*name)(nil)
		for _, n := range w.from {
			if v = in.value(n); !v.IsAbsent() && (v.Kind() != tocsin.String || v.Text() != "") {
				from = n
				break
			}
		}
		changed := w.change(v)
		if from != nil && f.allowed != "" && !eachAllowed(changed, f.allowed) {
			continue
		}
		if beside, address := r.beside[f.to]; address && from != nil && changed.Kind() == tocsin.String {
			text := changed.Text()
			bare := withoutPort(text)
			o.address(f.to, beside, bare)
			if port, ok := digits(text[strings.LastIndexByte(text, ':')+1:], 1, 5); ok && len(bare) < len(text) {
				r.behind = append(r.behind, portBehind{to: r.ports[f.to], port: port})
			}
			if !o.has(f.to) && !o.has(beside) {
				continue
			}
			changed = tocsin.StringValue(bare) // with a port it stays where it is as well
		} else if !o.set(f.to, changed) {
			continue
		}
		if w.as == "severity" && f.to == o.given && o.scale == noScale {
			o.scale = hundred
		}
		if from != nil && changed.Equal(v) {
			from.used = in.record
		}
		return
	}
}

// time reads a time by the mapping's own layouts, then by those that every format knows, in the mapping's zone where the
// text names none.
func (m *Mapping) time(v tocsin.Value) time.Time {
	zone := m.zone
	if zone == nil {
		zone = time.UTC
	}
	s, ok := v.Str()
	if !ok {
		return timeOf(v)
	}
	for _, layout := range m.layouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return inZoneOf(t, layout).UTC()
		}
	}
	t := timeOf(v)
	if m.zone == nil || t.IsZero() || zoned(s) {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UTC()
}

// zoned reports whether the text of a time names a zone, or is an epoch, which needs none.
func zoned(s string) bool {
	if s = strings.TrimSpace(s); strings.Trim(s, "0123456789.") == "" {
		return true
	}
	last := s[strings.LastIndexByte(s, ':')+1:]
	return strings.ContainsAny(last, "+-Zz") || strings.HasSuffix(s, "UTC") || strings.HasSuffix(s, "GMT") || zoneOffset(s)
}

// zoneOffset reports whether a text ends in an offset with a colon, as +02:00.
func zoneOffset(s string) bool {
	return len(s) > 6 && s[len(s)-3] == ':' && (s[len(s)-6] == '+' || s[len(s)-6] == '-')
}
