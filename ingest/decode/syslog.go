package decode

import (
	"strings"

	"tocsin"
)

// A syslogFields is where a syslog header goes.
type syslogFields struct {
	host, hostname, app, pid, message, level, kind, module *name
	ip, vendor, gravity                                    *name
	priority, facility, severity, version, msgid, procid   *name
	appname, data                                          *name
	dict                                                   *dictionary
}

func newSyslogFields(d *dictionary) *syslogFields {
	return &syslogFields{
		dict: d, host: d.name("host.name"), ip: d.name("host.ip"), vendor: d.name("observer.vendor"), gravity: d.name("event.severity"),
		hostname: d.name("log.syslog.hostname"), app: d.name("process.name"), pid: d.name("process.pid"),
		message: d.name("message"), level: d.name("log.level"), kind: d.name("event.kind"), module: d.name("event.module"),
		priority: d.name("log.syslog.priority"), facility: d.name("log.syslog.facility.code"), severity: d.name("log.syslog.severity.code"),
		version: d.name("log.syslog.version"), msgid: d.name("log.syslog.msgid"), procid: d.name("log.syslog.procid"),
		appname: d.name("log.syslog.appname"), data: d.name("log.syslog.structured_data"),
	}
}

var severities = [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}

// envelope sets what belongs to the line as such.
func (f *syslogFields) envelope(h header, o *output) {
	if h.priority >= 0 {
		o.keep(f.priority, tocsin.IntValue(int64(h.priority)))
		o.keep(f.facility, tocsin.IntValue(int64(h.priority/8)))
		o.keep(f.severity, tocsin.IntValue(int64(h.priority%8)))
		o.put(f.level, severities[h.priority%8])
	}
	o.put(f.level, h.level)
	o.put(f.version, h.version)
	o.put(f.hostname, h.host)
	o.put(f.host, h.host)
	o.address(f.ip, nil, h.ip)
	o.put(f.appname, h.app)
	o.put(f.msgid, h.msgid)
	o.put(f.procid, h.pid)
	for i := range h.data {
		p := &h.data[i]
		at := f.data
		if p.id != "" {
			at = f.dict.path(at, []byte(p.id))
		}
		if at != nil && p.name != "" {
			o.keep(f.dict.path(at, []byte(p.name)), tocsin.StringValue(p.value))
		}
	}
}

// junos sets what Juniper's firewalls leave to the header: their gravity is its priority, as ECS has it of them.
func (f *syslogFields) junos(h header, o *output) {
	if h.priority < 0 || !strings.HasPrefix(h.app, "RT_") && (len(h.data) == 0 || !strings.HasPrefix(h.data[0].id, "junos@")) && o.text(f.vendor) != "Juniper" {
		return
	}
	o.put(f.vendor, "Juniper")
	o.word(severities[h.priority%8])
	o.keep(f.gravity, tocsin.IntValue(int64(h.priority)))
}

// program sets the process that wrote the line.
func (f *syslogFields) program(h header, o *output) {
	_, base := splitPath(h.app)
	o.put(f.app, base)
	if n, ok := digits(h.pid, 1, 18); ok {
		o.keep(f.pid, tocsin.IntValue(int64(n)))
	} else if at := strings.Index(h.message, "[pid "); at >= 0 { // as Apache writes it in its log of errors
		number, _, _ := strings.Cut(h.message[at+len("[pid "):], "]")
		number, _, _ = strings.Cut(number, ":")
		if n, ok := digits(number, 1, 18); ok {
			o.keep(f.pid, tocsin.IntValue(int64(n)))
		}
	}
}

// syslog reads lines of RFC 3164 and RFC 5424, and lines that begin with a time. A message that is JSON or says
// something well known (see login.go) is read as well.
func syslog(d *Decoder) text {
	f := newSyslogFields(d.doc.dict)
	says, pairs, markup, filter := d.says, newPairs(d.doc.dict), newMarkup(d), newFilter(d.doc.dict)
	return text{
		claims: func(line string) bool {
			_, ok := d.line.head(line)
			return ok
		},
		read: func(line string, o *output) string {
			h, ok := d.line.head(line)
			if !ok {
				h.message = line
			}
			if body := objectIn(h.message); body != "" {
				d.embedded(body, o)
			}
			if isMarkup(h.message) {
				_ = markup.read(h.message, o) // what is broken is left as the text it is
			}
			says.flows.read(h, o)
			says.messages.alarm(h, o)
			pairs.within(h, says, o)
			pairs.structured(h.data, o)
			f.junos(h, o)
			if h.app == "filterlog" {
				filter.read(h.message, o)
			}
			says.record(h.message, o)
			if o.time.IsZero() {
				o.time = yearOf(h.time, h.message)
			}
			f.envelope(h, o)
			if h.app == "" {
				h.app = says.headless.of(h.message)
			}
			f.program(h, o)
			o.put(f.message, h.message)
			says.people(h, o)
			o.put(f.kind, "event")
			o.put(f.module, "syslog")
			return ""
		},
	}
}

// objectIn is the JSON object that a message is, or that it ends with behind some words, "" for none.
func objectIn(m string) string {
	const near, far = 64, 512 // bytes before it, and before one that begins as objects do
	body := strings.TrimSuffix(m, " []")
	if strings.HasPrefix(body, "[{") && strings.HasSuffix(body, "}]") && !strings.Contains(body, "},") { // a list of one
		body = body[1 : len(body)-1]
	}
	if !strings.HasSuffix(body, "}") {
		return ""
	}
	if at := strings.IndexByte(body, '{'); at >= 0 && at < near && !strings.HasPrefix(body[at:], `{\"`) {
		return body[at:]
	}
	if at := strings.Index(body[:min(len(body), far)], `{"`); at >= 0 {
		return body[at:]
	}
	if at := strings.Index(body[:min(len(body), far)], `{\"`); at >= 0 { // as a text within a text
		return strings.ReplaceAll(body[at:], `\"`, `"`)
	}
	return ""
}
