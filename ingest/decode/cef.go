package decode

import (
	"strconv"
	"strings"

	"tocsin"
)

// cefKeys maps the keys of the CEF dictionary, short and long, to ECS.
const cefKeys = `
	src sourceAddress               source.ip
	spt sourcePort                  source.port
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
	dict                                       *dictionary
	keys                                       map[string]*name
	syslog                                     *syslogFields
	fixed                                      []constant
	vendor, product, version, code, rule       *name
	ruleID, severity, cefName, cefSev, cefVer  *name
	host, user, sourceUser, destUser, category *name
	types, outcome, direction, hash            *name
	hashes                                     map[int]*name
	extensions                                 *name
	addresses                                  map[*name]*name
	moments                                    map[*name]bool
	derive                                     deriver
	path                                       *name
	values                                     map[string]string
	order, parts                               []string
}

func cef(dec *Decoder) text {
	c := newCEF(dec.doc.dict, "cef", cefKeys)
	return text{claims: func(line string) bool { return cefStart(line) >= 0 }, read: c.read}
}

// newCEF makes the reader of a format of that name, CEF or one like it, with these keys.
func newCEF(d *dictionary, format, keys string) *cefReader {
	c := &cefReader{
		dict: d, keys: map[string]*name{}, syslog: newSyslogFields(d), fixed: d.constants("event.kind alert\nevent.module " + format),
		vendor: d.name("observer.vendor"), product: d.name("observer.product"), version: d.name("observer.version"), code: d.name("event.code"),
		rule: d.name("rule.name"), ruleID: d.name("rule.id"), severity: d.name("event.severity"), cefName: d.name(format + ".name"), cefSev: d.name(format + ".severity"), cefVer: d.name(format + ".version"),
		host: d.name("host.name"), user: d.name("user.name"), sourceUser: d.name("source.user.name"), destUser: d.name("destination.user.name"),
		category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"), direction: d.name("network.direction"),
		hash: d.name("file.hash.any"), path: d.name("file.path"), extensions: d.name(format + ".extensions"), derive: newDeriver(d),
		hashes:    map[int]*name{32: d.name("file.hash.md5"), 40: d.name("file.hash.sha1"), 64: d.name("file.hash.sha256")},
		addresses: map[*name]*name{}, values: map[string]string{},
		moments: map[*name]bool{d.name("event.start"): true, d.name("event.end"): true, d.name("file.created"): true, d.name("file.mtime"): true},
	}
	var order []string
	for line := range strings.Lines(keys) { // of two lines with a key the latter counts
		words := strings.Fields(line)
		for _, key := range words[:max(0, len(words)-1)] {
			if c.keys[key] == nil {
				order = append(order, key)
			}
			c.keys[key] = d.name(words[len(words)-1])
		}
	}
	for _, key := range order {
		d.tell(key, c.keys[key].text)
	}
	for _, pair := range [][2]string{{"source.ip", "source.address"}, {"destination.ip", "destination.address"}, {"observer.ip", ""}, {"source.nat.ip", ""}, {"destination.nat.ip", ""}} {
		c.addresses[d.name(pair[0])] = nil
		if pair[1] != "" {
			c.addresses[d.name(pair[0])] = d.name(pair[1])
		}
	}
	return c
}

// cefStart finds "CEF:0|" or "CEF:1|" in a line, -1 where there is none.
func cefStart(line string) int {
	if strings.IndexByte(line, '|') < 0 {
		return -1
	}
	at := strings.Index(line, "CEF:")
	if at < 0 || at > 512 || len(line) < at+6 {
		return -1
	}
	rest := strings.TrimLeft(line[at+4:], " ")
	if len(rest) > 1 && rest[0] >= '0' && rest[0] <= '9' && (rest[1] == '|' || rest[1] == '.') {
		return at
	}
	return -1
}

func (c *cefReader) read(line string, o *output) string {
	at := cefStart(line)
	if at < 0 {
		return "no CEF header in " + excerpt(line)
	}
	parts, extension := cefHeader(strings.TrimLeft(line[at+4:], " "), c.parts[:0])
	c.parts = parts
	if len(parts) < 7 {
		return "the header has " + strconv.Itoa(len(parts)) + " of its 7 parts"
	}
	h, _ := syslogHeader(strings.TrimSpace(line[:at]) + " ")
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
	if n, ok := cefSeverity(parts[6]); ok {
		o.keep(c.severity, tocsin.IntValue(n))
	}
	o.word(parts[6])
	c.fields(o)
	c.syslog.envelope(h, o)
	o.set(c.user, o.value(c.sourceUser))
	o.set(c.user, o.value(c.destUser))
	c.classify(parts[5], o)
	c.derive.apply(o)
	return ""
}

// classify sets category, type and outcome where the category, the action or the event's name speak of a login, or
// the category of another thing that ECS has a word for.
func (c *cefReader) classify(title string, o *output) {
	category, action := strings.ToLower(o.text(c.keys["cat"])), strings.ToLower(o.text(c.keys["act"]))
	title = strings.ToLower(title)
	result := ""
	if loginWord(title) || loginWord(action) || loginWord(category) {
		result = loginResult(action + " " + title)
	}
	switch {
	case loginWord(category), loginWord(action), loginWord(title) && result != "":
		o.put(c.category, "authentication")
		if strings.Contains(action+title, "logoff") || strings.Contains(action+title, "logout") {
			o.put(c.types, "end")
			return
		}
		o.put(c.types, "start")
		o.put(c.outcome, result)
	default:
		for _, w := range [...][2]string{{"malware", "malware"}, {"virus", "malware"}, {"intrusion", "intrusion_detection"}, {"ips", "intrusion_detection"}, {"ids", "intrusion_detection"}, {"vulnerab", "vulnerability"}} {
			if strings.HasPrefix(category, w[0]) {
				o.put(c.category, w[1])
				o.put(c.types, "info")
				return
			}
		}
	}
}

// cefSeverity reads a severity of 0 to 10 or its word.
func cefSeverity(s string) (int64, bool) {
	if n, ok := digits(s, 1, 3); ok {
		return int64(n), true
	}
	n, ok := cefSeverities[strings.ToLower(s)]
	return n, ok
}

// cefHeader cuts the seven parts, in which \| and \\ are escaped, from the extension.
func cefHeader(s string, parts []string) (_ []string, extension string) {
	start, escaped := 0, false
	add := func(part string) {
		if escaped {
			part = withoutEscapes(part, `|\`)
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
	clear(c.values)
	c.order = c.order[:0]
	start, word, key := 0, 0, "" // word: where the word being read begins
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == ' ' || s[i] == '\t':
			word = i + 1
		case s[i] == '=':
			if word < start || !cefKey(s[word:i]) {
				if key != "" || word < start {
					continue // an equals sign that its writer did not escape
				}
			}
			c.take(key, s[start:max(start, word)])
			key, start = s[word:i], i+1
		}
	}
	c.take(key, s[start:])
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

func (c *cefReader) take(key, value string) {
	const most = 512 // keys of an extension
	if key == "" || len(c.order) >= most {
		return
	}
	if _, again := c.values[key]; again {
		return
	}
	value = strings.TrimSpace(value)
	if strings.IndexByte(value, '\\') >= 0 {
		value = cefUnescape(value)
	}
	c.values[key] = value
	c.order = append(c.order, key)
}

// times takes the receipt time, else the end, else the start; one with a year before one without. The syslog header
// stands in for them.
func (c *cefReader) times(h header, o *output) {
	for _, key := range [...]string{"rt", "deviceReceiptTime", "end", "endTime", "start", "startTime", "UNIFIutcTime", "devTime", "art", "deviceCustomDate1"} {
		t, ok := parseTime(c.values[key])
		if ok && (o.time.IsZero() || yearless(o.time) && !yearless(t)) {
			o.time = t
		}
	}
	if o.time.IsZero() || yearless(o.time) && !h.time.IsZero() && !yearless(h.time) {
		o.time = h.time
	}
}

// fields sets what the extension says.
func (c *cefReader) fields(o *output) {
	for _, key := range c.order {
		value := c.values[key]
		if strings.HasSuffix(key, "Label") {
			continue
		}
		to, known := c.keys[key]
		beside, address := c.addresses[to]
		taken := known && o.has(to)
		switch {
		case !known:
			if label := c.values[key+"Label"]; label != "" {
				key = strings.ReplaceAll(label, " ", "_")
			}
			o.put(c.dict.path(c.extensions, []byte(key)), value)
		case address:
			o.address(to, beside, value)
		case to == c.hash:
			if n := c.hashes[len(value)]; n != nil {
				to = n
				o.put(n, strings.ToLower(value))
			}
		case to == c.outcome:
			c.setOutcome(o, value)
		case to == c.direction:
			o.put(to, map[string]string{"0": "inbound", "1": "outbound"}[value])
		case to.text == "network.transport":
			o.set(to, transport(tocsin.StringValue(value)))
		case to.text == "network.protocol":
			o.put(to, strings.ToLower(value))
		case c.moments[to]:
			if t, ok := parseTime(value); ok && !yearless(t) {
				o.put(to, t.Format("2006-01-02T15:04:05.999999999Z07:00"))
			}
		default:
			o.set(to, tocsin.StringValue(value))
		}
		if known && (taken && o.text(to) != value || !o.has(to) && (beside == nil || !o.has(beside))) {
			o.put(c.dict.path(c.extensions, []byte(key)), value) // another key said it already, or it does not fit
		}
	}
	o.set(c.host, o.value(c.keys["dvchost"]))
}

// setOutcome keeps to ECS's words.
func (c *cefReader) setOutcome(o *output, value string) {
	switch strings.ToLower(value) {
	case "success", "succeeded", "true", "/success", "ok", "allowed":
		o.put(c.outcome, "success")
	case "failure", "failed", "false", "/failure", "fail", "denied", "blocked":
		o.put(c.outcome, "failure")
	}
}
