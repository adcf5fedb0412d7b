package decode

import (
	"encoding/json"
	"strings"

	"tocsin"
	"tocsin/internal/ecs"
)

// ecsJSON reads documents of the Elastic Common Schema, nested, dotted or mixed: Elastic's own alerts, Beats, and what
// other shippers write in its terms. Every field stays where it is.
func ecsJSON(d *dictionary) object {
	signs := d.names("ecs.version", "event.kind", "event.category", "event.module", "event.dataset", "event.action", "event.code",
		"event.original", "kibana.alert.uuid", "signal.rule.name", "agent.type", "rule.name", "host.name", "data_stream.dataset")
	stamp, shifted := d.name("@timestamp"), d.shifted()
	times := d.names("@timestamp", "timestamp", "event.created", "event.start", "event.ingested", "time")
	uuid, kind := d.name("kibana.alert.uuid"), d.name("event.kind")
	alert := d.routes(`
		kibana.alert.rule.name         rule.name
		kibana.alert.rule.uuid         rule.uuid
		kibana.alert.rule.description  rule.description
		kibana.alert.risk_score        event.risk_score`)
	ruleName, ruleID := d.name("kibana.alert.rule.name"), d.name("signal.rule.name")
	signalRule := d.name("rule.name")
	written := d.names("ecs.version", "event.kind", "event.category", "event.dataset", "data_stream.dataset", "kibana.alert.uuid", "signal.rule.name", "rule.name")
	metrics := d.names("metricset.name", "metricset.period")
	emails, user := d.names("user.email", "user.email.1"), d.name("user.name")
	category, network := d.name("event.category"), tocsin.StringsValue("network", "session")
	hosts, host, guess := d.names("host.hostname", "agent.hostname", "beat.hostname"), d.name("host.name"), newGuesser(d)
	programs, derive := d.names("process.args", "process.command_line"), newDeriver(d)
	return object{
		claims: func(in *doc) bool {
			return in.any(signs) || in.has(stamp) && in.ecsLeaves() > 1
		},
		read: func(in *doc, o *output) {
			o.time = timeOf(in.first(times...))
			if own := in.text(uuid); own != "" {
				o.own = own
			}
			if in.has(ruleName) || in.has(ruleID) {
				o.keep(kind, tocsin.StringValue("alert")) // ECS keeps "signal" to itself
				o.set(signalRule, in.value(ruleID))
			}
			for _, l := range in.leaves[1:] {
				if l.name == nil || l.name == stamp {
					continue
				}
				if l.name.up == &d.root && l.value.Kind() != tocsin.List { // so are those that are shifted
					if to, ok := shifted[l.name]; ok && o.set(to, l.value) {
						continue
					}
				}
				if l.name == category && l.value.Text() == "network_session" { // as ECS had it once
					o.keep(l.name, network)
				}
				o.keep(l.name, l.value)
			}
			if email := in.first(emails...); email.Kind() == tocsin.String && strings.Contains(email.Text(), "@") {
				o.set(user, email)
			}
			o.move(alert)
			if !in.any(written) { // ECS by a few names alone: what the others say is guessed
				guess.read(in, o)
			}
			o.set(host, in.first(hosts...))
			derive.programs(o)
			if args := o.value(programs[0]); args.Kind() == tocsin.List && !o.has(programs[1]) {
				o.put(programs[1], joined(args))
			}
			if in.any(metrics) {
				o.put(kind, "metric")
			}
			o.put(kind, "event")
		},
	}
}

// joined are a list's texts with blanks between them.
func joined(v tocsin.Value) string {
	var b strings.Builder
	for i, item := range v.Items() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(item.Text())
	}
	return b.String()
}

// shifted are ECS objects that older or careless shippers write as a plain value, and the leaf that is meant.
func (d *dictionary) shifted() map[*name]*name {
	to := map[*name]*name{}
	for _, s := range [][2]string{
		{"host", "host.name"},
		{"user", "user.name"},
		{"process", "process.name"},
		{"agent", "agent.name"},
		{"service", "service.name"},
		{"rule", "rule.name"},
		{"url", "url.original"},
		{"file", "file.path"},
		{"user_agent", "user_agent.original"},
		{"error", "error.message"},
		{"event", "event.action"},
		{"observer", "observer.name"},
		{"organization", "organization.name"},
	} {
		to[d.name(s[0])] = d.name(s[1])
	}
	return to
}

// ecsLeaves counts the record's leaves whose names are leaves of ECS.
func (d *doc) ecsLeaves() int {
	n := 0
	for _, l := range d.leaves[1:] {
		if l.name != nil && l.name.kind != 0 && l.name.kind != ecs.Object && l.name.kind != ecs.Any {
			n++
		}
	}
	return n
}

// anyJSON reads JSON that no other format claims. Leaves that carry the name of an ECS leaf are that field; all else
// stays below json. A record that it carries as a text is read as well, and says what the alert is about. A mapping file says
// more (see [Mapping]).
func anyJSON(dec *Decoder) object {
	d := dec.doc.dict
	prefix := d.name("json")
	times := d.names("@timestamp", "timestamp", "time", "ts", "eventTime", "event_time", "EventTime", "datetime", "date",
		"created_at", "createdAt", "createdDateTime", "TimeGenerated", "unixTime", "calendarTime", "published", "event.timestamp", "metadata.eventCreationTime", "t", "asctime", "Timestamp", "Datetime")
	base := d.names("message", "tags")
	module, kind := d.name("event.module"), d.name("event.kind")
	guess := dec.guesser
	says, texts := dec.says, d.names("message", "msg", "log")
	envelope := newEnvelope(dec, prefix)
	carried := d.names("AuditData", "auditData", "Message", "body", "Body", "logEvents.message", "event.original", "raw", "rawmsg", "raw_message", "rawMessage", "_raw", "rawlog", "raw_log", "raw_event", "rawEvent", "original", "message", "msg", "log")
	return object{
		claims: func(*doc) bool { return true },
		read: func(in *doc, o *output) {
			for _, n := range times {
				if o.time = timeOf(in.value(n)); !o.time.IsZero() {
					o.time = guess.dayTime(o.time, in.value(n), n, in)
					break
				}
			}
			if envelope.read(in, o) {
				o.put(module, "json")
				o.put(kind, "event")
				return
			}
			for _, l := range in.leaves[1:] {
				switch {
				case l.name == nil || l.name.text == "@timestamp":
				case l.name.up != &d.root && l.name.kind != 0 && l.name.kind != ecs.Object && !sortOfItsOwn(l),
					l.name == base[0], l.name == base[1]:
					o.keep(l.name, l.value)
				default:
					o.keep(d.below(prefix, l.name), l.value)
				}
			}
			if inner := dec.carriedBy(in, carried); inner != "" {
				dec.instead(inner, o)
			} else {
				guess.read(in, o)
				if text := in.first(texts...); text.Kind() == tocsin.String {
					says.text(text.Text(), o)
				}
				guess.infer.last(o)
			}
			o.put(module, "json")
			o.put(kind, "event")
		},
	}
}

// sortOfItsOwn reports whether a leaf is a sort of event by its name, and none of ECS's by its value: products that are not of
// ECS have members of these names too.
func sortOfItsOwn(l leaf) bool {
	switch l.name.text {
	case "event.type", "event.category", "event.kind":
		word, ok := l.value.Str()
		return ok && !strings.Contains(allowedWords(l.name.text), " "+word+" ")
	}
	return false
}

// shortestLine is the length of a text that is looked at as a line of another format: what is shorter says nothing of its format.
const shortestLine = 24

// carriedBy is the record that one of an object's members is as a text, "" for none: another object, CEF, LEEF, XML or a line
// of a format that cannot be what a program says of itself; where the object has hardly another member, of syslog as well.
func (d *Decoder) carriedBy(in *doc, members []*name) string {
	const few = 10 // leaves
	carrier, except := len(in.leaves)-1 <= few, []string{"plain", "container"}
	if carrier {
		except = except[:1]
	}
	for _, n := range members {
		text, ok := in.value(n).Str()
		if !ok {
			continue
		}
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) || cefStart(text) >= 0 || leefStart(text) >= 0 || text != "" && isMarkup(text) {
			return text
		}
		if len(text) < shortestLine {
			continue
		}
		if f := d.lineFormat(text, except...); f != nil && f.name != "keyvalue" && (carrier || f.name != "syslog") {
			return text
		}
	}
	return ""
}
