package enrich

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"tocsin/ingest/decode"
)

// registered adds to every domain what of it was registered, below which suffix, and what stands before.
func (e *Enricher) registered(a *decode.Additions) {
	for _, d := range e.domains {
		if !a.Has(d.domain) {
			continue
		}
		text, ok := a.Get(d.domain).Str()
		if !ok {
			continue
		}
		name, suffix := registeredDomain(text)
		if name == "" {
			continue
		}
		a.SetText(d.registered, name)
		a.SetText(d.top, suffix)
		if before := len(strings.TrimSuffix(text, ".")) - len(name) - 1; before > 0 {
			a.SetText(d.sub, strings.ToLower(text[:before]))
		}
	}
}

// registeredDomain is the part of a domain that its owner registered and the public suffix that it lies below; "" for what
// is no domain, or lies below no public suffix: the names of a local network.
func registeredDomain(text string) (name, suffix string) {
	text = strings.TrimSuffix(text, ".")
	var room [maxDomain + 1]byte
	if _, ok := domainKey(room[:0], text); !ok || text[len(text)-1]-'0' < 10 { // an address
		return "", ""
	}
	text = strings.ToLower(text)
	suffix, managed := publicsuffix.PublicSuffix(text)
	if !managed && !strings.Contains(suffix, ".") || len(suffix) >= len(text) {
		return "", ""
	}
	before := text[:len(text)-len(suffix)-1]
	return text[strings.LastIndexByte(before, '.')+1:], suffix
}
