package decode

import (
	"strings"
	"time"

	"tocsin"
)

// A winSyslog is an event of Windows as agents put it into a line of syslog: what they say of it beside its message.
type winSyslog struct {
	header                       header
	at                           time.Time
	channel, provider, id        string
	kind, user, computer, record string
	message                      string
}

// windowsSyslog reads what agents make of Windows events in lines: NXLog's structured data, Snare's columns, OSSEC's
// WinEvtLog and the "provider[pid]: number: message" of many.
func windowsSyslog(dec *Decoder) text {
	d := dec.doc.dict
	events, fields := dec.events(), newSyslogFields(d)
	userName := d.name("winlog.user.name")
	return text{
		signs: []string{"MSWinEventLog", "NXLOG@", "WinEvtLog: ", "Security-Auditing"},
		claims: func(line string) bool {
			_, ok := winSyslogOf(dec, line)
			return ok
		},
		read: func(line string, o *output) string {
			e, ok := winSyslogOf(dec, line)
			if !ok {
				return "no event of Windows in " + excerpt(line)
			}
			if o.time = e.at; o.time.IsZero() {
				o.time = e.header.time
			}
			events.params(e.header.data, o)
			o.put(events.channel, e.channel)
			o.put(events.providerName, e.provider)
			o.put(events.eventID, e.id)
			o.put(events.record, e.record)
			o.put(events.eventType, e.kind)
			o.put(events.header["Computer"], e.computer)
			_, user := splitPath(e.user)
			o.put(userName, user)
			o.keep(events.message, tocsin.StringValue(e.message))
			events.told.read(e.provider, spread(e.message), o)
			events.finish(o)
			e.header.data = nil // they are the event's own
			fields.envelope(e.header, o)
			return ""
		},
	}
}

// params keeps the structured data that NXLog writes: the event's header and data side by side.
func (w *windowsReader) params(data []param, o *output) {
	for _, p := range data {
		if !strings.HasPrefix(p.id, "NXLOG@") {
			continue
		}
		v := tocsin.StringValue(p.value)
		if p.name == "EventType" && strings.HasPrefix(p.value, "AUDIT_") {
			o.put(w.eventType, p.value)
		} else if to, ok := w.flatHeader[p.name]; ok {
			o.set(to, v)
		} else {
			o.keep(w.dict.path(w.eventData, []byte(p.name)), v)
		}
	}
}

// winSyslogOf takes a line apart; false for one that is no event of Windows.
func winSyslogOf(dec *Decoder, line string) (winSyslog, bool) {
	if at := strings.Index(line, "MSWinEventLog"); at >= 0 {
		return snare(line, at)
	}
	if at := strings.Index(line, "WinEvtLog: "); at >= 0 {
		return winEvtLog(line, at)
	}
	h, ok := dec.line.head(line)
	if !ok {
		return winSyslog{}, false
	}
	e := winSyslog{header: h, provider: h.app, computer: h.host, message: h.message}
	if strings.HasSuffix(h.app, "Security-Auditing") {
		e.provider, e.channel = "Microsoft-Windows-Security-Auditing", "Security"
	}
	for _, p := range h.data {
		if strings.HasPrefix(p.id, "NXLOG@") && p.name == "EventID" {
			return e, true
		}
	}
	id, said, found := strings.Cut(h.message, ":")
	if _, number := digits(id, 3, 5); !found || !number || e.channel == "" {
		return winSyslog{}, false
	}
	said = strings.TrimLeft(said, " ")
	for _, kind := range [...]string{"AUDIT_SUCCESS", "AUDIT_FAILURE"} {
		if rest, ok := strings.CutPrefix(said, kind); ok {
			e.kind, said = kind, strings.TrimLeft(rest, ": ")
		}
	}
	e.id, e.message = id, said
	return e, true
}

// snare reads Snare's columns: log, time, number, source, user, type, computer and message among them.
func snare(line string, at int) (winSyslog, bool) {
	const least, most = 14, 16 // columns
	between := "\t"
	if !strings.Contains(line[at:], between) {
		between = "#011"
	}
	columns := strings.SplitN(line[at:], between, most)
	if len(columns) < least {
		return winSyslog{}, false
	}
	if _, ok := digits(columns[5], 1, 5); !ok {
		return winSyslog{}, false
	}
	e := winSyslog{
		header: headerBefore(line, at), channel: columns[2], record: columns[3], id: columns[5], provider: columns[6],
		user: columns[7], computer: columns[10], message: columns[13],
	}
	if t, ok := parseTime(columns[4]); ok && !yearless(t) {
		e.at = t
	}
	if e.user == "N/A" || e.user == "Unknown User" {
		e.user = ""
	}
	switch columns[9] {
	case "Success Audit":
		e.kind = "AUDIT_SUCCESS"
	case "Failure Audit":
		e.kind = "AUDIT_FAILURE"
	}
	if strings.EqualFold(e.channel, "Security") {
		e.provider, e.channel = "Microsoft-Windows-Security-Auditing", "Security"
	}
	return e, true
}

// winEvtLog reads "WinEvtLog: log: TYPE(number): provider: user: domain: computer: message".
func winEvtLog(line string, at int) (winSyslog, bool) {
	const all = 7 // parts
	parts := strings.SplitN(line[at+len("WinEvtLog: "):], ": ", all)
	if len(parts) < all {
		return winSyslog{}, false
	}
	kind, number, _ := strings.Cut(strings.TrimSuffix(parts[1], ")"), "(")
	if _, ok := digits(number, 1, 5); !ok {
		return winSyslog{}, false
	}
	e := winSyslog{header: headerBefore(line, at), channel: parts[0], id: number, kind: kind, provider: parts[2], computer: parts[5], message: parts[6]}
	if parts[3] != "(no user)" && parts[3] != "no user" {
		e.user = parts[3]
	}
	return e, true
}

// spread is a message with a tabulator where a relay has put blanks for the ends of lines and tabulators.
func spread(m string) string {
	if strings.Contains(m, "#012") {
		m = octals.Replace(m)
	}
	if strings.ContainsAny(m, "\n\t") || !strings.Contains(m, "  ") {
		return m
	}
	m = strings.Replace(m, ". Subject:", ".  Subject:", 1)
	var b strings.Builder
	for {
		head, rest, more := strings.Cut(m, "  ")
		b.WriteString(head)
		if !more {
			return b.String()
		}
		b.WriteByte('\t')
		m = strings.TrimLeft(rest, " ")
	}
}
