package decode

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin"
	"tocsin/internal/ecs"
)

// An output is the alert being made of one record. A field that is set stays as it is: the first one wins, so readers
// set the surest value first.
type output struct {
	doc     *doc
	dict    *dictionary
	record  uint64
	leaves  []tocsin.Leaf
	odd     bool      // a name among them may have the text of another
	new     bool      // a name among them has no rank yet
	own     string    // the source's own id, unique by design; "" for none
	time    time.Time // zero: the record has none; the year 0: it has no year
	unfit   *name
	grade   *name  // tocsin.severity
	given   *name  // event.severity
	scale   scale  // of event.severity
	about   uint64 // bits of the fields that related.* is made of
	related related
}

func newOutput(d *doc) *output {
	return &output{
		doc: d, dict: d.dict, unfit: d.dict.name("tocsin.unfit"), grade: d.dict.name("tocsin.severity"), given: d.dict.name("event.severity"), related: newRelated(d.dict),
	}
}

func (o *output) begin() {
	o.record++
	o.leaves, o.odd, o.new, o.about = o.leaves[:0], false, false, 0
	o.own, o.time, o.scale = "", time.Time{}, noScale
}

// has reports whether the alert has the field.
func (o *output) has(n *name) bool { return n.outRecord == o.record }

// value returns the alert's field, [tocsin.Absent] where it has none.
func (o *output) value(n *name) tocsin.Value {
	if n.outRecord != o.record {
		return tocsin.Value{}
	}
	return o.leaves[n.outAt].Value
}

// text returns the alert's field as text.
func (o *output) text(n *name) string { return o.value(n).Text() }

// keep sets a field to what its source wrote, in the form that its ECS type asks for, and
// reports whether it did. A value that the type cannot
// hold goes below tocsin.unfit, so that nothing is lost and every ECS field holds what its name promises.
func (o *output) keep(n *name, v tocsin.Value) bool {
	if n == nil || n.outRecord == o.record || v.IsAbsent() {
		return false
	}
	if n.mac {
		v = o.hardware(v)
	}
	fits, ok := v, n.fits == anyFits || n.fits == textFits && v.Kind() == tocsin.String
	if !ok {
		fits, ok = fit(n.kind, v)
	}
	if !ok {
		o.doc.mark(markUnfit)
		n = o.dict.below(o.unfit, n)
		if n == nil || n.outRecord == o.record {
			return false
		}
		fits = v
	}
	o.place(n, fits)
	return true
}

// place sets a field that is not set, to what fits it.
func (o *output) place(n *name, fits tocsin.Value) {
	n.outRecord, n.outAt = o.record, int32(len(o.leaves))
	o.odd = o.odd || n.odd
	o.new = o.new || !n.ranked
	o.about |= n.about
	o.leaves = append(o.leaves, tocsin.Leaf{Name: n.given, Value: fits})
}

// set sets a field of ECS. Unlike keep it leaves out null, empty text and a lone dash, which sources write for nothing.
func (o *output) set(n *name, v tocsin.Value) bool {
	switch v.Kind() {
	case tocsin.Absent, tocsin.Null:
		return false
	case tocsin.String:
		if s, _ := v.Str(); s == "" || s == "-" {
			return false
		}
	}
	return o.keep(n, v)
}

// resolved sets n to those of v's members that are addresses.
func (o *output) resolved(n *name, v tocsin.Value) {
	var ips []tocsin.Value
	for i := range v.Len() {
		if ip, ok := canonicalIP(v.At(i).Text()); ok {
			ips = append(ips, tocsin.StringValue(ip))
		}
	}
	if len(ips) > 0 {
		o.keep(n, tocsin.ListValue(ips...))
	}
}

// lower is s in small letters, in the alert's memory.
func (o *output) lower(s string) string {
	upper := false
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.ToLower(s)
		}
		upper = upper || s[i]-'A' < 26
	}
	if !upper {
		return s
	}
	return o.doc.memory.lower(s)
}

// put sets a field to a text; "" and "-" set nothing.
func (o *output) put(n *name, s string) {
	if s != "" && s != "-" && n != nil && n.outRecord != o.record {
		o.keep(n, tocsin.StringValue(s))
	}
}

// address sets ip where s is an address, and beside it in any case.
func (o *output) address(ip, beside *name, s string) {
	s = strings.Trim(s, "[]| ")
	if s == "" || s == "-" {
		return
	}
	if canonical, ok := canonicalIP(wholeNet(s)); ok {
		o.put(ip, canonical)
		return
	}
	if beside != nil {
		o.put(beside, s)
	}
}

// wholeNet is the address of a net that is one address alone, any other text as it is.
func wholeNet(s string) string {
	if at := strings.IndexByte(s, '/'); at > 0 && (s[at:] == "/32" || s[at:] == "/128") {
		return s[:at]
	}
	return s
}

// fields hands over leaves, which are those of the alert.
func (o *output) fields(leaves []tocsin.Leaf) tocsin.Fields {
	if o.new {
		o.dict.missed++
	}
	if !o.odd {
		return tocsin.LeafFields(o.dict.given, leaves)
	}
	fields := make([]tocsin.Field, len(leaves))
	for i, l := range leaves {
		fields[i] = tocsin.Field{Name: l.Name.Text(), Value: l.Value}
	}
	return tocsin.NewFields(fields)
}

// What surely fits a field's type as it is.
const (
	noneFits uint8 = iota
	textFits
	anyFits
)

// fitting says which values [fit] leaves as they are.
func fitting(kind ecs.Type) uint8 {
	switch kind {
	case 0, ecs.Any, ecs.Date, ecs.GeoPoint:
		return anyFits
	case ecs.Keyword, ecs.Text:
		return textFits
	}
	return noneFits
}

// fit gives v the form that a field of this type has, and reports whether it can have it.
func fit(kind ecs.Type, v tocsin.Value) (tocsin.Value, bool) {
	if fitting(kind) == anyFits {
		return v, true
	}
	switch v.Kind() {
	case tocsin.Null, tocsin.Absent:
		return v, true
	case tocsin.List:
		return fitList(kind, v)
	}
	switch kind {
	case ecs.Keyword, ecs.Text:
		if v.Kind() == tocsin.String {
			return v, true
		}
		return tocsin.StringValue(v.Text()), true
	case ecs.IP:
		s, _ := v.Str()
		canonical, ok := canonicalIP(s)
		if ok && canonical != s {
			v = tocsin.StringValue(canonical)
		}
		return v, ok
	case ecs.Long:
		return whole(v)
	case ecs.Double:
		if _, ok := v.Float(); ok {
			return v, true
		}
		s, _ := v.Str()
		return tocsin.NumberValue(strings.TrimSpace(s))
	case ecs.Boolean:
		return truth(v)
	default: // an object has no value of its own
		return v, false
	}
}

func fitList(kind ecs.Type, v tocsin.Value) (tocsin.Value, bool) {
	if kind == ecs.Object {
		return v, len(v.Items()) == 0
	}
	items := v.Items()
	for i, item := range items {
		fitted, ok := fit(kind, item)
		if !ok {
			return v, false
		}
		if fitted.Kind() != item.Kind() || fitted.Text() != item.Text() {
			changed := slices.Clone(items)
			for ; i < len(changed); i++ {
				if changed[i], ok = fit(kind, changed[i]); !ok {
					return v, false
				}
			}
			return tocsin.ListValue(changed...), true
		}
	}
	return v, true
}

// whole reads a whole number out of a number or of text that spells one.
func whole(v tocsin.Value) (tocsin.Value, bool) {
	if _, ok := v.Int(); ok {
		return v, true
	}
	s := strings.TrimSpace(v.Text())
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return tocsin.IntValue(n), true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && v.Kind() != tocsin.Bool && f == float64(int64(f)) && f < 1<<62 && f > -1<<62 {
		return tocsin.IntValue(int64(f)), true
	}
	return v, false
}

func truth(v tocsin.Value) (tocsin.Value, bool) {
	switch s, _ := v.Str(); {
	case v.Kind() == tocsin.Bool:
		return v, true
	case strings.EqualFold(s, "true"):
		return tocsin.BoolValue(true), true
	case strings.EqualFold(s, "false"):
		return tocsin.BoolValue(false), true
	}
	return v, false
}

// canonicalIP returns an address in its one written form, without zone, IPv4 within IPv6 as IPv4.
func canonicalIP(s string) (string, bool) {
	if len(s) < 2 || len(s) > 64 || !addressLike(s) {
		return "", false
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return "", false
	}
	if a.Is4() {
		return s, true
	}
	return a.WithZone("").Unmap().String(), true
}
