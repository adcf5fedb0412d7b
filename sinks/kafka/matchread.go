package kafka

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tocsin"
)

// readMatch reads a record in exactly the form that [appendMatch] gives it. It reports false for every other, also
// where it is good JSON: such a record is encoding/json's.
func readMatch(b []byte) (*tocsin.Match, bool) {
	r := &reader{rest: b}
	m := &tocsin.Match{}
	r.must(`{"v":1,"match":{"rule":`)
	m.Rule = r.text()
	r.must(`,"set":`)
	m.Set = r.text()
	if r.has(`,"order":`) {
		m.Order = r.signed()
		r.bad = r.bad || m.Order == 0
	}
	r.must(`,"tenant":`)
	m.Tenant = r.text()
	m.Key = r.values(`,"key":[`)
	r.must(`,"conditions":`)
	m.Conditions = r.unsigned()
	m.Values = r.values(`,"values":[`)
	m.Entities = listed(r, `,"entities":[`, (*reader).entity)
	r.must(`,"facts":{`)
	m.Facts = r.facts()
	m.Readings = listed(r, `,"readings":[`, (*reader).reading)
	m.Absent = listed(r, `,"absent":[`, (*reader).text)
	r.must(`,"alert":{`)
	m.Alert = r.alertRef()
	r.must(`,"index":`)
	m.Index = int(r.signed())
	m.Recorded = r.has(`,"recorded":true`)
	m.Chained = r.has(`,"chained":true`)
	m.Suppressed = r.textOf(`,"suppressed":`)
	r.must(`}`)
	if es := r.exacts(`,"exact_key":[`); es != nil {
		m.Key = inexactly(es)
	}
	if es := r.exacts(`,"exact_values":[`); es != nil {
		m.Values = inexactly(es)
	}
	r.must(`}`)
	return m, !r.bad && len(r.rest) == 0
}

// A reader takes a record apart from the left. Once something is not as expected it is bad, and what it gives is
// worth nothing.
type reader struct {
	rest []byte
	bad  bool
}

// has takes what, where it is next.
func (r *reader) has(what string) bool {
	if len(r.rest) < len(what) || string(r.rest[:len(what)]) != what {
		return false
	}
	r.rest = r.rest[len(what):]
	return true
}

func (r *reader) must(what string) { r.bad = r.bad || !r.has(what) }

// text takes a string. One that is no UTF-8 is bad.
func (r *reader) text() string {
	if len(r.rest) == 0 || r.rest[0] != '"' {
		r.bad = true
		return ""
	}
	for i, c := range r.rest[1:] {
		switch {
		case c == '"':
			text := r.rest[1 : 1+i]
			r.rest = r.rest[2+i:]
			r.bad = r.bad || !utf8.Valid(text)
			return string(text)
		case c == '\\' || c < 0x20:
			return r.escaped()
		}
	}
	r.bad = true
	return ""
}

// escaped takes a string with escapes.
func (r *reader) escaped() string {
	for i := 1; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '\\':
			i++
		case '"':
			text, err := jsontext.AppendUnquote(nil, r.rest[:i+1])
			r.rest = r.rest[i+1:]
			r.bad = r.bad || err != nil
			return string(text)
		}
	}
	r.bad = true
	return ""
}

// textOf takes a member that is left out where it is empty.
func (r *reader) textOf(name string) string {
	if !r.has(name) {
		return ""
	}
	return r.text()
}

// number takes what may stand in a number.
func (r *reader) number() string {
	end := 0
	for end < len(r.rest) && bytes.IndexByte([]byte("+-.0123456789Ee"), r.rest[end]) >= 0 {
		end++
	}
	text := string(r.rest[:end])
	r.rest = r.rest[end:]
	return text
}

func (r *reader) signed() int64 {
	text := r.number()
	n, err := strconv.ParseInt(text, 10, 64)
	r.bad = r.bad || err != nil || strconv.FormatInt(n, 10) != text
	return n
}

func (r *reader) unsigned() uint64 {
	text := r.number()
	n, err := strconv.ParseUint(text, 10, 64)
	r.bad = r.bad || err != nil || strconv.FormatUint(n, 10) != text
	return n
}

func (r *reader) time() time.Time {
	var t time.Time
	if len(r.rest) == 0 {
		r.bad = true
		return t
	}
	end := 1 + bytes.IndexByte(r.rest[1:], '"')
	r.bad = r.bad || r.rest[0] != '"' || t.UnmarshalText(r.rest[1:max(end, 1)]) != nil
	r.rest = r.rest[end+1:]
	return t
}

// listed takes a list that is left out where it has no members.
func listed[T any](r *reader, name string, member func(*reader) T) []T {
	if !r.has(name) {
		return nil
	}
	var list []T
	for {
		list = append(list, member(r))
		if r.bad || !r.has(",") {
			r.must("]")
			return list
		}
	}
}

func (r *reader) values(name string) []tocsin.Value { return listed(r, name, (*reader).value) }

func (r *reader) entity() (e tocsin.Entity) {
	r.must(`{"field":`)
	e.Field = r.text()
	r.must(`,"value":`)
	e.Value = r.text()
	r.must(`,"role":`)
	e.Role = r.text()
	r.must(`}`)
	return e
}

func (r *reader) reading() (x tocsin.Reading) {
	r.must(`{"expr":`)
	x.Expr = r.text()
	r.must(`,"value":`)
	x.Value = r.value()
	r.must(`,"holds":`)
	if x.Holds = r.has("true"); !x.Holds {
		r.must("false")
	}
	r.must(`}`)
	return x
}

// facts takes the members of an object, of which each may be missing.
func (r *reader) facts() (f tocsin.Facts) {
	first := true
	name := func(text string) string {
		if first {
			return text[1:]
		}
		return text
	}
	if r.has(name(`,"risk":`)) {
		first = false
		text := r.number()
		risk, err := strconv.ParseFloat(text, 64)
		r.bad = r.bad || err != nil || math.IsInf(risk, 0) || !json.Valid([]byte(text))
		f.Risk = risk
	}
	f.Tactics = listed(r, name(`,"tactics":[`), (*reader).text)
	first = first && f.Tactics == nil
	f.IOC = r.has(name(`,"ioc":true`))
	r.must(`}`)
	return f
}

func (r *reader) alertRef() (a tocsin.AlertRef) {
	r.must(`"id":`)
	a.ID = r.text()
	a.Source = r.textOf(`,"source":`)
	if r.has(`,"topic":`) {
		a.Ref.Topic = r.text()
		r.must(`,"partition":`)
		n := r.signed()
		r.bad = r.bad || n != int64(int32(n))
		a.Ref.Partition = int32(n)
		r.must(`,"offset":`)
		a.Ref.Offset = r.signed()
	} else {
		a.Ref.File = r.textOf(`,"file":`)
		r.must(`,"line":`)
		a.Ref.Line = r.signed()
	}
	a.Ref.Incarnation = r.textOf(`,"incarnation":`)
	r.must(`,"at":`)
	a.Time = r.time()
	if r.has(`,"received":`) {
		a.Received = r.time()
	}
	var err error
	if a.Digest, err = tocsin.ParseDigest(r.textOf(`,"digest":`)); err != nil {
		r.bad = true
	}
	r.must(`}`)
	return a
}

// exacts takes values that were written exactly.
func (r *reader) exacts(name string) []exact { return listed(r, name, (*reader).exact) }

func (r *reader) exact() exact {
	e := r.exactScalar()
	e.List = listed(r, `,"l":[`, func(r *reader) exact {
		e := r.exactScalar()
		r.must(`}`)
		return e
	})
	r.must(`}`)
	return e
}

// exactScalar takes what a scalar has, without the end of the object: a list has more.
func (r *reader) exactScalar() (e exact) {
	r.must(`{"k":`)
	kind := r.unsigned()
	r.bad = r.bad || kind > uint64(tocsin.List)
	e.Kind = tocsin.Kind(kind)
	if r.has(`,"t":`) {
		text, err := base64.StdEncoding.Strict().DecodeString(r.text())
		r.bad = r.bad || err != nil
		e.Text = text
	}
	return e
}

// value takes a scalar or a list of scalars.
func (r *reader) value() tocsin.Value {
	switch {
	case r.has("[]"):
		return tocsin.ListValue()
	case len(r.rest) > 0 && r.rest[0] == '[':
		return tocsin.ListValue(listed(r, "[", (*reader).scalar)...)
	default:
		return r.scalar()
	}
}

func (r *reader) scalar() tocsin.Value {
	switch {
	case len(r.rest) == 0:
	case r.rest[0] == '"':
		return tocsin.StringValue(r.text())
	case r.has("null"):
		return tocsin.NullValue()
	case r.has("true"):
		return tocsin.BoolValue(true)
	case r.has("false"):
		return tocsin.BoolValue(false)
	default:
		text := r.number()
		if v, ok := tocsin.NumberValue(text); ok && json.Valid([]byte(text)) {
			return v
		}
	}
	r.bad = true
	return tocsin.Value{}
}
