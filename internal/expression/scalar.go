package expression

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// scalar is one value as comparisons see it, whether it came from a field, a literal or a calculation.
type scalar struct {
	kind scalarKind
	i    int64 // whole, and truth as 0 or 1, and the nanoseconds of span
	f    float64
	s    string
	t    time.Time
}

type scalarKind uint8

const (
	kindNone scalarKind = iota
	kindBool
	kindInt
	kindFloat
	kindText
	kindTime
	kindSpan
)

func textScalar(s string) scalar { return scalar{kind: kindText, s: clip(s)} }

// clip cuts a string to what is matched of it.
func clip(s string) string {
	if len(s) > maxValue {
		return s[:maxValue]
	}
	return s
}

func fromValue(v tocsin.Value) scalar {
	switch v.Kind() {
	case tocsin.Bool:
		if v.Bool() {
			return scalar{kind: kindBool, i: 1}
		}
		return scalar{kind: kindBool}
	case tocsin.Int:
		n, _ := v.Int()
		return scalar{kind: kindInt, i: n}
	case tocsin.Float:
		f, _ := v.Float()
		return scalar{kind: kindFloat, f: f}
	case tocsin.String:
		s, _ := v.Str()
		return textScalar(s)
	default:
		return scalar{}
	}
}

func fromAny(a any) scalar {
	switch x := a.(type) {
	case bool:
		if x {
			return scalar{kind: kindBool, i: 1}
		}
		return scalar{kind: kindBool}
	case int:
		return scalar{kind: kindInt, i: int64(x)}
	case int64:
		return scalar{kind: kindInt, i: x}
	case float64:
		return scalar{kind: kindFloat, f: x}
	case string:
		return textScalar(x)
	case time.Time:
		return scalar{kind: kindTime, t: x}
	case time.Duration:
		return scalar{kind: kindSpan, i: int64(x)}
	default:
		return scalar{}
	}
}

func (s scalar) number() (float64, bool) {
	switch s.kind {
	case kindInt:
		return float64(s.i), true
	case kindFloat:
		return s.f, true
	default:
		return 0, false
	}
}

// str is the scalar as string functions read it: a string, or a whole number as it is written.
func (s scalar) str() (string, bool) {
	switch s.kind {
	case kindText:
		return s.s, true
	case kindInt:
		return strconv.FormatInt(s.i, 10), true
	default:
		return "", false
	}
}

// compare orders a and b; ok is false where they cannot be compared. A number and a string are compared as numbers
// where the string is written as one.
func compare(a, b scalar) (order int, ok bool) {
	switch {
	case a.kind == kindNone || b.kind == kindNone:
		return 0, false
	case a.kind == kindText && b.kind == kindText:
		return strings.Compare(a.s, b.s), true
	case a.kind == kindInt && b.kind == kindInt, a.kind == kindSpan && b.kind == kindSpan:
		return cmp.Compare(a.i, b.i), true
	case a.kind == kindBool && b.kind == kindBool:
		return cmp.Compare(a.i, b.i), a.i == b.i
	case a.kind == kindTime && b.kind == kindTime:
		return a.t.Compare(b.t), true
	}
	if a.kind == kindText {
		a = parsed(a.s)
	}
	if b.kind == kindText {
		b = parsed(b.s)
	}
	if a.kind == kindInt && b.kind == kindInt {
		return cmp.Compare(a.i, b.i), true
	}
	x, okx := a.number()
	y, oky := b.number()
	return cmp.Compare(x, y), okx && oky
}

func equal(a, b scalar) bool {
	order, ok := compare(a, b)
	return ok && order == 0
}

// parsed reads a string as the number that it is written as, as JSON writes numbers; the zero scalar for other strings.
func parsed(s string) scalar {
	if !looksNumeric(s) {
		return scalar{}
	}
	v, ok := tocsin.NumberValue(s)
	if !ok {
		return scalar{}
	}
	return fromValue(v)
}

func looksNumeric(s string) bool {
	d := strings.TrimPrefix(s, "-")
	if d == "" || len(s) > 40 || d[0] < '0' || d[0] > '9' {
		return false
	}
	if len(d) > 1 && d[0] == '0' && d[1] >= '0' && d[1] <= '9' {
		return false
	}
	for i := range len(d) {
		switch c := d[i]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
		default:
			return false
		}
	}
	return true
}

// items are the members of a field's value that count: no nulls, the first maxItems.
func items(v tocsin.Value) []tocsin.Value {
	list := v.Items()
	if len(list) > maxItems {
		list = list[:maxItems]
	}
	return list
}

// present reports whether v holds at least one value that is not null.
func present(v tocsin.Value) bool {
	k := v.Kind()
	return k > tocsin.Null && (k != tocsin.List || anyPresent(v))
}

func anyPresent(list tocsin.Value) bool {
	for _, item := range items(list) {
		if item.Kind() > tocsin.Null {
			return true
		}
	}
	return false
}
