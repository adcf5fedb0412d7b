package decode

import (
	"strings"
	"time"

	"tocsin"
)

// A balancerReader reads the access logs of Amazon's application load balancers (blanks between the columns, the
// request in quotation marks) and of CloudFront (tabulators, each part of the request in a column).
type balancerReader struct {
	web                                 *weblogReader
	destination, port, domain, protocol *name
}

func balancer(dec *Decoder) text {
	d := dec.doc.dict
	b := &balancerReader{
		web: newWeblog(d), destination: d.name("destination.ip"), port: d.name("destination.port"), domain: d.name("url.domain"), protocol: d.name("network.protocol"),
	}
	return text{
		claims: func(line string) bool { return albStart(line) || cloudfrontStart(line) },
		read: func(line string, o *output) string {
			switch {
			case albStart(line):
				b.loadBalancer(line, o)
			case cloudfrontStart(line):
				b.edge(line, o)
			default:
				return "no line of a load balancer: " + excerpt(line)
			}
			w := b.web
			o.put(w.message, line)
			o.put(w.kind, "event")
			o.put(w.category, "web")
			o.put(w.types, "access")
			o.put(w.module, "web")
			return ""
		},
	}
}

// albStart reports whether a line begins "https 2026-03-01T10:00:00.186641Z app/NAME/ID ".
func albStart(line string) bool {
	word, rest, _ := strings.Cut(line[:min(len(line), 48)], " ")
	switch word {
	case "http", "https", "h2", "grpcs", "ws", "wss":
	default:
		return false
	}
	stamp, _, ok := strings.Cut(rest, " ")
	return ok && len(stamp) >= 20 && stamp[10] == 'T' && strings.HasSuffix(stamp, "Z")
}

// cloudfrontStart reports whether a line begins "2026-03-01<tab>10:00:00<tab>", or has blanks there and CloudFront's
// other columns behind: "2026-03-01 10:00:00 FRA2-C1 612 203.0.113.7 GET ".
func cloudfrontStart(line string) bool {
	if len(line) <= 20 || line[4] != '-' || line[13] != ':' {
		return false
	}
	if line[10] == '\t' && line[19] == '\t' {
		return true
	}
	if line[10] != ' ' || line[19] != ' ' || len(line) < 48 || line[20]-'A' >= 26 || line[21]-'A' >= 26 || line[22]-'A' >= 26 || line[23]-'0' >= 10 {
		return false
	}
	columns := strings.SplitN(line, " ", 13)
	return len(columns) == 13 && isAddress(columns[4]) && isUpper(columns[5]) && strings.HasPrefix(columns[7], "/")
}

// isUpper reports whether a text is capitals alone.
func isUpper(s string) bool { return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" }

func (b *balancerReader) loadBalancer(line string, o *output) {
	columns := strings.SplitN(line, " ", 13)
	if t, ok := parseTime(columns[1]); ok {
		o.time = t
	}
	o.put(b.protocol, columns[0])
	if len(columns) < 13 {
		return
	}
	b.client(columns[3], o)
	b.target(columns[4], o)
	b.web.code(columns[8], o)
	if n, ok := digits(columns[11], 1, 15); ok {
		o.keep(b.web.bytes, tocsin.IntValue(int64(n)))
	}
	request, rest := quotedPart(columns[12])
	b.web.request(request, o)
	agent, _ := quotedPart(strings.TrimLeft(rest, " "))
	o.put(b.web.agent, agent)
}

func (b *balancerReader) client(s string, o *output) {
	o.address(b.web.ip, b.web.address, withoutPort(s))
	if at := strings.LastIndexByte(s, ':'); at > 0 {
		if n, ok := digits(s[at+1:], 1, 5); ok {
			o.keep(b.web.port, tocsin.IntValue(int64(n)))
		}
	}
}

func (b *balancerReader) target(s string, o *output) {
	o.address(b.destination, nil, withoutPort(s))
	if at := strings.LastIndexByte(s, ':'); at > 0 {
		if n, ok := digits(s[at+1:], 1, 5); ok {
			o.keep(b.port, tocsin.IntValue(int64(n)))
		}
	}
}

// edge reads CloudFront's columns: date, time, place, bytes, client, method, host, path, status, referrer, agent, query;
// the client's port is the 27th.
func (b *balancerReader) edge(line string, o *output) {
	const all, port = 33, 26
	columns := strings.SplitN(line, line[10:11], all)
	if t, err := time.Parse(time.DateTime, columns[0]+" "+columns[1]); err == nil {
		o.time = t
	}
	const least = 12
	if len(columns) < least {
		return
	}
	o.address(b.web.ip, b.web.address, columns[4])
	target := columns[7]
	if columns[11] != "-" {
		target += "?" + columns[11]
	}
	b.web.request(columns[5]+" "+target, o)
	o.put(b.domain, columns[6])
	b.web.code(columns[8], o)
	if columns[8] == "000" { // the client hung up
		o.put(b.web.outcome, "failure")
	}
	if len(columns) > port {
		if n, ok := digits(columns[port], 1, 5); ok {
			o.keep(b.web.port, tocsin.IntValue(int64(n)))
		}
	}
	o.put(b.web.referrer, columns[9])
	o.put(b.web.agent, strings.ReplaceAll(columns[10], "%20", " "))
}
