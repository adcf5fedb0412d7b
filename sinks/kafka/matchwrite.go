package kafka

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tocsin"
)

// appendMatch appends a match as encoding/json writes it, but that HTML need not mind it. Matches are most of what the
// log holds, and encoding/json would look at each value three times. It reports false for what JSON cannot say.
func appendMatch(b []byte, m *tocsin.Match) ([]byte, bool) {
	b = quote(append(b, `{"rule":`...), m.Rule)
	b = quote(append(b, `,"set":`...), m.Set)
	if m.Order != 0 {
		b = strconv.AppendInt(append(b, `,"order":`...), m.Order, 10)
	}
	b = quote(append(b, `,"tenant":`...), m.Tenant)
	b = appendValues(b, `,"key":`, m.Key)
	b = strconv.AppendUint(append(b, `,"conditions":`...), m.Conditions, 10)
	b = appendValues(b, `,"values":`, m.Values)
	for i, e := range m.Entities {
		b = quote(append(b, opening(i, `,"entities":[`, `,`)+`{"field":`...), e.Field)
		b = quote(append(b, `,"value":`...), e.Value)
		b = append(quote(append(b, `,"role":`...), e.Role), '}')
	}
	b = closing(b, len(m.Entities))
	b, ok := appendFacts(append(b, `,"facts":`...), &m.Facts)
	for i, r := range m.Readings {
		b = quote(append(b, opening(i, `,"readings":[`, `,`)+`{"expr":`...), r.Expr)
		b = appendValue(append(b, `,"value":`...), r.Value)
		b = append(strconv.AppendBool(append(b, `,"holds":`...), r.Holds), '}')
	}
	b = closing(b, len(m.Readings))
	b = appendTexts(b, `,"absent":[`, m.Absent)
	b, dated := appendAlertRef(append(b, `,"alert":`...), &m.Alert)
	b = strconv.AppendInt(append(b, `,"index":`...), int64(m.Index), 10)
	if m.Recorded {
		b = append(b, `,"recorded":true`...)
	}
	if m.Chained {
		b = append(b, `,"chained":true`...)
	}
	b = appendText(b, `,"suppressed":`, m.Suppressed)
	return append(b, '}'), ok && dated
}

// opening is what stands before the i-th member of a list.
func opening(i int, first, next string) string {
	if i == 0 {
		return first
	}
	return next
}

// closing ends a list of n members, of which none at all was written where n is 0.
func closing(b []byte, n int) []byte {
	if n > 0 {
		b = append(b, ']')
	}
	return b
}

func appendFacts(b []byte, f *tocsin.Facts) ([]byte, bool) {
	start := len(b)
	if f.Risk != 0 {
		b = strconv.AppendFloat(append(b, `,"risk":`...), f.Risk, 'g', -1, 64)
	}
	b = appendTexts(b, `,"tactics":[`, f.Tactics)
	if f.IOC {
		b = append(b, `,"ioc":true`...)
	}
	if len(b) == start {
		return append(b, '{', '}'), true
	}
	b[start] = '{'
	return append(b, '}'), !math.IsInf(f.Risk, 0) && !math.IsNaN(f.Risk)
}

func appendAlertRef(b []byte, a *tocsin.AlertRef) ([]byte, bool) {
	b = quote(append(b, `{"id":`...), a.ID)
	b = appendText(b, `,"source":`, a.Source)
	if a.Ref.Topic == "" {
		b = appendText(b, `,"file":`, a.Ref.File)
		b = strconv.AppendInt(append(b, `,"line":`...), a.Ref.Line, 10)
	} else {
		b = quote(append(b, `,"topic":`...), a.Ref.Topic)
		b = strconv.AppendInt(append(b, `,"partition":`...), int64(a.Ref.Partition), 10)
		b = strconv.AppendInt(append(b, `,"offset":`...), a.Ref.Offset, 10)
	}
	b = appendText(b, `,"incarnation":`, a.Ref.Incarnation)
	b, ok := appendTime(append(b, `,"at":`...), a.Time)
	if !a.Received.IsZero() {
		received := false
		b, received = appendTime(append(b, `,"received":`...), a.Received)
		ok = ok && received
	}
	b = appendText(b, `,"digest":`, a.Digest.String())
	return append(b, '}'), ok
}

func appendTime(b []byte, t time.Time) ([]byte, bool) {
	b, err := t.AppendText(append(b, '"'))
	return append(b, '"'), err == nil
}

// appendText appends a member that is left out where it is empty.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return quote(append(b, name...), text)
}

func appendTexts(b []byte, name string, texts []string) []byte {
	for i, text := range texts {
		b = quote(append(b, opening(i, name, ",")...), text)
	}
	return closing(b, len(texts))
}

func appendValues(b []byte, name string, vs []tocsin.Value) []byte {
	for i, v := range vs {
		b = appendValue(append(b, opening(i, name+"[", ",")...), v)
	}
	return closing(b, len(vs))
}

func appendValue(b []byte, v tocsin.Value) []byte {
	switch v.Kind() {
	case tocsin.String:
		text, _ := v.Str()
		return quote(b, text)
	case tocsin.List:
		b = append(b, '[')
		for i, item := range v.Items() {
			b = appendValue(append(b, opening(i, "", ",")...), item)
		}
		return append(b, ']')
	case tocsin.Absent, tocsin.Null:
		return append(b, "null"...)
	default:
		data, err := v.MarshalJSON()
		if err != nil { // cannot be: a number that is finite, or a boolean
			return append(b, "null"...)
		}
		return append(b, data...)
	}
}

// quote writes a JSON string; bytes that are no UTF-8 become U+FFFD.
func quote(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the error says that bytes were replaced
	return b
}

// kept reports whether v surely comes back from JSON as it is.
func kept(v tocsin.Value) bool {
	switch v.Kind() {
	case tocsin.Null, tocsin.Bool:
		return true
	case tocsin.String:
		text, _ := v.Str()
		return utf8.ValidString(text)
	case tocsin.Int:
		var room [20]byte
		n, _ := v.Int()
		return string(strconv.AppendInt(room[:0], n, 10)) == v.Text()
	case tocsin.List:
		for i := range v.Len() {
			if item := v.At(i); item.Kind() == tocsin.Absent || !kept(item) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// appendExacts appends a member with values written exactly, which is left out where there are none.
func appendExacts(b []byte, name string, es []exact) []byte {
	for i := range es {
		b = strconv.AppendInt(append(b, opening(i, name, ",")+`{"k":`...), int64(es[i].Kind), 10)
		if len(es[i].Text) > 0 {
			b = append(base64.StdEncoding.AppendEncode(append(b, `,"t":"`...), es[i].Text), '"')
		}
		b = append(appendExacts(b, `,"l":[`, es[i].List), '}')
	}
	return closing(b, len(es))
}
