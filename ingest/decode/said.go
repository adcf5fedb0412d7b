package decode

import (
	"cmp"
	"slices"
	"strings"
)

// A said reads the text that a program wrote for people: a line of a web server, a refused login, a finding of a web
// application firewall, and from where somebody spoke to it.
type said struct {
	logins   *logins
	web      *weblogReader
	waf      *wafReader
	fast     *fastReader
	names    *resolverReader
	ends     *endsReader
	programs *programsByName
	messages *mnemonicReader
	headless *headless
	flows    *junosReader
	spoken   []*name // what only traffic has
	command  *name
	host     *name
}

func newSaid(d *dictionary) *said {
	return &said{logins: newLogins(d), web: newWeblog(d), waf: newWAF(d), fast: newFast(d), names: newResolver(d), ends: newEnds(d), programs: newPrograms(), messages: newMnemonics(d), headless: newHeadless(), flows: newJunos(d), spoken: d.names(spokenFields()...), command: d.name("process.command_line"), host: d.name("host.name")}
}

// maxSaid is how much of a text is looked at.
const maxSaid = 2048

// record sets what a text says that is a record of its own.
func (s *said) record(m string, o *output) {
	switch {
	case accessStart(m) > 0 || errorStart(m):
		s.web.read(m, o)
	default:
		s.names.read(m, o)
	}
	if s.waf.claims(m) {
		s.waf.read(m, o)
	}
	if s.fast.claims(m) {
		s.fast.read(m, o)
	}
}

// login sets who came or failed to come in, and reports whether a line says that.
func (s *said) login(h header, o *output) bool {
	s.logins.apply(h, o)
	return o.has(s.logins.category)
}

// people sets who came or failed to come in, and from where somebody spoke.
func (s *said) people(h header, o *output) {
	s.logins.apply(h, o)
	if user, command, ok := cronLine(h.message); ok {
		o.put(s.logins.user, user)
		o.put(s.command, command)
	}
	if strings.IndexByte(h.message, '<') >= 0 {
		s.logins.name(o, s.logins.user, errorPart(h.message, " rejected RCPT <", ">")) // the mailbox that was asked for
	}
	if !o.has(s.logins.ip) && !o.has(s.ends.ips[1]) && len(h.message) <= maxSaid && mayAddress(h.message) {
		if s.ends.read(h.message, o); !o.has(s.logins.ip) && !o.has(s.ends.ips[1]) {
			o.address(s.logins.ip, nil, cmp.Or(peer(h.message, o), soleAddress(h.message, o.lower(h.message))))
		}
	}
	if !o.has(s.logins.user) && len(h.message) <= maxSaid && maySpeak(h.message) {
		o.put(s.logins.user, spokenUser(h.message, o.lower(h.message)))
	}
	s.lease(h.message, o)
	s.sort(h, o)
}

// lease sets the machine that asks for an address: "DHCPREQUEST for 192.0.2.9 from 00:00:5e:00:53:01 (ws-1) via eth0". A line
// that a relay has left its header tells who wrote it instead.
func (s *said) lease(m string, o *output) {
	if !strings.HasPrefix(m, "DHCP") || o.has(s.host) {
		return
	}
	_, after, _ := strings.Cut(m, " from ")
	if name := errorPart(after, "(", ")"); plainKey(name) && isLetter(name[0]) {
		o.put(s.host, name)
	}
}

// cronLine takes "(alice) CMD (/bin/true)" apart, as cron writes what it runs.
func cronLine(m string) (user, command string, ok bool) {
	if !strings.HasPrefix(m, "(") || !strings.HasSuffix(m, ")") {
		return "", "", false
	}
	user, command, ok = strings.Cut(m[1:len(m)-1], ") CMD (")
	return user, strings.TrimSpace(command), ok && !strings.ContainsAny(user, " ()")
}

// sort sets what sort of event a line is about that said nothing surer: by the program that wrote it, else by the
// addresses that it names.
func (s *said) sort(h header, o *output) {
	s.messages.read(h, o)
	if o.has(s.logins.category) {
		return
	}
	sort := s.programs.of(h.app)
	switch {
	case sort != "":
	case mailQueue(h.message):
		sort = "email"
	case s.traffic(h.message, o):
		sort = "network"
	case len(h.message) <= maxSaid && saysAny(h.message, "onfig", "ettings were") && saysAny(o.lower(h.message), configWords[:]...):
		sort = "configuration"
	default:
		return
	}
	o.put(s.logins.category, sort)
	o.put(s.logins.types, "info")
}

// traffic reports whether a text names two ends, or one of which it tells how it was spoken to.
func (s *said) traffic(m string, o *output) bool {
	from, to := o.has(s.logins.ip), o.has(s.ends.ips[1])
	return from && to || (from || to) && (slices.ContainsFunc(s.spoken, o.has) || len(m) <= maxSaid && saysAny(o.lower(m), trafficWords[:]...))
}

// trafficWords are words of what happens to packets and connections, in small letters.
var trafficWords = [...]string{"packet", "traffic", "tunnel", "vpn", "dhcp", " arp", "firewall", "neighbor", "tcp", "udp", "icmp", "dropped", "subnet", "unreachable", "connection from", "connection to", "connected to", "disconnect"}

// configWords are words of what happens to settings, in small letters.
var configWords = [...]string{"configuration modified", "configuration changed", "configuration saved", "config saved", "configuration has been", "settings were changed", "running-config", "startup-config"}

// text is record and people for a text without a header.
func (s *said) text(m string, o *output) {
	s.record(m, o)
	s.people(header{priority: -1, message: m}, o)
}

// peerMarks are what programs write before the address of who speaks to them, in small letters, the surest first.
var peerMarks = [...]string{
	"from ip: ", "client ip=", "[client ", "client: ", "oip=", "rip=", "rhost=", "remote_addr=", "remote address ", "client=", "client_address=", "raddr=",
	" ip: ", "ip:", " ip ", "ip=", "peer ", "client ", "connection: ", "refused connect from ", " from: ", " from ", " from host ", " by ", "@'", ") [", "[", "(",
}

// peer finds the address that one of the marks stands before, "" for none.
func peer(m string, o *output) string {
	if !mayAddress(m) {
		return ""
	}
	m = o.doc.memory.join(" ", m)
	small := o.lower(m)
	if len(small) != len(m) {
		return ""
	}
	if at := strings.Index(small, " from peer "); at >= 0 { // a tunnel's other end, not the packet's own word for it
		if open := strings.IndexByte(m[at:], '('); open > 0 {
			if address := leadingAddress(m[at+open+1:]); address != "" {
				return address
			}
		}
	}
	if address := portAfter(m); address != "" {
		return address
	}
	for _, mark := range peerMarks {
		const most = 8 // places looked at
		from := 0
		for range most {
			at := strings.Index(small[from:], mark)
			if at < 0 {
				break
			}
			from += at + len(mark)
			if strings.HasSuffix(small[:from-len(mark)], " to") {
				continue // where it goes
			}
			if address := leadingAddress(m[from:]); address != "" {
				return address
			}
		}
	}
	return ""
}

// mayAddress reports whether a text may hold an address: digits on both sides of a dot, two colons side by side, or as many
// as an address has that is written whole, with hexadecimal digits alone between them. It passes over most texts that hold
// none, those with a time of day too.
func mayAddress(m string) bool {
	const whole = 7
	colons := 0
	for i := range len(m) {
		switch c := m[i]; {
		case c == '.':
			if i > 0 && i+1 < len(m) && nibble(m[i-1]) < 10 && nibble(m[i+1]) < 10 {
				return true
			}
			colons = 0
		case c == ':':
			if colons++; colons == whole || i > 0 && m[i-1] == ':' {
				return true
			}
		case nibble(c) > 15:
			colons = 0
		}
	}
	return false
}

// portAfter is the address before the first " port ", or the one that a DHCP server speaks of, "" for none.
func portAfter(m string) string {
	if head, _, ok := strings.Cut(m, " port "); ok {
		if word := strings.Trim(lastWord(head), "[]()"); isAddress(word) {
			return word
		}
	}
	if m = strings.TrimLeft(m, " "); strings.HasPrefix(m, "DHCP") || strings.HasPrefix(m, "Option 82: ") {
		for _, mark := range [...]string{" on ", " of ", " for "} {
			if _, after, ok := strings.Cut(m, mark); ok {
				if word := firstWord(after); isAddress(word) {
					return word
				}
			}
		}
	}
	return ""
}

// leadingAddress is the address that a text begins with, in brackets, in quotation marks, with its port or behind a
// host's name ("unknown[192.0.2.1]"), "" for none.
func leadingAddress(s string) string {
	word := strings.TrimLeft(s, "[\"'(`< ")
	if end := strings.IndexAny(word, " ,\"');|/#`>"); end >= 0 {
		word = word[:end]
	}
	if at := strings.IndexByte(word, '['); at > 0 {
		word = word[at+1:]
	}
	word, _, _ = strings.Cut(word, "]")
	word = withoutPort(strings.TrimRight(word, ".:"))
	if !strings.ContainsAny(word, ".:") || !isAddress(word) {
		return ""
	}
	return word
}

// onlyAddress is the one address that the words of a text name, "" where there is none or more than one.
func onlyAddress(m string) string {
	only := ""
	for word := range strings.FieldsSeq(m) {
		switch address := leadingAddress(word); {
		case address == "" || address == only:
		case only != "":
			return ""
		default:
			only = address
		}
	}
	return only
}
