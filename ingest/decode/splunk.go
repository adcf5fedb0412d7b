package decode

import (
	"strings"

	"tocsin"
)

// splunkMoves are what Splunk and its common information model call things: for what the record inside does not say.
const splunkMoves = `
	result.search_name rule.name
	search_name rule.name
	result.rule_title rule.name
	result.rule_name rule.name
	result.source rule.ruleset
	result.src source.ip
	result.src_ip source.ip
	result.src_port source.port
	result.dest_ip destination.ip
	result.dest destination.ip
	result.dest_port destination.port
	result.dvc host.name
	result.user user.name
	result.src_user user.name
	result.signature rule.name
	result.app service.name
	result.process_name process.name
	result.process process.command_line
	result.process_path process.executable
	result.process_id process.pid
	result.parent_process_name process.parent.name
	result.parent_process process.parent.command_line
	result.url url.original
	result.file_path file.path
	result.file_name file.name
	result.file_hash file.hash.sha256
	result.action event.action
	result.transport network.transport transport
	result.annotations.mitre_attack threat.technique.id
	result.host host.name
	result.event_id event.id`

// splunk reads what Splunk hands on: rows of a search or a notable event (result), and what its HTTP event collector
// takes (event). The record that is inside is read as its own format, whichever that is.
func splunk(dec *Decoder) object {
	d := dec.doc.dict
	var moves []manner
	for line := range strings.Lines(splunkMoves) {
		if words := strings.Fields(line); len(words) > 1 {
			moves = append(moves, d.manner(words))
		}
	}
	moves = append(moves, d.wordMove(strings.Fields("result.urgency event.severity"+gravity)), d.wordMove(strings.Fields("result.severity event.severity"+gravity)))
	row, notable := d.names("result._raw", "result._time", "result.sourcetype"), d.names("search_name", "result.search_name", "result.rule_title", "result.rule_name", "result.urgency")
	times := d.names("result._time", "time", "result.orig_time", "result._indextime")
	event, sourcetype, about := d.name("event"), d.name("sourcetype"), d.names("time", "host", "source", "index")
	prefix, host, hostName := d.name("splunk"), d.name("host"), d.name("host.name")
	kind, module, message, ruleName, category := d.name("event.kind"), d.name("event.module"), d.name("message"), d.name("rule.name"), d.name("event.category")
	hec := func(in *doc) bool { return in.has(sourcetype) && (in.below(event) || in.any(about) && in.has(event)) }
	return object{
		anchors: append([]*name{sourcetype}, row...),
		claims:  func(in *doc) bool { return in.any(row) && in.any(times) || hec(in) },
		read: func(in *doc, o *output) {
			t := timeOf(in.first(times...))
			isNotable := in.any(notable)
			raw := in.text(row[0])
			if raw == "" {
				raw = in.text(event)
			}
			sender := in.value(host)
			if isNotable {
				o.put(kind, "alert")
				o.set(ruleName, in.first(notable[:4]...))
			}
			row[0].used, event.used = in.record, in.record
			object := raw == "" && in.below(event)
			for _, l := range in.leaves[1:] { // the record inside is not kept twice
				if object && l.name != nil && strings.HasPrefix(l.name.text, "event.") {
					l.name.used = in.record
				}
			}
			o.rest(prefix)
			if raw == "" && !object {
				splunkRow(moves, in, o)
			} else {
				splunkInside(dec, moves, event, raw, o)
			}
			if o.time.IsZero() {
				o.time = t
			}
			if raw != "" {
				o.put(message, raw)
			}
			o.set(hostName, sender)
			o.put(kind, "event")
			o.put(module, "splunk")
			if isNotable {
				o.put(category, "intrusion_detection")
			}
		},
	}
}

// splunkRow applies the moves.
func splunkRow(moves []manner, in *doc, o *output) {
	for i := range moves {
		moves[i].apply(in, o)
	}
}

// splunkInside reads the record inside, and then what Splunk says beside it. Reading it overwrites the document, so
// what Splunk says is taken from a copy.
func splunkInside(dec *Decoder, moves []manner, event *name, raw string, o *output) {
	type saying struct {
		by    *manner
		value tocsin.Value
	}
	var said []saying // nothing by most envelopes
	for i := range moves {
		if v := dec.doc.value(moves[i].from); !v.IsAbsent() {
			said = append(said, saying{&moves[i], v})
		}
	}
	if raw != "" {
		dec.inside(raw, o)
	} else {
		dec.doc.subtree(event)
		dec.readInner(o)
	}
	for _, s := range said {
		s.by.give(s.value, o)
	}
}
