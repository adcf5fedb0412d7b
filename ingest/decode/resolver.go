package decode

import (
	"strings"

	"tocsin"
)

// A resolverReader reads what BIND says of a client's request:
// "client @0x7f00 192.0.2.1#3076 (example.com): query (cache) 'example.com/ANY/IN' denied".
type resolverReader struct {
	ip, port, question, record, action, outcome, category, types, protocol *name
	server, serverPort, transport, answer                                  *name
}

func newResolver(d *dictionary) *resolverReader {
	return &resolverReader{
		ip: d.name("source.ip"), port: d.name("source.port"), question: d.name("dns.question.name"), record: d.name("dns.question.type"),
		action: d.name("event.action"), outcome: d.name("event.outcome"), category: d.name("event.category"), types: d.name("event.type"),
		protocol: d.name("network.protocol"), server: d.name("destination.ip"), serverPort: d.name("destination.port"), transport: d.name("network.transport"),
		answer: d.name("dns.response_code"),
	}
}

func (r *resolverReader) read(m string, o *output) bool {
	if r.asked(m, o) || r.resolving(m, o) {
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
	r.query(rest, o)
	o.put(r.category, "network")
	o.put(r.protocol, "dns")
	if strings.HasSuffix(strings.TrimSpace(rest), " denied") {
		o.put(r.action, "denied")
		o.put(r.types, "denied")
		o.put(r.outcome, "failure")
	}
	return true
}

// query reads "(example.com): query: example.com IN AAAA +TC (192.0.2.53)", where T says that it came by TCP.
func (r *resolverReader) query(rest string, o *output) {
	name, said, ok := strings.Cut(errorPart(rest, " (", ""), "): ")
	if !ok || strings.ContainsAny(name, " /") {
		return
	}
	if failed, _, ok := strings.Cut(errorPart(said, " for ", " "), "/IN/"); ok {
		name = failed
	}
	o.put(r.question, name)
	words := strings.Fields(said)
	if len(words) < 5 || words[0] != "query:" && words[0] != "answer:" || words[2] != "IN" {
		return
	}
	o.put(r.record, words[3])
	if words[4][0] == '+' || words[4][0] == '-' {
		o.put(r.transport, map[bool]string{true: "tcp", false: "udp"}[strings.Contains(words[4], "T")])
	}
	if len(words) > 5 {
		o.address(r.server, nil, strings.Trim(words[5], "()"))
	}
}

// resolving reads what BIND says of a server that it asked: "timed out resolving 'example.org/A/IN': 192.0.2.53#53", "lame server
// resolving 'example.org' (in 'org'?): 192.0.2.53#53".
func (r *resolverReader) resolving(m string, o *output) bool {
	what, rest, ok := strings.Cut(errorPart(m[:min(len(m), maxSaid)], "resolving '", ""), "'")
	address, port, known := strings.Cut(rest[strings.LastIndexByte(rest, ' ')+1:], "#")
	if !ok || !known || !isAddress(address) {
		return false
	}
	name, record, _ := strings.Cut(what, "/")
	record, _, _ = strings.Cut(record, "/")
	o.put(r.question, name)
	o.put(r.record, record)
	o.address(r.server, nil, address)
	if n, ok := digits(port, 1, 5); ok {
		o.keep(r.serverPort, tocsin.IntValue(int64(n)))
	}
	o.put(r.outcome, "failure")
	o.put(r.category, "network")
	o.put(r.protocol, "dns")
	return true
}

// asked reads what Unbound logs of a question: "[9:0] info: 192.0.2.1 example.com. A IN",
// "[9:0] info: transparent 192.0.2.1@5353 example.com. A IN", and of its answer: "reply: 192.0.2.1 example.com. A IN NXDOMAIN 0.1 0 51".
func (r *resolverReader) asked(m string, o *output) bool {
	const most = 320 // bytes of such a line: a name has 253
	if len(m) > most || !strings.Contains(m, " IN") {
		return false
	}
	_, rest, ok := strings.Cut(m, "info: ")
	for _, begin := range [...]string{"query: ", "reply: "} {
		if !ok {
			_, rest, ok = strings.Cut(m, begin)
		}
	}
	if !ok {
		return false
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
	if len(words) > 4 && strings.ToUpper(words[4]) == words[4] && words[4][0] >= 'A' {
		o.put(r.answer, words[4])
		o.put(r.outcome, map[bool]string{true: "success", false: "failure"}[words[4] == "NOERROR"])
	}
	o.put(r.category, "network")
	o.put(r.protocol, "dns")
	return true
}
