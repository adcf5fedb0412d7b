package decode

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// panosFields are the columns of PAN-OS's comma-separated logs that have a field, by the type of the log: the column,
// counted from 0, then the field. The columns up to 30 are the same for traffic and threats.
const panosFields = `
	TRAFFIC,THREAT,DECRYPTION 2 observer.serial_number
	TRAFFIC,THREAT,DECRYPTION 4 event.code
	TRAFFIC,THREAT,DECRYPTION 7 source.ip
	TRAFFIC,THREAT,DECRYPTION 8 destination.ip
	TRAFFIC,THREAT,DECRYPTION 9 source.nat.ip
	TRAFFIC,THREAT,DECRYPTION 10 destination.nat.ip
	TRAFFIC,THREAT,DECRYPTION 11 rule.ruleset
	TRAFFIC,THREAT,DECRYPTION 12 user.name
	TRAFFIC,THREAT,DECRYPTION 13 user.target.name
	TRAFFIC,THREAT,DECRYPTION 14 network.application
	TRAFFIC,THREAT,DECRYPTION 16 observer.ingress.zone
	TRAFFIC,THREAT,DECRYPTION 17 observer.egress.zone
	TRAFFIC,THREAT,DECRYPTION 24 source.port
	TRAFFIC,THREAT,DECRYPTION 25 destination.port
	TRAFFIC,THREAT,DECRYPTION 29 network.transport
	TRAFFIC,THREAT,DECRYPTION 30 event.action
	TRAFFIC 31 network.bytes
	THREAT 31 url.original
	THREAT 33 rule.category
	THREAT 34 log.level
	THREAT 35 network.direction
	SYSTEM 4 event.provider
	SYSTEM 8 event.action
	SYSTEM 13 log.level
	SYSTEM 14 message
	GLOBALPROTECT 8 event.action
	GLOBALPROTECT 12 user.name
	GLOBALPROTECT 14 host.name
	GLOBALPROTECT 15 source.ip
	USERID 4 event.action
	USERID 8 source.ip
	USERID 9 user.name
	HIPMATCH 7 user.name
	HIPMATCH 9 host.name
	HIPMATCH 11 source.ip
	AUTH,AUTHENTICATION 8 source.ip
	AUTH,AUTHENTICATION 9 user.name
	CONFIG 7 source.ip
	CONFIG 9 event.action
	CONFIG 10 user.name
	CONFIG 12 event.outcome`

// A panosReader reads the logs of Palo Alto Networks' firewalls in their own comma-separated form, with whatever header
// stands before them.
type panosReader struct {
	syslog                              *syslogFields
	columns                             map[string][]panosColumn
	ips                                 map[*name]bool
	kind, category, types, severity, id *name
	module, vendor, product, subtype    *name
	action, level, transport, message   *name
	outcome, name, ruleset              *name
	says                                *said
}

type panosColumn struct {
	at int
	to *name
}

func panos(dec *Decoder) text {
	d := dec.doc.dict
	p := &panosReader{
		syslog: newSyslogFields(d), columns: map[string][]panosColumn{}, ips: map[*name]bool{},
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), severity: d.name("event.severity"), id: d.name("rule.id"),
		module: d.name("event.module"), vendor: d.name("observer.vendor"), product: d.name("observer.product"), subtype: d.name("panw.panos.type"),
		action: d.name("event.action"), level: d.name("log.level"), transport: d.name("network.transport"), message: d.name("message"),
		outcome: d.name("event.outcome"), name: d.name("rule.name"), ruleset: d.name("rule.ruleset"), says: dec.says,
	}
	for _, ip := range d.names("source.ip", "destination.ip", "source.nat.ip", "destination.nat.ip") {
		p.ips[ip] = true
	}
	for line := range strings.Lines(panosFields) {
		words := strings.Fields(line)
		if len(words) != 3 {
			continue
		}
		at, _ := digits(words[1], 1, 3)
		for sort := range strings.SplitSeq(words[0], ",") {
			p.columns[sort] = append(p.columns[sort], panosColumn{at, d.name(words[2])})
		}
	}
	return text{
		needs:  bytesOf(",/"),
		claims: func(line string) bool { return panosStart(line) >= 0 },
		read: func(line string, o *output) string {
			at := panosStart(line)
			if at < 0 {
				return "no log of PAN-OS: " + excerpt(line)
			}
			return p.read(line, at, o)
		},
	}
}

// panosStart finds "1,2026/03/01 10:00:00,SERIAL,THREAT,", -1 where there is none.
func panosStart(line string) int {
	const most = 200 // bytes of a header
	for at := range min(len(line), most) {
		if (at == 0 || line[at-1] == ' ') && panosAt(line[at:]) {
			return at
		}
	}
	return -1
}

func panosAt(s string) bool {
	if len(s) < 32 || s[0] < '0' || s[0] > '9' {
		return false
	}
	future, rest, ok := strings.Cut(s[:32], ",")
	if _, isNumber := digits(future, 1, 4); !ok || !isNumber || len(rest) < 20 || rest[4] != '/' || rest[7] != '/' || rest[19] != ',' {
		return false
	}
	return true
}

func (p *panosReader) read(line string, at int, o *output) string {
	columns := commaSeparated(line[at:])
	const least = 7
	if len(columns) < least {
		return "a log of PAN-OS with few columns: " + excerpt(line)
	}
	h, headed := syslogHeader(strings.TrimSpace(line[:at]) + " x")
	o.time = panosInstant(columns)
	if headed && o.time.IsZero() {
		o.time = h.time
	}
	for _, c := range []int{6, 1} { // when it was, else when it was received; without a zone
		if t, ok := parseTime(columns[c]); ok && (o.time.IsZero() || yearless(o.time)) {
			o.time = t
		}
	}
	sort := columns[3]
	for _, c := range p.columns[sort] {
		if c.at < len(columns) {
			p.put(c.to, columns[c.at], o)
		}
	}
	o.put(p.subtype, sort)
	p.classify(sort, columns, o)
	if headed {
		p.syslog.envelope(h, o)
	}
	o.put(p.message, line[at:])
	o.put(p.module, "panos")
	o.put(p.vendor, "Palo Alto Networks")
	o.put(p.product, "PAN-OS")
	return ""
}

// panosInstant is the time with its zone that later versions write near the end of a log; zero where there is none.
func panosInstant(columns []string) time.Time {
	const behind = 20 // columns, none of which is one
	for i := len(columns) - 1; i >= behind; i-- {
		if c := columns[i]; len(c) >= len("2026-03-01T10:00:00Z") && c[4] == '-' && c[10] == 'T' && strings.ContainsAny(c[19:], "Z+-") {
			if t, ok := isoTime(c); ok {
				return t
			}
		}
	}
	return time.Time{}
}

func (p *panosReader) put(to *name, value string, o *output) {
	switch {
	case p.ips[to]:
		o.address(to, nil, value)
	case to == p.transport:
		o.set(to, transport(tocsin.StringValue(value)))
	case to == p.outcome:
		switch strings.ToLower(value) {
		case "succeeded":
			o.put(to, "success")
		case "failed":
			o.put(to, "failure")
		}
	case to == p.level:
		o.put(to, strings.ToLower(value))
	default:
		o.set(to, tocsin.StringValue(value))
	}
}

// panosGravity are PAN-OS's words of gravity, the highest first.
var panosGravity = [...]string{"critical", "high", "medium", "low", "informational"}

// rule sets what a log of threats names: the threat, or the rule of the policy where the log tells of a page, a file or
// data that the policy knows by their sort alone.
func (p *panosReader) rule(columns []string, o *output) {
	const threat = 32
	if len(columns) <= threat {
		return
	}
	switch columns[4] {
	case "url", "file", "data":
		o.put(p.name, o.text(p.ruleset))
	}
	o.put(p.name, columns[threat])
	o.put(p.id, errorPart(columns[threat], "(", ")"))
}

// classify says what sort of event the log is about.
func (p *panosReader) classify(sort string, columns []string, o *output) {
	kind, category := "event", "network"
	switch sort {
	case "THREAT":
		kind, category = "alert", "intrusion_detection,network"
		p.rule(columns, o)
	case "TRAFFIC", "DECRYPTION":
		o.put(p.name, o.text(p.ruleset))
	case "SYSTEM":
		category = "host"
		if columns[4] == "auth" {
			category = "authentication"
		}
		p.says.people(header{priority: -1, message: o.text(p.message)}, o)
	case "CONFIG":
		category = "configuration"
	case "HIPMATCH":
		category = "host"
	case "GLOBALPROTECT", "AUTH", "AUTHENTICATION", "USERID":
		category = "authentication"
	}
	o.put(p.kind, kind)
	o.keep(p.category, listOf(category))
	if n := slices.Index(panosGravity[:], o.text(p.level)); n >= 0 {
		o.keep(p.severity, tocsin.IntValue(int64(n+1)))
		o.word(panosGravity[n])
	}
	switch action := o.text(p.action); {
	case action == "allow" || action == "alert":
		o.put(p.types, "allowed")
	case saysAny(action, "deny", "drop", "reset", "block"):
		o.put(p.types, "denied")
	}
}

// commaSeparated cuts a line at its commas, but for those in quotation marks.
func commaSeparated(line string) []string {
	const most = 256
	var columns []string
	for len(columns) < most {
		if strings.HasPrefix(line, `"`) {
			end := strings.Index(line[1:], `",`)
			if end < 0 {
				return append(columns, strings.Trim(line, `"`))
			}
			columns = append(columns, line[1:end+1])
			line = line[end+3:]
			continue
		}
		column, rest, ok := strings.Cut(line, ",")
		columns = append(columns, column)
		if !ok {
			return columns
		}
		line = rest
	}
	return columns
}
