package decode

import (
	"strings"

	"tocsin"
)

// gravity sets the severity that firewalls write as one of syslog's: "id=firewall … pri=6" of those that follow WebTrends'
// format, `device="SFW" … priority=Information` of Sophos.
func (p *pairReader) gravity(o *output) {
	switch {
	case p.value("id") == "firewall" || p.value("sn") != "" && p.value("fw") != "":
		if strings.HasPrefix(p.value("msg"), "IPS ") {
			o.keep(p.kind, tocsin.StringValue("alert"))
			o.keep(p.category, listOf("intrusion_detection,network"))
		}
		if n, ok := digits(p.value("pri"), 1, 1); ok && n < len(severities) {
			o.scale = ofSyslog
			o.keep(p.severity, tocsin.IntValue(int64(n)))
		}
	case p.value("log_component") != "" && p.value("log_id") != "":
		word := strings.ToLower(p.value("priority"))
		for n, begins := range [...]string{"emerg", "alert", "crit", "err", "warn", "noti", "info", "debug"} {
			if strings.HasPrefix(word, begins) {
				o.scale = ofSyslog
				o.keep(p.severity, tocsin.IntValue(int64(n)))
			}
		}
		switch p.value("log_type") {
		case "IDP", "ATP", "Anti-Virus", "Anti-virus", "Sandbox", "Sandstorm":
			o.put(p.kind, "alert")
		}
	}
}

// found makes an alert of a record that names an attack or what is malign.
func (p *pairReader) found(o *output) {
	for _, key := range [...]string{"attack-name", "malware-info", "attack", "virus", "virusname", "threatname"} {
		if name := p.value(key); saysNothing(name) {
			continue
		}
		o.put(p.kind, "alert")
		if key == "malware-info" || key == "virus" || key == "virusname" {
			o.keep(p.category, p.forti.virus)
		} else {
			o.keep(p.category, p.forti.attack)
		}
		return
	}
}

// mail sets who wrote to whom and what sort of event it is where the pairs are a mail gateway's, and reports whether they are.
func (p *pairReader) mail(sort string, o *output) bool {
	infer, about := p.guess.infer, false
	for i, key := range [...]string{"from", "to", "sender", "recipient"} {
		if address := strings.Trim(p.value(key), "<>"); strings.Contains(address, "@") && !strings.Contains(address, " ") {
			to := infer.from
			if i%2 == 1 {
				to = infer.to
			}
			o.put(to, address)
			about = true
		}
	}
	if !about && !saysAny(sort, " smtp", " imap", " pop3", " webmail") {
		return false
	}
	if saysAny(sort, "virus", "malware") {
		o.put(p.kind, "alert")
		o.keep(p.category, listOf("email,malware"))
	}
	o.put(p.category, "email")
	o.put(p.types, "info")
	return true
}
