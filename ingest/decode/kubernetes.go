package decode

// kubernetes reads the audit of Kubernetes' API server (audit.k8s.io).
func kubernetes(d *dictionary) object {
	return product{
		prefix: "kubernetes.audit",
		signs:  "kind=Event auditID verb\nkind=Event verb objectRef.resource\napiVersion^audit.k8s.io verb stage\nauditID stage verb requestURI",
		times:  "stageTimestamp requestReceivedTimestamp timestamp",
		fixed:  "event.kind event\nevent.category configuration\nevent.module kubernetes\nevent.dataset kubernetes.audit\norchestrator.type kubernetes",
		moves: `
			auditID event.id
			verb event.action
			user.username user.name
			user.uid user.id
			user.groups user.roles
			impersonatedUser.username user.effective.name
			sourceIPs source.ip first
			userAgent user_agent.original
			requestURI url.original
			responseStatus.code http.response.status_code
			responseStatus.reason event.reason
			objectRef.namespace orchestrator.namespace
			objectRef.name orchestrator.resource.name
			objectRef.resource orchestrator.resource.type
			objectRef.apiVersion orchestrator.api_version`,
		words: "verb event.type get|list|watch=access create=creation update|patch=change delete|deletecollection=deletion *=info\n" +
			"annotations.authorization.k8s.io/decision event.outcome allow=success forbid=failure",
		then: statusOutcome("responseStatus.code"),
	}.object(d)
}

// statusOutcome sets event.outcome from an HTTP status.
func statusOutcome(path string) func(*dictionary) func(*doc, *output) {
	return func(d *dictionary) func(*doc, *output) {
		status, outcome := d.name(path), d.name("event.outcome")
		return func(in *doc, o *output) {
			switch n, ok := whole(in.value(status)); {
			case !ok:
			default:
				if code, _ := n.Int(); code >= 400 {
					o.put(outcome, "failure")
				} else if code >= 100 {
					o.put(outcome, "success")
				}
			}
		}
	}
}
