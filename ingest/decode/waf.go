package decode

import (
	"strings"

	"tocsin"
)

// A wafReader reads what ModSecurity and those that write like it say of a rule that fired:
// `[client "192.0.2.1"] ModSecurity: Warning. … [id "942100"] [msg "SQL injection"] [severity "CRITICAL"] [uri "/a"]`.
type wafReader struct {
	ip, id, name, severity, path, file, domain *name
	kind, category, types, unique, tags        *name
}

func newWAF(d *dictionary) *wafReader {
	return &wafReader{
		ip: d.name("source.ip"), id: d.name("rule.id"), name: d.name("rule.name"), severity: d.name("event.severity"), path: d.name("url.path"),
		file: d.name("rule.ruleset"), domain: d.name("destination.domain"), kind: d.name("event.kind"), category: d.name("event.category"),
		types: d.name("event.type"), unique: d.name("http.request.id"), tags: d.name("tags"),
	}
}

func (*wafReader) claims(m string) bool {
	return strings.Contains(m, `[id "`) && saysAny(m, "ModSecurity: ", "Coraza: ")
}

// wafGravity is the severity of the words and numbers that the rule sets give.
func wafGravity(word string) int64 {
	switch strings.ToLower(word) {
	case "emergency", "alert", "critical", "0", "1", "2":
		return 99
	case "error", "3":
		return 73
	case "warning", "4":
		return 47
	}
	return 21
}

func (w *wafReader) read(m string, o *output) {
	o.address(w.ip, nil, strings.Trim(errorPart(m, "[client ", "]"), `"`))
	o.put(w.id, errorPart(m, `[id "`, `"]`))
	o.put(w.name, errorPart(m, `[msg "`, `"]`))
	o.put(w.path, errorPart(m, `[uri "`, `"]`))
	o.put(w.domain, errorPart(m, `[hostname "`, `"]`))
	o.put(w.file, errorPart(m, `[file "`, `"]`))
	o.put(w.unique, errorPart(m, `[unique_id "`, `"]`))
	if word := errorPart(m, `[severity "`, `"]`); word != "" {
		o.scale = hundred
		o.keep(w.severity, tocsin.IntValue(wafGravity(word)))
	}
	var tags []string
	const most = 64
	for rest := m; len(tags) < most; {
		_, after, ok := strings.Cut(rest, `[tag "`)
		if !ok {
			break
		}
		tag, more, _ := strings.Cut(after, `"]`)
		tags, rest = append(tags, tag), more
	}
	if len(tags) > 0 {
		o.keep(w.tags, tocsin.StringsValue(tags...))
	}
	o.put(w.kind, "alert")
	o.keep(w.category, listOf("intrusion_detection,web"))
	kind := "info"
	if strings.Contains(m, "Access denied") {
		kind = "denied"
	}
	o.put(w.types, kind)
}
