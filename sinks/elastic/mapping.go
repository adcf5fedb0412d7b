package elastic

import "strings"

// property is the mapping of one field of a type. Malformed values and long words are kept and not indexed: the
// types are checked before (fields.go), so this is the second line.
func property(kind string) object {
	switch kind {
	case "keyword":
		return object{"type": "keyword", "ignore_above": 1024}
	case "text":
		return object{"type": "text", "norms": false}
	case "boolean":
		return object{"type": "boolean"}
	case "off": // kept in the document, never looked into
		return object{"type": "object", "enabled": false}
	default:
		return object{"type": kind, "ignore_malformed": true}
	}
}

// mappingOf nests fields, given by dotted name and type, into properties.
func mappingOf(types map[string]string) object {
	root := object{}
	for name, kind := range types {
		path := strings.Split(name, ".")
		at := root
		for _, segment := range path[:len(path)-1] {
			next, ok := at[segment].(object)
			if !ok {
				next = object{"properties": object{}}
				at[segment] = next
			}
			at = next["properties"].(object)
		}
		at[path[len(path)-1]] = property(kind)
	}
	return object{"dynamic": false, "date_detection": false, "properties": root}
}

// byType lists fields by the type of their mapping.
func byType(lists map[string]string, into map[string]string) map[string]string {
	for kind, names := range lists {
		for name := range strings.FieldsSeq(names) {
			into[name] = kind
		}
	}
	return into
}

// alertMapping is the mapping of alert indices: the typed subset and the provenance.
func (s *schema) alertMapping() object {
	types := byType(typed, map[string]string{})
	return mappingOf(byType(map[string]string{
		"date":    "@timestamp event.ingested tocsin.source.received",
		"keyword": "event.kind event.hash tocsin.id tocsin.resend_of tocsin.tenant tocsin.marks tocsin.source.name tocsin.source.format tocsin.source.sha256 tocsin.source.ref.file tocsin.source.ref.topic tocsin.source.kafka.topic tocsin.lists",
		"long":    "tocsin.severity tocsin.source.ref.line tocsin.source.ref.offset tocsin.source.ref.partition tocsin.source.kafka.partition tocsin.source.kafka.offset",
		"off":     "tocsin.kept",
	}, types))
}

// registerMapping is the mapping of all other indices: one word, one type, everywhere.
func registerMapping() object {
	m := mappingOf(byType(map[string]string{
		"date": "@timestamp tocsin.status_since tocsin.first tocsin.last tocsin.detected tocsin.from_at tocsin.to_at",
		"keyword": `event.kind tocsin.id tocsin.number tocsin.tenant tocsin.incident tocsin.event tocsin.status tocsin.mode tocsin.discovery.method
			tocsin.category.class tocsin.category.type tocsin.category.basis tocsin.category_iso tocsin.cause.root tocsin.scale.version
			tocsin.impact.functional tocsin.impact.information tocsin.impact.recoverability tocsin.impact.business_loss tocsin.impact.social tocsin.urgency
			tocsin.severity.class tocsin.severity.name tocsin.platform.primary tocsin.priority.current tocsin.priority.initial tocsin.priority.highest tocsin.priority.final
			tocsin.entity.value tocsin.entity.role tocsin.coordinator tocsin.assignee tocsin.teams tocsin.disposition tocsin.review tocsin.confirm
			tocsin.merged_into tocsin.children tocsin.recurs_of tocsin.relates tocsin.degraded tocsin.tlp tocsin.log.head_hash
			tocsin.activity tocsin.milestone tocsin.group tocsin.rule.id tocsin.rule.version tocsin.rule.title tocsin.rule.level tocsin.rule.category tocsin.rule.tags
			tocsin.action tocsin.phase tocsin.command tocsin.by.kind tocsin.by.id tocsin.by.role tocsin.from tocsin.to
			tocsin.state tocsin.policy tocsin.stage tocsin.receiver tocsin.route tocsin.reason tocsin.source.name tocsin.kind tocsin.object tocsin.outcome tocsin.request tocsin.rules tocsin.words
			tocsin.order.priority tocsin.order.status tocsin.order.category tocsin.order.platform tocsin.order.assignee tocsin.order.coordinator
			tocsin.order.disposition tocsin.order.number tocsin.order.title related.hosts related.user related.hash`,
		"text":    "tocsin.title tocsin.summary",
		"boolean": "tocsin.hold.on tocsin.breached tocsin.metrics.countable tocsin.backfill",
		"ip":      "related.ip",
		"long": `tocsin.revision tocsin.version tocsin.seq tocsin.count tocsin.alerts tocsin.asset.importance tocsin.severity.score tocsin.reopen_count tocsin.late_evidence
			tocsin.log.head_seq tocsin.visit tocsin.seconds tocsin.partition tocsin.offset tocsin.order.opened tocsin.order.updated tocsin.order.detected tocsin.order.received tocsin.order.recorded tocsin.order.at
			tocsin.order.last tocsin.order.status_since tocsin.order.due`,
		"off": "doc",
	}, measureTypes(byType(lifecycleTypes(), map[string]string{}))))
	own := m["properties"].(object)["tocsin"].(object)["properties"].(object)
	for _, open := range []string{"timeline", "duration", "sla"} { // their names are the register's: new ones need no set-up
		own[open] = object{"type": "object", "dynamic": true}
	}
	own["clock"] = clockMapping()
	rule := func(path, kind string) object {
		return object{strings.NewReplacer(".", "_", "*", "any").Replace(path): object{"path_match": path, "mapping": object{"type": kind}}}
	}
	m["dynamic_templates"] = []object{
		rule("tocsin.timeline.*", "date"), rule("tocsin.duration.*", "long"),
		rule("tocsin.sla.*.due", "date"), rule("tocsin.sla.*.met", "boolean"), rule("tocsin.sla.*.breached_by_s", "long"),
		rule("tocsin.sla.*.state", "keyword"),
		rule("tocsin.sla.*.escalated", "long"),
	}
	return m
}

// logMapping is [registerMapping] without documents within documents, which Elasticsearch does not keep in an order.
func logMapping() object {
	m := registerMapping()
	delete(m["properties"].(object)["tocsin"].(object)["properties"].(object), "clock")
	return m
}
