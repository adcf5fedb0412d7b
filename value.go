package tocsin

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// A Kind says what a [Value] is. Absence is a kind of its own: a field that an alert lacks is [Absent], never an
// empty string or a zero.
type Kind uint8

// The kinds of value.
const (
	Absent Kind = iota // the alert has no such field; the zero value
	Null               // the field is there and holds nothing
	Bool
	Int
	Float
	String
	List // several values; a list never holds lists
)

// A Value is what a field of an alert holds: one scalar or a list of scalars. The zero Value is [Absent].
// Values are immutable and small enough to pass by value.
type Value struct {
	// data is the first byte of the text of a String, Int or Float, or the first member of a List. An alert holds a
	// hundred values and copies each a few times, so that one word for either is worth what it takes to read it.
	data unsafe.Pointer
	num  uint64 // Bool: 0 or 1. Int: the two's complement. Float: the IEEE 754 bits
	size uint32 // of data, in bytes or members. Int and Float without text: 0
	kind Kind
}

// maxSize bounds the bytes of a string and the members of a list: more are cut off.
const maxSize = math.MaxInt32

func textOf(kind Kind, num uint64, s string) Value {
	return Value{kind: kind, num: num, data: unsafe.Pointer(unsafe.StringData(s)), size: uint32(min(len(s), maxSize))}
}

func listOf(vs []Value) Value {
	return Value{kind: List, data: unsafe.Pointer(unsafe.SliceData(vs)), size: uint32(min(len(vs), maxSize))}
}

// text is what data holds of anything but a list.
func (v Value) text() string {
	if v.kind == List {
		return ""
	}
	return unsafe.String((*byte)(v.data), int(v.size))
}

// list is what data holds of a list. It has no room to be appended to.
func (v Value) list() []Value {
	if v.kind != List {
		return nil
	}
	return unsafe.Slice((*Value)(v.data), int(v.size))
}

// NullValue is a field that is present and holds nothing.
func NullValue() Value { return Value{kind: Null} }

// BoolValue is a boolean.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

// IntValue is a whole number.
func IntValue(n int64) Value { return Value{kind: Int, num: uint64(n)} }

// FloatValue is a number that need not be whole.
func FloatValue(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }

// StringValue is a string, the empty one included. One beyond 2 GiB is cut.
func StringValue(s string) Value { return textOf(String, 0, s) }

// NumberValue reads a number as JSON writes one and keeps its text. It reports false for text that is no number, is
// longer than 40 bytes, or lies outside the range of a float64.
func NumberValue(text string) (Value, bool) {
	if len(text) > 40 {
		return Value{}, false
	}
	if n, ok := shortInt(text); ok {
		return textOf(Int, uint64(n), text), true
	}
	if !likeNumber(text) {
		return Value{}, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return textOf(Int, uint64(n), text), true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return Value{}, false
	}
	return textOf(Float, math.Float64bits(f), text), true
}

// shortInt reads a whole number of up to 18 digits, which no int64 is too small for.
func shortInt(text string) (n int64, ok bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// likeNumber rules out what no number begins with or consists of: trying costs two allocations.
func likeNumber(text string) bool {
	points := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', i == 0 && (c == '-' || c == '+'):
		case c == '.':
			points++
		case i == 0 || strings.IndexByte("+-_abcdefxpABCDEFXP", c) < 0:
			return false
		}
	}
	return points < 2
}

// ListValue is a list of scalars; lists among vs are flattened and absent values left out.
func ListValue(vs ...Value) Value {
	if slices.ContainsFunc(vs, func(v Value) bool { return v.kind == List || v.kind == Absent }) {
		var flat []Value
		for _, v := range vs {
			switch v.kind {
			case List:
				flat = append(flat, v.list()...)
			case Absent:
			default:
				flat = append(flat, v)
			}
		}
		vs = flat
	}
	return listOf(vs)
}

// StringsValue is a list of strings.
func StringsValue(ss ...string) Value {
	vs := make([]Value, len(ss))
	for i, s := range ss {
		vs[i] = StringValue(s)
	}
	return listOf(vs)
}

// Kind says what v is.
func (v Value) Kind() Kind { return v.kind }

// IsAbsent reports whether the field is not there at all.
func (v Value) IsAbsent() bool { return v.kind == Absent }

// Bool returns the boolean that v holds, false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.num == 1 }

// Int returns v as a whole number. A float or a string is none, whatever it looks like.
func (v Value) Int() (int64, bool) { return int64(v.num), v.kind == Int }

// Float returns v as a number: an [Int] or a [Float].
func (v Value) Float() (float64, bool) {
	switch v.kind {
	case Int:
		return float64(int64(v.num)), true
	case Float:
		return math.Float64frombits(v.num), true
	default:
		return 0, false
	}
}

// Str returns the string that v holds; ok is false for any other kind.
func (v Value) Str() (s string, ok bool) {
	if v.kind == String {
		return unsafe.String((*byte)(v.data), int(v.size)), true
	}
	return "", false
}

// Items returns the members of a list, v itself for a scalar, and nothing for an absent or null value.
// The slice must not be written to.
func (v Value) Items() []Value {
	switch v.kind {
	case Absent, Null:
		return nil
	case List:
		return v.list()
	default:
		return []Value{v}
	}
}

// Len is how many members [Value.Items] has: of a list its own, of a scalar one, of an absent or null value none.
func (v Value) Len() int {
	switch v.kind {
	case Absent, Null:
		return 0
	case List:
		return int(v.size)
	default:
		return 1
	}
}

// At is the member at i of [Value.Items], which is below [Value.Len]. Unlike it, it never allocates.
func (v Value) At(i int) Value {
	if v.kind == List {
		return v.list()[i]
	}
	return v
}

// Text is v as people read it: strings as they are, numbers as the record wrote them, lists joined by a comma, and
// "" for absent and null.
func (v Value) Text() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.num == 1)
	case String:
		return v.text()
	case Int:
		if v.size == 0 {
			return strconv.FormatInt(int64(v.num), 10)
		}
		return v.text()
	case Float:
		if v.size == 0 {
			return strconv.FormatFloat(math.Float64frombits(v.num), 'g', -1, 64)
		}
		return v.text()
	case List:
		list := v.list()
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = item.Text()
		}
		return strings.Join(parts, ",")
	default:
		return ""
	}
}

// Equal reports whether v and w are the same value: numbers by their magnitude, all else by kind and content.
func (v Value) Equal(w Value) bool {
	if a, ok := v.Float(); ok {
		b, ok := w.Float()
		return ok && a == b
	}
	if v.kind != w.kind {
		return false
	}
	if v.kind == List {
		return slices.EqualFunc(v.list(), w.list(), Value.Equal)
	}
	return v.num == w.num && v.text() == w.text()
}

// Clone returns v in memory of its own. The values of one alert share the memory of its record, so what is kept for
// longer than the alert, as a key in the engine's state, is cloned or it keeps the whole record alive.
func (v Value) Clone() Value {
	if v.kind != List {
		return textOf(v.kind, v.num, strings.Clone(v.text()))
	}
	list := slices.Clone(v.list())
	for i := range list {
		list[i] = list[i].Clone()
	}
	return listOf(list)
}

// Any returns v as the plain Go value that JSON and templates know: nil, bool, int64, float64, string or []any.
func (v Value) Any() any {
	switch v.kind {
	case Bool:
		return v.num == 1
	case Int:
		return int64(v.num)
	case Float:
		return math.Float64frombits(v.num)
	case String:
		return v.text()
	case List:
		list := v.list()
		items := make([]any, len(list))
		for i, item := range list {
			items[i] = item.Any()
		}
		return items
	default:
		return nil
	}
}

// MarshalJSON writes v as JSON; absent and null are both null.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.kind == Int || v.kind == Float {
		if text := []byte(v.Text()); json.Valid(text) {
			return text, nil
		}
	}
	return json.Marshal(v.Any())
}

// UnmarshalJSON reads a scalar or a list of scalars; null reads as [Null].
func (v *Value) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] == '{' || data[0] == '[' && bytes.ContainsAny(data[1:], "[{") {
		return v.unmarshalAny(data)
	}
	switch data[0] {
	case '"':
		var text string
		err := json.Unmarshal(data, &text)
		*v = StringValue(text)
		return err
	case '[':
		var items []Value
		err := json.Unmarshal(data, &items)
		*v = ListValue(items...)
		return err
	}
	number, ok := NumberValue(string(data))
	switch text := string(data); {
	case text == "null":
		*v = NullValue()
	case text == "true", text == "false":
		*v = BoolValue(text == "true")
	case ok && json.Valid(data):
		*v = number
	default:
		return v.unmarshalAny(data)
	}
	return nil
}

// unmarshalAny reads what may be of any shape: an object reads as [Null].
func (v *Value) unmarshalAny(data []byte) error {
	raw, err := PlainJSON(data)
	if err != nil {
		return err
	}
	*v = fromAny(raw)
	return nil
}

func fromAny(raw any) Value {
	switch x := raw.(type) {
	case bool:
		return BoolValue(x)
	case json.Number:
		if v, ok := NumberValue(x.String()); ok {
			return v
		}
		return StringValue(x.String())
	case string:
		return StringValue(x)
	case []any:
		items := make([]Value, len(x))
		for i, item := range x {
			items[i] = fromAny(item)
		}
		return ListValue(items...)
	default:
		return NullValue()
	}
}
