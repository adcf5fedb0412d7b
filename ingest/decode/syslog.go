package decode

import (
	"net/netip"
	"strings"
	"time"

	"tocsin"
)

// A header is what stands before a syslog message: RFC 5424, RFC 3164, and what devices make of the latter.
type header struct {
	priority int // -1: none
	version  string
	level    string // that stands as a word before the program's name
	time     time.Time
	host     string
	ip       string // of the host, where it stands behind its name
	app      string
	pid      string
	msgid    string
	data     []param // RFC 5424 structured data
	message  string
}

// A param is one of RFC 5424's structured data: the name in the element of that id.
type param struct{ id, name, value string }

// cutParts appends the parts of a text between delimiters, as many as to has room for: the last one is the rest.
func cutParts(s, between string, to []string) []string {
	for len(to) < cap(to)-1 {
		part, rest, more := strings.Cut(s, between)
		if !more {
			break
		}
		to, s = append(to, part), rest
	}
	return append(to, s)
}

// syslogHeader reads the header of a line. It reports false where the line begins with neither a priority nor a time.
func syslogHeader(line string) (header, bool) {
	var l lineReader
	return l.read(line)
}

func (l *lineReader) read(line string) (header, bool) {
	h := header{priority: -1}
	rest := line
	if strings.HasPrefix(rest, "<") {
		if end := strings.IndexByte(rest, '>'); end > 1 && end <= 4 {
			if n, ok := digits(rest[1:end], 1, 3); ok && n < 192 {
				h.priority = n
				rest = strings.TrimLeft(rest[end+1:], " ")
			}
		}
	}
	if h.priority >= 0 && len(rest) > 2 && rest[0] >= '1' && rest[0] <= '9' && rest[1] == ' ' {
		if h.rfc5424(rest, l) {
			return h, true
		}
	}
	if t, after, ok := bracketedTime(rest); ok {
		h.time, h.message = t, after
		return h, true
	}
	t, after, dated := leadingTime(rest)
	if dated && !yearless(t) { // a collector's time before the line's own
		if own, behind, again := leadingTime(strings.TrimLeft(after, " ")); again && yearless(own) {
			after = behind
		}
	}
	if !dated && h.priority < 0 {
		if h.time, h.message, dated = programTime(rest); dated {
			return h, true
		}
	}
	if !dated {
		if h.time, h.host, h.message, dated = numberedTime(rest); dated {
			return h, true
		}
		h.host = ""
	}
	if !dated {
		h.message = rest
		h.tag()
		return h, h.priority >= 0 || h.numbered()
	}
	h.time = t
	h.message = strings.TrimLeft(after, " ")
	if hostless(rest, h.message) {
		h.leveled()
		return h, true
	}
	h.host, h.message = nextHost(h.message)
	h.host, _, _ = strings.Cut(h.host, "->") // and where the line was found
	if h.data == nil && strings.HasPrefix(after, "Z ") {
		h.host, h.message = nextHost(strings.TrimLeft(after[1:], " "))
	}
	if h.host != "" && h.message != "" && nibble(h.message[0]) < 16 {
		if ip, rest, ok := strings.Cut(h.message, " "); ok && isAddress(ip) && isTag(firstWord(rest)) {
			h.ip, h.message = ip, rest
		}
	}
	if said, ok := strings.CutPrefix(h.message, ": "); ok { // a switch's own time behind a relay's
		if own, behind, ok := leadingTime(strings.TrimLeft(said, " *.")); ok && !yearless(own) {
			h.time, h.message = own, strings.TrimLeft(behind, ": ")
		}
	}
	if !h.leveled() {
		h.tag()
	}
	return h, true
}

// rfc5424 reads "1 TIME HOST APP PROCID MSGID SD MSG".
func (h *header) rfc5424(rest string, l *lineReader) bool {
	var room [7]string
	parts := cutParts(rest, " ", room[:0])
	const least, all = 4, 6 // parts, where the message begins behind the host and where it does not
	short := len(parts) >= least && (strings.HasPrefix(parts[least-1], "{") || strings.HasPrefix(parts[least-1], "<"))
	if len(parts) < all && !short {
		return false
	}
	t, ok := parseTime(parts[1])
	if !ok && parts[1] != "-" {
		return false
	}
	if short || strings.Contains(parts[4], "=") || strings.Contains(parts[5], "=") { // the message begins behind the host
		h.version, h.time, h.host, h.message = parts[0], t, nilValue(parts[2]), strings.Join(parts[3:], " ")
		return true
	}
	h.version, h.time, h.host, h.app, h.pid, h.msgid = parts[0], t, nilValue(parts[2]), nilValue(parts[3]), nilValue(parts[4]), nilValue(parts[5])
	if len(parts) == 7 {
		h.message = h.structured(parts[6], l)
	}
	return true
}

func nilValue(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// structured reads RFC 5424 structured data and returns the message after it.
func (h *header) structured(rest string, l *lineReader) string {
	if s, ok := strings.CutPrefix(rest, "-"); ok {
		return strings.TrimPrefix(strings.TrimLeft(s, " "), "\ufeff")
	}
	if id, _, _ := strings.Cut(rest, " "); strings.Contains(id, `:"`) { // key:"value"; in brackets, where Check Point has no structured data
		return strings.Trim(rest, "[] ")
	}
	from := len(l.data)
	defer func() { h.data = l.data[from:len(l.data):len(l.data)] }()
	for strings.HasPrefix(rest, "[") {
		end := closing(rest)
		if end < 0 {
			return rest
		}
		id, params, _ := strings.Cut(rest[1:end], " ")
		for params != "" && len(l.data)-from < 256 {
			key, quoted, ok := strings.Cut(params, `="`)
			if !ok {
				break
			}
			i, escaped := 0, false
			for ; i < len(quoted) && quoted[i] != '"'; i++ {
				if quoted[i] == '\\' && i+1 < len(quoted) && strings.IndexByte(`"\]`, quoted[i+1]) >= 0 {
					i++
					escaped = true
				}
			}
			value := quoted[:min(i, len(quoted))]
			if escaped {
				value = withoutEscapes(l.memory, value, `"\]`)
			}
			l.data = append(l.data, param{id: id, name: strings.TrimSpace(key), value: value})
			params = strings.TrimLeft(quoted[min(i+1, len(quoted)):], " ")
		}
		rest = rest[end+1:]
	}
	return strings.TrimPrefix(strings.TrimLeft(rest, " "), "\ufeff")
}

// closing finds the bracket that ends a structured data element.
func closing(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i
		}
	}
	return -1
}

// nextHost cuts the host off a message, unless the first word is already the tag.
func nextHost(s string) (host, rest string) {
	word, after, ok := strings.Cut(s, " ")
	if !ok || word == "" || strings.ContainsAny(word, "[=:") && !isAddress(word) {
		if bare, colon := strings.CutSuffix(word, ":"); colon && ok && isAddress(bare) {
			return bare, strings.TrimLeft(after, " ")
		}
		return "", s
	}
	return word, strings.TrimLeft(after, " ")
}

// hostless reports whether a line is one of a program's own log rather than syslog's: no host stands between its time
// and what it says.
func hostless(line, message string) bool {
	word, after, _ := strings.Cut(message, " ")
	if isGravity(word) || strings.ContainsAny(word, "%\"'<>,") && !strings.Contains(word, "->") {
		return true
	}
	if len(line) < 11 || (line[4] != '-' || line[10] != ' ') && line[4] != '/' && line[2] != '-' {
		return false
	}
	tag, _, _ := strings.Cut(after, " ")
	return !strings.HasSuffix(tag, ":") && !strings.ContainsAny(tag, "[")
}

func isAddress(s string) bool {
	if len(s) < 2 || len(s) > 64 {
		return false
	}
	if !addressLike(s) {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// addressLike reports whether a text has the letters of an address; that it has not is known at less cost than by parsing it.
func addressLike(s string) bool {
	parted := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%':
			return parted
		case c == '.' || c == ':':
			parted = true
		case nibble(c) > 15:
			return false
		}
	}
	return parted
}

// spacedName is how much of a text belongs to a program's name of two words, behind the first of them: "Google Chrome[4321]: ".
func spacedName(rest string) int {
	const most = 32
	open := strings.IndexByte(rest[:min(len(rest), most)], '[')
	if open < 2 || !plainKey(rest[1:open]) {
		return 0
	}
	number, after, ok := strings.Cut(rest[open+1:], "]")
	if _, whole := digits(number, 1, 10); !ok || !whole || !strings.HasPrefix(after, ":") {
		return 0
	}
	return open
}

// isTag reports whether a word is a program's name before its message: "httpd:", "sshd[4321]:".
func isTag(word string) bool {
	name, colon := strings.CutSuffix(word, ":")
	name, _, _ = strings.Cut(name, "[")
	return colon && plainKey(name)
}

// tag cuts "name[pid]: " off the message.
func (h *header) tag() {
	end := strings.IndexAny(h.message, " :[")
	if end <= 0 || end > 128 {
		return
	}
	if h.message[end] == ' ' {
		end += spacedName(h.message[end:])
	}
	name, rest := h.message[:end], h.message[end:]
	if head, address, ok := strings.Cut(name, "/"); ok && head != "" && isAddress(address) { // a tunnel's user
		return
	}
	if strings.IndexByte(name, '=') >= 0 || name[0] == '%' { // a pair, in whose value the colon stands; the number of Cisco's message
		return
	}
	pid := ""
	if rest[0] == '[' {
		stop := strings.IndexByte(rest, ']')
		if stop < 0 {
			return
		}
		pid, rest = rest[1:stop], rest[stop+1:]
	}
	after, ok := strings.CutPrefix(rest, ":")
	if !ok && pid == "" {
		return
	}
	h.app, h.pid, h.message = name, pid, strings.TrimLeft(after, " ")
}

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
	if h.priority < 0 || len(h.data) == 0 || !strings.HasPrefix(h.data[0].id, "junos@") {
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
	if at := strings.IndexByte(body, '{'); at >= 0 && at < near {
		return body[at:]
	}
	if at := strings.Index(body[:min(len(body), far)], `{"`); at >= 0 {
		return body[at:]
	}
	return ""
}
