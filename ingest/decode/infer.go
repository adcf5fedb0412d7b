package decode

import (
	"slices"
	"strings"

	"tocsin"
)

// An inference says what sort of event a record of no known format is about, from the fields that it has and the words
// that it uses.
type inference struct {
	dict                                       *dictionary
	severities, outcomes, sorts                []*name
	kind, category, types, outcome, severity   *name
	action, rule, message, user, host          *name
	source, destination, port                  *name
	process, command, file, question           *name
	url, method, from, to, technique, artefact *name
	program, fileName                          *name
}

func newInference(d *dictionary) *inference {
	return &inference{
		dict: d,
		severities: d.names("severity", "Severity", "severityLevel", "severity_level", "SeverityLevel", "alert_severity", "alertSeverity", "threat_level", "threatLevel", "risk_level", "riskLevel",
			"severity_label", "severityName", "severity_name", "priority", "Priority", "level", "alert.severity", "data.severity", "attributes.severity", "event.severity", "severity_score", "criticality", "threat_severity"),
		outcomes: d.names("outcome", "result", "Result", "status", "Status", "eventOutcome", "event_outcome", "success", "Success", "login_result", "resultType", "data.result", "result.status", "outcome.result"),
		sorts: d.names("type", "Type", "category", "Category", "event_type", "eventType", "EventType", "subtype", "log_type", "logType", "alert_type", "alertType", "event_category", "eventCategory", "kind", "event.type",
			"class", "data.type", "attributes.type", "module", "activity", "object_type", "event.name", "threat_type"),
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"), severity: d.name("event.severity"),
		action: d.name("event.action"), rule: d.name("rule.name"), message: d.name("message"), user: d.name("user.name"), host: d.name("host.name"),
		source: d.name("source.ip"), destination: d.name("destination.ip"), port: d.name("destination.port"),
		process: d.name("process.executable"), command: d.name("process.command_line"), file: d.name("file.path"), question: d.name("dns.question.name"),
		url: d.name("url.original"), method: d.name("http.request.method"), from: d.name("email.from.address"), to: d.name("email.to.address"),
		program: d.name("process.name"), fileName: d.name("file.name"),
		technique: d.name("threat.technique.id"), artefact: d.name("file.hash.sha256"),
	}
}

// apply sets kind, category, type, outcome and severity where they are not set.
func (f *inference) apply(in *doc, o *output) {
	graded := f.grade(in, o)
	f.result(in, o)
	said := strings.ToLower(o.text(f.action) + " " + o.text(f.rule))
	var sort strings.Builder
	for _, n := range f.sorts {
		if v := in.value(n); v.Kind() == tocsin.String {
			sort.WriteString(strings.ToLower(v.Text()))
			sort.WriteByte(' ')
		}
	}
	kinds := sort.String()
	detected := saysAny(kinds, "alert", "threat", "detection", "malware", "incident", "finding", "virus", "attack", "ips", "ids ", "violation") || o.has(f.technique)
	if o.has(f.rule) && (detected || graded) || graded && detectionKeys(in) {
		o.put(f.kind, "alert")
	}
	f.sort(said, kinds, detected || o.text(f.kind) == "alert", o)
}

// detectionKeys reports whether the record's own members speak of an alert or a detection.
func detectionKeys(in *doc) bool {
	for _, l := range in.leaves[1:] {
		if l.name != nil && l.name.up == &in.dict.root && (strings.HasPrefix(l.name.text, "alert_") || strings.HasPrefix(l.name.text, "detection_") || strings.HasPrefix(l.name.text, "threat_")) {
			return true
		}
	}
	return false
}

// grade sets the severity, a number as it is or what the word stands for. It reports whether there is one.
func (f *inference) grade(in *doc, o *output) bool {
	for _, n := range f.severities {
		v := in.value(n)
		switch v.Kind() {
		case tocsin.Int:
			if n.text != "level" && n.text != "priority" {
				o.set(f.severity, v)
				return true
			}
		case tocsin.String:
			word := strings.ToLower(v.Text())
			if n.text == "level" && saysAny(word, "info", "warn", "error", "debug", "notice", "trace") { // of a line of a log
				continue
			}
			if level := levelOf(word); !level.IsAbsent() {
				o.scale = hundred
				o.set(f.severity, level)
				return true
			}
			if number, ok := whole(v); ok && n.text != "level" {
				o.set(f.severity, number)
				return true
			}
		}
	}
	return false
}

// result sets the outcome from a word that can be nothing else.
func (f *inference) result(in *doc, o *output) {
	for _, n := range f.outcomes {
		v := in.value(n)
		if v.Kind() == tocsin.Bool && (n.text == "success" || n.text == "Success") {
			o.put(f.outcome, map[bool]string{true: "success", false: "failure"}[v.Bool()])
			return
		}
		switch strings.ToLower(v.Text()) {
		case "success", "succeeded", "successful", "ok", "passed", "allow", "allowed", "accepted":
			o.put(f.outcome, "success")
			return
		case "failure", "failed", "fail", "denied", "deny", "error", "rejected", "blocked", "unsuccessful":
			o.put(f.outcome, "failure")
			return
		}
	}
}

// sort sets category, type and the outcome of a login: see sorted.
func (f *inference) sort(said, kinds string, detected bool, o *output) {
	categories, types, outcome := f.sorted(said, kinds, detected, o)
	if len(categories) == 0 {
		return
	}
	o.put(f.outcome, outcome)
	o.keep(f.category, tocsin.StringsValue(categories...))
	o.set(f.types, listOf(types))
}

// verdict is the type of what was let through or not, with access for what a web server or its like was asked.
func verdict(said string, web bool) string {
	types := "info"
	switch {
	case saysAny(said, "block", "denied", "deny", "drop", "reject"):
		types = "denied"
	case saysAny(said, "allow", "permit", "accept"):
		types = "allowed"
	case web:
		return "access"
	}
	if web {
		types = "access," + types
	}
	return types
}

// last sets the sort of a record that says nothing surer than an address or who writes to whom: ECS has what includes an
// address under network.
func (f *inference) last(o *output) {
	switch {
	case o.has(f.category):
		return
	case o.has(f.from) || o.has(f.to):
		o.put(f.category, "email")
	case o.has(f.source) || o.has(f.destination):
		o.put(f.category, "network")
	default:
		return
	}
	o.put(f.types, "info")
}

// sorted says what sort of event it is: by what the words say, else by the fields there are.
func (f *inference) sorted(said, kinds string, detected bool, o *output) (categories []string, types, outcome string) {
	all := said + " " + kinds
	add := func(when bool, category string) {
		if when {
			categories = append(categories, category)
		}
	}
	login := loginWord(all) || saysAny(all, "mfa", "password_reset", "credentials_ok")
	add(login, "authentication")
	add(!login && saysAny(all, "malware", "virus", "ransom", "trojan", "quarantine"), "malware")
	add(saysAny(all, "vulnerab", "cve-"), "vulnerability")
	add(!login && saysAny(said, "user", "group", "role", "permission", "member", "account", "grant") && changeKind(said) != "info", "iam")
	add(o.has(f.process) || o.has(f.command), "process")
	add(o.has(f.from) && o.has(f.to), "email")
	web := o.has(f.method)
	add(o.has(f.question) || o.has(f.source) && (o.has(f.destination) || o.has(f.port) || web || detected), "network")
	add(web, "web")
	add(o.has(f.file) && !o.has(f.process), "file")
	add(detected && !login && !slices.Contains(categories, "malware"), "intrusion_detection")
	add(!detected && len(categories) == 0 && saysAny(said, "config", "setting", "policy", "rule", "update", "create", "delete", "enable", "disable"), "configuration")
	add(len(categories) == 0 && o.has(f.program), "process")
	add(len(categories) == 0 && o.has(f.fileName), "file")
	add(len(categories) == 0 && o.has(f.url), "web")
	add(len(categories) == 0 && saysAny(all, "session"), "session")
	if len(categories) == 0 {
		return nil, "", ""
	}
	switch {
	case login:
		types = "start"
		if saysAny(all, "logout", "logoff", "sign-out", "signout") {
			types = "end"
		}
		outcome = loginResult(all)
	case categories[0] == "iam" || categories[0] == "configuration":
		types = changeKind(said)
	default:
		types = verdict(said, slices.Contains(categories, "web"))
	}
	return categories, types, outcome
}
