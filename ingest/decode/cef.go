package decode

import (
	"strconv"
	"strings"

	"tocsin"
)

// cefFields maps the keys of the CEF dictionary, short and long, to ECS.
const cefFields = `
	src sourceAddress               source.ip
	spt sourcePort cpt              source.port
	shost sourceHostName            source.domain
	smac sourceMacAddress           source.mac
	suser sourceUserName            source.user.name
	suid sourceUserId               source.user.id
	sntdom sourceNtDomain           source.user.domain
	spriv sourceUserPrivileges      source.user.group.name
	spid sourceProcessId            process.pid
	sproc sourceProcessName         process.name
	sourceTranslatedAddress         source.nat.ip
	sourceTranslatedPort            source.nat.port
	sourceDnsDomain                 source.registered_domain
	dst destinationAddress          destination.ip
	dpt destinationPort             destination.port
	dhost destinationHostName       destination.domain
	dmac destinationMacAddress      destination.mac
	duser destinationUserName       destination.user.name
	duid destinationUserId          destination.user.id
	dntdom destinationNtDomain      destination.user.domain
	dpriv destinationUserPrivileges destination.user.group.name
	dpid destinationProcessId       process.pid
	dproc destinationProcessName    process.name
	destinationTranslatedAddress    destination.nat.ip
	destinationTranslatedPort       destination.nat.port
	destinationServiceName          service.name
	destinationDnsDomain            destination.registered_domain
	dvc deviceAddress               observer.ip
	dvchost deviceHostName          observer.hostname
	dvcmac deviceMacAddress         observer.mac
	deviceExternalId                observer.serial_number
	deviceInboundInterface          observer.ingress.interface.name
	deviceOutboundInterface         observer.egress.interface.name
	deviceProcessName               process.name
	dvcpid deviceProcessId          process.pid
	proto transportProtocol         network.transport
	app applicationProtocol         network.protocol
	act deviceAction                event.action
	outcome eventOutcome            event.outcome
	cat deviceEventCategory         rule.category
	msg message                     message
	reason                          event.reason
	externalId                      event.id
	request requestURL              url.original
	requestMethod                   http.request.method
	requestClientApplication        user_agent.original
	requestContext                  http.request.referrer
	fname filename                  file.name
	filePath                        file.path
	fsize fileSize                  file.size
	fileType                        file.type
	fileHash                        file.hash.any
	filePermission                  file.mode
	fileCreateTime                  file.created
	fileModificationTime            file.mtime
	fileId                          file.inode
	ahost agentHostName             agent.name
	aid agentId                     agent.id
	at agentType                    agent.type
	av agentVersion                 agent.version
	dtz deviceTimeZone              event.timezone
	in bytesIn                      source.bytes
	out bytesOut                    destination.bytes
	start startTime                 event.start
	end endTime                     event.end
	deviceDirection                 network.direction
	deviceFacility                  log.syslog.facility.name`

// cefSeverities are the words of CEF's severity as the lower end of the numbers that they stand for, as Elastic's decoder
// has them.
var cefSeverities = map[string]int64{"low": 0, "medium": 4, "high": 7, "very-high": 9, "very high": 9, "critical": 9, "informational": 0, "info": 0, "warning": 4, "error": 7}

// A cefReader reads ArcSight's Common Event Format, bare or behind a syslog header.
type cefReader struct {
	cefTerms
	syslog                                     *syslogFields
	fixed                                      []constant
	vendor, product, version, code, rule       *name
	ruleID, severity, cefName, cefSev, cefVer  *name
	host, user, sourceUser, destUser, category *name
	types, outcome, eventKind, ruleset         *name
	hashes                                     map[int]*name
	derive                                     deriver
	guess                                      *guesser
	ends                                       *endsReader
	logins                                     *logins
	message, executable, pid                   *name
	clocks                                     []*cefTerm
	kind, action, deviceHost                   *cefTerm
	sides                                      [2]cefSide
	sorts                                      cefSorts
	events                                     map[string][]cefEvent
	machines                                   [3]*cefTerm
	account, actor                             *cefTerm
	program, command                           *name
	parts                                      []string
}

func cef(dec *Decoder) text {
	c := newCEF(dec.doc.dict, "cef", cefFields)
	return text{claims: func(line string) bool { return cefStart(line) >= 0 }, read: c.read}
}

// newCEF makes the reader of a format of that name, CEF or one like it, with these keys.
func newCEF(d *dictionary, format, keys string) *cefReader {
	c := &cefReader{
		cefTerms: cefTerms{dict: d, extensions: d.name(format + ".extensions"), met: map[string]*cefTerm{}},
		syslog:   newSyslogFields(d), fixed: d.constants("event.module " + format),
		vendor: d.name("observer.vendor"), product: d.name("observer.product"), version: d.name("observer.version"), code: d.name("event.code"),
		rule: d.name("rule.name"), ruleID: d.name("rule.id"), severity: d.name("event.severity"), cefName: d.name(format + ".name"), cefSev: d.name(format + ".severity"), cefVer: d.name(format + ".version"),
		host: d.name("host.name"), user: d.name("user.name"), sourceUser: d.name("source.user.name"), destUser: d.name("destination.user.name"),
		category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"), eventKind: d.name("event.kind"), ruleset: d.name("rule.ruleset"), derive: newDeriver(d),
		hashes: map[int]*name{32: d.name("file.hash.md5"), 40: d.name("file.hash.sha1"), 64: d.name("file.hash.sha256")},
	}
	c.guess, c.ends, c.logins, c.message, c.executable = newGuesser(d), newEnds(d), newLogins(d), d.name("message"), d.name("process.executable")
	c.pid = d.name("process.pid")
	c.learn(keys)
	c.clocks = c.asked("rt", "deviceReceiptTime", "end", "endTime", "start", "startTime", "UNIFIutcTime", "devTime", "art", "deviceCustomDate1")
	c.kind, c.action, c.deviceHost = c.key("cat"), c.key("act"), c.key("dvchost")
	c.sides = [2]cefSide{{d.name("source.ip"), d.name("source.domain")}, {d.name("destination.ip"), d.name("destination.domain")}}
	c.sorts, c.events = newCEFSorts(d), cefEvents()
	c.machines, c.account = [3]*cefTerm{c.key("dhost"), c.key("dvchost"), c.key("shost")}, c.key("duser")
	c.actor, c.program, c.command = c.key("suser"), d.name("process.name"), d.name("process.command_line")
	return c
}

// cefStart finds where "CEF:0|" or "CEF:1|" stands in a line, -1 where it does not. A relay that took "CEF:" for the name
// of a program leaves "0|" at the beginning.
func cefStart(line string) int {
	if strings.IndexByte(line, '|') < 0 {
		return -1
	}
	for from := 0; ; {
		at := strings.Index(line[from:min(len(line), 512)], "CEF:")
		if at < 0 {
			break
		}
		at += from
		if cefVersion(strings.TrimLeft(line[at+4:], " ")) {
			return at
		}
		from = at + 4
	}
	if cefVersion(line) && line[1] == '|' && strings.Count(line, "|") >= 7 && strings.IndexByte(line, '=') > 0 {
		return 0
	}
	return -1
}

// cefVersion reports whether a text begins with a version of CEF as a header has it.
func cefVersion(s string) bool {
	return len(s) > 1 && s[0] >= '0' && s[0] <= '9' && (s[1] == '|' || s[1] == '.')
}

func (c *cefReader) read(line string, o *output) string {
	at := cefStart(line)
	if at < 0 {
		return "no CEF header in " + excerpt(line)
	}
	if at > 0 && line[at-1] == '"' { // a column in quotation marks
		line = strings.TrimSuffix(line, `"`)
	}
	c.memory = &o.doc.memory
	parts, extension := c.header(strings.TrimLeft(strings.TrimPrefix(line[at:], "CEF:"), " "), c.parts[:0])
	c.parts = parts
	if len(parts) < 7 {
		return "the header has " + strconv.Itoa(len(parts)) + " of its 7 parts"
	}
	h := headerBefore(line, at)
	c.extension(extension)
	c.times(h, o)
	o.give(c.fixed)
	o.scale = ofTen
	o.put(c.cefVer, parts[0])
	for i, n := range [...]*name{c.vendor, c.product, c.version, c.code, c.rule} {
		o.put(n, parts[i+1])
	}
	o.put(c.ruleID, parts[4])
	o.put(c.cefName, parts[5])
	o.put(c.cefSev, parts[6])
	if n, ok := cefSeverity(o.lower(parts[6])); ok {
		o.keep(c.severity, tocsin.IntValue(n))
	}
	o.word(parts[6])
	c.central(parts, o)
	c.fields(o)
	o.set(c.user, o.value(c.sourceUser))
	c.likely(o)
	c.listed(parts, o)
	c.syslog.envelope(h, o)
	c.machine(o)
	o.set(c.user, o.value(c.destUser))
	c.classify(parts[5], o)
	c.derive.apply(o)
	return ""
}

// cefSeverity reads a severity of 0 to 10 or its word in small letters.
func cefSeverity(s string) (int64, bool) {
	if n, ok := digits(s, 1, 3); ok {
		return int64(n), true
	}
	if s == "" {
		return 0, false
	}
	n, ok := cefSeverities[s]
	return n, ok
}

// header cuts the seven parts, in which \| and \\ are escaped, from the extension.
func (c *cefReader) header(s string, parts []string) (_ []string, extension string) {
	start, escaped := 0, false
	add := func(part string) {
		if escaped {
			part = withoutEscapes(c.memory, part, `|\`)
		}
		parts = append(parts, strings.TrimSpace(part))
		escaped = false
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '|' || s[i+1] == '\\'):
			i++
			escaped = true
		case s[i] == '|':
			add(s[start:i])
			start = i + 1
			if len(parts) == 7 {
				return parts, s[start:]
			}
		}
	}
	add(s[start:])
	return parts, ""
}

// extension reads "key=value key=value": a key begins after a blank and has neither blank nor equals sign, so a value
// reaches to the blank before the next key.
func (c *cefReader) extension(s string) {
	c.begin()
	start, word := 0, 0 // word: where the word being read begins
	var at *cefTerm
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ' ', '\t', '\n', '\r':
			word = i + 1
		case '=':
			if word < start || !c.expected(s[word:i]) && !cefKey(s[word:i]) {
				if at != nil || word < start {
					continue // an equals sign that its writer did not escape
				}
			}
			c.take(at, s[start:max(start, word)])
			at, start = nil, i+1
			if word < i {
				at = c.follow(s[word:i])
			}
		}
	}
	c.take(at, s[start:])
}

func cefKey(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '.' && c != '-' && c != '[' && c != ']' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
