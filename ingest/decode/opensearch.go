package decode

// opensearch reads what OpenSearch alerts: documents of its alerting indices, and findings of Security Analytics.
func opensearch(d *dictionary) object {
	return product{
		prefix: "opensearch",
		signs:  "monitor_name trigger_name state\nmonitor_id trigger_id severity\nalert_id trigger_name monitor_id\nmonitor.name trigger.name\nmonitor_id queries.name related_doc_ids\ndetector_id severity finding_ids",
		inside: []string{"_source", "alert"},
		times:  "start_time last_notification_time timestamp periodStart period_start",
		fixed:  "event.kind alert\nevent.category intrusion_detection\nevent.type info\nevent.module opensearch\nevent.dataset opensearch.alert\nobserver.vendor OpenSearch\nobserver.product Alerting\nobserver.type siem",
		moves: `
			id event.id
			alert_id event.id
			queries.name rule.name first
			trigger_name rule.name
			trigger.name rule.name
			monitor_name rule.ruleset
			monitor.name rule.ruleset
			queries.id rule.id first
			trigger_id rule.id
			queries.tags rule.category
			state event.action lower
			error_message error.message
			start_time event.start time
			end_time event.end time`,
		words: "severity event.severity 1=99 2=73 3=47 4=21 5=1\ntrigger.severity event.severity 1=99 2=73 3=47 4=21 5=1",
	}.object(d)
}
