package decode

import (
	"strings"

	"tocsin"
)

// A zeekSaid sets what was done, by whom and how it ended, which each of Zeek's logs says in a column of its own.
type zeekSaid struct {
	action, outcome, user, rule, transport *name
	actions                                map[string]*name // by log
	authOK, success, status, code, result  *name
	response, exception, client, way, name *name
}

// zeekActions are the columns of what was done, where it is not one of [zeekMoves].
const zeekActions = `
	http      method
	sip       method
	smb_files action
	tunnel    action
	modbus    func
	mysql     cmd
	dnp3      fc_request`

func newZeekSaid(d *dictionary) *zeekSaid {
	z := &zeekSaid{
		action: d.name("event.action"), outcome: d.name("event.outcome"), user: d.name("user.name"), rule: d.name("rule.name"), transport: d.name("network.transport"),
		actions: map[string]*name{},
		authOK:  d.name("auth_success"), success: d.name("success"), status: d.name("status"), code: d.name("status_code"), result: d.name("result"),
		response: d.name("rcode_name"), exception: d.name("exception"), client: d.name("client"), way: d.name("request_path"), name: d.name("name"),
	}
	for line := range strings.Lines(zeekActions) {
		if words := strings.Fields(line); len(words) == 2 {
			z.actions[words[0]] = d.name(words[1])
		}
	}
	return z
}

func (z *zeekSaid) apply(stream string, in *doc, o *output) {
	if from := z.actions[stream]; from != nil {
		o.set(z.action, in.value(from))
	}
	if done, ok := z.ended(stream, in, o); ok {
		o.put(z.outcome, map[bool]string{true: "success", false: "failure"}[done])
	}
	switch stream {
	case "kerberos":
		client, _, _ := strings.Cut(in.text(z.client), "/")
		o.put(z.user, client)
	case "weird":
		o.set(z.rule, in.value(z.name))
	case "sip": // "SIP/2.0/UDP 192.0.2.9:5060"
		way := in.value(z.way)
		if way.Kind() == tocsin.List && way.Len() > 0 {
			way = way.At(0)
		}
		carrier, _, _ := strings.Cut(strings.TrimPrefix(way.Text(), "SIP/2.0/"), " ")
		o.put(z.transport, transport(tocsin.StringValue(carrier)).Text())
	}
}

// ended reports whether what a record is of was done, and whether the record says so.
func (z *zeekSaid) ended(stream string, in *doc, o *output) (done, known bool) {
	switch stream {
	case "http", "sip":
		code, ok := in.value(z.code).Int()
		return code < 400, ok && code > 0
	case "dns":
		return in.text(z.response) == "NOERROR", in.has(z.response)
	case "radius":
		return in.text(z.result) == "success", in.has(z.result)
	case "socks", "smb_cmd":
		return strings.HasPrefix(o.lower(in.text(z.status)), "succe"), in.has(z.status)
	case "modbus":
		return !in.has(z.exception), true
	}
	return in.value(z.authOK).Bool() || in.value(z.success).Bool(), in.has(z.authOK) || in.has(z.success)
}
