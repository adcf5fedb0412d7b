package decode

// alertmanager reads what Prometheus's Alertmanager sends to a webhook, and single alerts of it.
func alertmanager(d *dictionary) object {
	return product{
		prefix: "prometheus.alertmanager",
		signs:  "alerts.labels.alertname status\ngroupKey receiver status\nlabels.alertname startsAt\nlabels.alertname generatorURL",
		times:  "alerts.startsAt startsAt",
		fixed:  "event.kind alert\nevent.type info\nevent.module prometheus\nevent.dataset prometheus.alertmanager\nobserver.vendor Prometheus\nobserver.product Alertmanager",
		moves: `
			alerts.fingerprint event.id first
			fingerprint event.id
			commonLabels.alertname rule.name
			groupLabels.alertname rule.name
			alerts.labels.alertname rule.name first
			labels.alertname rule.name
			commonAnnotations.description message
			commonAnnotations.summary message
			alerts.annotations.description message first
			alerts.annotations.summary message first
			annotations.description message
			annotations.summary message
			status event.action
			commonLabels.instance host.name
			alerts.labels.instance host.name first
			labels.instance host.name
			commonLabels.job service.name
			alerts.labels.job service.name first
			labels.job service.name
			commonLabels.namespace orchestrator.namespace
			commonLabels.pod orchestrator.resource.name
			externalURL event.url
			generatorURL event.url`,
		words: "commonLabels.severity event.severity" + gravity + "\nalerts.labels.severity event.severity" + gravity + "\nlabels.severity event.severity" + gravity,
		then: func(d *dictionary) func(*doc, *output) {
			ends, host := d.names("alerts.endsAt", "endsAt"), d.name("event.end")
			return func(in *doc, o *output) {
				if t := timeOf(in.first(ends...)); t.Year() > 1 && !t.Before(o.time) {
					o.put(host, t.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"))
				}
			}
		},
	}.object(d)
}
