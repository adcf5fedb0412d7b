package decode

import (
	"cmp"
	"strings"
	"time"

	"tocsin"
)

// pairKeys maps what firewalls and programs that write key=value call things to ECS.
const pairKeys = `
	srcip src srcV6 src_ip source_ip sourceip client_ip client_address clientip remote_addr remip client SRC c-ip  source.ip
	srcport src_port sport spt SPT remport               source.port
	srcmac                                               source.mac
	srcname                                              source.domain
	transip                                              source.nat.ip
	dstip dst dstV6 dst_ip dest_ip destip dest server_ip DST locip target_ip r-ip cs-ip destination.ip
	dstport dst_port dport dpt dest_port DPT locport     destination.port
	dstmac                                               destination.mac
	dstname                                              destination.domain
	sentbyte sent_bytes bytes_out                        source.bytes
	rcvdbyte recv_bytes bytes_in                         destination.bytes
	sentpkt                                              source.packets
	rcvdpkt                                              destination.packets
	user username usr uname user_name srcuser cs-username  user.name
	userId user_id                                       user.id
	dstuser                                              user.target.name
	group                                                group.name
	devname device_name dvc                              observer.name
	devid device_id                                      observer.serial_number
	device                                               observer.product
	srcintf src_int IN inzone                            observer.ingress.interface.name
	dstintf dst_int OUT                                  observer.egress.interface.name
	host hostname pfhost                                 host.name
	level severity                                       log.level
	logger                                               log.logger
	action act                                           event.action
	reason                                               event.reason
	logid log_id eventid                                 event.code
	service                                              network.protocol
	app application                                      network.application
	proto protocol PROTO                                 network.transport
	url uri                                              url.original
	method cs-method                                     http.request.method
	status_code                                          http.response.status_code
	agent user_agent                                     user_agent.original
	attack virus threat signature threatname attack-name signature_msg  rule.name
	attackid virusid signature_id                        rule.id
	policyname rule rule_name fw_rule_name last_rule acl_rule_name  rule.ruleset
	policyid policy_id rule_uid fw_rule_id rule_number   rule.id
	catdesc category                                     rule.category
	filename file file_name                              file.name
	filehash sha256                                      file.hash.sha256
	qname domain                                         dns.question.name
	process                                              process.name
	pid                                                  process.pid
	msg message                                          message`

// A pairReader reads lines, and messages of syslog, that are key=value all along.
type pairReader struct {
	syslog                              *syslogFields
	keys                                map[string]*name
	beside                              map[*name]*name
	rest                                *name
	kind, module, category, types, port *name
	outcome, action                     *name
	pairs                               [][2]string
	guess                               *guesser
	severity, domain, host              *name
	rule, ruleID, ruleset, from         *name
	ports                               map[string]*name
	forti                               fortinetReader
}

func newPairs(d *dictionary) *pairReader {
	p := &pairReader{
		forti: newFortinet(d),
		guess: newGuesser(d), severity: d.name("event.severity"), domain: d.name("url.domain"), host: d.name("host.name"),
		rule: d.name("rule.name"), ruleID: d.name("rule.id"), ruleset: d.name("rule.ruleset"), from: d.name("source.ip"),
		ports:  map[string]*name{"source": d.name("source.port"), "destination": d.name("destination.port")},
		syslog: newSyslogFields(d), keys: map[string]*name{}, rest: d.name("keyvalue"), kind: d.name("event.kind"), module: d.name("event.module"),
		category: d.name("event.category"), types: d.name("event.type"), port: d.name("destination.port"), outcome: d.name("event.outcome"), action: d.name("event.action"),
		beside: map[*name]*name{d.name("source.ip"): d.name("source.address"), d.name("destination.ip"): d.name("destination.address"), d.name("source.nat.ip"): nil},
	}
	for line := range strings.Lines(pairKeys) {
		words := strings.Fields(line)
		for _, key := range words[:max(0, len(words)-1)] {
			d.tell(key, words[len(words)-1])
			p.keys[key] = d.name(words[len(words)-1])
		}
	}
	return p
}

func keyValue(dec *Decoder) text {
	p, says := newPairs(dec.doc.dict), dec.says
	return text{
		claims: func(line string) bool { return pairsStart(afterPriority(line)) },
		read: func(line string, o *output) string {
			body := afterPriority(line)
			h := header{priority: -1}
			if len(body) < len(line) {
				h, _ = syslogHeader(line[:len(line)-len(body)])
			}
			p.read(body, o)
			p.syslog.envelope(h, o)
			says.text(strings.TrimSpace(p.value("msg")+" "+p.value("error")), o)
			o.put(p.syslog.message, body)
			o.put(p.module, "keyvalue")
			return ""
		},
	}
}

// afterPriority is a line without the <priority> that it may begin with.
func afterPriority(line string) string {
	if !strings.HasPrefix(line, "<") {
		return line
	}
	if end := strings.IndexByte(line, '>'); end > 1 && end <= 4 {
		return strings.TrimLeft(line[end+1:], " ")
	}
	return line
}

// pairsStart reports whether a text begins with four pairs, or with three of which the first is a time: a few bytes
// decide it for most texts.
func pairsStart(s string) bool {
	if pairStyleOf(s) != blankPairs {
		return true
	}
	least := 4
	if strings.HasPrefix(s, "time=") || strings.HasPrefix(s, "ts=") || strings.HasPrefix(s, "t=") {
		least = 3
	}
	for range least {
		key, value, ok := nextPair(s)
		if !ok || key == "" {
			return false
		}
		value, s = pairValue(value)
		if clock := clockBehind(value, s); clock != "" {
			s = s[1+len(clock):]
		}
	}
	return true
}

// pairsOf is the part of a message that is key=value, "" for none: all of it, or what a packet filter says of a packet
// behind words of its own.
func pairsOf(m string) string {
	if strings.IndexByte(m, '=') < 0 && strings.IndexByte(m, '"') < 0 {
		return ""
	}
	if pairsStart(m) {
		return m
	}
	if word, after, ok := strings.Cut(m, " "); ok && (inBrackets(word) || isAddress(word)) && pairsStart(after) {
		return after
	} else if ok {
		if body := elementOf(after); body != "" {
			return body
		}
	}
	if at := flowStart(m); at >= 0 {
		return m[at:]
	}
	if at := strings.Index(m[:min(len(m), 256)], "IN="); at >= 0 && strings.Contains(m, " SRC=") && strings.Contains(m, " DST=") {
		return m[at:]
	}
	if strings.Contains(m, " PROTO=") && strings.Contains(m, " SPT=") && strings.Contains(m, " DPT=") { // the end of a packet's line that was cut
		return m
	}
	return ""
}

// elementOf is what stands in an element of structured data that a text begins with, its id aside: `[junos@2636.1.1 a="b"
// c="d"]`. It is "" for another text.
func elementOf(s string) string {
	if !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") || !strings.Contains(s[:min(len(s), 128)], `="`) {
		return ""
	}
	s = s[1 : len(s)-1]
	if id, rest, ok := strings.Cut(s, " "); ok && !strings.Contains(id, "=") {
		s = rest
	}
	if _, value, ok := nextPair(s); !ok || !strings.HasPrefix(value, `"`) {
		return ""
	}
	return s
}

// within reads the pairs of a line's message, unless it says that somebody logged in or failed to: such lines look like pairs
// and are none.
func (p *pairReader) within(h header, says *said, o *output) {
	if body := pairsOf(h.message); body != "" {
		if len(body) < len(h.message) {
			p.chain(h.message, o)
		}
		p.read(body, o)
		return
	}
	at := pairsBehind(h.message)
	switch {
	case at < 0 && !listed(h.message) || says.login(h, o):
	case at > 0:
		p.read(h.message[at:], o)
	default:
		p.listed(h.message, o)
	}
}

// pairsBehind finds where a text of a few words goes on as pairs between commas: "WARN [events] type=LOGIN_ERROR, realmId=a".
// It is -1 where it does not.
func pairsBehind(m string) int {
	const reach, least = 160, 4
	sign := strings.IndexByte(m[:min(len(m), reach)], '=')
	if sign < 0 {
		return -1
	}
	at := strings.LastIndexByte(m[:sign], ' ') + 1
	if at == 0 || at == sign {
		return -1
	}
	rest := m[at:]
	for range least {
		key, value, ok := nextPair(rest)
		if !ok || key == "" {
			return -1
		}
		_, after, more := strings.Cut(value, ", ")
		if !more {
			return -1
		}
		rest = after
	}
	return at
}

// read sets what the pairs of a text say. Words between pairs are passed over.
func (p *pairReader) read(s string, o *output) {
	p.pairs = splitPairs(s, p.pairs[:0])
	p.set(o)
}

// set sets what the pairs say.
func (p *pairReader) set(o *output) {
	p.time(o)
	p.all(o)
	p.classify(o)
	o.put(p.kind, "event")
	if o.text(p.kind) == "event" { // nothing was detected: what happened is what the policy says
		o.put(p.rule, cmp.Or(p.value("rule_name"), p.value("policyname"), o.text(p.ruleset)))
	}
	if _, at, ok := strings.Cut(p.value("ui"), "("); ok && p.value("srcip") == "" { // where an administrator sits: GUI(192.0.2.9)
		o.address(p.from, nil, strings.TrimSuffix(at, ")"))
	}
}

func (p *pairReader) value(key string) string {
	for _, pair := range p.pairs {
		if pair[0] == key {
			return pair[1]
		}
	}
	return ""
}

// time takes a date, time and zone side by side, else the first pair that holds a time.
func (p *pairReader) time(o *output) {
	zone := cmp.Or(p.value("tz"), p.value("timezone"))
	if date, clock := p.value("date"), p.value("time"); date != "" && clock != "" {
		date, clock = twoPlaces(date, '-'), twoPlaces(clock, ':')
		if t, ok := parseTime(p.value("eventtime")); ok && zone == "" && !yearless(t) && t.Year() > 2000 { // since 1970: it needs no zone
			o.time = t
			return
		}
		if t, ok := parseTime(strings.TrimSpace(date + " " + clock + " " + zone)); ok {
			o.time = t
			return
		}
		if t, ok := parseTime(date + " " + clock); ok {
			o.time = t
			return
		}
	}
	for _, key := range []string{"eventtime", "timestamp", "Timestamp", "time", "ts", "t", "datetime", "log_time", "rt", "logtime", "created_at", "epoch-time"} {
		text := p.value(key)
		if t, ok := parseTime(text); ok && o.time.IsZero() && !yearless(t) && t.After(time.Unix(0, 0)) {
			o.time = t
			if zoned, ok := parseTime(text + " " + zone); ok && zone != "" { // it stands beside a time that has none
				o.time = zoned
			}
		}
	}
}

// all sets what each pair says: first those whose keys are known, then those whose keys are like others.
func (p *pairReader) all(o *output) {
	p.fortinet(o)
	if p.value("nested-application") != "" || p.value("source-zone-name") != "" { // of Junos, whose header went lost
		o.put(p.forti.vendor, "Juniper")
	}
	for _, known := range []bool{true, false} {
		for _, pair := range p.pairs {
			if (p.keys[pair[0]] != nil) == known {
				p.pair(pair[0], pair[1], o)
			}
		}
	}
}

func (p *pairReader) pair(key, value string, o *output) {
	to := p.keys[key]
	if to == nil {
		to = p.guess.key(key)
	}
	if to == nil || saysNothing(value) {
		if n := o.dict.path(p.rest, []byte(key)); n != nil {
			o.put(n, value)
		}
		return
	}
	if to == p.host && (p.value("url") != "" || p.value("uri") != "") { // the host that was asked for
		to = p.domain
	}
	beside, address := p.beside[to]
	switch {
	case address:
		ip, port := addressAndPort(value)
		o.address(to, beside, ip)
		if root, _, ok := strings.Cut(to.text, "."); ok && port != "" && (root == "source" || root == "destination") && !strings.Contains(to.text, ".nat.") {
			o.set(p.ports[root], tocsin.StringValue(port))
		}
	case to.text == "network.transport":
		protocol, _, _ := strings.Cut(value, "/")
		o.set(to, transport(tocsin.StringValue(protocol)))
	case to.text == "network.protocol" || to.text == "network.application":
		o.put(to, strings.ToLower(value))
	case p.keys[key] == nil:
		p.guess.set(to, tocsin.StringValue(value), o)
		if n := o.dict.path(p.rest, []byte(key)); n != nil {
			o.put(n, value)
		}
	default:
		o.set(to, tocsin.StringValue(value))
	}
}

// classify sets what sort of event the pairs are about.
func (p *pairReader) classify(o *output) {
	said := strings.ToLower(p.value("msg") + " " + p.value("logdesc") + " " + p.value("Content") + " " + p.value("OperationMessageText") + " " + o.text(p.action) + " " + p.value("status"))
	switch sort := p.value("type") + " " + p.value("subtype") + " " + p.value("log_type"); {
	case loginWord(said):
		o.put(p.category, "authentication")
		o.put(p.types, "start")
		o.put(p.outcome, loginResult(said))
	case p.mail(sort, o):
	case strings.Contains(sort, "virus") || strings.Contains(sort, "ips") || strings.Contains(sort, "IDP"):
		o.put(p.kind, "alert")
		o.keep(p.category, listOf("intrusion_detection,network"))
	default:
		p.found(o)
		if o.has(p.port) {
			o.put(p.category, "network")
		}
	}
	switch strings.ToLower(o.text(p.action)) {
	case "deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected", "prevent", "quarantine":
		o.put(p.types, "denied")
	case "accept", "allow", "allowed", "pass", "passthrough", "permit", "permitted", "detect":
		o.put(p.types, "allowed")
	}
	p.gravity(o)
	for _, key := range []string{"severity", "sev", "threat_severity"} {
		if level := levelOf(strings.ToLower(p.value(key))); !level.IsAbsent() {
			o.scale = hundred
			o.set(p.severity, level)
			break
		}
	}
	if !o.has(p.category) {
		sort := strings.ToLower(p.value("type") + " " + p.value("subtype") + " " + p.value("log_type") + " " + p.value("category") + " " + p.value("attack_type"))
		p.guess.infer.sort(said, sort, o.text(p.kind) == "alert", o)
	}
}
