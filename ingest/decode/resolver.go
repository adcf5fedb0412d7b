package decode

import (
	"strings"

	"tocsin"
)

// A resolverReader reads what BIND says of a client's request:
// "client @0x7f00 192.0.2.1#3076 (example.com): query (cache) 'example.com/ANY/IN' denied".
type resolverReader struct {
	ip, port, question, record, action, outcome, category, types, protocol *name
}

func newResolver(d *dictionary) *resolverReader {
	return &resolverReader{
		ip: d.name("source.ip"), port: d.name("source.port"), question: d.name("dns.question.name"), record: d.name("dns.question.type"),
		action: d.name("event.action"), outcome: d.name("event.outcome"), category: d.name("event.category"), types: d.name("event.type"),
		protocol: d.name("network.protocol"),
	}
}

func (r *resolverReader) read(m string, o *output) bool {
	if r.asked(m, o) {
		return true
	}
	_, rest, ok := strings.Cut(m[:min(len(m), maxSaid)], "client ")
	if !ok || len(m)-len(rest) > 64 {
		return false
	}
	if strings.HasPrefix(rest, "@0x") {
		_, rest, _ = strings.Cut(rest, " ")
	}
	address, rest, ok := strings.Cut(rest, "#")
	if !ok || !isAddress(address) {
		return false
	}
	end := strings.IndexAny(rest, " :")
	port, ok := digits(rest[:max(end, 0)], 1, 5)
	if !ok {
		return false
	}
	o.address(r.ip, nil, address)
	o.keep(r.port, tocsin.IntValue(int64(port)))
	if name, after, ok := strings.Cut(errorPart(rest, " '", "'"), "/"); ok {
		o.put(r.question, name)
		record, _, _ := strings.Cut(after, "/")
		o.put(r.record, record)
	}
	o.put(r.category, "network")
	o.put(r.protocol, "dns")
	if strings.HasSuffix(strings.TrimSpace(rest), " denied") {
		o.put(r.action, "denied")
		o.put(r.types, "denied")
		o.put(r.outcome, "failure")
	}
	return true
}

// asked reads what Unbound logs of a question: "[9:0] info: 192.0.2.1 example.com. A IN",
// "[9:0] info: transparent 192.0.2.1@5353 example.com. A IN".
func (r *resolverReader) asked(m string, o *output) bool {
	const most = 320 // bytes of such a line: a name has 253
	if len(m) > most || !strings.HasSuffix(m, " IN") {
		return false
	}
	_, rest, ok := strings.Cut(m, "info: ")
	if !ok {
		if _, rest, ok = strings.Cut(m, "query: "); !ok {
			return false
		}
	}
	words := strings.Fields(rest)
	if len(words) > 4 && strings.IndexByte(words[1], '@') > 0 { // what its own zone says of it, and the port
		words = words[1:]
		words[0], _, _ = strings.Cut(words[0], "@")
	}
	if len(words) < 4 || words[3] != "IN" || !isAddress(words[0]) || !strings.HasSuffix(words[1], ".") {
		return false
	}
	o.address(r.ip, nil, words[0])
	o.put(r.question, strings.TrimSuffix(words[1], "."))
	o.put(r.record, words[2])
	o.put(r.category, "network")
	o.put(r.protocol, "dns")
	return true
}
