package decode

import (
	"strings"

	"tocsin"
)

// A fortinetReader knows what Fortinet's devices mean by the type and subtype of their records (FortiOS Log Message Reference
// and those of the other devices).
type fortinetReader struct {
	vendor, product, nat        *name
	source, destination         *name
	address, far                *name // beside them
	virus, attack, connection   tocsin.Value
	allowed, denied, begun, out tocsin.Value
	change, webAttack, spam     tocsin.Value
	httpLogged                  tocsin.Value
	user                        *name
}

func newFortinet(d *dictionary) fortinetReader {
	return fortinetReader{
		vendor: d.name("observer.vendor"), product: d.name("observer.product"), nat: d.name("source.nat.ip"),
		source: d.name("source.ip"), destination: d.name("destination.ip"), address: d.name("source.address"), far: d.name("destination.address"),
		virus: listOf("malware,network"), attack: listOf("intrusion_detection,network"), connection: listOf("network"),
		allowed: listOf("connection,end,allowed"), denied: listOf("connection,end,denied"), begun: listOf("connection,start"), out: listOf("connection,end"),
		change: listOf("change"), webAttack: listOf("intrusion_detection,network,web"), spam: listOf("email,threat"),
		httpLogged: listOf("network,web"), user: d.name("user.name"),
	}
}

// fortinetProducts are what the serial numbers of devices begin with.
var fortinetProducts = [...][2]string{
	{"FGT", "FortiGate"},
	{"FG", "FortiGate"},
	{"FWF", "FortiWiFi"},
	{"FPX", "FortiProxy"},
	{"FE", "FortiMail"},
	{"FV", "FortiWeb"},
	{"FMG", "FortiManager"},
	{"FAZ", "FortiAnalyzer"},
	{"FL", "FortiAnalyzer"},
	{"FAC", "FortiAuthenticator"},
	{"FCT", "FortiClient"},
	{"FSA", "FortiSandbox"},
}

// fortinet sets what the records of Fortinet's devices say by their type and subtype.
func (p *pairReader) fortinet(o *output) {
	sort := p.value("type")
	if sort == "" || p.value("logid") == "" && p.value("log_id") == "" && p.value("logdesc") == "" {
		return
	}
	sub, device := p.value("subtype"), p.value("devid")+p.value("device_id")
	if device == "" && p.value("vd") == "" && p.value("eventtime") == "" || sub == "" && p.value("pri") == "" {
		return
	}
	f := &p.forti
	o.put(f.vendor, "Fortinet")
	for _, known := range fortinetProducts {
		if strings.HasPrefix(device, known[0]) {
			o.put(f.product, known[1])
			break
		}
	}
	switch sort {
	case "traffic":
		p.fortinetTraffic(sub, o)
	case "utm", "virus", "webfilter", "ips", "anomaly", "attack", "app-ctrl", "dlp":
		p.fortinetThreat(sort, sub, o)
	case "event":
		p.fortinetEvent(sub, o)
	case "spam":
		o.keep(p.category, f.spam)
	case "kevent":
		if sub == "config" {
			o.put(p.category, "configuration")
			o.keep(p.types, f.change)
		}
	}
	p.fortinetOutcome(o)
	p.fortinetMail(sub, o)
}

// fortinetMail is what FortiMail alone says: who uses its pages, whom it gives mail to and who sends it.
func (p *pairReader) fortinetMail(sub string, o *output) {
	f, said := &p.forti, p.value("msg")
	if sub == "webmail" || p.value("type") == "encrypt" { // the user of the pair is the daemon
		name := errorPart(said, "Login for '", "'")
		if name == "" {
			name = errorPart(said, "User ", " ")
		}
		o.put(f.user, name)
	}
	if _, relay, ok := strings.Cut(said, "relay="); ok && sub == "smtp" {
		_, address, _ := strings.Cut(relay, "[")
		address, _, _ = strings.Cut(address, "]")
		o.address(f.destination, f.far, address)
	}
	for _, key := range [...]string{"client_name", "src"} {
		name := p.value(key)
		if _, address, ok := strings.Cut(name, "["); ok {
			o.address(f.source, f.address, strings.TrimSuffix(address, "]"))
		} else if key == "client_name" && isAddress(name) {
			o.address(f.source, f.address, name)
		}
	}
}

// fortinetTraffic is a record of the end of a session, or of its beginning.
func (p *pairReader) fortinetTraffic(sub string, o *output) {
	f := &p.forti
	if sub == "http-transaction" {
		o.keep(p.category, f.httpLogged)
	} else {
		o.keep(p.category, f.connection)
	}
	switch p.value("action") {
	case "deny", "block", "blocked", "dropped":
		o.keep(p.types, f.denied)
	case "start":
		o.keep(p.types, f.begun)
	case "":
		o.keep(p.types, f.out)
	default:
		o.keep(p.types, f.allowed)
	}
	o.put(p.outcome, "success")
}

// fortinetThreat is a record of what a profile of security found.
func (p *pairReader) fortinetThreat(sort, sub string, o *output) {
	f := &p.forti
	if sort != "utm" && (sub == "" || sort == "attack") {
		sub = sort
	}
	switch sub {
	case "virus":
		o.put(p.kind, "alert")
		o.keep(p.category, f.virus)
	case "ips", "anomaly":
		o.put(p.kind, "alert")
		o.keep(p.category, f.attack)
	case "attack", "waf":
		o.put(p.kind, "alert")
		o.keep(p.category, f.webAttack)
		for _, key := range [...]string{"signature_subclass", "main_type", "sub_type"} {
			if name := p.value(key); !saysNothing(name) {
				o.put(p.rule, name)
			}
		}
	case "webfilter", "http":
		o.keep(p.category, f.httpLogged)
	default:
		o.keep(p.category, f.connection)
	}
	o.put(p.outcome, "success")
}

// fortinetEvent is a record of what happened to the device itself, or to its users.
func (p *pairReader) fortinetEvent(sub string, o *output) {
	f := &p.forti
	switch {
	case sub == "vpn":
		p.fortinetTunnel(o)
	case p.value("cfgpath") != "" || p.value("cfgobj") != "" && p.value("cfgattr") != "":
		o.put(p.category, "configuration")
		o.keep(p.types, f.change)
	case p.value("action") == "perf-stats", sub == "ha", sub == "endpoint" && p.value("srcip") == "":
		o.put(p.category, "host")
	case p.value("dhcp_msg") != "", sub == "router", sub == "sdwan", sub == "wireless", sub == "wad", sub == "switch-controller":
		o.keep(p.category, f.connection)
	}
}

// fortinetTunnel is a record of a tunnel: it comes from the other end, unless this one began it.
func (p *pairReader) fortinetTunnel(o *output) {
	f := &p.forti
	if far := p.value("remip"); p.value("init") == "local" && isAddress(far) {
		o.address(f.source, f.address, p.value("locip"))
		o.address(f.destination, f.far, far)
	}
	if assigned := p.value("tunnelip"); isAddress(assigned) {
		o.address(f.nat, nil, assigned)
	}
	action := p.value("action")
	if loginWord(action) {
		return
	}
	o.keep(p.category, f.connection)
	switch action {
	case "tunnel-up", "ssl-new-con", "phase2-up":
		o.keep(p.types, f.begun)
	case "tunnel-down", "ssl-exit", "phase2-down":
		o.keep(p.types, f.out)
	default:
		o.put(p.types, "connection")
	}
}

// fortinetOutcome is what the record's own word for it says.
func (p *pairReader) fortinetOutcome(o *output) {
	switch status := strings.ToLower(p.value("status") + p.value("resolved")); {
	case strings.HasPrefix(status, "succe"), status == "ok":
		o.put(p.outcome, "success")
	case strings.HasPrefix(status, "fail"), strings.HasPrefix(status, "error"):
		o.put(p.outcome, "failure")
	}
}
