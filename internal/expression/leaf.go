package expression

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"tocsin"
)

// leaf is one test of the skeleton: of one field, of two, or a program.
type leaf struct {
	text   string // as people read it
	key    string // two leaves with one key are the same leaf
	slots  []int  // fields it reads
	mode   leafMode
	mod    modifier    // of a single field, before its test
	test   test        // of an item: any, none
	op     order       // pair
	how    Relation    // related
	member int         // the place of the list's member that is meant, from 1; 0: any
	work   int         // bytes that a costly test may look at on one alert; 0: no limit
	strict bool        // program: it cannot hold where its first field is absent
	prog   *vm.Program // program
	terms  []Term      // of the values that satisfy it, where they can be listed
}

type leafMode uint8

const (
	anyItem  leafMode = iota // some member passes the test
	noItem                   // the field is present and no member passes the test
	isThere                  // the field is present
	isAbsent                 // it is not
	isNamed                  // the record has the field, with a value or without
	pair                     // some member of the first field compares with some member of the second
	noPair                   // both are present and no members are equal
	program                  // expr's machine decides
	related                  // some text of the first field stands in a relation to one of the second
	anywhere                 // some text of the original record passes the test
)

// test is a question about one value that is neither null nor a list.
type test interface{ pass(v tocsin.Value) bool }

func (l *leaf) holds(e *Evaluator) (bool, error) {
	if l.mode == program {
		return e.run(l)
	}
	if l.mode == anywhere {
		return passesOne(l.test, e.mentions(l.mod)), nil
	}
	v := e.slots[l.slots[0]]
	if l.mod != asIs {
		v = e.modified(l.slots[0], l.mod)
	}
	if l.member > 0 {
		v = memberOf(v, l.member)
	}
	switch l.mode {
	case anyItem:
		if l.work > 0 {
			return l.passesWithin(v)
		}
		return passes(l.test, v), nil
	case noItem:
		return present(v) && !passes(l.test, v), nil
	case isThere:
		return present(v), nil
	case isAbsent:
		return !present(v), nil
	case isNamed:
		return v.Kind() != tocsin.Absent, nil
	case related:
		return relates(v, e.modified(l.slots[1], l.mod), l.how), nil
	case pair:
		return pairs(v, e.slots[l.slots[1]], l.op), nil
	default:
		w := e.slots[l.slots[1]]
		return present(v) && present(w) && !pairs(v, w, isEqual), nil
	}
}

func passes(t test, v tocsin.Value) bool {
	switch v.Kind() {
	case tocsin.Absent, tocsin.Null:
		return false
	case tocsin.List:
		for _, item := range items(v) {
			if item.Kind() != tocsin.Null && t.pass(item) {
				return true
			}
		}
		return false
	default:
		return t.pass(v)
	}
}

func memberOf(v tocsin.Value, n int) tocsin.Value {
	if list := items(v); n <= len(list) {
		return list[n-1]
	}
	return tocsin.Value{}
}

func passesOne(t test, texts []tocsin.Value) bool {
	return slices.ContainsFunc(texts, t.pass)
}

// passesWithin is passes for a costly test: one string is cut to what the test may look at, and a list that holds
// more than that is an error.
func (l *leaf) passesWithin(v tocsin.Value) (bool, error) {
	left := l.work
	for i, item := range items(v) {
		s, ok := fromValue(item).str()
		if !ok {
			continue
		}
		if i > 0 && len(s) > left {
			return false, errSteps
		}
		s = s[:min(len(s), left)]
		if l.test.pass(tocsin.StringValue(s)) {
			return true, nil
		}
		left -= len(s)
	}
	return false, nil
}

func pairs(v, w tocsin.Value, op order) bool {
	for _, a := range items(v) {
		x := fromValue(a)
		for _, b := range items(w) {
			if op.holds(x, fromValue(b)) {
				return true
			}
		}
	}
	return false
}

// order is a comparison operator.
type order uint8

const (
	isEqual order = iota
	isLess
	isLessEqual
	isGreater
	isGreaterEqual
)

func (o order) holds(a, b scalar) bool {
	c, ok := compare(a, b)
	if !ok {
		return false
	}
	switch o {
	case isEqual:
		return c == 0
	case isLess:
		return c < 0
	case isLessEqual:
		return c <= 0
	case isGreater:
		return c > 0
	default:
		return c >= 0
	}
}

type equalText struct {
	s      string
	number scalar // what s is when it is written as a number
}

func (t equalText) pass(v tocsin.Value) bool {
	if s, ok := v.Str(); ok {
		return clip(s) == t.s
	}
	return t.number.kind != kindNone && equal(fromValue(v), t.number)
}

type ordered struct {
	op    order
	other scalar
}

func (t ordered) pass(v tocsin.Value) bool { return t.op.holds(fromValue(v), t.other) }

// oneOf holds its texts in a set; the rest are few.
type oneOf struct {
	texts map[string]struct{}
	rest  []scalar // numbers and truths, and texts that are written as numbers, as those numbers
}

func (t oneOf) pass(v tocsin.Value) bool {
	if s, ok := v.Str(); ok {
		if _, found := t.texts[clip(s)]; found {
			return true
		}
	}
	x := fromValue(v)
	for _, other := range t.rest {
		if x.kind == kindText && other.s != "" { // text against text was settled by the set
			continue
		}
		if equal(x, other) {
			return true
		}
	}
	return false
}

func newOneOf(values []scalar) oneOf {
	t := oneOf{texts: map[string]struct{}{}}
	for _, v := range values {
		if v.kind != kindText {
			t.rest = append(t.rest, v)
			continue
		}
		t.texts[v.s] = struct{}{}
		if n := parsed(v.s); n.kind != kindNone {
			n.s = v.s
			t.rest = append(t.rest, n)
		}
	}
	return t
}

// textTest tests what string functions read of a value.
type textTest struct{ match func(s string) bool }

func (t textTest) pass(v tocsin.Value) bool {
	s, ok := v.Str()
	if !ok {
		if s, ok = fromValue(v).str(); !ok {
			return false
		}
	}
	return t.match(clip(s))
}

func contains(part string) test {
	return textTest{func(s string) bool { return strings.Contains(s, part) }}
}

func startsWith(prefix string) test {
	return textTest{func(s string) bool { return strings.HasPrefix(s, prefix) }}
}

func endsWith(suffix string) test {
	return textTest{func(s string) bool { return strings.HasSuffix(s, suffix) }}
}

func matches(re *regexp.Regexp) test { return textTest{re.MatchString} }

// within reports whether s is an address inside one of nets. An IPv4 address mapped into IPv6 is that IPv4 address.
func within(s string, nets []netip.Prefix) bool {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for _, n := range nets {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

type isTrue struct{}

func (isTrue) pass(v tocsin.Value) bool { return v.Bool() }
