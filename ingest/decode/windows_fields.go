package decode

import (
	"strconv"
	"strings"

	"tocsin"
)

// A winEnricher makes the ECS fields of an event of which winlog.* is set.
type winEnricher struct {
	dict                                    *dictionary
	events                                  map[string]map[string]*winEvent
	logs                                    map[string]*winLog
	last                                    *winLog   // of the record before
	other                                   *winEvent // for Security events not listed
	module                                  []constant
	channel, provider, id, computer         *name
	kind, category, types, action, outcome  *name
	code, eventProvider, host, dataset      *name
	keywords, eventType, recordID           *name
	logonType, logonWord, status, initiated *name
	direction                               *name
	userName, userDomain                    *name
	targetName, targetDomain                *name
	dnsAnswers                              *name
	hashes                                  map[string]map[string]*name
	derive                                  deriver
	power                                   powershell
	audit                                   sqlAudit
	cleared                                 []*name
	threat, rule                            []*name
}

// A winEvent is one line of winEvents.
type winEvent struct {
	category, types tocsin.Value
	action          tocsin.Value
	moves           []winMove
}

// A winLog is a channel or provider that winLogs knows.
type winLog struct {
	channel string
	log     string
	events  map[string]*winEvent
}

// logOf is the log of a channel or provider, nil for none that is known. Events of one channel come in runs.
func (e *winEnricher) logOf(channel string) *winLog {
	if e.last != nil && e.last.channel == channel {
		return e.last
	}
	log := e.logs[channel]
	if log != nil {
		e.last = log
	}
	return log
}

// A winMove carries a value of the event to a field; how depends on the field.
type winMove struct {
	from, to *name
	how      byte
	hashes   map[string]*name // by algorithm, for asHashes
}

// The ways of a winMove.
const (
	asIs       byte = iota
	asPID           // decimal or hexadecimal
	asUser          // DOMAIN\name: both fields
	asTarget        // the same, for user.target
	asAddress       // into source.ip or its like where it is an address
	asHashes        // SHA1=…,MD5=…
	asResolved      // ::ffff:192.0.2.1;type: 5 name;
	asProtocol      // number or word
)

func newWinEnricher(d *dictionary) *winEnricher {
	e := &winEnricher{
		dict: d, events: map[string]map[string]*winEvent{}, module: d.constants("host.os.type windows\nhost.os.family windows"),
		channel: d.name("winlog.channel"), provider: d.name("winlog.provider_name"), id: d.name("winlog.event_id"), computer: d.name("winlog.computer_name"),
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), action: d.name("event.action"), outcome: d.name("event.outcome"),
		code: d.name("event.code"), eventProvider: d.name("event.provider"), host: d.name("host.name"), dataset: d.name("event.module"),
		keywords: d.name("winlog.keywords"), eventType: d.name("winlog.event_type"), recordID: d.name("winlog.record_id"),
		logonType: d.name("winlog.event_data.LogonType"), logonWord: d.name("winlog.logon.type"), status: d.name("winlog.event_data.Status"),
		initiated: d.name("winlog.event_data.Initiated"), direction: d.name("network.direction"),
		userName: d.name("user.name"), userDomain: d.name("user.domain"), targetName: d.name("user.target.name"), targetDomain: d.name("user.target.domain"),
		dnsAnswers: d.name("dns.resolved_ip"), hashes: map[string]map[string]*name{}, derive: newDeriver(d), power: newPowershell(d), audit: newSQLAudit(d),
		cleared: d.names("winlog.user_data.SubjectUserName", "winlog.user_data.SubjectDomainName", "user.name", "user.domain"),
		rule:    d.names("winlog.event_data.RuleName", "rule.name"),
		threat: d.names("winlog.event_data.Threat Name", "rule.name", "winlog.event_data.Path", "file.path", "winlog.event_data.Process Name",
			"process.executable", "winlog.event_data.Detection User", "winlog.event_data.User"),
	}
	for _, what := range []string{"process", "file", "dll"} {
		e.hashes[what] = map[string]*name{
			"MD5": d.name(what + ".hash.md5"), "SHA1": d.name(what + ".hash.sha1"), "SHA256": d.name(what + ".hash.sha256"), "IMPHASH": d.name(what + ".pe.imphash"),
		}
	}
	bundles := map[string][]string{}
	for line := range strings.Lines(winBundles) {
		if words := strings.Fields(line); len(words) > 1 {
			bundles[words[0]] = words[1:]
		}
	}
	for line := range strings.Lines(winEvents) {
		if words := strings.Fields(line); len(words) > 0 {
			e.add(words, bundles)
		}
	}
	e.logs = make(map[string]*winLog, len(winLogs))
	for channel, log := range winLogs {
		e.logs[channel] = &winLog{channel: channel, log: log, events: e.events[log]}
	}
	e.other = &winEvent{moves: append(e.parse(bundles["@subject"], nil), e.parse(bundles["@proc"], nil)...)}
	return e
}

// add reads one line of winEvents.
func (e *winEnricher) add(words []string, bundles map[string][]string) {
	log, ids := words[0], words[1]
	ev := &winEvent{category: listOf(words[2]), types: listOf(words[3]), moves: e.parse(words[5:], bundles)}
	if log == "rdp" { // these events have their data below another member
		for _, m := range ev.moves {
			m.from = e.dict.name("winlog.user_data." + m.from.last)
			ev.moves = append(ev.moves, m)
		}
	}
	ev.action = tocsin.StringValue(strings.ToLower(words[4]))
	if e.events[log] == nil {
		e.events[log] = map[string]*winEvent{}
	}
	for id := range strings.SplitSeq(ids, ",") {
		e.events[log][id] = ev
	}
}

func (e *winEnricher) parse(words []string, bundles map[string][]string) []winMove {
	var moves []winMove
	for _, word := range words {
		if strings.HasPrefix(word, "@") {
			moves = append(moves, e.parse(bundles[word], nil)...)
			continue
		}
		from, to, _ := strings.Cut(word, ">")
		m := winMove{from: e.dict.name("winlog.event_data." + from)}
		if inner, ok := strings.CutPrefix(from, "/"); ok {
			m.from = e.dict.name("winlog.user_data." + inner)
		}
		switch {
		case strings.HasSuffix(to, ".hash"):
			m.how, to = asHashes, strings.TrimSuffix(to, ".hash")
			m.hashes = e.hashes[to]
		case to == "dns.resolved":
			m.how, to = asResolved, "dns.resolved_ip"
		case strings.HasSuffix(to, ".pid"), to == "process.thread.id", to == "process.exit_code":
			m.how = asPID
		case to == "user.name":
			m.how = asUser
		case to == "user.target.name":
			m.how = asTarget
		case strings.HasSuffix(to, ".ip"):
			m.how = asAddress
		case to == "network.transport":
			m.how = asProtocol
		}
		m.to = e.dict.name(to)
		e.dict.tell(m.from.text, to)
		moves = append(moves, m)
	}
	return moves
}

// apply sets the ECS fields of the event in o.
func (e *winEnricher) apply(o *output) {
	known := e.logOf(o.text(e.channel))
	if known == nil {
		known = e.logOf(o.text(e.provider))
	}
	log, id := "", o.text(e.id)
	var ev *winEvent
	if known != nil {
		log, ev = known.log, known.events[id]
	}
	if ev == nil && log == "security" {
		ev = e.other
	}
	kind := "event"
	if log == "defender" && ev != nil && strings.HasPrefix(id, "11") && !strings.HasPrefix(id, "115") {
		kind = "alert"
	}
	o.put(e.kind, kind)
	o.set(e.code, o.value(e.id))
	o.set(e.eventProvider, o.value(e.provider))
	o.set(e.host, o.value(e.computer))
	o.put(e.dataset, "windows")
	o.give(e.module)
	if id == "33205" && strings.HasPrefix(o.text(e.provider), "MSSQL") { // in the log of applications or of security
		e.audit.apply(o.text(e.audit.param), o)
		ev = e.events["mssql"][id]
	}
	if ev != nil {
		o.set(e.category, ev.category)
		o.set(e.types, ev.types)
		o.set(e.action, ev.action)
		for _, m := range ev.moves {
			e.move(o, m)
		}
	}
	if o.has(e.cleared[0]) { // the log was cleared: its event has no event_data
		o.set(e.cleared[2], o.value(e.cleared[0]))
		o.set(e.cleared[3], o.value(e.cleared[1]))
	}
	e.outcomeOf(o, log, id)
	if log == "security" && o.has(e.logonType) {
		o.put(e.logonWord, logonTypes[o.text(e.logonType)])
	}
	switch log {
	case "sysmon":
		o.set(e.rule[1], o.value(e.rule[0]))
		switch o.text(e.initiated) {
		case "true":
			o.put(e.direction, "egress")
		case "false":
			o.put(e.direction, "ingress")
		}
	case "powershell":
		e.power.apply(o)
	case "defender":
		o.set(e.threat[1], o.value(e.threat[0]))
		o.put(e.threat[3], strings.TrimPrefix(o.text(e.threat[2]), "file:_"))
		if name := o.text(e.threat[4]); name != "Unknown" {
			o.put(e.threat[5], name)
		}
		e.account(o, e.userName, e.userDomain, o.text(e.threat[6]))
		e.account(o, e.userName, e.userDomain, o.text(e.threat[7]))
	}
	e.derive.apply(o)
}

func (e *winEnricher) move(o *output, m winMove) {
	if m.from.outRecord != o.record {
		return
	}
	v := o.leaves[m.from.outAt].Value
	s := v.Text()
	if s == "" || s == "-" {
		return
	}
	switch m.how {
	case asPID:
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 0, 64); err == nil {
			o.set(m.to, tocsin.IntValue(n))
		}
	case asUser:
		e.account(o, m.to, e.userDomain, s)
	case asTarget:
		e.account(o, m.to, e.targetDomain, s)
	case asAddress:
		if s != "LOCAL" {
			o.address(m.to, nil, withoutPort(s))
		}
	case asHashes:
		for part := range strings.SplitSeq(s, ",") {
			algorithm, digest, ok := strings.Cut(part, "=")
			if to := m.hashes[strings.TrimSpace(algorithm)]; ok && to != nil {
				o.put(to, o.lower(digest))
			}
		}
	case asResolved:
		var ips []tocsin.Value
		for part := range strings.SplitSeq(s, ";") {
			if ip, ok := canonicalIP(part); ok {
				ips = append(ips, tocsin.StringValue(ip))
			}
		}
		if len(ips) > 0 {
			o.keep(m.to, tocsin.ListValue(ips...))
		}
	case asProtocol:
		o.set(m.to, transport(v))
	default:
		o.set(m.to, v)
	}
}

// account sets a user's name, and its domain where the text has one before a backslash.
func (e *winEnricher) account(o *output, user, domain *name, s string) {
	before, after, ok := strings.Cut(s, `\`)
	if !ok {
		o.put(user, s)
		return
	}
	if !o.has(user) {
		o.put(user, after)
		o.put(domain, before)
	}
}

// outcomeOf tells success from failure by the audit keywords; they are set on Security events alone.
func (e *winEnricher) outcomeOf(o *output, log, id string) {
	if log != "security" {
		return
	}
	keywords := o.value(e.keywords)
	for i := range keywords.Len() {
		switch s := o.lower(keywords.At(i).Text()); {
		case strings.Contains(s, "audit success"), strings.HasPrefix(s, "0x802"), strings.HasPrefix(s, "-92143"):
			o.put(e.outcome, "success")
		case strings.Contains(s, "audit failure"), strings.HasPrefix(s, "0x801"), strings.HasPrefix(s, "-92188"):
			o.put(e.outcome, "failure")
		}
	}
	switch {
	case id == "4625" || id == "4771" || strings.EqualFold(strings.ReplaceAll(o.text(e.eventType), " ", "_"), "audit_failure"):
		o.put(e.outcome, "failure")
	case id == "4624" || strings.EqualFold(strings.ReplaceAll(o.text(e.eventType), " ", "_"), "audit_success"):
		o.put(e.outcome, "success")
	case id == "4776" || id == "4768":
		if s := o.text(e.status); s == "0x0" {
			o.put(e.outcome, "success")
		} else if s != "" {
			o.put(e.outcome, "failure")
		}
	}
}

// logonTypes are the words for the numbers of winlog.event_data.LogonType.
var logonTypes = map[string]string{
	"2": "Interactive", "3": "Network", "4": "Batch", "5": "Service", "7": "Unlock", "8": "NetworkCleartext",
	"9": "NewCredentials", "10": "RemoteInteractive", "11": "CachedInteractive", "12": "CachedRemoteInteractive", "13": "CachedUnlock",
}
