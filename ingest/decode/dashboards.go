package decode

// dashboards reads the requests that Kibana and OpenSearch Dashboards log.
func dashboards(d *dictionary) object {
	return product{
		prefix: "kibana.requests",
		signs:  "type=response @timestamp req.url res.statusCode",
		times:  "@timestamp",
		fixed:  "event.kind event\nevent.category web\nevent.type access\nevent.module dashboards",
		moves: `
			message                message
			pid                    process.pid
			req.remoteAddress      source.ip
			req.url                url.original
			req.method             http.request.method
			req.headers.user-agent user_agent.original
			req.userAgent          user_agent.original
			req.headers.host       url.domain
			req.headers.referer    http.request.referrer
			statusCode             http.response.status_code
			res.statusCode         http.response.status_code
			res.contentLength      http.response.body.bytes`,
		words: "statusCode event.outcome 200|201|204|301|302|304=success 400|401|403|404|429|500|502|503=failure",
	}.object(d)
}
