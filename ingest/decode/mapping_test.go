package decode

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const acme = `
format: acme_edr
when: {product: Acme EDR, "alert.id": "*"}
time: [seen, received_at]
layouts: ["2006.01.02 15h04"]
id: alert.id
fields:
  source.ip: [src.addr, src_addr]
  user.name: {from: who, as: lower}
  event.severity: {from: level, words: {low: 3, high: 8, "*": 1}}
  event.kind: {value: alert}
  event.category: {value: [malware, process]}
  process.executable: image
  labels.team: team
`

func TestMapping(t *testing.T) {
	m, err := LoadMapping("acme.yml", []byte(acme))
	if err != nil {
		t.Fatal(err)
	}
	d := newTest(t, m)
	a := alert(t, d, `{"product":"Acme EDR","alert":{"id":"A-1"},"seen":"2026.03.01 10h30","src_addr":"203.0.113.7","who":"EVE","level":"high","image":"C:\\x\\y.exe","extra":{"k":[1,2]},"team":"soc"}`)
	got := show(a, "source.ip user.name event.severity event.kind event.category process.name json.acme_edr.extra.k json.acme_edr.src_addr json.acme_edr.who labels.team event.module")
	want := `acme_edr 2026-03-01T10:30:00Z
source.ip=203.0.113.7
user.name=eve
event.severity=8
event.kind=alert
event.category=malware,process
process.name=y.exe
json.acme_edr.extra.k=1,2
json.acme_edr.src_addr=(absent)
json.acme_edr.who=EVE
labels.team=soc
event.module=acme_edr
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alert (-want +got):\n%s", diff)
	}
	if a := alert(t, d, samples["suricata"]); a.Format != "suricata" {
		t.Errorf("a Suricata record is read as %s", a.Format)
	}
}

// TestMappingFaults wants every fault at once, each with its place.
func TestMappingFaults(t *testing.T) {
	_, err := LoadMapping("m.yml", []byte(`format: Bad Name
whem: {a: b}
namespace: source
layouts: [noon]
fields:
  sorce.ip: a
  source: b
  user.name: {from: u, as: lowr}
  host.name: {}
  host.name: x
guess: ture
parse:
  - {columns: [a], optional: yes}
`))
	if err == nil {
		t.Fatal("no fault is found")
	}
	for _, want := range []string{
		`m.yml:1:9: format "Bad Name" is no name`, `m.yml:2:1: unknown key "whem"`, "did you mean when?", `m.yml:3:12: "source" is no namespace outside ECS`,
		`the layout "noon" holds no part of a time`, `m.yml:6:3: unknown field "sorce.ip"`, "did you mean source.ip", `m.yml:7:3: the field "source" holds other fields`,
		`m.yml:8:28: unknown conversion "lowr"`, `m.yml:9:14: host.name needs either from or value`, `m.yml:10:3: fields has "host.name" twice`, `the key "when" is missing`, "^", `m.yml:11:8: guess cannot be "ture"`,
		`m.yml:13:30: optional cannot be "yes"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the faults:\n%v", want, err)
		}
	}
	for _, text := range []string{"", "[]", "a: [", "format: cef\nwhen: {a: b}\nfields: {user.name: u}"} {
		if _, err := LoadMapping("m.yml", []byte(text)); err == nil {
			t.Errorf("%q is taken for a mapping", text)
		}
	}
}

// TestDocs loads the mapping files that docs/mappings.md shows, finds every key and conversion there, and every format
// in the table of docs/formats.md.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/mappings.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(text), "```yaml\n")[1:]
	if len(examples) < 2 {
		t.Fatal("docs/mappings.md shows no mapping files")
	}
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		if _, err := LoadMapping("docs/mappings.md", []byte(example)); err != nil {
			t.Error(err)
		}
	}
	for as := range conversions {
		if !strings.Contains(string(text), "`"+as+"`") {
			t.Errorf("docs/mappings.md does not tell of as: %s", as)
		}
	}
	if text, err = os.ReadFile("../../docs/formats.md"); err != nil {
		t.Fatal(err)
	}
	for _, f := range newTest(t).Formats() {
		if !strings.Contains(string(text), "\n| `"+f+"` |") {
			t.Errorf("docs/formats.md does not list %s", f)
		}
	}
}

// TestTextMappingFaults wants every fault of the parts that take text apart, each with its place.
func TestTextMappingFaults(t *testing.T) {
	_, err := LoadMapping("m.yml", []byte(`format: door
text: {hass: [x], header: sislog}
zone: Europe/Nowhere
patterns: {lower: 'x', BAD: '('}
parse:
  - {grok: '%{IPP:src}'}
  - {grok: 'nothing kept'}
  - {dissect: 'a b'}
  - {dissect: '%{a}%{b}'}
  - {grok: '%{IP:a}', pairs: true}
  - {columns: [a], separator: ';'}
fields:
  event.kind: [{value: alert, if: 'event.kinds == "x"'}, {value: event}]
  event.severity: {from: s, table: grades}
tests:
  - {record: 'x'}
  - {name: y, want: {sorce.ip: 1}}
`))
	if err == nil {
		t.Fatal("no fault is found")
	}
	for _, want := range []string{
		`m.yml:2:8: unknown key "hass"`, "did you mean has?", `unknown header "sislog"`, `there is no zone "Europe/Nowhere"`, `"lower" is no name of a pattern`, `the pattern BAD:`,
		`m.yml:6:12: the pattern: pattern definition "IPP" unknown`, "the pattern keeps nothing", "there is no %{key} in it", "nothing stands between two keys", "a step has one of grok, dissect, pairs and columns",
		`unknown key "separator"`, `unknown field "event.kinds"`, "did you mean event.kind?", `there is no table "grades"`, "the test wants nothing", "the test has no record", `unknown field "sorce.ip"`, "^",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the faults:\n%v", want, err)
		}
	}
}

// TestSteps takes text apart in each of the ways.
func TestSteps(t *testing.T) {
	for name, test := range map[string]struct{ parse, line, want string }{
		"grok":          {`- grok: ['^%{IP:a} %{WORD:b}', '^%{WORD:b} %{GREEDYDATA:c}']`, "opened by eve", "json.x.b=opened json.x.c=by eve json.x.a=(absent)"},
		"dissect":       {`- dissect: "%{a->} [%{b}] %{?skip}: %{c} %{+c}"`, "one   [two] x: three four", "json.x.a=one json.x.b=two json.x.c=three four"},
		"pairs":         {`- {pairs: true, below: kv}`, `a=1 b="two words", c=3`, "json.x.kv.a=1 json.x.kv.b=two words json.x.kv.c=3"},
		"pairs between": {`- {pairs: true, between: ";", equals: ":"}`, `a: 1; b: two words ;c:3`, "json.x.a=1 json.x.b=two words json.x.c=3"},
		"columns":       {`- {columns: [a, "-", b, c], between: ","}`, `1,no,"two, ""words""",3`, `json.x.a=1 json.x.b=two, "words" json.x.c=3`},
		"tabulators":    {`- {columns: [a, b, c], between: "\t"}`, "1\ttwo\t3", "json.x.a=1 json.x.b=two json.x.c=3"},
		"for some":      {"- grok: ['^%{WORD:a} %{GREEDYDATA:b}']\n  - {from: b, when: {a: [in, out]}, columns: [c, d], between: '-'}", "in 1-2", "json.x.a=in json.x.c=1 json.x.d=2"},
		"not for this":  {"- grok: ['^%{WORD:a} %{GREEDYDATA:b}']\n  - {from: b, when: {a: out}, columns: [c, d], between: '-'}", "in 1-2", "json.x.a=in json.x.c=(absent) json.x.d=(absent)"},
		"optional":      {"- grok: ['^%{WORD:a} %{GREEDYDATA:b}']\n  - {from: b, optional: true, grok: '%{IP:c}'}", "in 1-2", "json.x.a=in json.x.c=(absent)"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := LoadMapping("x.yml", []byte("format: x\ntext: true\nparse:\n  "+test.parse+"\nfields: {event.kind: {value: event}}\n"))
			if err != nil {
				t.Fatal(err)
			}
			a := alert(t, newTest(t, m), test.line)
			for want := range strings.SplitSeq(strings.ReplaceAll(test.want, " json.", "\njson."), "\n") {
				field, _, _ := strings.Cut(want, "=")
				if got := strings.TrimSpace(strings.SplitN(show(a, field), "\n", 2)[1]); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
}

// TestZones reads times without a zone in the mapping's, and leaves those with one alone.
func TestZones(t *testing.T) {
	m, err := LoadMapping("x.yml", []byte("format: x\nwhen: {a: b}\nzone: Europe/Berlin\ntime: t\nfields: {event.kind: {value: event}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := newTest(t, m)
	for text, want := range map[string]string{
		"2026-03-01 10:00:00": "09:00:00", "2026-03-01T10:00:00Z": "10:00:00", "2026-03-01T10:00:00+02:00": "08:00:00", "1772359200": "10:00:00", "2026-07-01 10:00:00": "08:00:00",
	} {
		if got := alert(t, d, `{"a":"b","t":"`+text+`"}`).Time.Format("15:04:05"); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
