package decode

import (
	"net/netip"
	"strings"
	"time"
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
	if len(rest) > 7 && rest[0] >= '1' && rest[0] <= '9' && rest[1] == ' ' && (h.priority >= 0 || rest[6] == '-' && rest[2] == '2') {
		if h.rfc5424(rest, l) {
			return h, true
		}
	}
	if t, after, ok := bracketedTime(rest); ok {
		h.time, h.message = t, after
		return h, true
	}
	if at, level, after, ok := klogTime(rest); ok {
		h.time, h.level, h.message = at, level, after
		return h, true
	}
	t, after, dated := leadingTime(rest)
	after = behindCollector(t, after, dated)
	if !dated && h.priority < 0 {
		if h.time, h.message, dated = programTime(rest); dated {
			return h, true
		}
	}
	if !dated {
		if h.numberedTime(rest) {
			return h, true
		}
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
	h.relayed()
	if !h.leveled() {
		h.tag()
	}
	return h, true
}

// behindCollector is what follows a time, without the line's own time where a collector put one with a year before it.
func behindCollector(t time.Time, after string, dated bool) string {
	if !dated || yearless(t) {
		return after
	}
	if own, behind, again := leadingTime(strings.TrimLeft(after, " ")); again && yearless(own) {
		return behind
	}
	return after
}

// relayed takes what a relay leaves between the host and the program: the host's address, and a switch's own time.
func (h *header) relayed() {
	if h.host != "" && h.message != "" && nibble(h.message[0]) < 16 {
		if ip, rest, ok := strings.Cut(h.message, " "); ok && isAddress(ip) && isTag(firstWord(rest)) {
			h.ip, h.message = ip, rest
		}
	}
	h.origin()
	if said, ok := strings.CutPrefix(h.message, ": "); ok {
		if own, behind, ok := leadingTime(strings.TrimLeft(said, " *.")); ok && !yearless(own) {
			h.time, h.message = own, strings.TrimLeft(behind, ": ")
		}
	}
	h.ownTime()
}

// origin takes the header that stood before the line where a relay has put another one before it: the host that wrote the
// line is the second one.
func (h *header) origin() {
	if h.host == "" || len(h.message) < len("Mar  1 10:00:00 a b:") || monthOf(h.message) == 0 {
		return
	}
	at, rest, ok := stamp(h.message)
	if !ok || !strings.HasPrefix(rest, " ") {
		return
	}
	host, message := nextHost(rest[1:])
	program := firstWord(message)
	if host == "" || isGravity(host) || !isTag(program) && !strings.HasPrefix(program, "CISE_") {
		return
	}
	h.host, h.message = host, message
	if yearless(h.time) {
		h.time = at
	}
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
	if isTag(parts[3]) && len(parts[3]) > 1 { // as RFC 3164 has it, which VMware puts behind this one
		h.version, h.time, h.host, h.message = parts[0], t, nilValue(parts[2]), strings.Join(parts[3:], " ")
		h.tag()
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
		if strings.Contains(id, `="`) { // a device that leaves the id out
			id, params = "", rest[1:end]
		}
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
	if !ok || word == "" || strings.ContainsAny(word, "[=:") && !isAddress(word) || strings.Contains(word, "-PPE-") { // NetScaler's engine
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
