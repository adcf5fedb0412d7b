package classify

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// TestDocs runs the examples of docs/scales.md in their order: events, assets and sections of a scale take effect from
// where they stand, until the next of their kind; an event drops the assets and the scale before it.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/scales.md")
	if err != nil {
		t.Fatal(err)
	}
	d := docs{t: t, scales: Default()}
	n := 0
	for i, part := range strings.Split(string(page), "\n```") {
		info, body, _ := strings.Cut(part, "\n")
		if i%2 == 0 || !strings.Contains(info, " ") {
			continue
		}
		n++
		d.run(info, body+"\n")
	}
	if n < 10 {
		t.Errorf("only %d examples were found", n)
	}
}

type docs struct {
	t      *testing.T
	event  tocsin.Event
	assets *Assets
	scales *Scales
	err    error
}

func (d *docs) run(info, body string) {
	d.t.Helper()
	var err error
	switch info {
	case "json event":
		d.event, d.assets, d.scales = tocsin.Event{}, nil, Default()
		err = json.Unmarshal([]byte(body), &d.event)
	case "yaml assets":
		d.assets, err = LoadAssets("assets.yml", []byte(body))
	case "yaml scales":
		d.scales, err = LoadScales("scales.yml", []byte(withSections(body)))
	case "yaml faulty scales":
		_, d.err = LoadScales("scales.yml", []byte(withSections(body)))
	case "text faults":
		d.same(info, body, d.err.Error())
	case "text why":
		d.same(info, body, strings.Join(d.assess().Why, "\n"))
	case "text verdict":
		a := d.assess()
		d.same(info, body, strings.TrimSpace(strings.Join([]string{string(a.State), string(a.Mode), a.Priority, a.Reason}, " ")))
	default:
		d.t.Errorf("an example that no test knows: %q", info)
	}
	if err != nil {
		d.t.Errorf("%s: %v\n%s", info, err, body)
	}
}

func (d *docs) assess() tocsin.Assessment { return New(d.scales, d.assets).Assess(d.event) }

func (d *docs) same(info, want, got string) {
	d.t.Helper()
	if diff := cmp.Diff(want, got+"\n"); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", info, diff)
	}
}

// withSections puts the given sections before those of the shipped scale that they do not replace.
func withSections(sections string) string {
	var b strings.Builder
	b.WriteString(sections)
	given, keep := map[string]bool{}, true
	for line := range strings.Lines(sections) {
		if key, _, ok := strings.Cut(line, ":"); ok && line[0] > ' ' {
			given[key] = true
		}
	}
	for line := range strings.Lines(DefaultText()) {
		if key, _, ok := strings.Cut(line, ":"); ok && line[0] > ' ' && line[0] != '#' {
			keep = !given[key]
		}
		if keep {
			b.WriteString(line)
		}
	}
	return b.String()
}

// The shipped example of an assets file is whole and shows every key.
func TestExampleAssets(t *testing.T) {
	data, err := os.ReadFile("../deploy/assets.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := LoadAssets("assets.example.yml", data)
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"10.0.0.10": "domain-controllers", "10.0.1.7": "servers", "10.0.8.1": "office"} {
		if got, _, _ := a.Of("source.ip", value); got.ID != want {
			t.Errorf("%s is %q, want %q", value, got.ID, want)
		}
	}
	for _, key := range []string{"id", "match", "ip", "cidr", "host", "user", "importance", "owner", "platform", "shared"} {
		if !strings.Contains(string(data), key+":") {
			t.Errorf("the example lacks %s", key)
		}
	}
}
