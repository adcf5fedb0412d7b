// Package decode makes alerts of raw records: it recognises the format, reads the record within fixed limits and maps
// it to the Elastic Common Schema. Each format is one file and one line of the table in formats.go.
//
// Every record gives exactly one alert or one rejection. What a format has no ECS field for stays under the source's
// own namespace, so nothing of a record is lost; docs/formats.md says what goes where.
package decode

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"tocsin"
	"tocsin/ingest"
)

// Limits bound what one record may cost. A zero field takes its default.
type Limits struct {
	Record int // bytes of a record; default 1 MiB. A larger one is rejected as too_big
	Depth  int // levels of nesting; default 32. A deeper one is rejected as too_deep
	Keys   int // fields of a record; default 2,000. Those beyond are left out and the alert is marked truncated
	Items  int // members of a list; default 256, likewise
	Value  int // bytes of a string; default 64 KiB, likewise cut at the edge of a character
	// Future is how far an alert's own time may be ahead of its receipt; default 5 m (engine.md, ruling 2). One further
	// ahead is marked future and takes the time of its receipt.
	Future time.Duration
}

// DefaultLimits are the limits that apply where none are given.
func DefaultLimits() Limits {
	return Limits{Record: 1 << 20, Depth: 32, Keys: 2000, Items: 256, Value: 64 << 10, Future: 5 * time.Minute}
}

// Options configure a [Decoder].
type Options struct {
	Limits   Limits
	Mappings []*Mapping // tried before the built-in formats, in this order
	// Bare leaves alerts without digest and id. It is for measuring what all else costs: nothing can be stored of such
	// alerts.
	Bare bool
	// Enricher adds to every alert what is known beside its record; nil: nothing.
	Enricher Enricher
}

// A Decoder makes alerts of records. It keeps scratch memory and the names it has met, so it is for one goroutine:
// give each worker its own.
type Decoder struct {
	limits  Limits
	bare    bool
	doc     *doc
	out     *output
	formats []reader
	repair  []byte
	kind    *name
	own     Buffer // of Decode
	id      []byte // scratch
	texts   string // of the record
	nested  int    // records within the record that are being read
	line    lineReader
	signs   signSearch // of formats of lines
	lines   []lineTest // of formats of lines, in their order
	guesser *guesser
	says    *said
	shared  shared

	received time.Time // of the record

	enricher  Enricher
	additions *Additions // nil without an enricher
}

// A reader is one format, its names found in this decoder's dictionary.
type reader struct {
	name string
	object
	text
	bit  uint64 // in the names of its anchors; 0: it is always asked
	sign int    // likewise in the search for signs
}

// An object reads records that are JSON objects.
type object struct {
	// claims reports whether the record is of this format, from a few of its keys.
	claims func(*doc) bool
	// anchors are keys of which every record of the format has one; nil where there are none such. They spare asking
	// each format about each record.
	anchors []*name
	// read sets the alert's fields.
	read func(*doc, *output)
}

// A text reads records that are lines of text.
type text struct {
	// needs are bytes that every line of the format has. They spare asking each format about each line.
	needs byteSet
	// begins are bytes of which every line of the format begins with one; none where that cannot be told.
	begins byteSet
	// signs are texts of which one stands in every line of the format; nil where there are none such. They are looked for
	// once for all formats.
	signs  []string
	claims func(line string) bool
	// read sets the alert's fields; it returns what is wrong with the line, "" where nothing is.
	read func(line string, o *output) (fault string)
}

// New returns a decoder. It fails where two formats have one name.
func New(opts Options) (*Decoder, error) {
	l, std := opts.Limits, DefaultLimits()
	l.Record, l.Depth, l.Keys = cmp.Or(l.Record, std.Record), cmp.Or(l.Depth, std.Depth), cmp.Or(l.Keys, std.Keys)
	l.Items, l.Value, l.Future = cmp.Or(l.Items, std.Items), cmp.Or(l.Value, std.Value), cmp.Or(l.Future, std.Future)
	dict := newDictionary()
	d := &Decoder{limits: l, bare: opts.Bare, doc: &doc{dict: dict, limits: l}, kind: dict.name("event.kind")}
	d.out = newOutput(d.doc)
	d.guesser, d.says = newGuesser(dict), newSaid(dict)
	d.line.memory = &d.doc.memory
	d.enricher, d.additions = opts.Enricher, newAdditions(opts.Enricher, d.out)
	for _, m := range opts.Mappings {
		d.formats = append(d.formats, d.mapped(m))
	}
	for i, f := range formats() {
		r := reader{name: f.name}
		if f.mapping {
			r = d.mapped(builtIn(f.name))
		}
		if f.object != nil {
			r.object = f.object(dict)
		}
		if f.catalogue {
			r.object = newCatalogue(d).object()
		}
		if f.wrapper != nil {
			r.object = f.wrapper(d)
		}
		if f.text != nil {
			r.text = f.text(d)
		}
		if i < 64 && r.anchors != nil {
			r.bit = 1 << i
			for _, n := range r.anchors {
				n.anchors |= r.bit
			}
		}
		d.formats = append(d.formats, r)
	}
	d.doc.dict.rank()
	for i := range d.formats {
		if f := &d.formats[i]; f.text.read != nil {
			f.sign = d.signs.enter(f.text.signs)
			d.lines = append(d.lines, lineTest{f.text.needs, f.text.begins, int32(f.sign), int32(i)})
		}
	}
	for i, r := range d.formats {
		if slices.ContainsFunc(d.formats[:i], func(other reader) bool { return other.name == r.name }) {
			return nil, fmt.Errorf("two formats are called %q", r.name)
		}
	}
	return d, nil
}

// mapped is the reader of a mapping.
func (d *Decoder) mapped(m *Mapping) reader {
	r := newMappingReader(m, d)
	if m.lines != nil {
		return reader{name: m.Format, text: r.text()}
	}
	return reader{name: m.Format, object: r.object()}
}

// Decode makes an alert of one record, or says why there is none: exactly one of the two. A record whose time cannot
// be told without its neighbours (no time at all, or no year, and no receive time) comes as an alert with a zero time
// or one of the year 0: [Clock.Settle] sets it.
//
// The values of an alert share one piece of memory; whoever keeps one for longer than the alert clones it.
func (d *Decoder) Decode(r ingest.Record) (tocsin.Alert, *tocsin.Rejection) {
	d.own.memory = memory{}
	rejection := d.decode(&d.own, r)
	a := d.own.alert
	d.own.alert = tocsin.Alert{}
	if rejection == nil {
		a.Fields = d.out.fields(slices.Clone(d.own.leaves))
		a.Marks = slices.Clone(d.own.marks)
	}
	return a, rejection
}

// A Buffer is the memory of one alert, for those who are done with an alert before they ask for the next one. The zero
// Buffer is ready; it is for one goroutine.
type Buffer struct {
	alert  tocsin.Alert
	memory memory
	leaves []tocsin.Leaf
	marks  []string
}

// DecodeInto is [Decoder.Decode] in the memory of b, which costs no allocation where nothing unusual is in the record.
// The alert and all that it holds, fields and strings too, are b's: they are good until b is decoded into again. What
// is kept for longer is cloned ([tocsin.Value.Clone], strings.Clone), or the buffer is left to the alert and another
// taken for the next one. A rejection is nobody's but the caller's.
func (d *Decoder) DecodeInto(b *Buffer, r ingest.Record) (*tocsin.Alert, *tocsin.Rejection) {
	b.memory.reuse()
	if rejection := d.decode(b, r); rejection != nil {
		return nil, rejection
	}
	b.alert.Fields = d.out.fields(b.leaves)
	if len(b.marks) > 0 {
		b.alert.Marks = b.marks
	}
	return &b.alert, nil
}

// decode makes an alert in b, its fields and marks apart.
func (d *Decoder) decode(b *Buffer, r ingest.Record) *tocsin.Rejection {
	if r.Tenant == "" {
		r.Tenant = "default"
	}
	switch {
	case r.Fault != "":
		return Reject(r, r.Fault, r.Detail)
	case len(r.Value) > d.limits.Record:
		return Reject(r, "too_big", fmt.Sprintf("%d bytes, of which %d are allowed", len(r.Value), d.limits.Record))
	}
	d.doc.dict.tidy()
	d.doc.memory, d.doc.marks = b.memory, b.marks[:0]
	d.doc.memory.room(len(r.Value) + len(r.Value)/8 + 128)
	d.out.leaves = b.leaves
	if cap(b.leaves) > maxKeptValues {
		d.out.leaves = nil
	}
	d.out.begin()
	d.line.begin()
	d.texts, d.received = "", r.Received
	format, reason, detail := d.read(bytes.TrimSpace(bytes.TrimPrefix(r.Value, []byte("\xef\xbb\xbf"))), r.Format)
	if reason == "" {
		b.alert = tocsin.Alert{
			Tenant: r.Tenant, Source: r.Source, Format: format, Ref: r.Ref, Time: d.out.time, Received: r.Received, Raw: r.Value,
			Texts: d.texts,
		}
		d.settle(&b.alert)
		d.beside(r.Beside)
		d.out.weigh()
		d.enrich(b.alert.Time, r.Enriched)
		d.out.related.fill(d.out)
		if !d.bare {
			d.identify(&b.alert)
		}
	}
	b.memory, b.leaves, b.marks = d.doc.memory, d.out.leaves, d.doc.marks
	d.doc.memory, d.doc.marks, d.doc.texts, d.out.leaves, d.texts = memory{}, nil, "", nil, ""
	if reason != "" {
		return Reject(r, reason, detail)
	}
	return nil
}

// beside adds what came with the record, where the record does not say better.
func (d *Decoder) beside(all []ingest.Beside) {
	for _, b := range all {
		n := d.doc.dict.name(b.Field)
		switch {
		case len(b.Texts) == 1:
			d.out.set(n, tocsin.StringValue(b.Texts[0]))
		case len(b.Texts) > 1:
			d.out.set(n, tocsin.StringsValue(b.Texts...))
		}
	}
}

// identify gives the alert its digest and its id.
func (d *Decoder) identify(a *tocsin.Alert) {
	a.SHA256 = sha256.Sum256(a.Raw)
	if d.out.own != "" {
		a.ID = tocsin.SourceAlertID(a.Tenant, a.Source, d.out.own)
		return
	}
	d.id = tocsin.AppendAlertID(d.id[:0], a.Tenant, a.Ref, a.SHA256)
	a.ID = d.doc.memory.string(d.id)
}

// Reject makes the dead letter of a record that becomes no alert. reason is a short closed word, detail a sentence for
// people.
func Reject(r ingest.Record, reason, detail string) *tocsin.Rejection {
	sum := sha256.Sum256(r.Value)
	digest, tenant := hex.EncodeToString(sum[:]), cmp.Or(r.Tenant, "default")
	return &tocsin.Rejection{
		ID: tocsin.RejectionID(tenant, r.Ref, digest), Tenant: tenant, Source: r.Source, Ref: r.Ref, Received: r.Received,
		Stage: "decode", Reason: reason, Detail: detail, SHA256: digest, Raw: r.Value, Size: max(r.Size, int64(len(r.Value))),
	}
}

// Formats lists the formats that the decoder knows, in the order in which it tries them.
func (d *Decoder) Formats() []string {
	names := make([]string, len(d.formats))
	for i, f := range d.formats {
		names[i] = f.name
	}
	return names
}

// Knows reports whether a record may ask for the named format; "auto" and "" ask for any.
func (d *Decoder) Knows(format string) bool {
	return format == "" || format == "auto" || slices.ContainsFunc(d.formats, func(r reader) bool { return r.name == format })
}

// appendValid appends text to to with each byte that is no UTF-8 replaced by U+FFFD.
func appendValid(to, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		to = utf8.AppendRune(to, r)
		text = text[size:]
	}
	return to
}

// read fills the output from body and returns the format that read it, or a reason and detail.
func (d *Decoder) read(body []byte, want string) (format, reason, detail string) {
	if want == "auto" {
		want = ""
	}
	switch {
	case len(body) == 0:
		return "", "empty", "the record holds nothing"
	case !d.Knows(want):
		return "", "format", fmt.Sprintf("there is no format %q", want)
	case body[0] == '{' || want != "" && d.json(want):
		return d.readObject(bytes.TrimRight(bytes.TrimSuffix(body, []byte(",")), " \t\r\n"), want) // a comma: of a file that is one array
	case !utf8.Valid(body):
		body = d.repaired(body)
	}
	return d.readText(d.doc.memory.string(body), want)
}

// repaired is body with each byte that is no UTF-8 replaced. It is good until the next record.
func (d *Decoder) repaired(body []byte) []byte {
	d.doc.mark(markRepaired)
	d.repair = appendValid(d.repair[:0], body)
	return d.repair
}

// json reports whether the named format reads JSON alone.
func (d *Decoder) json(name string) bool {
	return slices.ContainsFunc(d.formats, func(r reader) bool { return r.name == name && r.text.read == nil })
}

func (d *Decoder) readObject(body []byte, want string) (format, reason, detail string) {
	err := d.doc.scan(body)
	if !d.doc.ascii && !utf8.Valid(body) {
		d.doc.marks = d.doc.marks[:0]
		err = d.doc.scan(d.repaired(body))
	}
	if err != nil {
		return "", err.reason, err.detail
	}
	d.texts = d.doc.texts // a record inside this one has texts of its own
	if f := d.recognise(want); f != nil {
		f.object.read(d.doc, d.out)
		return f.name, "", ""
	}
	return "", "format", "the record is not of the format " + want
}

// recognise finds the format of the document, of all or of the one that is wanted; nil for none.
func (d *Decoder) recognise(want string) *reader {
	var anchored uint64
	for _, l := range d.doc.leaves[1:] {
		if l.name != nil {
			anchored |= l.name.anchors
		}
	}
	for i := range d.formats {
		f := &d.formats[i]
		if f.object.read != nil && f.bit&anchored == f.bit && (want == "" || f.name == want) && f.object.claims(d.doc) {
			return f
		}
	}
	return nil
}

// settle applies ruling 2 as far as the record and its receipt decide it.
func (d *Decoder) settle(a *tocsin.Alert) {
	switch {
	case a.Time.IsZero():
		d.doc.mark(markNoTime)
		a.Time = a.Received
	case yearless(a.Time):
		d.doc.mark(markNoYear)
		if !a.Received.IsZero() {
			a.Time = inYear(a.Time, a.Received.Add(d.limits.Future))
		}
	case !a.Received.IsZero() && a.Time.Sub(a.Received) > d.limits.Future:
		d.doc.mark(markFuture)
		a.Time = a.Received
	}
	a.Time = a.Time.UTC()
}
