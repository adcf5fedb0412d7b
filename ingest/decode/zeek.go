package decode

import (
	"cmp"
	"strings"

	"tocsin"
)

// zeekMoves takes what is common to Zeek's logs to ECS. Each record stays whole below zeek.<stream>, as Zeek's fields
// mean different things in different logs.
const zeekMoves = `
	id.orig_h        source.ip
	id.orig_p        source.port
	id.resp_h        destination.ip
	id.resp_p        destination.port
	id_orig_h        source.ip
	id_orig_p        source.port
	id_resp_h        destination.ip
	id_resp_p        destination.port
	src              source.ip
	dst              destination.ip
	src_addr         source.ip
	src_port         source.port
	dst_addr         destination.ip
	dst_port         destination.port
	client_addr      source.ip
	server_addr      destination.ip
	mac              source.mac
	sig_id           rule.id
	operation        event.action
	request_type     event.action
	command          event.action
	event_msg        message
	p                destination.port
	tx_hosts         source.ip
	rx_hosts         destination.ip
	orig_l2_addr     source.mac
	resp_l2_addr     destination.mac
	orig_bytes       source.bytes
	resp_bytes       destination.bytes
	orig_pkts        source.packets
	resp_pkts        destination.packets
	community_id     network.community_id
	user_agent       user_agent.original
	referrer         http.request.referrer
	status_code      http.response.status_code
	request_body_len http.request.body.bytes
	response_body_len http.response.body.bytes
	uri              url.original
	query            dns.question.name
	qtype_name       dns.question.type
	qclass_name      dns.question.class
	rcode_name       dns.response_code
	server_name      tls.client.server_name
	ja3              tls.client.ja3
	ja3s             tls.server.ja3s
	subject          tls.server.subject
	issuer           tls.server.issuer
	cipher           tls.cipher
	curve            tls.curve
	resumed          tls.resumed
	established      tls.established
	mime_type        file.mime_type
	filename         file.name
	md5              file.hash.md5
	sha1             file.hash.sha1
	sha256           file.hash.sha256
	username         user.name
	user             user.name
	client_name      source.domain
	host_name        source.domain
	note             rule.name
	msg              message
	peer             observer.name
	endpoint         zeek.dce_rpc.endpoint
	trans_id         dns.id`

// zeekKinds says what Zeek's logs are in ECS: category and type.
var zeekKinds = map[string][2]string{
	"conn": {"network", "connection,end"}, "dns": {"network", "connection,protocol,info"}, "http": {"network,web", "connection,protocol,info"},
	"ssl": {"network", "connection,protocol,info"}, "x509": {"network", "info"}, "files": {"file", "info"}, "ssh": {"network", "connection,protocol"},
	"ftp": {"network,file", "connection,protocol"}, "smtp": {"network,email", "connection,protocol"}, "rdp": {"network,session", "protocol"},
	"kerberos": {"network,authentication", "connection,protocol,access"}, "dce_rpc": {"network", "protocol"},
	"smb_files": {"network,file", "protocol"}, "smb_mapping": {"network", "connection,protocol"}, "smb_cmd": {"network", "connection,protocol"}, "dpd": {"network", "connection,info"}, "notice": {"intrusion_detection", "info"},
	"weird": {"network", "info"}, "software": {"package", "info"}, "known_services": {"network", "info"}, "known_hosts": {"network,host", "info"},
	"dhcp": {"network", "protocol"}, "radius": {"network,authentication", "connection,info"}, "sip": {"network", "protocol"}, "snmp": {"network", "protocol"},
	"socks": {"network", "connection,protocol"}, "irc": {"network", "protocol"}, "modbus": {"network", "protocol"}, "dnp3": {"network", "protocol"}, "mysql": {"network,database", "protocol"},
	"rfb": {"network", "connection,protocol"}, "tunnel": {"network", "connection"}, "traceroute": {"network", "info"}, "syslog": {"network", "protocol"}, "ntp": {"network", "protocol"},
	"ocsp": {"network,file", "protocol"}, "stats": {"network", "info"}, "capture_loss": {"network", "info"}, "known_certs": {"network,file", "info"}, "ntlm": {"network,authentication", "connection,info"},
	"quic": {"network", "connection,protocol"}, "ldap": {"network,authentication", "protocol"}, "ldap_search": {"network", "protocol"}, "postgresql": {"network,database", "protocol"}, "pe": {"file", "info"}, "intel": {"threat", "indicator"}, "signatures": {"intrusion_detection", "info"},
}

// zeek reads Zeek's JSON logs.
func zeek(d *dictionary) object {
	z := struct {
		routes                                    []route
		fixed                                     []constant
		stream                                    []*name
		tells                                     []zeekTell
		uid, ts, id                               *name
		kind, category, types                     *name
		proto, transport, protocol, service       *name
		host, domain, original, method, httpMeth  *name
		observer, seen, dataset                   *name
		answers, resolved, hosts, indicator, port *name
		folder, name, path                        *name
		bytes, packets                            [3]*name
	}{
		routes: d.routes(zeekMoves), fixed: d.constants("event.module zeek\nobserver.vendor Zeek\nobserver.product Zeek\nobserver.type sensor"),
		stream: d.names("_path", "@stream", "log_type", "@path"), tells: newZeekTells(d), uid: d.name("uid"), ts: d.name("ts"), id: d.name("zeek.uid"),
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"),
		proto: d.name("proto"), transport: d.name("network.transport"), protocol: d.name("network.protocol"), service: d.name("service"),
		host: d.name("host"), domain: d.name("url.domain"), method: d.name("method"), httpMeth: d.name("http.request.method"),
		observer: d.name("@system"), seen: d.name("host.name"), dataset: d.name("event.dataset"),
		answers: d.name("answers"), resolved: d.name("dns.resolved_ip"), hosts: d.name("host.ip"), indicator: d.name("seen.indicator"), port: d.name("port_proto"),
		folder: d.name("path"), name: d.name("name"), path: d.name("file.path"),
		bytes:   [3]*name{d.name("source.bytes"), d.name("destination.bytes"), d.name("network.bytes")},
		packets: [3]*name{d.name("source.packets"), d.name("destination.packets"), d.name("network.packets")},
	}
	kinds, said := map[string]*zeekStream{}, newZeekSaid(d)
	for stream, k := range zeekKinds {
		kinds[stream] = newZeekStream(d, stream, k)
	}
	return object{
		anchors: []*name{z.ts},
		claims:  func(in *doc) bool { return in.any(z.stream) || zeekStreamOf(z.tells, in) != "" },
		read: func(in *doc, o *output) {
			stream := cmp.Or(in.first(z.stream...).Text(), zeekStreamOf(z.tells, in))
			o.time = timeOf(in.value(z.ts))
			kind := "event"
			switch stream {
			case "notice", "signatures", "intel":
				kind = "alert"
			case "stats", "capture_loss":
				kind = "metric"
			}
			o.put(z.kind, kind)
			k := kinds[stream]
			if k == nil {
				k = newZeekStream(d, stream, [2]string{"network", "info"})
			}
			o.put(z.dataset, k.dataset)
			o.give(z.fixed)
			o.keep(z.category, k.category)
			o.keep(z.types, k.types)
			o.set(z.id, in.value(z.uid))
			o.put(z.transport, o.lower(in.first(z.proto, z.port).Text()))
			o.put(z.transport, k.transport)
			if service := in.value(z.service); service.Kind() == tocsin.String {
				o.put(z.protocol, o.lower(service.Text()))
			}
			switch stream {
			case "http":
				o.set(z.domain, in.value(z.host))
				o.set(z.httpMeth, in.value(z.method))
			case "known_services", "known_hosts", "software":
				o.set(z.hosts, in.value(z.host))
			case "smb_files":
				if folder := in.text(z.folder); folder != "" {
					o.put(z.path, strings.TrimSuffix(folder, `\`)+`\`+in.text(z.name))
				}
			}
			said.apply(stream, in, o)
			o.set(z.seen, in.value(z.observer))
			o.resolved(z.resolved, in.value(z.answers))
			o.move(z.routes)
			sum(o, z.bytes)
			sum(o, z.packets)
			if k.below != nil {
				o.all(k.below)
			}
		},
	}
}

// A zeekStream is what all records of one of Zeek's logs get.
type zeekStream struct {
	dataset         string
	transport       string // "": it says so itself
	category, types tocsin.Value
	below           *name // where its own fields stand; nil where its name is too long
}

func newZeekStream(d *dictionary, stream string, kind [2]string) *zeekStream {
	below := d.path(d.name("zeek"), []byte(cmp.Or(strings.ReplaceAll(stream, ".", "_"), "log")))
	return &zeekStream{dataset: "zeek." + stream, transport: zeekTransport(stream), category: listOf(kind[0]), types: listOf(kind[1]), below: below}
}
