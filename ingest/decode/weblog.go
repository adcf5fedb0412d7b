package decode

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"tocsin"
)

// A weblogReader reads what nginx and Apache write: access logs in the common and combined formats, and error logs.
type weblogReader struct {
	kind, module, category, types, outcome          *name
	ip, address, port, user, method, original, path *name
	query, version, status, bytes, referrer, agent  *name
	domain, extension, message, level, pid, host    *name
	service                                         *name
	client, server, serverPort, program             *name
}

func weblog(dec *Decoder) text {
	w, l, header := newWeblog(dec.doc.dict), newLogins(dec.doc.dict), newSyslogFields(dec.doc.dict)
	return text{
		claims: func(line string) bool { return accessStart(line) > 0 || errorStart(line) || proxyStart(line) },
		read: func(line string, o *output) string {
			if errorStart(line) {
				w.failure(line, o)
				l.plain(line, o) // what an application behind the server has written there
			}
			if h, ok := dec.line.head(line); ok && h.app != "" && !h.time.IsZero() && accessStart(h.message) > 0 {
				fault := w.read(h.message, o)
				header.envelope(h, o)
				header.program(h, o)
				return fault
			}
			return w.read(line, o)
		},
	}
}

func newWeblog(d *dictionary) *weblogReader {
	return &weblogReader{
		kind: d.name("event.kind"), module: d.name("event.module"), category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"),
		ip: d.name("source.ip"), address: d.name("source.address"), port: d.name("source.port"), user: d.name("user.name"), method: d.name("http.request.method"),
		original: d.name("url.original"), path: d.name("url.path"), query: d.name("url.query"), version: d.name("http.version"),
		status: d.name("http.response.status_code"), bytes: d.name("http.response.body.bytes"), referrer: d.name("http.request.referrer"),
		agent: d.name("user_agent.original"), domain: d.name("url.domain"), extension: d.name("url.extension"), message: d.name("message"),
		level: d.name("log.level"), pid: d.name("process.pid"), host: d.name("host.name"), service: d.name("service.type"), client: d.name("source.domain"), program: d.name("process.name"),
		server: d.name("destination.ip"), serverPort: d.name("destination.port"),
	}
}

// accessStart finds the bracket of the time in an access log's line, -1 where it is none.
func accessStart(line string) int {
	at := strings.Index(line[:min(len(line), 600)], " [")
	for at >= 0 && at+29 <= len(line) {
		s := line[at+2:]
		if s[2] == '/' && (s[6] == '/' && s[11] == ':' && s[14] == ':' && (s[20] == ' ' || s[20] == ']') || dayFirst(s)) {
			return at
		}
		next := strings.Index(s[:min(len(s), 600)], " [")
		if next < 0 {
			return -1
		}
		at += 2 + next
	}
	return -1
}

// dayFirst reports whether a text begins with "01/03/2026 10:00:00]", as some proxies write the time of an access.
func dayFirst(s string) bool {
	return s[5] == '/' && s[10] == ' ' && s[13] == ':' && s[16] == ':' && s[19] == ']'
}

// errorStart reports whether a line begins as error logs of nginx ("2026/03/01 10:00:00 [error] ") and Apache
// ("[Sun Mar 01 10:00:00.0 2026] [core:error] ") do.
func errorStart(line string) bool {
	if len(line) < 32 {
		return false
	}
	return line[4] == '/' && line[7] == '/' && line[10] == ' ' && line[13] == ':' && strings.HasPrefix(line[19:], " [") && gravityFirst(line[21:]) ||
		line[0] == '[' && line[4] == ' ' && line[8] == ' ' && line[11] == ' ' && line[14] == ':' && strings.Contains(line[20:min(len(line), 48)], "] [")
}

// gravityFirst reports whether a text begins with a word of gravity and the bracket that closes it.
func gravityFirst(s string) bool {
	const most = 8
	end := strings.IndexByte(s[:min(len(s), most)], ']')
	return end > 0 && (isGravity(s[:end]) || s[:end] == "emerg")
}

func (w *weblogReader) read(line string, o *output) string {
	fault := ""
	if at := accessStart(line); at > 0 {
		fault = w.access(line, at, o)
	} else if errorStart(line) {
		w.failure(line, o)
	} else if proxyStart(line) {
		w.proxy(line, o)
	} else {
		return "no line of an access or error log: " + excerpt(line)
	}
	o.put(w.kind, "event")
	o.put(w.category, "web")
	o.put(w.types, "access")
	o.put(w.module, "web")
	return fault
}

// access reads "[host ]CLIENT IDENT USER [TIME] "METHOD TARGET VERSION" STATUS BYTES "REFERRER" "AGENT"", with a syslog
// header or a host and port before it.
func (w *weblogReader) access(line string, at int, o *output) string {
	stamp, rest, ok := strings.Cut(line[at+2:], "] ")
	t, err := time.Parse("02/Jan/2006:15:04:05 -0700", stamp)
	if err != nil {
		t, err = time.Parse("02/Jan/2006:15:04:05", stamp)
	}
	if err != nil {
		t, err = time.Parse("02/01/2006 15:04:05", stamp)
	}
	if !ok || err != nil {
		return "no time in " + excerpt(line)
	}
	o.time = t.UTC()
	if at > len("Mar  1 10:00:00 ") && (line[0] == '<' || line[3] == ' ' && monthOf(line) != 0) { // a server that writes to syslog
		h := headerBefore(line, at)
		o.put(w.host, h.host)
		o.put(w.program, h.app)
	}
	w.before(line[:at], o)
	request, rest := quotedPart(rest)
	w.request(request, o)
	words := strings.SplitN(strings.TrimLeft(rest, " "), " ", 3)
	w.code(words[0], o)
	if len(words) > 1 {
		if n, ok := digits(words[1], 1, 15); ok {
			o.keep(w.bytes, tocsin.IntValue(int64(n)))
		}
	}
	if len(words) > 2 {
		referrer, after := quotedPart(words[2])
		o.put(w.referrer, referrer)
		agent, after := quotedPart(strings.TrimLeft(after, " "))
		o.put(w.agent, agent)
		w.backend(after, o)
	}
	o.put(w.message, line)
	return ""
}

// backend reads `COUNT "ROUTER" "URL"` at the end, as Traefik writes where it sent a request.
func (w *weblogReader) backend(s string, o *output) {
	_, s, _ = strings.Cut(s, `"`)
	_, s, ok := strings.Cut(s, `" "`)
	target, _, _ := strings.Cut(s, `"`)
	if _, host, url := strings.Cut(target, "://"); ok && url {
		host, _, _ = strings.Cut(host, "/")
		bare := withoutPort(host)
		o.address(w.server, nil, bare)
		if _, port, ok := strings.Cut(host[len(bare):], ":"); ok && len(bare) < len(host) && isAddress(bare) {
			o.put(w.serverPort, port)
		}
	}
}

// before reads what stands before the time: "[HOST[:PORT]] CLIENT IDENT USER", where CLIENT may be the addresses that a
// request has come through.
func (w *weblogReader) before(s string, o *output) {
	words := strings.Fields(s)
	switch n := len(words); {
	case n > 3 && words[1] == "-" && isAddress(words[0]): // a name of several words
		o.put(w.user, strings.Join(words[2:], " "))
		words = words[:1]
	case n >= 3:
		o.put(w.user, words[n-1])
		words = words[:n-2]
	}
	if len(words) == 0 {
		return
	}
	first := 0
	if len(words) > 1 && !strings.HasSuffix(words[0], ",") && strings.Trim(words[1], "()-") != "" {
		first = 1
		before := words[len(words)-2]
		if strings.HasSuffix(before, ",") {
			before = words[0]
		}
		w.asked(before, words[0], o)
	}
	client := forwardedFor(words[first:])
	bare := withoutPort(client)
	if port, ok := digits(client[min(len(bare)+1, len(client)):], 1, 5); ok && len(bare) < len(client) {
		o.keep(w.port, tocsin.IntValue(int64(port)))
	}
	o.address(w.ip, w.client, bare)
	o.put(w.address, bare)
}

// asked reads which of its hosts the server was asked for: the word before the client, or the first one, as an address.
func (w *weblogReader) asked(before, first string, o *output) {
	bare := withoutPort(first)
	if isAddress(bare) {
		o.address(w.server, nil, bare)
		if _, port, ok := strings.Cut(first[len(bare):], ":"); ok && len(bare) < len(first) {
			o.put(w.serverPort, port)
		}
		return
	}
	if host, port, _ := strings.Cut(before, ":"); strings.Contains(host, ".") && !isAddress(host) {
		o.put(w.domain, host)
		if n, ok := digits(port, 1, 5); ok {
			o.keep(w.serverPort, tocsin.IntValue(int64(n)))
		}
	}
}

// forwardedFor is the client among the words where it stands: of a list of addresses the first one that is of the world,
// else the first one; else the last address.
func forwardedFor(words []string) string {
	last, listed := "", ""
	for i, word := range words {
		list := strings.HasSuffix(word, ",") || i > 0 && strings.HasSuffix(words[i-1], ",")
		word = strings.Trim(word, `,"`)
		address := withoutPort(word)
		if !isAddress(address) {
			continue
		}
		last = word
		if ip, err := netip.ParseAddr(address); list && err == nil && (listed == "" || !ip.IsPrivate() && !ip.IsLoopback() && private(listed)) {
			listed = word
		}
	}
	return cmp.Or(listed, last, strings.Trim(words[len(words)-1], `,"`))
}

// private reports whether an address is one of those that are nobody's in the world.
func private(address string) bool {
	ip, err := netip.ParseAddr(withoutPort(address))
	return err == nil && (ip.IsPrivate() || ip.IsLoopback())
}

// request reads "METHOD TARGET VERSION"; a line that is none of HTTP's is the target.
func (w *weblogReader) request(s string, o *output) {
	method, target, ok := strings.Cut(s, " ")
	if !ok || httpMethod(tocsin.StringValue(method)).IsAbsent() {
		o.put(w.original, s)
		return
	}
	o.put(w.method, method)
	if i := strings.LastIndex(target, " HTTP/"); i >= 0 {
		o.put(w.version, target[i+len(" HTTP/"):])
		target = target[:i]
	}
	o.put(w.original, target)
	if scheme, after, ok := strings.Cut(target, "://"); ok && !strings.ContainsAny(scheme, "/?") {
		host, path, _ := strings.Cut(after, "/")
		host, _, _ = strings.Cut(host, ":")
		o.put(w.domain, host)
		target = "/" + path
	}
	path, query, _ := strings.Cut(target, "?")
	if strings.HasPrefix(path, "/") {
		o.put(w.path, path)
	}
	o.put(w.query, query)
	_, base := splitPath(path)
	if dot := strings.LastIndexByte(base, '.'); dot > 0 && dot < len(base)-1 {
		o.put(w.extension, base[dot+1:])
	}
}

// quotedPart takes the text in quotation marks that s begins with, and returns what follows.
func quotedPart(s string) (part, rest string) {
	if !strings.HasPrefix(s, `"`) {
		return "", s
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:]
		}
	}
	return s[1:], ""
}

// failure reads a line of an error log.
func (w *weblogReader) failure(line string, o *output) {
	o.put(w.message, line)
	o.put(w.types, "error")
	if line[0] != '[' { // nginx
		o.time, _ = parseTime(line[:19])
		level, rest, _ := strings.Cut(line[21:], "] ")
		o.put(w.level, level)
		pid, _, _ := strings.Cut(rest, "#")
		if n, ok := digits(pid, 1, 9); ok {
			o.keep(w.pid, tocsin.IntValue(int64(n)))
		}
		o.address(w.ip, w.client, errorPart(rest, ", client: ", ","))
		if client := errorPart(rest, " client ", " "); mayAddress(client) {
			o.address(w.ip, w.client, withoutPort(client))
		}
		request, _ := quotedPart(errorPart(rest, `, request: `, ""))
		w.request(request, o)
		host, _ := quotedPart(errorPart(rest, `, host: `, ""))
		o.put(w.domain, host)
		if user := errorPart(rest, `user "`, `"`); user != "" && (strings.Contains(rest, "was not found in") || strings.Contains(rest, "password mismatch")) {
			o.put(w.user, user)
			o.put(w.outcome, "failure")
		}
		return
	}
	stamp, rest, _ := strings.Cut(line[1:], "] [")
	for _, layout := range []string{"Mon Jan _2 15:04:05.999999999 2006", "Mon Jan 02 15:04:05.999999999 2006"} {
		if t, err := time.Parse(layout, stamp); err == nil {
			o.time = t
			break
		}
	}
	level, rest, _ := strings.Cut(rest, "] ")
	o.put(w.level, level[strings.IndexByte(level, ':')+1:])
	pid := errorPart(rest, "[pid ", "]")
	pid, _, _ = strings.Cut(pid, ":")
	if n, ok := digits(pid, 1, 9); ok {
		o.keep(w.pid, tocsin.IntValue(int64(n)))
	}
	client := errorPart(rest, "[client ", "]")
	if i := strings.LastIndexByte(client, ':'); i > 0 && !isAddress(client) {
		o.put(w.port, client[i+1:])
		client = client[:i]
	}
	o.address(w.ip, w.client, client)
	if user := errorPart(rest, "user ", " "); user != "" && (strings.Contains(rest, "uthentication failure") || strings.Contains(rest, "not found: ")) {
		o.put(w.user, strings.Trim(user, `":`))
		o.put(w.outcome, "failure")
	}
}

// errorPart is the text between two marks, to the end where the second is "".
func errorPart(s, begin, end string) string {
	_, after, ok := strings.Cut(s, begin)
	if !ok {
		return ""
	}
	if end != "" {
		after, _, _ = strings.Cut(after, end)
	}
	return strings.TrimSpace(after)
}
