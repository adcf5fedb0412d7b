package decode

import (
	"strings"

	"tocsin"
)

// junosMessages are what the firewalls of Junos call their messages (Junos System Log Explorer), the longer beginning before the
// shorter: the category beside network, the types, the action, and whether it is an alert.
const junosMessages = `
	RT_FLOW_SESSION_CREATE       -                    connection,start,allowed  flow_started
	RT_FLOW_SESSION_CLOSE        -                    connection,end,allowed    flow_close
	RT_FLOW_SESSION_DENY         -                    connection,denied         flow_deny
	APPTRACK_SESSION_CREATE      -                    connection,start,allowed  flow_started
	APPTRACK_SESSION_CLOSE       -                    connection,end,allowed    flow_close
	APPTRACK_SESSION             -                    connection,start,allowed  flow_started
	IDP_ATTACK_LOG_EVENT         intrusion_detection  connection,info           security_threat       alert
	IDP_APPDDOS                  intrusion_detection  connection,info           application_ddos      alert
	RT_SCREEN                    intrusion_detection  connection,info           -                     alert
	AAMW_MALWARE                 malware              connection,info           malware_detected      alert
	AAMW_HOST_INFECTED           malware              connection,info           -                     alert
	AAMW                         -                    connection,allowed        -
	SECINTEL                     malware              connection,info           malware_detected      alert
	AV_VIRUS                     malware              connection,info           virus_detected        alert
	AV_                          -                    connection,allowed        -
	ANTISPAM_SPAM                malware              connection,info           antispam_filter       alert
	CONTENT_FILTERING_BLOCKED    malware              connection,denied         content_filter        alert
	WEBFILTER_URL_BLOCKED        malware              connection,denied         web_filter            alert
	WEBFILTER_URL                -                    connection,allowed        -`

// A junosMessage is a line of the table.
type junosMessage struct {
	begins          string
	category, types tocsin.Value
	action          string
	alert           bool
}

// A junosReader reads the messages of Junos' firewalls by their names.
type junosReader struct {
	messages                        []junosMessage
	kind, category, types, outcome  *name
	action, vendor, rule, transport *name
	protocol, reason                *name
	ends                            [2]end
}

// An end is an address with its port and what stands beside it.
type end struct{ ip, address, port *name }

func newJunos(d *dictionary) *junosReader {
	j := &junosReader{
		kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome"),
		action: d.name("event.action"), vendor: d.name("observer.vendor"), rule: d.name("rule.name"), transport: d.name("network.transport"),
		protocol: d.name("network.protocol"), reason: d.name("event.reason"),
	}
	for i, root := range [...]string{"source", "destination"} {
		j.ends[i] = end{d.name(root + ".ip"), d.name(root + ".address"), d.name(root + ".port")}
	}
	for line := range strings.Lines(junosMessages) {
		w := strings.Fields(line)
		if len(w) < 4 {
			continue
		}
		m := junosMessage{begins: w[0], category: listOf("network"), types: listOf(w[2]), action: nilValue(w[3]), alert: len(w) > 4}
		if w[1] != "-" {
			m.category = listOf(w[1] + ",network")
		}
		j.messages = append(j.messages, m)
	}
	return j
}

// of is the message that a line is, and what it says behind the name; nil for none.
func (j *junosReader) of(h header) (*junosMessage, string) {
	name, said := h.msgid, h.message
	switch {
	case strings.HasPrefix(h.app, "RT_FLOW_SESSION_"): // its program's name went lost
		name = h.app
	case !strings.HasPrefix(h.app, "RT_") && (h.app != "" || !strings.HasPrefix(h.message, "RT_") && !strings.HasPrefix(h.message, "APPTRACK_")):
		return nil, ""
	case name == "":
		name, said, _ = strings.Cut(h.message, " ")
		name = strings.TrimSuffix(name, ":")
	}
	for i := range j.messages {
		if strings.HasPrefix(name, j.messages[i].begins) {
			return &j.messages[i], said
		}
	}
	return nil, ""
}

// read sets what the name of a message says, and what flows where it is told in words.
func (j *junosReader) read(h header, o *output) {
	switch h.app {
	case "kmd", "iked": // the daemons of IKE
		o.put(j.vendor, "Juniper")
		o.put(j.category, "network")
		return
	case "mib2d", "rpd", "l2ald", "l2cpd", "dcd", "cosd", "chassisd", "jdhcpd", "bfdd", "lacpd", "ppmd", "eswd", "pfed", "jsrpd", "craftd", "alarmd":
		o.put(j.vendor, "Juniper")
		return
	}
	m, said := j.of(h)
	if m == nil {
		return
	}
	o.put(j.vendor, "Juniper")
	o.put(j.action, m.action)
	if m.alert {
		o.put(j.kind, "alert")
	}
	o.keep(j.category, m.category)
	o.keep(j.types, m.types)
	o.put(j.outcome, "success")
	if len(h.data) == 0 {
		j.flow(said, o)
	}
}

// flow reads "session denied 192.0.2.9/50100->203.0.113.7/443 junos-https 6(0) policy trust untrust …", and of sessions that
// are made and closed the translated flow and its rules before the protocol.
func (j *junosReader) flow(said string, o *output) {
	from, to, ok := strings.Cut(said, "->")
	if !ok {
		return
	}
	start := strings.LastIndexByte(from, ' ') + 1
	words := strings.Fields(to)
	if len(words) == 0 {
		return
	}
	for i, text := range [...]string{from[start:], words[0]} {
		address, port, _ := strings.Cut(text, "/")
		if !isAddress(address) {
			return
		}
		o.address(j.ends[i].ip, j.ends[i].address, address)
		o.set(j.ends[i].port, tocsin.StringValue(port))
	}
	if _, reason, closed := strings.Cut(from[:start], "session closed "); closed {
		o.put(j.reason, strings.TrimRight(reason, ": "))
	}
	for _, service := range words[1:min(len(words), 3)] { // a tag of the connection may stand before it
		if service != "None" && !strings.HasPrefix(service, "0x") {
			o.put(j.protocol, service)
			break
		}
	}
	for i := 2; i < len(words)-1; i++ {
		number, _, _ := strings.Cut(words[i], "(")
		if _, ok := digits(number, 1, 3); ok {
			o.set(j.transport, transport(tocsin.StringValue(number)))
			o.put(j.rule, words[i+1])
			return
		}
	}
}
