package decode

import (
	"strings"

	"tocsin"
)

// eve moves the fields of a Suricata EVE record that ECS has a field for; the rest stays below suricata.eve.
const eve = `
	src_ip               source.ip
	src_port             source.port
	dest_ip              destination.ip
	dest_port            destination.port
	community_id         network.community_id
	in_iface             observer.ingress.interface.name
	host                 observer.hostname
	vlan                 vlan.id
	alert.signature      rule.name
	alert.category       rule.category
	alert.severity       event.severity
	alert_signature      rule.name
	alert_category       rule.category
	alert_severity       event.severity
	flow.pkts_toserver   source.packets
	flow.pkts_toclient   destination.packets
	flow.bytes_toserver  source.bytes
	flow.bytes_toclient  destination.bytes
	flow.start           event.start
	flow.end             event.end
	http.http_refer      http.request.referrer
	http.http_user_agent user_agent.original
	http.http_content_type http.response.mime_type
	http.status          http.response.status_code
	http.length          http.response.body.bytes
	dns.rrname           dns.question.name
	dns.rrtype           dns.question.type
	dns.id               dns.id
	dns.queries.rrname   dns.question.name
	dns.queries.rrtype   dns.question.type
	dns.query.rrname     dns.question.name
	dns.query.rrtype     dns.question.type
	dns.rcode            dns.response_code
	dns.answers.rrname   dns.answers.name
	dns.answers.rrtype   dns.answers.type
	dns.answers.rdata    dns.answers.data
	dns.answers.ttl      dns.answers.ttl
	tls.sni              tls.client.server_name
	tls.subject          tls.server.subject
	tls.issuerdn         tls.server.issuer
	tls.serial           tls.server.x509.serial_number
	tls.fingerprint      tls.server.hash.sha1
	tls.notbefore        tls.server.not_before
	tls.notafter         tls.server.not_after
	tls.ja3.hash         tls.client.ja3
	tls.ja3s.hash        tls.server.ja3s
	tls.session_resumed  tls.resumed
	fileinfo.filename    file.path
	fileinfo.size        file.size
	fileinfo.md5         file.hash.md5
	fileinfo.sha1        file.hash.sha1
	fileinfo.sha256      file.hash.sha256
	fileinfo.magic       file.mime_type
	ssh.client.software_version user_agent.original
	smtp.helo            source.domain
	email.from           email.from.address
	email.to             email.to.address
	email.subject        email.subject
	smb.filename         file.path
	krb5.cname           user.name
	rdp.cookie           user.name`

// eveKinds says what the types of EVE records are in ECS: event.kind, event.category, event.type.
var eveKinds = map[string]string{
	"alert": "alert intrusion_detection,network", "anomaly": "event network", "drop": "event network denied", "stats": "metric network info",
	"dns": "event network protocol", "http": "event network,web access,protocol", "http2": "event network,web access,protocol",
	"tls": "event network protocol", "ssh": "event network protocol", "flow": "event network connection,end", "netflow": "event network connection",
	"fileinfo": "event network,file info", "smtp": "event network,email protocol", "ftp_data": "event network,file protocol", "tftp": "event network,file protocol", "mqtt": "event network protocol",
	"rfb": "event network,session protocol", "dhcp": "event network protocol", "nfs": "event network,file protocol", "snmp": "event network protocol", "sip": "event network protocol",
	"ike": "event network protocol", "pgsql": "event network,database protocol", "websocket": "event network,web protocol", "quic": "event network protocol",
	"dcerpc": "event network protocol", "modbus": "event network protocol", "dnp3": "event network protocol", "ldap": "event network,authentication protocol",
	"arp": "event network protocol", "bittorrent_dht": "event network protocol", "telnet": "event network,session protocol", "smb": "event network,file protocol",
	"rdp": "event network,session protocol", "krb5": "event network,authentication protocol", "ftp": "event network,file protocol",
}

// suricata reads Suricata's EVE records of all types.
func suricata(d *dictionary) object {
	s := newEVE(d)
	timestamp, kind, flow := d.name("timestamp"), d.name("event_type"), d.names("flow_id", "src_ip", "stats.uptime", "proto")
	return object{
		claims: func(in *doc) bool {
			return in.has(kind) && in.has(timestamp) && (in.has(flow[0]) || in.has(flow[1]) && in.has(flow[3]) || in.has(flow[2]))
		},
		read: func(in *doc, o *output) {
			o.time = timeOf(in.value(timestamp))
			s.read(in, o)
		},
	}
}

// An eveReader reads EVE records wherever they come from: Wazuh carries them inside its own.
type eveReader struct {
	kinds                           map[string]*eveKind
	routes                          []route
	fixed                           []constant
	prefix                          *name
	timestamp, eventType, action    *name
	host, uri, method, protocol     *name
	version, tlsVersion             *name
	metadata, urlParts              []*name
	kind, category, types, appField *name
	bytes, packets                  [3]*name
	httpMethod, httpVersion         *name
	answers, resolved               *name
}

func newEVE(d *dictionary) *eveReader {
	return &eveReader{
		kinds: newEVEKinds(),
		routes: d.routes(eve,
			move{"app_proto", "network.protocol", knownProtocol},
			move{"proto", "network.transport", transport},
			move{"dns.type", "dns.type", dnsKind},
			move{"alert.signature_id", "rule.id", asText},
			move{"alert.rev", "rule.version", asText},
			move{"ftp.command", "event.action", lower}),
		fixed:  d.constants("event.module suricata\nevent.dataset suricata.eve\nobserver.type ids\nobserver.vendor OISF\nobserver.product Suricata"),
		prefix: d.name("suricata.eve"), timestamp: d.name("timestamp"), eventType: d.name("event_type"), action: d.name("alert.action"),
		host: d.name("http.hostname"), uri: d.name("http.url"), method: d.name("http.http_method"), protocol: d.name("http.protocol"),
		version: d.name("tls.version"),
		metadata: d.names("alert.metadata.mitre_tactic_id", "threat.tactic.id", "alert.metadata.mitre_tactic_name", "threat.tactic.name",
			"alert.metadata.mitre_technique_id", "threat.technique.id", "alert.metadata.mitre_technique_name", "threat.technique.name"),
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"),
		urlParts:   d.names("url.domain", "url.original", "url.path", "url.query"),
		bytes:      [3]*name{d.name("source.bytes"), d.name("destination.bytes"), d.name("network.bytes")},
		packets:    [3]*name{d.name("source.packets"), d.name("destination.packets"), d.name("network.packets")},
		httpMethod: d.name("http.request.method"), httpVersion: d.name("http.version"), tlsVersion: d.name("tls.version"),
		appField: d.name("network.protocol"), answers: d.name("dns.answers.data"), resolved: d.name("dns.resolved_ip"),
	}
}

func (s *eveReader) read(in *doc, o *output) {
	o.give(s.fixed)
	if o.scale == noScale { // Wazuh carries these records with a level of its own
		o.scale = oneFirst
	}
	kind := in.text(s.eventType)
	s.classify(in, o, kind)
	o.move(s.routes)
	s.http(in, o)
	sum(o, s.bytes)
	sum(o, s.packets)
	for i := 0; i < len(s.metadata); i += 2 {
		o.set(s.metadata[i+1], each(in.value(s.metadata[i]), func(t string) string { return strings.ReplaceAll(t, "_", " ") }))
	}
	o.resolved(s.resolved, o.value(s.answers))
	if kind == "tls" || kind == "alert" {
		o.set(s.tlsVersion, in.value(s.version))
	}
	if kind != "alert" && kind != "" {
		o.put(s.appField, knownApp(kind))
	}
	s.timestamp.used = in.record
	o.rest(s.prefix)
}

// classify sets kind, category and type.
func (s *eveReader) classify(in *doc, o *output, kind string) {
	k := s.kinds[kind]
	if k == nil {
		k = &eveKind{kind: "event", category: tocsin.StringValue("network"), types: tocsin.StringValue("info")}
	}
	o.put(s.kind, k.kind)
	o.keep(s.category, k.category)
	switch action := in.text(s.action); {
	case kind == "alert" && action == "blocked":
		o.put(s.types, "denied")
	case kind == "alert" && action == "allowed":
		o.put(s.types, "allowed")
	default:
		o.keep(s.types, k.types)
	}
}

// An eveKind is a line of eveKinds.
type eveKind struct {
	kind            string
	category, types tocsin.Value
}

func newEVEKinds() map[string]*eveKind {
	kinds := map[string]*eveKind{}
	for event, line := range eveKinds {
		words := append(strings.Fields(line), "", "")
		k := &eveKind{kind: words[0]}
		if words[1] != "" && words[1] != "-" {
			k.category = listOf(words[1])
		}
		if words[2] != "" {
			k.types = listOf(words[2])
		}
		kinds[event] = k
	}
	return kinds
}

// http sets the request as url.*, http.* and the host that was asked.
func (s *eveReader) http(in *doc, o *output) {
	o.put(s.httpMethod, in.text(s.method))
	o.put(s.httpVersion, strings.TrimPrefix(in.text(s.protocol), "HTTP/"))
	host := in.text(s.host)
	o.put(s.urlParts[0], host)
	uri := in.text(s.uri)
	if uri == "" {
		return
	}
	o.put(s.urlParts[1], uri)
	path, query, _ := strings.Cut(uri, "?")
	if strings.HasPrefix(path, "/") {
		o.put(s.urlParts[2], path)
	}
	o.put(s.urlParts[3], query)
}

// sum sets the third field to the sum of the first two.
func sum(o *output, f [3]*name) {
	a, ok1 := o.value(f[0]).Int()
	b, ok2 := o.value(f[1]).Int()
	if ok1 && ok2 {
		o.keep(f[2], tocsin.IntValue(a+b))
	}
}

// knownProtocol is an application protocol in lower case, nothing for those that say there is none.
func knownProtocol(v tocsin.Value) tocsin.Value {
	switch s := v.Text(); s {
	case "failed", "unknown", "":
		return tocsin.Value{}
	case "template":
		return v
	default:
		return lower(v)
	}
}

// knownApp is the protocol that a type of EVE record is about.
func knownApp(kind string) string {
	switch kind {
	case "dns", "http", "tls", "ssh", "smtp", "smb", "rdp", "krb5", "ftp", "tftp", "dhcp", "nfs", "snmp", "sip", "mqtt", "rfb", "ike", "pgsql", "quic", "modbus", "dnp3", "ldap", "telnet":
		return kind
	case "http2", "websocket":
		return "http"
	case "ftp_data":
		return "ftp"
	}
	return ""
}

// transport is a transport protocol in ECS's words, from its name or number.
func transport(v tocsin.Value) tocsin.Value {
	s := v.Text()
	switch s {
	case "tcp", "udp", "icmp":
		return v
	case "TCP":
		return tocsin.StringValue("tcp")
	case "UDP":
		return tocsin.StringValue("udp")
	}
	switch s = strings.ToLower(s); s {
	case "6":
		s = "tcp"
	case "17":
		s = "udp"
	case "1":
		s = "icmp"
	case "58", "icmpv6":
		s = "ipv6-icmp"
	case "unknown", "unknown_transport":
		return tocsin.Value{}
	}
	return tocsin.StringValue(s)
}

func dnsKind(v tocsin.Value) tocsin.Value {
	switch v.Text() {
	case "query", "request":
		return tocsin.StringValue("query")
	case "answer", "response":
		return tocsin.StringValue("answer")
	}
	return tocsin.Value{}
}

func asText(v tocsin.Value) tocsin.Value { return tocsin.StringValue(v.Text()) }

// listOf is a comma-separated text as one value or a list.
func listOf(s string) tocsin.Value {
	if words := strings.Split(s, ","); len(words) > 1 {
		return tocsin.StringsValue(words...)
	}
	return tocsin.StringValue(s)
}

// each changes every member of v.
func each(v tocsin.Value, by func(string) string) tocsin.Value {
	switch v.Len() {
	case 0:
		return tocsin.Value{}
	case 1:
		return tocsin.StringValue(by(v.At(0).Text()))
	}
	changed := make([]tocsin.Value, v.Len())
	for i := range changed {
		changed[i] = tocsin.StringValue(by(v.At(i).Text()))
	}
	return tocsin.ListValue(changed...)
}
