package decode

import "strings"

// elastic reads the alerts of Elastic Security's detection engine, with the field names of 8.x (kibana.alert) and of
// 7.x (signal), as documents or as hits of a search. Every field of the document stays where it is.
func elastic(d *dictionary) object {
	base := ecsJSON(d)
	signs := d.names("kibana.alert.uuid", "kibana.alert.rule.name", "kibana.alert.rule.uuid", "signal.rule.name", "signal.rule.id")
	levels := d.names("kibana.alert.severity", "kibana.alert.rule.severity", "signal.rule.severity")
	scores := d.names("kibana.alert.risk_score", "kibana.alert.rule.risk_score", "signal.rule.risk_score")
	kind, severity, score, norm := d.name("event.kind"), d.name("event.severity"), d.name("event.risk_score"), d.name("event.risk_score_norm")
	hits, source, id := d.names("_source.kibana.alert.uuid", "_source.signal.rule.id", "_source.kibana.alert.rule.name"), d.name("_source"), d.name("_id")
	uuid := d.name("kibana.alert.uuid")
	routes := d.routes(`
		kibana.alert.rule.name               rule.name
		signal.rule.name                     rule.name
		kibana.alert.rule.uuid               rule.uuid
		kibana.alert.rule.rule_id            rule.id
		signal.rule.rule_id                  rule.id
		signal.rule.id                       rule.uuid
		kibana.alert.rule.description        rule.description
		signal.rule.description              rule.description
		kibana.alert.rule.category           rule.category
		kibana.alert.reason                  event.reason
		signal.reason                        event.reason
		kibana.alert.rule.threat.framework   threat.framework
		kibana.alert.rule.threat.tactic.id   threat.tactic.id
		kibana.alert.rule.threat.tactic.name threat.tactic.name
		kibana.alert.rule.threat.technique.id   threat.technique.id
		kibana.alert.rule.threat.technique.name threat.technique.name
		signal.rule.threat.tactic.id         threat.tactic.id
		signal.rule.threat.tactic.name       threat.tactic.name
		signal.rule.threat.technique.id      threat.technique.id
		signal.rule.threat.technique.name    threat.technique.name
		kibana.alert.original_event.action   event.action
		kibana.alert.original_event.category event.category
		kibana.alert.original_event.type     event.type
		kibana.alert.original_event.outcome  event.outcome
		kibana.alert.original_event.code     event.code
		kibana.alert.original_event.module   event.module
		kibana.alert.original_event.dataset  event.dataset
		signal.original_event.action         event.action
		signal.original_event.category       event.category
		signal.original_event.type           event.type
		signal.original_event.module         event.module`)
	return object{
		anchors: append(signs, hits...),
		claims:  func(in *doc) bool { return in.any(signs) || in.any(hits) },
		read: func(in *doc, o *output) {
			if in.any(hits) {
				o.own = in.text(id)
				in.subtree(source)
			}
			if own := in.text(uuid); own != "" {
				o.own = own
			}
			o.scale = hundred
			o.put(kind, "alert") // ECS keeps "signal" to itself
			o.set(severity, levelOf(strings.ToLower(in.first(levels...).Text())))
			o.set(score, in.first(scores...))
			if f, ok := in.first(scores...).Float(); ok && f >= 0 && f <= 100 {
				o.set(norm, in.first(scores...))
			}
			base.read(in, o)
			o.move(routes)
		},
	}
}
