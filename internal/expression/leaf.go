package expression

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"tocsin"
	"tocsin/internal/expression/literal"
)

// leaf is one test of the skeleton: of one field, of two, or a program.
type leaf struct {
	text   string // as people read it
	key    string // two leaves with one key are the same leaf; "" for the text, and once the table has the leaf
	slots  []int  // fields it reads
	mode   leafMode
	mod    modifier    // of a single field, before its test
	test   test        // of an item: any, none
	asText textual     // the same test, where it is one of texts alone: the table notes it
	word   string      // what equals says
	equals bool        // it asks whether some member equals the word; the table notes it too
	op     order       // pair
	how    Relation    // related
	member int         // the place of the list's member that is meant, from 1; 0: any
	work   int         // bytes that a pattern may look at on one alert; 0: no limit
	steps  int         // instructions of a pattern
	parent string      // isParent: the field and a dot
	strict bool        // program: it cannot hold where its first field is absent
	prog   *vm.Program // program
	wants  []want      // it holds only where one of them is among its values; nil where that cannot be said
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
	isParent                 // the record has fields below the one that text names
)

// test is a question about one value that is neither null nor a list.
type test interface{ pass(v tocsin.Value) bool }

// textual is a test of a text alone.
type textual interface{ match(s string) bool }

func (l *leaf) holds(e *Evaluator) (bool, error) {
	if l.equals {
		if s, single := e.slots[l.slots[0]].Str(); single {
			return clip(s) == l.word, nil
		}
	}
	switch l.mode {
	case program:
		return e.run(l)
	case anywhere:
		return l.mentioned(e)
	case isThere:
		return present(l.value(e)), nil
	case isAbsent:
		return !present(l.value(e)), nil
	case isParent:
		return e.hasBelow(l.parent), nil
	case isNamed:
		return l.value(e).Kind() != tocsin.Absent, nil
	case related:
		return relates(e.view(l.slots[0], l.mod), e.view(l.slots[1], l.mod), l.how), nil
	case pair:
		return pairs(e.slots[l.slots[0]], e.slots[l.slots[1]], l.op), nil
	case noPair:
		v, w := e.slots[l.slots[0]], e.slots[l.slots[1]]
		return present(v) && present(w) && !pairs(v, w, isEqual), nil
	case noItem:
		return l.present(e) && !l.passes(e), nil
	default:
		if l.work > 0 {
			return l.passesWithin(e)
		}
		return l.passes(e), nil
	}
}

// value is the leaf's field as it is, or the member of it that is meant.
func (l *leaf) value(e *Evaluator) tocsin.Value {
	v := e.slots[l.slots[0]]
	if l.member == 0 {
		return v
	}
	if list := items(v); l.member <= len(list) {
		return list[l.member-1]
	}
	return tocsin.Value{}
}

// texts are the texts of the leaf's field, or the member of them that is meant.
func (l *leaf) texts(e *Evaluator) []string {
	texts := e.view(l.slots[0], l.mod)
	switch {
	case l.member == 0:
		return texts
	case l.member <= len(texts):
		return texts[l.member-1 : l.member]
	default:
		return nil
	}
}

func (l *leaf) present(e *Evaluator) bool {
	if l.mod == asIs {
		return present(l.value(e))
	}
	return len(l.texts(e)) > 0
}

// passes reports whether some value of the leaf's field passes its test.
func (l *leaf) passes(e *Evaluator) bool {
	if l.asText != nil {
		return matchesOne(l.asText, l.texts(e))
	}
	if l.mod == asIs {
		return passes(l.test, l.value(e))
	}
	for _, s := range l.texts(e) {
		if l.test.pass(tocsin.StringValue(s)) {
			return true
		}
	}
	return false
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

func matchesOne(t textual, texts []string) bool {
	return slices.ContainsFunc(texts, t.match)
}

// passesWithin is passes for a pattern: the first string is cut to what the pattern may look at, and a list that
// holds more than that is an error. Strings without a text that the pattern needs are not looked at.
func (l *leaf) passesWithin(e *Evaluator) (bool, error) {
	t, left, first := l.test.(patternTest), l.work, true
	slot, guard := l.slots[0], lowerView[l.mod]
	var lower []string
	if l.member == 0 && l.mod != inUpper && len(t.needs) > 0 {
		lower = e.view(slot, guard)
	}
	for i, s := range l.texts(e) {
		if len(s) < t.least || t.row.least > 0 && !t.row.in(s) || lower != nil && !t.possible(lower[i]) && !e.odd(slot, guard) {
			continue
		}
		if !first && len(s) > left {
			return false, errSteps
		}
		first = false
		s = s[:min(len(s), left)]
		if err := e.charge(l.steps * len(s)); err != nil {
			return false, err
		}
		if e.machine(t).Match(s) {
			return true, nil
		}
		left -= len(s)
	}
	return false, nil
}

// mentioned reports whether some text of the original record passes the leaf's test.
func (l *leaf) mentioned(e *Evaluator) (bool, error) {
	texts := e.mentions(l.mod)
	if l.steps == 0 {
		return matchesOne(l.asText, texts), nil
	}
	t := l.test.(patternTest)
	for _, s := range texts {
		if len(s) < t.least {
			continue
		}
		if err := e.charge(l.steps * min(len(s), t.most)); err != nil {
			return false, err
		}
		if e.machine(t).Match(s[:min(len(s), t.most)]) {
			return true, nil
		}
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

// partTest tests for a text at a place of a string.
type partTest struct {
	place literal.Place
	text  string
}

func (t partTest) match(s string) bool {
	switch t.place {
	case literal.Opens:
		return strings.HasPrefix(s, t.text)
	case literal.Closes:
		return strings.HasSuffix(s, t.text)
	case literal.Inside:
		return strings.Contains(s, t.text)
	default:
		return s == t.text
	}
}

func (t partTest) pass(v tocsin.Value) bool { return passText(t, v) }

// passText is the pass of a test of texts.
func passText(t textual, v tocsin.Value) bool {
	s, ok := fromValue(v).str()
	return ok && t.match(s)
}

// netTest tests for addresses inside networks.
type netTest struct{ nets []netip.Prefix }

func (t netTest) match(s string) bool      { return within(s, t.nets) }
func (t netTest) pass(v tocsin.Value) bool { return passText(t, v) }

// listTest tests for members of a reference list.
type listTest struct{ list *List }

func (t listTest) match(s string) bool      { return t.list.Has(s) }
func (t listTest) pass(v tocsin.Value) bool { return passText(t, v) }

// patternTest tests by a regular expression. needs are texts of which one is in the lower case of whatever matches; of
// none nothing is known.
type patternTest struct {
	re    *regexp.Regexp
	id    int // among the table's
	needs []string
	least int // bytes of what matches, at least
	row   run // that what matches holds
	most  int // bytes that it looks at, 0 for all
}

func (t patternTest) match(s string) bool {
	if t.most > 0 {
		s = s[:min(len(s), t.most)]
	}
	return t.re.MatchString(s)
}

func (t patternTest) pass(v tocsin.Value) bool { return passText(t, v) }

// possible reports whether a text in lower case has what the pattern needs.
func (t patternTest) possible(lower string) bool {
	for _, need := range t.needs {
		if strings.Contains(lower, need) {
			return true
		}
	}
	return false
}

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
