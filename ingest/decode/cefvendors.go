package decode

import (
	"strings"

	"tocsin"
)

// cefVendors are what some products call their events, as their makers list them: vendor, how the product begins, how the
// signature's id begins or what stands in the event's name, then category, type and kind. The first that fits decides. A product
// "as" another of a vendor further up calls its events alike.
const cefVendors = `
Trend Micro|Apex Central|AV:|malware|info|alert
Trend Micro|Apex Central|PML:|malware|info|alert
Trend Micro|Apex Central|FH:|malware,file|info|alert
Trend Micro|Apex Central|VAD|malware,intrusion_detection|info|alert
Trend Micro|Apex Central|Spyware|malware|info|alert
Trend Micro|Apex Central|Ransomware|malware|info|alert
Trend Micro|Apex Central|BM:|intrusion_detection,process|info|alert
Trend Micro|Apex Central|CnC:|intrusion_detection,network||alert
Trend Micro|Apex Central|NCIE:|intrusion_detection,network||alert
Trend Micro|Apex Central|IPS|intrusion_detection,network||alert
Trend Micro|Apex Central|WB:|web,network||event
Trend Micro|Apex Central|MS:|email|info|event
Trend Micro|Apex Central|Data Loss Prevention|file|info|alert
Trend Micro|Apex Central|Device Access Control|file,host|info|event
Trend Micro|Apex Central|Attack Discovery|intrusion_detection,process|info|alert
Trend Micro|Apex Central|Pattern Update|configuration,package|change|event
Trend Micro|Apex Central|Update Status|package,process|info|event
Trend Micro|Apex Central|User Access|authentication||event
Trend Micro|Deep Security Agent|4000|malware,intrusion_detection|info|alert
Trend Micro|Deep Security Agent|5000|intrusion_detection,web|info|event
Trend Micro|Deep Security Agent|6001|intrusion_detection,process|info|
Trend Micro|Deep Security Agent|7000|intrusion_detection,host|info|event
Trend Micro|Deep Security Agent|1|intrusion_detection,network||
Trend Micro|Deep Security Agent|2|intrusion_detection,network||
Trend Micro|Deep Security Agent|30|intrusion_detection,host|info|
Trend Micro|Deep Security Agent|Integrity|intrusion_detection,file|change|
Trend Micro|Deep Security Agent|Log for|intrusion_detection,network|info|
Cybereason|Cybereason|Malop Connection|malware,intrusion_detection,network,session|info|event
Cybereason|Cybereason|Malop Created|malware,intrusion_detection|info|alert
Cybereason|Cybereason|Malop|malware,intrusion_detection|info|event
Trellix|MPS|malware-object|malware,file|info|alert
Trellix|MPS|malware-callback|malware,intrusion_detection,network|info|alert
Trellix|MPS|infection-match|intrusion_detection,malware|info|alert
Trellix|MPS|web-infection|intrusion_detection,malware,web|info|alert
Trellix|MPS|domain-match|intrusion_detection,network|info|alert
Trellix|MPS|riskware-callback|intrusion_detection,network|info|alert
Trellix|MPS|riskware-object|malware,file|info|alert
Trellix|MPS|ips-event|intrusion_detection,network|info|alert
FireEye|MPS|as|Trellix|MPS
FireEye|CMS|as|Trellix|MPS
ManageEngine|ADAuditPlus|LogonReports|authentication|start|event
ManageEngine|ADAuditPlus|Logon|authentication|start|event
ManageEngine|ADAuditPlus|UserMgmt|iam|user,change|event
ManageEngine|ADAuditPlus|GroupMgmt|iam|group,change|event
ManageEngine|ADAuditPlus|ComputerMgmt|iam|change|event
ManageEngine|ADAuditPlus|OUMgmt|configuration|change|event
ManageEngine|ADAuditPlus|GPOMgmt|configuration|change|event
ManageEngine|ADAuditPlus|ADObjects|configuration|change|event
ManageEngine|ADAuditPlus|DNSAudit|configuration|change|event
ManageEngine|ADAuditPlus|ConfigAudit|configuration|change|event
ManageEngine|ADAuditPlus|FileAudit|file|access|event
ManageEngine|ADAuditPlus|ProcessTracking|process|start|event
SentinelOne|Mgmt|Threat|malware,intrusion_detection|info|alert
SentinelOne|Mgmt|threat|malware,intrusion_detection|info|alert
SentinelOne|Mgmt|Device Control|host||event
Palo Alto Networks|Cortex XDR|XDR Agent|intrusion_detection,malware,process|info|alert
Palo Alto Networks|Cortex XDR|XDR Analytics|intrusion_detection|info|alert
Palo Alto Networks|Cortex XDR|XDR BIOC|intrusion_detection,process|info|alert
Palo Alto Networks|Cortex XDR|XDR IOC|intrusion_detection|info|alert
Bitdefender|GravityZone|AntiMalware|malware|info|alert
Bitdefender|GravityZone|Advanced Threat Control|malware,process|info|alert
Bitdefender|GravityZone|HyperDetect|malware,intrusion_detection|info|alert
Bitdefender|GravityZone|Ransomware|malware,intrusion_detection|info|alert
Bitdefender|GravityZone|Exchange Malware|malware,email|info|alert
Bitdefender|GravityZone|Sandbox|malware,intrusion_detection|info|alert
Bitdefender|GravityZone|Antiexploit|malware,intrusion_detection|info|alert
Bitdefender|GravityZone|Network Attack|intrusion_detection,network||alert
Bitdefender|GravityZone|New Incident|intrusion_detection|info|alert
Bitdefender|GravityZone|Antiphishing|web,network||alert
Bitdefender|GravityZone|Web Control|web,network||
Bitdefender|GravityZone|Data Protection|web,network||
Bitdefender|GravityZone|Firewall|network||event
Bitdefender|GravityZone|Device Control|host||event
Bitdefender|GravityZone|Product Modules|configuration|info|event
`

// A cefEvent is one line of cefVendors.
type cefEvent struct {
	product, event, kind string
	category, types      tocsin.Value
}

// cefEvents are the lines of cefVendors by their vendor.
func cefEvents() map[string][]cefEvent {
	all := map[string][]cefEvent{}
	for line := range strings.Lines(cefVendors) {
		switch p := strings.Split(strings.TrimSpace(line), "|"); len(p) {
		case 5:
			for _, e := range all[p[3]] {
				if e.product == p[4] {
					e.product = p[1]
					all[p[0]] = append(all[p[0]], e)
				}
			}
		case 6:
			e := cefEvent{product: p[1], event: p[2], kind: p[5], category: listOf(p[3])}
			if p[4] != "" {
				e.types = listOf(p[4])
			}
			all[p[0]] = append(all[p[0]], e)
		}
	}
	return all
}

// listed sets what a vendor's list says of an event.
func (c *cefReader) listed(parts []string, o *output) {
	for i := range c.events[parts[1]] {
		e := &c.events[parts[1]][i]
		if !strings.HasPrefix(parts[2], e.product) || !strings.HasPrefix(parts[4], e.event) && !strings.Contains(parts[5], e.event) {
			continue
		}
		o.keep(c.category, e.category)
		o.set(c.types, e.types)
		o.put(c.eventKind, e.kind)
		return
	}
}

// central sets what agents' servers say of the machine, the user and the program in keys that mean something else elsewhere:
// Trend Micro's Apex Central, whose dvchost is the server that it had the event from, and Cortex XDR.
func (c *cefReader) central(parts []string, o *output) {
	switch {
	case parts[1] == "Palo Alto Networks" && strings.HasPrefix(parts[2], "Cortex XDR"):
		o.put(c.host, c.said(c.machines[2]))
		for _, k := range c.order {
			switch c.said(k.label) {
			case "Initiated by", "Initiator", "Initiator process":
				o.put(c.program, k.value)
			case "Initiator CMD", "Initiator command":
				o.put(c.command, k.value)
			}
		}
		return
	case parts[1] != "Trend Micro" || !strings.HasPrefix(parts[2], "Apex Central"):
		return
	}
	for _, k := range c.machines {
		if host := c.said(k); !strings.Contains(host, "@") {
			o.put(c.host, host)
		}
	}
	if by := c.said(c.actor); by == "" || by == c.said(c.machines[2]) {
		o.put(c.user, c.said(c.account))
	}
}
