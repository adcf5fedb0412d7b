package decode

import (
	"strings"

	"tocsin"
)

// proxyStart reports whether a line begins as the access logs of proxies that put the time first do:
// "[01/Mar/2026:10:00:00 +0000] ".
func proxyStart(line string) bool {
	return len(line) > 40 && line[0] == '[' && line[3] == '/' && line[7] == '/' && line[12] == ':' && line[15] == ':' && (line[21] == ' ' || line[21] == ']')
}

// proxy reads `[TIME] HOST CLIENT SECONDS "METHOD TARGET VERSION" STATUS BYTES …` and
// `[TIME] CLIENT TLS CIPHER "METHOD TARGET VERSION" BYTES` and
// `[TIME] CACHE STATUS STATUS - METHOD SCHEME HOST "TARGET" [Client CLIENT] …`.
func (w *weblogReader) proxy(line string, o *output) {
	stamp, rest, _ := strings.Cut(line[1:], "]")
	if t, ok := parseTime(stamp); ok {
		o.time = t
	}
	o.put(w.message, line)
	before, quoted, _ := strings.Cut(rest, ` "`)
	words := strings.Fields(before)
	request, after := quotedPart(`"` + quoted)
	if client := errorPart(after, "[Client ", "]"); client != "" {
		o.address(w.ip, w.client, client)
		if n := len(words); n >= 3 {
			o.put(w.domain, words[n-1])
			request = words[n-3] + " " + request
		}
		for _, word := range words {
			w.code(word, o)
		}
	} else {
		for i, word := range words {
			if i > 0 && isAddress(word) {
				o.address(w.ip, w.client, word)
			}
		}
		if len(words) > 0 && isAddress(words[0]) { // nobody's host: Apache's log of TLS has the client alone
			o.address(w.ip, w.client, words[0])
		} else if len(words) > 1 && words[0] != "_" {
			o.put(w.domain, words[0])
		}
	}
	w.request(request, o)
	status, more, _ := strings.Cut(strings.TrimLeft(after, " "), " ")
	w.code(status, o)
	size, _, _ := strings.Cut(more, " ")
	if n, ok := digits(size, 1, 15); ok {
		o.keep(w.bytes, tocsin.IntValue(int64(n)))
	}
}

// code sets the status of a response where the word is one.
func (w *weblogReader) code(word string, o *output) {
	status, ok := digits(word, 3, 3)
	if !ok || status < 100 || status > 599 {
		return
	}
	o.keep(w.status, tocsin.IntValue(int64(status)))
	o.put(w.outcome, map[bool]string{true: "failure", false: "success"}[status >= 400])
}
