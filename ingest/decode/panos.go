package decode

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// panosFields are the columns of PAN-OS's comma-separated logs that have a field, by the type of the log: the column,
// counted from 0, then the field. The columns up to 30 are the same for traffic and threats.
const panosFields = `
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP 2 observer.serial_number
	TRAFFIC,THREAT,DECRYPTION 4 event.code
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 7 source.ip
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 8 destination.ip
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START 9 source.nat.ip
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START 10 destination.nat.ip
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 11 rule.ruleset
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START 12 user.name
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START 13 user.target.name
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,GTP 14 network.application
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 16 observer.ingress.zone
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 17 observer.egress.zone
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 24 source.port
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 25 destination.port
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 29 network.transport
	TRAFFIC,THREAT,DECRYPTION,TUNNEL,START,SCTP,GTP 30 event.action
	TRAFFIC 31 network.bytes
	THREAT 31 url.original
	THREAT 33 rule.category
	THREAT 34 log.level
	THREAT 35 network.direction
	SYSTEM 4 event.provider
	SYSTEM 8 event.action
	SYSTEM 8 event.code
	SYSTEM 13 log.level
	SYSTEM 14 message
	GLOBALPROTECT 8 event.action
	GLOBALPROTECT 8 event.code
	GLOBALPROTECT 12 user.name
	GLOBALPROTECT 14 host.name
	GLOBALPROTECT 15 source.nat.ip
	GLOBALPROTECT 17 source.ip
	GLOBALPROTECT 18 source.ip
	GLOBALPROTECT 15 source.ip
	GLOBALPROTECT 16 source.ip
	GLOBALPROTECT 28 event.outcome
	USERID 4 event.action
	USERID 8 source.ip
	USERID 9 user.name
	HIPMATCH 7 user.name
	HIPMATCH 9 host.name
	HIPMATCH 11 source.ip
	HIPMATCH 12 rule.name
	IPTAG 8 source.ip
	CORRELATION 7 source.ip
	CORRELATION 8 user.name
	CORRELATION 10 rule.category
	CORRELATION 11 log.level
	CORRELATION 19 rule.name
	CORRELATION 20 rule.id
	AUTH,AUTHENTICATION 8 source.ip
	AUTH,AUTHENTICATION 9 user.name
	CONFIG 7 source.ip
	CONFIG 9 event.action
	CONFIG 10 user.name
	CONFIG 12 event.outcome
	audit 4 event.action
	audit 5 user.name
	audit 6 process.command_line
	audit 7 event.outcome`

// A panosReader reads the logs of Palo Alto Networks' firewalls in their own comma-separated form, with whatever header
// stands before them.
type panosReader struct {
	syslog                            *syslogFields
	columns                           map[string][]panosColumn
	ips                               map[*name]bool
	kind, category, types, severity   *name
	module, vendor, product, subtype  *name
	action, level, transport, message *name
	outcome, name, ruleset, target    *name
	threatName, threatID              *name
	says                              *said
}

type panosColumn struct {
	at int
	to *name
}

func panos(dec *Decoder) text {
	d := dec.doc.dict
	p := &panosReader{
		syslog: newSyslogFields(d), columns: map[string][]panosColumn{}, ips: map[*name]bool{},
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), severity: d.name("event.severity"),
		module: d.name("event.module"), vendor: d.name("observer.vendor"), product: d.name("observer.product"), subtype: d.name("panw.panos.type"),
		action: d.name("event.action"), level: d.name("log.level"), transport: d.name("network.transport"), message: d.name("message"),
		outcome: d.name("event.outcome"), name: d.name("rule.name"), ruleset: d.name("rule.ruleset"), target: d.name("destination.ip"),
		threatName: d.name("panw.panos.threat.name"), threatID: d.name("panw.panos.threat.id"), says: dec.says,
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
		needs:  bytesOf(","),
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
	serial, rest, ok := strings.Cut(s[:min(len(s), 96)], ",")
	if _, isNumber := digits(serial, 1, 15); !ok || !isNumber || len(rest) < 20 {
		return false
	}
	if len(serial) <= 4 && rest[4] == '/' && rest[7] == '/' && rest[19] == ',' {
		return true
	}
	when, rest, _ := strings.Cut(rest, ",")
	if len(when) < len("3/1/26 10:00") || strings.Trim(when, "0123456789/-:. TZ") != "" {
		return false
	}
	second, rest, _ := strings.Cut(rest, ",")
	third, _, more := strings.Cut(rest, ",")
	return more && (second == "audit" || panosSort(third))
}

// panosSort reports whether a column is a type of PAN-OS's logs.
func panosSort(s string) bool {
	switch s {
	case "TRAFFIC", "THREAT", "SYSTEM", "CONFIG", "GLOBALPROTECT", "USERID", "HIPMATCH", "DECRYPTION", "AUTHENTICATION", "CORRELATION", "IPTAG", "GTP", "SCTP", "TUNNEL", "START", "AUTH":
		return true
	}
	return false
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
		if t, ok := panosTime(columns[c]); ok && (o.time.IsZero() || yearless(o.time)) {
			o.time = t
		}
	}
	sort := columns[3]
	if columns[2] == "audit" {
		sort = columns[2]
	}
	for _, c := range p.columns[sort] {
		if c.at < len(columns) && (sort != "GLOBALPROTECT" || columns[c.at] != "0.0.0.0") { // not given yet
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
			if t, ok := isoTime(c); ok && t.Year() > 1970 { // the year in which a device that has no such time begins
				return t
			}
		}
	}
	return time.Time{}
}

// panosTime is a time in a column, also as a spreadsheet has written it again.
func panosTime(column string) (time.Time, bool) {
	if t, ok := parseTime(column); ok {
		return t, true
	}
	t, err := time.Parse("1/2/06 15:04", column)
	return t, err == nil
}

func (p *panosReader) put(to *name, value string, o *output) {
	switch {
	case p.ips[to]:
		o.address(to, nil, value)
	case to == p.transport:
		o.set(to, transport(tocsin.StringValue(value)))
	case to == p.outcome:
		switch strings.ToLower(value) {
		case "succeeded", "success":
			o.put(to, "success")
		case "failed", "failure", "unauthorized":
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

// threat sets what a log of threats found. What made the log is the rule of the policy, as of all others.
func (p *panosReader) threat(columns []string, o *output) {
	const threat = 32
	if len(columns) > threat {
		o.put(p.threatName, columns[threat])
		o.put(p.threatID, errorPart(columns[threat], "(", ")"))
	}
}

// panosCategories are the categories of the sorts of logs.
var panosCategories = map[string]string{
	"THREAT": "intrusion_detection,network", "CONFIG": "configuration", "audit": "configuration", "HIPMATCH": "host,network",
	"GLOBALPROTECT": "session,network", "AUTH": "authentication", "AUTHENTICATION": "authentication", "USERID": "authentication,network", "SYSTEM": "configuration,host",
}

// classify says what sort of event the log is about.
func (p *panosReader) classify(sort string, columns []string, o *output) {
	kind, category := "event", cmp.Or(panosCategories[sort], "network")
	switch sort {
	case "THREAT":
		kind = "alert"
		p.threat(columns, o)
	case "SYSTEM":
		category = p.system(columns[4], category, o)
	}
	o.put(p.name, o.text(p.ruleset))
	if stage := p.stage(sort, columns); stage != "" {
		o.put(p.types, stage)
		if sort == "GLOBALPROTECT" && columns[9] == "login" {
			category = "authentication,session,network"
		}
	}
	o.put(p.kind, kind)
	o.keep(p.category, listOf(category))
	if sort == "SYSTEM" {
		p.says.people(header{priority: -1, message: o.text(p.message)}, o)
	}
	if n := slices.Index(panosGravity[:], o.text(p.level)); n >= 0 {
		o.keep(p.severity, tocsin.IntValue(int64(n+1)))
		o.word(panosGravity[n])
	}
	p.verdict(sort, columns, o)
}

// system reads what the firewall says of itself, and returns its category.
func (p *panosReader) system(subtype, category string, o *output) string {
	switch subtype {
	case "auth":
		category = "authentication"
		p.says.people(header{priority: -1, message: o.text(p.message)}, o)
		if said := o.text(p.message); len(said) <= maxSaid {
			o.address(p.target, nil, strings.Trim(errorPart(o.lower(said)+",", "server address ", ","), "'"))
		}
		switch code := o.text(p.action); {
		case strings.Contains(code, "fail"):
			o.put(p.outcome, "failure")
		case strings.HasSuffix(code, "success") || strings.HasSuffix(code, "succ"):
			o.put(p.types, "start")
			o.put(p.outcome, "success")
		}
	case "vpn", "userid", "ras", "routing", "globalprotect", "dhcp", "sslmgr", "ntpd", "port":
		category = "configuration,network"
	}
	return category
}

// stage is the type of an event that begins or ends something, "" for others.
func (p *panosReader) stage(sort string, columns []string) string {
	const stage = 9
	switch sort {
	case "USERID":
		switch columns[4] {
		case "login":
			return "start"
		case "logout":
			return "end"
		}
	case "GLOBALPROTECT":
		if len(columns) <= stage {
			return ""
		}
		switch columns[stage] {
		case "login", "connected":
			return "start"
		case "logout", "disconnected":
			return "end"
		}
		return "info"
	}
	return ""
}

// verdict sets what the firewall did with what the log is about.
func (p *panosReader) verdict(sort string, columns []string, o *output) {
	types, outcome := "", ""
	switch action := o.text(p.action); {
	case action == "allow" || action == "alert" || action == "continue" || action == "wildfire-upload-success":
		types, outcome = "allowed", "success"
	case saysAny(action, "deny", "drop", "reset", "block"):
		types, outcome = "denied", "failure"
	}
	switch {
	case sort == "TRAFFIC" || sort == "START" || sort == "DECRYPTION" || sort == "TUNNEL":
		switch columns[4] {
		case "start", "end":
			types = "connection," + columns[4] + "," + types
		default:
			types = "connection," + types
		}
	case types == "" && sort != "SYSTEM":
		types = "info"
	}
	if types = strings.TrimRight(types, ","); types != "" {
		o.keep(p.types, listOf(types))
	}
	o.put(p.outcome, outcome)
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
