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
`))
	if err == nil {
		t.Fatal("no fault is found")
	}
	for _, want := range []string{
		`m.yml:1:9: format "Bad Name" is no name`, `m.yml:2:1: unknown key "whem"`, "did you mean when?", `m.yml:3:12: "source" is no namespace outside ECS`,
		`the layout "noon" holds no part of a time`, `m.yml:6:3: unknown field "sorce.ip"`, "did you mean source.ip", `m.yml:7:3: the field "source" holds other fields`,
		`m.yml:8:28: unknown conversion "lowr"`, `m.yml:9:14: host.name needs either from or value`, `m.yml:10:3: fields has "host.name" twice`, `the key "when" is missing`, "^",
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
