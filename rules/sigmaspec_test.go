package rules

import (
	"fmt"
	"strings"
	"testing"
)

// specified is one statement of Sigma's specification 2.1: a detection, and values of the field A that it takes and that it
// does not. Nil is no field at all, absent one that is null.
type specified struct {
	detection string
	takes     []any
	leaves    []any
}

// explicitNull stands for a field that is there and null.
type explicitNull struct{}

func many(values ...any) []any { return values }

// sigmaSpecification is the specification, section by section.
var sigmaSpecification = map[string][]specified{
	"detection: general": {
		{`s: {A: abc}`, many("abc", "ABC", "aBc"), many("abcd", "xabc", "", nil)},
		{`s: {A: 'a*c'}`, many("ac", "abbbC", "a\nc"), many("acd", nil)},
		{`s: {A: 'a?c'}`, many("abc", "aüc", "a?c"), many("ac", "abbc")},
		{`s: {A: "caf\u00e9"}`, many("caf\u00e9", "CAF\u00c9"), many("cafe")},
		{`s: {A: 'O''Brien'}`, many("o'brien"), many("o''brien")},
		{`s: {A: 'a"b'}`, many(`a"b`), many("ab")},
		{`s: {A: ' a '}`, many(" a "), many("a")},
	},
	"escape character": {
		{`s: {A: 'a\b'}`, many(`a\b`), many("ab")},
		{`s: {A: 'a\\b'}`, many(`a\b`), many(`a\\b`)},
		{`s: {A: 'a\*'}`, many("a*"), many("ab", `a\*`)},
		{`s: {A: 'a\?'}`, many("a?"), many("ab")},
		{`s: {A: 'a\\*'}`, many(`a\`, `a\b`), many("a*", "ab")},
		{`s: {A: 'a\\?'}`, many(`a\b`), many("a?", `a\`)},
		{`s: {A: 'a\\\*'}`, many(`a\*`), many(`a\b`, `a*`)},
		{`s: {A: 'a\\\b'}`, many(`a\\b`), many(`a\b`)},
		{`s: {A: 'a\\\\b'}`, many(`a\\b`), many(`a\b`)},
		{`s: {A: '\\\\*\a'}`, many(`\\x\a`, `\\\a`), many(`\x\a`)},
		{`s: {A|endswith: 'a\'}`, many(`xa\`), many(`xa`)},
	},
	"lists and maps": {
		{`s: {A: [a, b]}`, many("a", "b"), many("c")},
		{`s: [{A: a}, {A: b}]`, many("a", "b"), many("c")},
		{`s: [{A|startswith: a, A|endswith: b}, {A: c}]`, many("ab", "axb", "c"), many("a", "b")},
		{`s: {A|startswith: a, A|endswith: b}`, many("ab"), many("a", "b")},
		{`s: [[{A: a}], {A: b}]`, many("a", "b"), many("c")},
	},
	"special field values": {
		{`s: {A: ''}`, many(""), many(nil, explicitNull{}, " ")},
		{`s: {A: null}`, many(nil, explicitNull{}), many("", "null")},
		{`s: {A: }`, many(nil, explicitNull{}), many("")},
		{`s: {A: ~}`, many(nil), many("~")},
		{`s: {A: ['', null]}`, many("", nil), many("x")},
		{"s: {A: null}\n  condition: not s", many("", "x"), many(nil, explicitNull{})},
		{`s: {A: 'null'}`, many("null"), many(nil)},
	},
	"field existence": {
		{`s: {A|exists: true}`, many("", "x", explicitNull{}), many(nil)},
		{`s: {A|exists: false}`, many(nil), many("", explicitNull{})},
		{"s: {A|exists: true}\n  condition: not s", many(nil), many("")},
	},
	"numbers and truths": {
		{`s: {A: 5}`, many(5, "5"), many("05", 50, "5.0")},
		{`s: {A: '5'}`, many(5, "5"), many(50)},
		{`s: {A: -5}`, many(-5, "-5"), many(5)},
		{`s: {A: 1.5}`, many(1.5, "1.5"), many(15)},
		{`s: {A: 1.50}`, many(1.5, "1.5"), many(15)},
		{`s: {A: 1.0}`, many("1.0"), many("10")},
		{`s: {A: 0x1F}`, many(31, "31"), many("0x1F")},
		{`s: {A: '0x1F'}`, many("0x1f"), many(31)},
		{`s: {A: true}`, many(true, "true", "True"), many("1", false)},
		{`s: {A: 'false'}`, many(false, "False"), many(nil)},
		{`s: {A: 2024-01-02}`, many("2024-01-02"), many("2024-01-03")},
		{`s: {A|contains: 5}`, many(152, "a5b"), many(12)},
		{`s: {A|startswith: 15}`, many(152), many(215)},
	},
	"arrays": {
		{`s: {A: a}`, many([]string{"x", "a"}), many([]string{"x", "ab"}, []string{})},
		{`s: {A|contains|all: [a, b]}`, many([]string{"xa", "bx"}, "ba"), many([]string{"xa"})},
		{"s: {A: a}\n  condition: not s", many([]string{"x"}), many([]string{"x", "a"})},
		{`s: {A: null}`, many([]string{}), many([]string{"x"})},
	},
	"generic modifiers": {
		{`s: {A|all: ['*a*', '*b*']}`, many("ab", "ba"), many("a")},
		{`s: {A|contains|all: [a, b]}`, many("xbax"), many("xa")},
		{`s: {A|all|contains: [a, b]}`, many("xbax"), many("xa")},
		{`s: {A|startswith: a}`, many("a", "Abc"), many("ba")},
		{`s: {A|startswith: 'a*c'}`, many("abcd"), many("xabc")},
		{`s: {A|endswith: a}`, many("a", "bA"), many("ab")},
		{`s: {A|contains: a}`, many("a", "xAx"), many("x", nil)},
		{`s: {A|contains: 'a*b'}`, many("xa..bx"), many("ba")},
		{`s: {A|contains: ''}`, many("", "x"), many(nil)},
		{`s: {A|cased: aB}`, many("aB"), many("ab", "AB")},
		{`s: {A|contains|cased: aB}`, many("xaBx"), many("xabx")},
		{`s: {A|cased|endswith: aB}`, many("xaB"), many("xab")},
		{`s: {A|neq: a}`, many("b", nil), many("a", "A")},
		{`s: {A|neq: [a, b]}`, many("c"), many("a", "b")},
		{`s: {A|neq|all: ['a*', '*b']}`, many("a", "b"), many("ab")},
		{`s: {A|startswith|neq: a}`, many("ba"), many("ab")},
		{`s: {A|neq: null}`, many("x", ""), many(nil)},
	},
	"regular expressions": {
		{`s: {A|re: 'b.d'}`, many("abcde"), many("aBcde", "b\nd")},
		{`s: {A|re: '^a[0-9]{2,3}$'}`, many("a12", "a123", "a123\n"), many("a1", "xa12", "a12\nx")},
		{`s: {A|re: '(a|b)+[^c]?'}`, many("b"), many("c")},
		{`s: {A|re|i: 'B.D'}`, many("abcde"), many("abc")},
		{`s: {A|re|m: '^b$'}`, many("a\nb\nc"), many("ab")},
		{`s: {A|re|s: 'a.b'}`, many("a\nb"), many("ab")},
		{`s: {A|re|i|m|s: '^B.C'}`, many("a\nb\nc"), many("xb.c")},
		{`s: {A|re: '(?i)ABC'}`, many("abc"), many("ab")},
		{`s: {A|re: ['a', 'b']}`, many("a", "b"), many("c")},
		{`s: {A|re|all: ['a', 'b']}`, many("ba"), many("a")},
		{`s: {A|re: '\\\\srv\*'}`, many(`\\srv*`), many(`\\srv`, `\srv*`)},
		{`s: {A|re: ''}`, many("", "x"), many(nil)},
		{`s: {A|re: 5}`, many(152), many(1)},
	},
	"encodings": {
		{`s: {A|base64: foo}`, many("Zm9v"), many("Zm9vYg==", "foo")},
		{`s: {A|base64|contains: foo}`, many("xxZm9vxx"), many("foo")},
		{`s: {A|base64offset|contains: foobar}`, many("Zm9vYmFy", "IGZvb2Jhcg==", "ICBmb29iYXI="), many("foobar")},
		{`s: {A|utf16le|base64: cmd}`, many("YwBtAGQA"), many("Y21k")},
		{`s: {A|wide|base64: cmd}`, many("YwBtAGQA"), many("Y21k")},
		{`s: {A|utf16be|base64: cmd}`, many("AGMAbQBk"), many("YwBtAGQA")},
		{`s: {A|utf16|base64: cmd}`, many("//5jAG0AZAA="), many("YwBtAGQA")},
		{`s: {A|wide|base64offset|contains: 'ping '}`, many("cABpAG4AZwAgAA=="), many("ping ")},
		{`s: {A|wide: ab}`, many("a\x00b\x00"), many("ab")},
		{`s: {A|windash|contains: ' -f '}`, many("x -f y", "x /f y", "x \u2013f y", "x \u2014f y", "x \u2015F y"), many("x f y")},
		{`s: {A|windash|contains: ' /f'}`, many("x -f", "x /f", "x \u2015f"), many("x f")},
		{`s: {A|contains|windash|all: ['-a-b', /c]}`, many("x /a-b -c"), many("x /a/b -c", "-a-b")},
	},
	"numeric modifiers": {
		{`s: {A|lt: 5}`, many(4, "4", 4.9, "-1"), many(5, 6, "x", "", nil, "04", "0x4", "-inf", " 4")},
		{`s: {A|lte: 5}`, many(5, 4), many(5.1)},
		{`s: {A|gt: 5}`, many(5.1, "6"), many(5)},
		{`s: {A|gte: 5}`, many(5, "5.0", 50), many(4.99)},
		{`s: {A|gte: 2.5, A|lt: 10}`, many(2.5, 9), many(2, 10)},
	},
	"time modifiers": {
		{`s: {A|minute: 30}`, many("2026-03-03T23:30:00Z", "2026-03-03 23:30:59"), many("2026-03-03T23:31:00Z", "x", nil)},
		{`s: {A|hour: [22, 23]}`, many("2026-03-03T23:30:00+05:00"), many("2026-03-03T21:59:59Z")},
		{`s: {A|day: 3}`, many("2026-03-03T23:30:00Z"), many("2026-03-04T00:00:00Z")},
		{`s: {A|week: 10}`, many("2026-03-03T23:30:00Z"), many("2026-03-09T00:00:00Z")},
		{`s: {A|month: 3}`, many("2026-03-03T23:30:00Z"), many("2026-04-03T23:30:00Z")},
		{`s: {A|year: 2026}`, many("2026-03-03T23:30:00Z", "2026-03-03"), many("2025-12-31T23:59:59Z")},
	},
	"addresses": {
		{`s: {A|cidr: 10.0.0.0/8}`, many("10.1.2.3"), many("11.1.2.3", "10.1.2", "x", nil)},
		{`s: {A|cidr: [10.0.0.0/8, 192.168.0.0/16]}`, many("192.168.7.7"), many("172.16.0.1")},
		{`s: {A|cidr: 10.1.2.3/8}`, many("10.255.0.1"), many("11.0.0.1")},
		{`s: {A|cidr: '2001:db8::/32'}`, many("2001:DB8:0:1::5"), many("2001:db9::1", "10.0.0.1")},
		{`s: {A|cidr: '::1/128'}`, many("::1", "0:0:0:0:0:0:0:1"), many("::2")},
		{`s: {A|cidr: 10.0.0.1}`, many("10.0.0.1"), many("10.0.0.2")},
		{`s: {A|cidr|neq: 10.0.0.0/8}`, many("11.0.0.1"), many("10.0.0.1")},
	},
	"references to fields": { // B is "Beta"
		{`s: {A|fieldref: B}`, many("Beta", "beta"), many("bet", nil)},
		{`s: {A|fieldref|cased: B}`, many("Beta"), many("beta")},
		{`s: {A|fieldref|startswith: B}`, many("betamax"), many("alphabeta")},
		{`s: {A|fieldref|endswith: B}`, many("alphabeta"), many("betamax")},
		{`s: {A|fieldref|contains: B}`, many("xbetax"), many("bet")},
		{`s: {A|fieldref|neq: B}`, many("alpha"), many("beta")},
		{`s: {A|fieldref: [B, C]}`, many("beta"), many("x")},
	},
	"conditions": { // C is "1"
		{"s: {A: a}\n  t: {C: 1}\n  condition: s and t", many("a"), many("b")},
		{"s: {A: a}\n  t: {C: 2}\n  condition: s or t", many("a"), many("b")},
		{"s: {A: a}\n  t: {C: 1}\n  u: {A: b}\n  condition: s or t and u", many("a", "b"), many("c")},
		{"s: {A: a}\n  t: {C: 1}\n  u: {A: b}\n  condition: (s or t) and u", many("b"), many("a")},
		{"s: {A: a}\n  t: {C: 1}\n  condition: not s and t", many("b", nil), many("a")},
		{"s: {A: a}\n  t: {C: 1}\n  condition: NOT (s AND t)", many("b"), many("a")},
		{"sel_a: {A: a}\n  sel_b: {A: b}\n  condition: 1 of sel_*", many("a", "b"), many("c")},
		{"sel_a: {A: 'a*'}\n  sel_b: {A: '*b'}\n  condition: all of sel_*", many("ab"), many("a", "b")},
		{"sel_a: {A: 'a*'}\n  sel_b: {A: '*b'}\n  condition: ALL OF THEM", many("ab"), many("a")},
		{"a_sel: {A: a}\n  b_sel_x: {A: b}\n  condition: any of *sel*", many("a", "b"), many("c")},
		{"s: {A: a}\n  _t: {A: b}\n  condition: 1 of them", many("a"), many("b")},
		{"s: {A: a}\n  _t: {A: b}\n  condition: 1 of them or _t", many("a", "b"), many("c")},
		{"s: {A: 'a*'}\n  filter_1: {A: ab}\n  filter_2: {A: ac}\n  condition: s and not 1 of filter_*", many("a"), many("ab", "ac")},
		{"s: {A: a}\n  t: {A: b}\n  condition: [s, t]", many("a", "b"), many("c")},
		{"s-1.x: {A: a}\n  condition: s-1.x", many("a"), many("b")},
	},
}

// TestSigmaSpecification holds the specification's statements on values, modifiers and conditions.
func TestSigmaSpecification(t *testing.T) {
	for section, statements := range sigmaSpecification {
		for _, s := range statements {
			text := "title: T\nid: 6f1d1b2e-0000-4000-8000-000000000001\nlogsource: {product: windows, service: security}\ndetection:\n  " + s.detection + "\n"
			if !strings.Contains(s.detection, "condition:") {
				text += "  condition: s\n"
			}
			set := sigmaSet(t, map[string]string{"r.yml": text})
			if len(set.Rules()) != 1 {
				if s.takes != nil {
					t.Errorf("%s: %s: %v", section, s.detection, set.Refused)
				}
				continue
			}
			m := set.Matcher()
			check := func(value any, want bool) {
				leaves := []any{"winlog.channel", "Security", "winlog.event_data.B", "Beta", "winlog.event_data.C", "1"}
				switch value.(type) {
				case nil:
				case explicitNull:
					leaves = append(leaves, "winlog.event_data.A", nil)
				default:
					leaves = append(leaves, "winlog.event_data.A", value)
				}
				if got := len(m.Fires(alert(leaves...))) == 1; got != want {
					t.Errorf("%s: %s: of %q %v, want %v", section, s.detection, fmt.Sprint(value), got, want)
				}
			}
			for _, v := range s.takes {
				check(v, true)
			}
			for _, v := range s.leaves {
				check(v, false)
			}
		}
	}
}

// specifiedFilter is a filter, and whether the rule R (product windows, category process_creation, name r) still matches an
// alert of the image a.exe by the user adm_x.
var sigmaFilters = map[string]struct {
	filter string
	want   bool
}{
	"by id":                         {"filter: {rules: [6f1d1b2e-0000-4000-8000-000000000001], s: {User|startswith: adm_}, condition: not s}", false},
	"by an id in capitals":          {"filter: {rules: [6F1D1B2E-0000-4000-8000-000000000001], s: {User|startswith: adm_}, condition: not s}", false},
	"by name":                       {"filter: {rules: [other, r], s: {User|startswith: adm_}, condition: not s}", false},
	"by one name":                   {"filter: {rules: r, s: {User|startswith: adm_}, condition: not s}", false},
	"any":                           {"filter: {rules: any, s: {User|startswith: adm_}, condition: not s}", false},
	"any in a list":                 {"filter: {rules: [any], s: {User|startswith: adm_}, condition: not s}", false},
	"of other rules":                {"filter: {rules: [6f1d1b2e-0000-4000-8000-000000000009], s: {User|startswith: adm_}, condition: not s}", true},
	"a positive condition":          {"filter: {rules: any, s: {User|startswith: adm_}, condition: s}", true},
	"several selections":            {"filter: {rules: any, s_1: {User: x}, s_2: {User: adm_x}, condition: not 1 of s_*}", false},
	"them are its own":              {"filter: {rules: any, s_1: {User: x}, s_2: {Image: y}, condition: 1 of them}", false},
	"its names are its own":         {"filter: {rules: any, s: {User: nobody}, condition: not s}", true},
	"a field that no record has":    {"filter: {rules: any, s: {NoSuch: x}, condition: not s}", true},
	"of all windows":                {"logsource: {product: windows}\nfilter: {rules: any, s: {User: adm_x}, condition: not s}", false},
	"of a category":                 {"logsource: {category: process_creation}\nfilter: {rules: any, s: {User: adm_x}, condition: not s}", false},
	"of another category":           {"logsource: {product: windows, category: file_event}\nfilter: {rules: any, s: {User: adm_x}, condition: not s}", true},
	"of a service, which r has not": {"logsource: {product: windows, service: sysmon}\nfilter: {rules: any, s: {User: adm_x}, condition: not s}", true},
}

// TestSigmaFilters holds what the specification says of filters, wherever their files stand.
func TestSigmaFilters(t *testing.T) {
	rule := strings.Replace(sigmaText("  s: {Image: a.exe}\n  condition: s\n"), "title: T", "title: T\nname: r", 1)
	for name, c := range sigmaFilters {
		filter := "title: F\n" + c.filter + "\n"
		if !strings.Contains(filter, "logsource") {
			filter += "logsource: {product: windows, category: process_creation}\n"
		}
		for place, files := range map[string]map[string]string{"before": {"a.yml": filter, "r.yml": rule}, "behind": {"r.yml": rule, "z.yml": filter}, "together": {"r.yml": rule + "---\n" + filter}} {
			set := sigmaSet(t, files)
			if len(set.Rules()) != 1 || len(set.Refused) != 0 {
				t.Errorf("%s, %s: %d rules, refused %v", name, place, len(set.Rules()), set.Refused)
				continue
			}
			if got := len(set.Matcher().Fires(sysmon("winlog.event_data.Image", "a.exe", "winlog.event_data.User", "adm_x"))) == 1; got != c.want {
				t.Errorf("%s, %s: %v, want %v", name, place, got, c.want)
			}
		}
	}
}

// TestSigmaActions holds the old form of files with several documents, which the specification's first version has.
func TestSigmaActions(t *testing.T) {
	global := "action: global\ntitle: T\nlevel: low\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}, condition: s}\n"
	for name, c := range map[string]struct {
		text string
		want string // events that match, by number
	}{
		"global":                    {global + "---\nid: a\n---\nid: b\ndetection: {s: {EventID: 2}}\n", "1 2"},
		"global twice":              {global + "---\naction: global\nlevel: high\ndetection: {s: {A: x}}\n---\nid: a\n", ""},
		"reset":                     {global + "---\nid: a\n---\naction: reset\ntitle: U\nid: b\nlogsource: {product: windows, service: security}\ndetection: {t: {EventID: 3}, condition: t}\n", "1 3"},
		"repeat":                    {"title: T\nid: a\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}, condition: s}\n---\naction: repeat\nid: b\ndetection: {s: {EventID: 2}}\n---\naction: repeat\nid: c\ndetection: {s: {EventID: 3}}\n", "1 2 3"},
		"documents by themselves":   {"title: T\nid: a\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}, condition: s}\n---\ntitle: U\nid: b\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 2}, condition: s}\n", "1 2"},
		"an empty document is none": {"---\n---\ntitle: T\nid: a\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}, condition: s}\n---\n", "1"},
	} {
		set := sigmaSet(t, map[string]string{"r.yml": c.text})
		var got []string
		for _, id := range []string{"1", "2", "3"} {
			if len(set.Matcher().Fires(alert("winlog.channel", "Security", "winlog.event_id", id))) > 0 {
				got = append(got, id)
			}
		}
		if strings.Join(got, " ") != c.want || len(set.Refused) > 0 {
			t.Errorf("%s: %v, want %s; refused %v", name, got, c.want, set.Refused)
		}
	}
}

// TestSigmaHeads holds what a document may say of itself: words in any case, keys of its own, no id, one that it takes over.
func TestSigmaHeads(t *testing.T) {
	rule := func(head, event string) string {
		return head + "\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: " + event + "}, condition: s}\n"
	}
	global := "action: global\ntitle: T\nid: 6f1d1b2e-0000-4000-8000-000000000001\ndetection: {condition: s}\n---\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}}\n"
	for name, c := range map[string]struct {
		text string
		want string // events that match, by number
	}{
		"words in capitals":              {rule("title: T\nstatus: Experimental\nlevel: High", "1"), "1"},
		"custom fields":                  {rule("title: T\ncorrelation: see the other rule\nfilter: none\nenvironment: {a: [1]}", "1"), "1"},
		"one title and no ids":           {rule("title: T", "1") + "---\n" + rule("title: T", "2"), "1 2"},
		"the id of the global part":      {global + "---\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 2}}\n---\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 3}}\n", "1 2 3"},
		"the id of what it repeats":      {rule("title: T\nid: 6f1d1b2e-0000-4000-8000-000000000001", "1") + "---\naction: repeat\ndetection: {s: {EventID: 2}}\n", "1 2"},
		"an id of its own behind global": {global + "---\nid: 6f1d1b2e-0000-4000-8000-000000000002\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 2}}\n", "1 2"},
	} {
		set := sigmaSet(t, map[string]string{"r.yml": c.text})
		var got []string
		ids := map[string]bool{}
		for _, event := range []string{"1", "2", "3"} {
			if fires := set.Matcher().Fires(alert("winlog.channel", "Security", "winlog.event_id", event)); len(fires) == 1 {
				got, ids[fires[0]] = append(got, event), true
			}
		}
		if strings.Join(got, " ") != c.want || len(ids) != len(got) || len(set.Refused) > 0 {
			t.Errorf("%s: %v, want %s; refused %v", name, got, c.want, set.Refused)
		}
	}
	same := sigmaSet(t, map[string]string{"r.yml": rule("title: T", "1") + "---\n" + rule("title: T", "1")})
	if len(same.Rules()) != 1 || len(same.Refused) != 1 {
		t.Errorf("the same rule twice: %d rules, refused %v", len(same.Rules()), same.Refused)
	}
}
