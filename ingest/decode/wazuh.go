package decode

import (
	"slices"
	"strings"

	"tocsin"
)

// wazuhMoves takes what Wazuh's alerts say in its own words to ECS; the rest stays below wazuh.
const wazuhMoves = `
	rule.description             rule.name
	rule.id                      rule.id
	rule.level                   event.severity
	rule.mitre.id                threat.technique.id
	rule.mitre.technique         threat.technique.name
	rule.mitre.tactic            threat.tactic.name
	agent.id                     agent.id
	agent.name                   agent.name
	manager.name                 observer.name
	location                     log.file.path
	full_log                     message
	predecoder.program_name      process.name
	data.srcport                 source.port
	data.dstport                 destination.port
	data.url                     url.original
	data.command                 process.command_line
	data.file                    file.path
	data.audit.exe               process.executable
	data.audit.pid               process.pid
	data.audit.ppid              process.parent.pid
	data.audit.cwd               process.working_directory
	data.vulnerability.cve       vulnerability.id
	data.vulnerability.severity  vulnerability.severity
	data.vulnerability.package.name package.name
	data.virustotal.source.file  file.path
	data.virustotal.source.md5   file.hash.md5
	data.virustotal.source.sha1  file.hash.sha1
	syscheck.path                file.path
	syscheck.md5_after           file.hash.md5
	syscheck.sha1_after          file.hash.sha1
	syscheck.sha256_after        file.hash.sha256
	syscheck.size_after          file.size
	syscheck.uid_after           file.uid
	syscheck.gid_after           file.gid
	syscheck.uname_after         file.owner
	syscheck.gname_after         file.group
	syscheck.mtime_after         file.mtime
	syscheck.inode_after         file.inode
	syscheck.audit.user.name     user.name
	syscheck.audit.process.name  process.executable
	syscheck.audit.process.id    process.pid
	GeoLocation.country_name     source.geo.country_name
	GeoLocation.city_name        source.geo.city_name
	GeoLocation.region_name      source.geo.region_name`

// wazuhGroups says what a Wazuh rule's groups are in ECS: category, type, outcome (a dash for none). The first group
// that is listed decides.
const wazuhGroups = `
	authentication_failed    authentication start failure
	authentication_failures  authentication start failure
	win_authentication_failed authentication start failure
	invalid_login            authentication start failure
	authentication_success   authentication start success
	win_authentication_success authentication start success
	adduser                  iam user,creation -
	account_changed          iam user,change -
	syscheck                 file change -
	suricata                 intrusion_detection,network - -
	ids                      intrusion_detection,network - -
	vulnerability-detector   vulnerability info -
	freshclam                package change -
	virus                    malware info -
	malware                  malware info -
	rootcheck                malware info -
	web                      web access -
	accesslog                web access -
	sudo                     process start -
	sca                      configuration info -
	firewall                 network connection -
	sshd                     authentication info -
	pam                      authentication info -
	audit                    process info -
	syslog                   host info -`

// wazuh reads Wazuh's alerts (3 and 4: alerts.json, archives.json), and the events of Windows, Suricata and CloudTrail
// that it carries inside them.
func wazuh(d *dictionary) object {
	w := &wazuhReader{
		dict: d, eve: newEVE(d), win: newWindows(d), trail: newTrail(d),
		routes: d.routes(wazuhMoves, move{"rule.groups", "rule.category", same}, move{"syscheck.event", "event.action", lower},
			move{"data.action", "event.action", lower}, move{"data.audit.command", "process.name", same},
			move{"data.protocol", "http.request.method", httpMethod}, move{"data.protocol", "network.transport", notMethod}, move{"agent.ip", "host.ip", same}),
		fixed:  d.constants("event.kind alert\nevent.module wazuh\nobserver.vendor Wazuh\nobserver.product Wazuh\nobserver.type siem"),
		prefix: d.name("wazuh"), level: d.name("rule.level"), ruleID: d.name("rule.id"), id: d.name("id"), timestamps: d.names("timestamp", "@timestamp"),
		agents: d.names("agent.id", "agent.name", "manager.name", "decoder.name", "predecoder.hostname", "agent.ip"), rawWin: d.name("win.system.eventID"),
		groups: d.name("rule.groups"), mitre: d.name("rule.mitre.id"), framework: d.name("threat.framework"), eventID: d.name("event.id"),
		host: d.name("host.name"), source: d.names("data.srcip", "source.ip", "source.domain", "data.src_ip"),
		destination: d.names("data.dstip", "destination.ip", "destination.domain", "destination.port"),
		users:       d.names("data.srcuser", "data.dstuser", "user.name", "source.user.name", "user.effective.name", "data.user"),
		inner:       d.names("data.event_type", "data.win.system.eventID", "data.aws.eventName"), innerRoots: d.names("data", "data.win", "data.aws", "win"),
		category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"), derive: newDeriver(d),
		signs: map[string][]string{},
	}
	for line := range strings.Lines(wazuhGroups) {
		if words := strings.Fields(line); len(words) == 4 {
			w.signs[words[0]] = words[1:]
		}
	}
	return object{claims: w.claims, read: w.read}
}

type wazuhReader struct {
	dict                              *dictionary
	eve                               *eveReader
	win                               *windowsReader
	trail                             *trailReader
	routes                            []route
	fixed                             []constant
	prefix, level, ruleID, id, rawWin *name
	timestamps, agents                []*name
	groups, mitre, framework, eventID *name
	host                              *name
	source, destination, users        []*name
	inner, innerRoots                 []*name
	category, types, outcome          *name
	derive                            deriver
	signs                             map[string][]string
}

func (w *wazuhReader) claims(in *doc) bool {
	return in.has(w.level) && in.has(w.ruleID) && in.any(w.agents) || in.has(w.rawWin)
}

func (w *wazuhReader) read(in *doc, o *output) {
	if in.has(w.rawWin) && !in.has(w.level) { // Wazuh's form of a Windows event, without the alert around it
		in.subtree(w.innerRoots[3])
		w.win.readWazuh(in, o)
		return
	}
	o.time = timeOf(in.first(w.timestamps...))
	if id := in.text(w.id); id != "" {
		o.own = id
		o.put(w.eventID, id)
		w.id.used = in.record
	}
	o.give(w.fixed)
	o.scale = ofFifteen
	w.hosts(in, o)
	w.people(in, o)
	w.classify(in, o)
	if in.has(w.mitre) {
		o.put(w.framework, "MITRE ATT&CK")
	}
	o.move(w.routes)
	for _, n := range w.timestamps {
		n.used = in.record
	}
	eve, win, aws := in.has(w.inner[0]) && in.has(w.source[3]), in.has(w.inner[1]), in.has(w.inner[2])
	o.rest(w.prefix)
	switch {
	case eve:
		in.subtree(w.innerRoots[0])
		w.eve.read(in, o)
	case win:
		in.subtree(w.innerRoots[1])
		w.win.readWazuh(in, o)
	case aws:
		in.subtree(w.innerRoots[2])
		w.trail.read(in, o)
	}
	w.derive.apply(o)
}

// hosts sets the host that the alert is about: the agent, or for what the manager itself collects, the sender of the
// syslog line; then the addresses.
func (w *wazuhReader) hosts(in *doc, o *output) {
	if in.text(w.agents[0]) == "000" {
		o.set(w.host, in.value(w.agents[4]))
	}
	o.set(w.host, in.first(w.agents[1], w.agents[2]))
	o.address(w.source[1], w.source[2], in.text(w.source[0]))
	address := in.text(w.destination[0])
	if host, port, ok := strings.Cut(address, ":"); ok && !strings.Contains(port, ":") { // snort's address:port
		o.address(w.destination[1], w.destination[2], host)
		o.put(w.destination[3], port)
		return
	}
	o.address(w.destination[1], w.destination[2], address)
}

// people sets the users. Where somebody becomes somebody else, the one who does is the user.
func (w *wazuhReader) people(in *doc, o *output) {
	from, to := bare(in.value(w.users[0])), bare(in.value(w.users[1]))
	becomes := slices.ContainsFunc(in.value(w.groups).Items(), func(v tocsin.Value) bool {
		s := v.Text()
		return s == "sudo" || s == "su"
	})
	if becomes && !from.IsAbsent() {
		o.set(w.users[2], from)
		o.set(w.users[4], to)
		return
	}
	o.set(w.users[2], to)
	if !o.set(w.users[2], from) {
		o.set(w.users[3], from)
	}
	o.set(w.users[2], in.value(w.users[5]))
}

// bare is a name without the brackets that mail servers write around it, and absent where there is nothing between them.
func bare(v tocsin.Value) tocsin.Value {
	inner, opened := strings.CutPrefix(v.Text(), "<")
	inner, closed := strings.CutSuffix(inner, ">")
	switch {
	case !opened || !closed:
		return v
	case inner == "":
		return tocsin.Value{}
	}
	return tocsin.StringValue(inner)
}

func (w *wazuhReader) classify(in *doc, o *output) {
	best := ""
	for line := range strings.Lines(wazuhGroups) { // the table's order decides, not the alert's
		group, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if group == "" || best != "" {
			continue
		}
		for _, v := range in.value(w.groups).Items() {
			if v.Text() == group {
				best = group
				break
			}
		}
	}
	sign, ok := w.signs[best]
	if !ok {
		return
	}
	o.keep(w.category, listOf(sign[0]))
	if sign[1] != "-" {
		o.keep(w.types, listOf(sign[1]))
	}
	o.put(w.outcome, sign[2])
}

func same(v tocsin.Value) tocsin.Value { return v }

// httpMethod is a value that is a method of HTTP: Wazuh's decoders of web logs call it the protocol.
func httpMethod(v tocsin.Value) tocsin.Value {
	switch s := strings.ToUpper(v.Text()); s {
	case "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "REPORT", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "SEARCH", "DEBUG", "TRACK":
		return tocsin.StringValue(s)
	}
	return tocsin.Value{}
}

// notMethod is a transport protocol, nothing for a method of HTTP.
func notMethod(v tocsin.Value) tocsin.Value {
	if !httpMethod(v).IsAbsent() {
		return tocsin.Value{}
	}
	return transport(v)
}
