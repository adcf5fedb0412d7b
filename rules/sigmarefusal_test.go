package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refusalsOf are the places, reasons and remedies of what is wrong with a document, one a line.
func refusalsOf(t *testing.T, text string) []string {
	t.Helper()
	set := sigmaSet(t, map[string]string{"r.yml": text})
	var out []string
	for _, f := range set.Refused {
		if f.Excerpt == "" || f.Remedy == "" {
			t.Errorf("%s: without a caret or a remedy", f)
		}
		at := ""
		if runes := []rune(f.Excerpt); f.Column <= len(runes) {
			at = string(runes[f.Column-1:])
		}
		out = append(out, fmt.Sprintf("%d:%d %s < %s > %s", f.Line, f.Column, at, strings.TrimPrefix(f.Message, refusedPrefix), f.Remedy))
	}
	return out
}

// All that is wrong with a document comes at once, each with its place, its reason and what helps.
func TestSigmaRefusedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a rule": {`title: T
logsource: {product: windows, category: process_creation}
detection:
  sel:
    Image|endswit: x
    Image|re: '(?<!x)y'
    User|contains|base64: x
    Port|gt: many
    Ip|cidr: [10.0.0.0/8, nowhere]
  other: []
  condition: sel and nott other
`, []string{
			`5:11 endswit: x < Image|endswit: unknown modifier "endswit" > did you mean endswith?`,
			"6:15 '(?<!x)y' < Image|re: regular expression that RE2 does not have: invalid named capture: `(?<!x)y` > take apart what looks around or back: another item, and not in the condition",
			`7:27 x < User|contains|base64: base64 encodes a value that holds wildcards > put the encoding before contains, startswith and endswith, and take wildcards out of the value`,
			`8:14 many < Port|gt: "many" is no number > write it in decimal`,
			`9:27 nowhere] < Ip|cidr: "nowhere" is no network > write it like 10.0.0.0/8 or 2001:db8::/32`,
			`10:10 [] < a selection is an empty list > write what it asks for, or leave it out`,
			`11:22 nott other < condition names "nott", which detection does not define > did you mean not?`,
		}},
		"conditions in blocks": {`title: T
logsource: {product: windows}
detection:
  sel: {A: 1}
  condition:
    - >-
      sel and
      (slel
    - 'sel or 1 of fitler_*'
`, []string{
			`8:8 slel < condition names "slel", which detection does not define > did you mean sel?`,
			`9:20 fitler_*' < condition asks of fitler_*, which fits no selection > known are: sel`,
		}},
		"what no kind of record has": {`title: T
logsource: {category: webserver}
detection:
  sel: {cs-cooky: 1, cs-uri|expand: '%pages%', sc-status: 200}
  b: {color: red}
  condition: sel or b
`, []string{
			`4:22 cs-uri|expand: '%pages%', sc-status: 200} < cs-uri|expand: placeholder %pages% has no values here > put them into a list named pages, one value a line, below lists/; or into vars of a pipeline`,
		}},
		"fields without a place": {`title: T
logsource: {category: webserver}
detection:
  sel: {cs-uri-stm: 1}
  b: {color: red}
  condition: sel or b
`, []string{
			`4:9 cs-uri-stm: 1} < field "cs-uri-stm" has no place in web records > did you mean cs-uri-stem? Else let a pipeline map it with field_name_mapping, if records have it`,
			`5:7 color: red} < field "color" has no place in web records > let a pipeline map it with field_name_mapping, if records have it`,
		}},
		"the head": {`title: T
status: tset
level: hihg
logsource: {product: windows}
detection: {sel: {A: 1}, condition: sel}
`, []string{
			`2:9 tset < unknown status "tset" > did you mean test?`,
			`3:8 hihg < unknown level "hihg" > did you mean high?`,
		}},
		"a correlation": {`title: T
correlation:
  type: event_count
  rules: [a, a]
  group_by: [User]
  timespan: 5x
  condition:
    lte: 5
    field: x
`, []string{
			`4:14 a] < correlation: it names a twice > leave one of them out`,
			`5:3 group_by: [User] < correlation: unknown key group_by > did you mean group-by?`,
			`6:13 5x < correlation: timespan "5x": it is a number and s, m, h, d or w, ten years at most > write 90s, 5m, 24h or 7d`,
			`8:5 lte: 5 < correlation: condition lte: only gte and gt hold for good once they hold; a count that may still grow decides nothing > leave it out; for too little of something there are native rules of the kinds silence and absence`,
			`9:12 x < correlation: event_count: field belongs to value_count, which needs it > leave field out, or write type: value_count`,
		}},
		"an expression over rules": {`title: T
correlation: {type: temporal, rules: [a, b], timespan: 5m, condition: a and (b or bb)}
`, []string{`2:83 bb)} < correlation: condition names "bb", which rules does not > did you mean b?`}},
		"a filter": {`title: T
filter: {rules: [], sel: {A|contaims: 1}, condition: not slel}
`, []string{
			`1:1 title: T < the filter has no logsource > add the logsource of the rules that it is for`,
			`2:9 {rules: [], sel: {A|contaims: 1}, condition: not slel} < the filter names no rules > add rules: with ids or names, or any`,
			`2:29 contaims: 1}, condition: not slel} < A|contaims: unknown modifier "contaims" > did you mean contains?`,
			`2:58 slel} < condition names "slel", which detection does not define > did you mean sel?`,
		}},
	} {
		if diff := cmp.Diff(c.want, refusalsOf(t, c.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A document counts once, however much is wrong with it.
func TestSigmaRefusedDocuments(t *testing.T) {
	set := sigmaSet(t, map[string]string{"r.yml": sigmaText("  s: {A|x: 1, B|y: 2}\n  condition: t\n"), "s.yml": "title: T\nlogsource: {product: abacus}\ndetection: {s: {A: 1}, condition: s}\n"})
	if set.RefusedDocuments != 2 || len(set.Refused) != 4 || !slices.Contains([]string{"s.yml"}, set.Refused[3].File) {
		t.Errorf("%d documents are refused, for %d reasons: %v", set.RefusedDocuments, len(set.Refused), set.Refused)
	}
}

// A file that is no YAML does not keep the rest from being loaded, if it would have been Sigma's.
func TestSigmaBroken(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"a tab":         {"title: T\nlogsource: {product: windows}\ndetection:\n  s:\n\tA: 1\n  condition: s\n", "5:1 \tA: 1 < broken YAML: found character that cannot start any token"},
		"no alias":      {"title: T\r\nlogsource: {product: windows}\r\ndetection:\r\n  s: {A: *x}\r\n  condition: s\r\n", "4:10 *x} < broken YAML"},
		"not UTF-8":     {"title: T\nlogsource: {product: windows}\ndetection: {s: {A: 'caf\xe9'}, condition: s}\n", "3:24 \uFFFD'}, condition: s} < file is not valid UTF-8"},
		"a correlation": {"title: T\ncorrelation: {type: [}\n", "broken YAML"},
	} {
		set := sigmaSet(t, map[string]string{"a.yml": c.text, "b.yml": sigmaText("  s: {A: 1}\n  condition: s\n")})
		if len(set.Rules()) != 1 || set.RefusedDocuments != 1 {
			t.Errorf("%s: %d rules, %d refused", name, len(set.Rules()), set.RefusedDocuments)
		}
		if got := strings.Join(refusalsOf(t, c.text), "; "); !strings.Contains(got, c.want) || !strings.Contains(got, "what follows it in the file") {
			t.Errorf("%s: %s", name, got)
		}
	}
	whole := sigmaText("  s: {A: 1}\n  condition: s\n") + "---\ntitle: [\n"
	if set := sigmaSet(t, map[string]string{"a.yml": whole}); len(set.Rules()) != 1 || set.RefusedDocuments != 1 {
		t.Errorf("a rule before what is broken: %d rules, refused %v", len(set.Rules()), set.Refused)
	}
	for _, native := range []string{"title: [a\n", "title: T\ncorrelate: {kind: match}\nlet:\n  detection: [\n", "# detection:\ntitle: [\n"} {
		if _, err := LoadFiles([]File{{Name: "a.yml", Path: "a.yml", Data: []byte(native)}}, Options{}); err == nil {
			t.Errorf("%q: no fault", native)
		}
	}
}
