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
	kind, category, types, outcome, severity   *name
	action, rule, message, user, host          *name
	source, destination, port                  *name
	process, command, file, question           *name
	url, method, from, to, technique, artefact *name
	program, fileName, agent, status           *name
	spoken                                     []*name // what only traffic has
	indicators                                 []*name // what only an indicator of a list has
	measuring                                  measuring
}

// What names may tell besides a field and a time: see [guesser.read].
const (
	severityRole = timeField - 1 - iota
	outcomeRole
	sortRole
)

// inferenceWords are what products call the gravity of what happened, its outcome and its sort, the surest first, as in
// guesses: a name holds for a whole path alone.
const inferenceWords = `
	severity severitylevel alertseverity threatlevel risklevel severitylabel severityname priority level severityscore criticality threatseverity eventseverity severityid
	outcome result status eventoutcome success loginresult resulttype resultstatus outcomeresult
	type category eventtype subtype logtype alerttype eventcategory kind class module activity objecttype eventname threattype typecategory`

// roles are inferenceWords by word.
func roles() map[string]guessWord {
	all := map[string]guessWord{}
	role := severityRole
	for line := range strings.Lines(strings.TrimSpace(inferenceWords)) {
		for rank, word := range strings.Fields(line) {
			all[word] = guessWord{field: role, rank: rank}
		}
		role--
	}
	return all
}

// clues are the leaves of a record that tell its gravity, its outcome and its sort, the surest first.
type clues struct{ severities, outcomes, sorts []int }

// take adds the leaf of a hit that is a clue, and reports whether it is one.
func (c *clues) take(h guessHit) bool {
	switch h.field {
	case severityRole:
		c.severities = append(c.severities, h.at)
	case outcomeRole:
		c.outcomes = append(c.outcomes, h.at)
	case sortRole:
		c.sorts = append(c.sorts, h.at)
	default:
		return false
	}
	return true
}

func newInference(d *dictionary) *inference {
	return &inference{
		dict: d, measuring: newMeasuring(),
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"), severity: d.name("event.severity"),
		action: d.name("event.action"), rule: d.name("rule.name"), message: d.name("message"), user: d.name("user.name"), host: d.name("host.name"),
		source: d.name("source.ip"), destination: d.name("destination.ip"), port: d.name("destination.port"),
		process: d.name("process.executable"), command: d.name("process.command_line"), file: d.name("file.path"), question: d.name("dns.question.name"),
		url: d.name("url.original"), method: d.name("http.request.method"), from: d.name("email.from.address"), to: d.name("email.to.address"),
		program: d.name("process.name"), fileName: d.name("file.name"), agent: d.name("user_agent.original"), status: d.name("http.response.status_code"),
		spoken:     d.names(spokenFields()...),
		indicators: d.names("ioc", "ioc_type", "ioc_value", "iocType", "indicator_type", "results.indicator", "indicator", "Event.Attribute.value", "Attribute.value", "indicator.pattern"),
		technique:  d.name("threat.technique.id"), artefact: d.name("file.hash.sha256"),
	}
}

// apply sets kind, category, type, outcome and severity where they are not set.
func (f *inference) apply(in *doc, by clues, o *output) {
	if o.text(f.kind) == "metric" {
		o.put(f.category, f.measuring.of(in))
		return
	}
	graded := f.grade(in, by.severities, o)
	f.result(in, by.outcomes, o)
	f.deed(in, by.sorts, o)
	said := strings.ToLower(o.text(f.action) + " " + o.text(f.rule))
	var sort strings.Builder
	for _, at := range by.sorts {
		if v := in.leaves[at].value; v.Kind() == tocsin.String {
			sort.WriteString(strings.ToLower(v.Text()))
			sort.WriteByte(' ')
		}
	}
	kinds := sort.String()
	if in.any(f.indicators) && !graded {
		o.put(f.kind, "enrichment")
		o.put(f.category, "threat")
		o.put(f.types, "indicator")
		return
	}
	detected := saysAny(kinds, "alert", "threat", "detection", "malware", "incident", "finding", "virus", "attack", "ips", "ids ", "violation") || saysAny(said, " detected", "_detected", "quarantine") || o.has(f.technique)
	if o.has(f.rule) && (detected || graded) || graded && detectionKeys(in) {
		o.put(f.kind, "alert")
	}
	f.sort(said, kinds, detected || o.text(f.kind) == "alert", o)
	f.answered(o)
}

// deed takes for the action what a record calls its type, where that has a verb among its words: "role.assignment.created".
func (f *inference) deed(in *doc, by []int, o *output) {
	if o.has(f.action) || o.has(f.rule) {
		return
	}
	for _, at := range by {
		l := in.leaves[at]
		if word, ok := l.value.Str(); ok && strings.EqualFold(l.name.last, "type") && len(word) < 96 && strings.ContainsAny(word, "._-") && !strings.Contains(word, "/") {
			if small := strings.ToLower(word); hasVerb(small) || loginWord(small) {
				o.put(f.action, word)
				return
			}
		}
	}
}

// verbs are what is done to things, in small letters.
const verbs = " delete remove destroy purge revoke create add insert register import generate update modify change set enable disable patch write reset assign grant deactivate activate suspend lock unlock view download upload export share invite approve reject rotate "

// hasVerb reports whether one of the words of a name is a verb, in whatever form.
func hasVerb(name string) bool {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '.' || r == '_' || r == '-' || r == ' ' }) {
		if strings.Contains(verbs, " "+part+" ") {
			return true
		}
		stem, past := strings.CutSuffix(part, "d")
		if !past || stem == "" {
			continue
		}
		root := strings.TrimSuffix(stem, "e")
		if root == "" {
			continue
		}
		for _, form := range [...]string{stem, root, strings.TrimSuffix(stem, "ie") + "y", root[:len(root)-1]} {
			if form != "" && strings.Contains(verbs, " "+form+" ") {
				return true
			}
		}
	}
	return false
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
func (f *inference) grade(in *doc, by []int, o *output) bool {
	for _, at := range by {
		v, last := in.leaves[at].value, strings.ToLower(in.leaves[at].name.last)
		switch v.Kind() {
		case tocsin.Int:
			if last != "level" && last != "priority" {
				o.set(f.severity, v)
				return true
			}
		case tocsin.String:
			word := strings.ToLower(v.Text())
			if last == "level" && saysAny(word, "info", "warn", "error", "debug", "notice", "trace") { // of a line of a log
				continue
			}
			if level := levelOf(word); !level.IsAbsent() {
				o.scale = hundred
				o.set(f.severity, level)
				return true
			}
			if number, ok := whole(v); ok && last != "level" {
				o.set(f.severity, number)
				return true
			}
		}
	}
	return false
}

// result sets the outcome from a word that can be nothing else.
func (f *inference) result(in *doc, by []int, o *output) {
	for _, at := range by {
		v := in.leaves[at].value
		if v.Kind() == tocsin.Bool && strings.EqualFold(in.leaves[at].name.last, "success") {
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

// answered sets the outcome of a request to what its status says.
func (f *inference) answered(o *output) {
	if status, ok := o.value(f.status).Int(); ok && o.has(f.method) && !o.has(f.outcome) {
		o.put(f.outcome, map[bool]string{true: "failure", false: "success"}[status >= 400])
	}
}

// last sets the sort of a record that says nothing surer than who speaks to whom, or writes: one address alone is that of a
// machine to which anything may have happened.
func (f *inference) last(o *output) {
	switch {
	case o.has(f.category):
		return
	case o.has(f.from) || o.has(f.to):
		o.put(f.category, "email")
	case f.traffic(o):
		o.put(f.category, "network")
	case o.text(f.kind) == "alert":
		o.put(f.category, "intrusion_detection")
	default:
		return
	}
	o.put(f.types, "info")
}

// spokenFields are what only a record of traffic has.
func spokenFields() []string {
	return []string{"source.port", "destination.port", "network.transport", "network.protocol", "network.application", "source.bytes", "destination.bytes", "network.bytes"}
}

// traffic reports whether a record tells of two ends, or of one and how it was spoken to.
func (f *inference) traffic(o *output) bool {
	if o.has(f.source) && o.has(f.destination) {
		return true
	}
	return (o.has(f.source) || o.has(f.destination)) && slices.ContainsFunc(f.spoken, o.has)
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
	web := o.has(f.method) || o.has(f.url) && (o.has(f.agent) || o.has(f.status))
	add(o.has(f.question) || o.has(f.source) && (o.has(f.destination) || o.has(f.port) || web || detected), "network")
	add(web, "web")
	add(o.has(f.file) && !o.has(f.process), "file")
	add(detected && !login && !slices.Contains(categories, "malware"), "intrusion_detection")
	add(!detected && len(categories) == 0 && saysAny(said, "config", "setting", "policy", "rule", "update", "create", "delete", "enable", "disable", "modif", "removed", "added", "patch", "restore"), "configuration")
	add(len(categories) == 0 && o.has(f.program), "process")
	add(len(categories) == 0 && o.has(f.fileName), "file")
	add(len(categories) == 0 && saysAny(kinds, "vpn", "firewall", "traffic", "netflow", "flow log"), "network")
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
