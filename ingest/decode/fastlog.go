package decode

import (
	"strings"

	"tocsin"
)

// A fastReader reads an alert as Snort and Suricata write it in one line, into a file or to syslog:
// "[1:2019284:3] text [Classification: Attempted Recon] [Priority: 2] {TCP} 192.0.2.1:33 -> 198.51.100.2:80".
type fastReader struct {
	ends                            *endsReader
	kind, category, types           *name
	rule, id, version, sort, weight *name
	transport                       *name
}

func newFast(d *dictionary) *fastReader {
	return &fastReader{
		ends: newEnds(d), kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"),
		rule: d.name("rule.name"), id: d.name("rule.id"), version: d.name("rule.version"), sort: d.name("rule.category"), weight: d.name("event.severity"),
		transport: d.name("network.transport"),
	}
}

// fastStart finds the rule's numbers, "[1:2019284:3] ", -1 where there are none.
func fastStart(m string) int {
	const reach = 96
	from := 0
	for range 4 {
		at := strings.IndexByte(m[from:min(len(m), reach)], '[')
		if at < 0 {
			return -1
		}
		at += from
		from = at + 1
		if numbers, _, ok := strings.Cut(m[from:min(len(m), from+reach)], "]"); ok && strings.Count(numbers, ":") == 2 && strings.Trim(numbers, "0123456789:") == "" {
			return at
		}
	}
	return -1
}

// claims reports whether a text is such an alert: numbers, and a priority behind them.
func (f *fastReader) claims(m string) bool {
	return len(m) <= maxSaid && strings.Contains(m, "[Priority: ") && fastStart(m) >= 0
}

func (f *fastReader) read(m string, o *output) {
	numbers, rest, _ := strings.Cut(m[fastStart(m)+1:], "]")
	parts := strings.Split(numbers, ":")
	if len(parts) != 3 {
		return
	}
	text := rest
	for _, end := range [...]string{"[**]", "[Classification: ", "[Priority: "} {
		text, _, _ = strings.Cut(text, end)
	}
	o.put(f.kind, "alert")
	o.put(f.rule, strings.TrimSpace(strings.Trim(strings.TrimSpace(text), `"`)))
	o.put(f.id, parts[1])
	o.put(f.version, parts[2])
	o.put(f.sort, errorPart(rest, "[Classification: ", "]"))
	if n, ok := digits(errorPart(rest, "[Priority: ", "]"), 1, 2); ok {
		o.scale = oneFirst
		o.keep(f.weight, tocsin.IntValue(int64(n)))
	}
	if word := errorPart(rest, "{", "}"); word != "" && !strings.Contains(word, " ") {
		o.set(f.transport, transport(tocsin.StringValue(word)))
	}
	f.ends.read(rest, o)
	o.keep(f.category, tocsin.StringsValue("intrusion_detection", "network"))
	o.put(f.types, "info")
}
