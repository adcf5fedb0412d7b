package decode

// A format is one line of the table below: its name and what makes its reader. Those of JSON are asked in this order
// whether a record is theirs, so the particular come before the general; those of text likewise.
type format struct {
	name    string
	object  func(*dictionary) object
	wrapper func(*Decoder) object // an object that holds a record of another format
	text    func(*Decoder) text
	mapping bool // a mapping file below builtin, as people write their own
	// catalogue reads JSON of the products in the mapping files below products.
	catalogue bool
}

func formats() []format {
	return []format{
		{name: "hayabusa", mapping: true},
		{name: "chainsaw", mapping: true},
		{name: "zircolite", mapping: true},
		{name: "rsigma", mapping: true},
		{name: "epo", mapping: true},
		{name: "cyberark_vault", mapping: true},
		{name: "wazuh", object: wazuh},
		{name: "suricata", object: suricata},
		{name: "cloudtrail", object: cloudtrail},
		{name: "wazuh5", object: wazuh5},
		{name: "elastic", object: elastic},
		{name: "windows", object: windows},
		{name: "zeek", object: zeek},
		{name: "splunk", wrapper: splunk},
		{name: "falco", object: falco},
		{name: "guardduty", object: guardduty},
		{name: "security_hub", object: securityHub},
		{name: "gcp_audit", object: gcpAudit},
		{name: "gcp_finding", object: gcpFinding},
		{name: "sentinel", object: sentinel},
		{name: "sentinel_incident", object: sentinelIncident},
		{name: "defender", object: defender},
		{name: "hunting", object: hunting},
		{name: "crowdstrike", object: crowdstrike},
		{name: "sentinel_one", object: sentinelOne},
		{name: "kubernetes", object: kubernetes},
		{name: "osquery", object: osquery},
		{name: "ocsf", object: ocsf},
		{name: "opensearch", object: opensearch},
		{name: "alertmanager", object: alertmanager},
		{name: "okta", object: okta},
		{name: "github", object: github},
		{name: "azure", object: azure},
		{name: "office", object: office},
		{name: "laurel", object: laurel},
		{name: "audit_items", wrapper: auditItems},
		{name: "eslogger", object: eslogger},
		{name: "dashboards", object: dashboards},
		{name: "product", catalogue: true},
		{name: "ecs", object: ecsJSON},
		{name: "json", wrapper: anyJSON},
		{name: "cef", text: cef},
		{name: "leef", text: leef},
		{name: "auditd", text: auditd},
		{name: "windows_xml", text: windowsXML},
		{name: "xml", text: vendorXML},
		{name: "cisco_asa", mapping: true},
		{name: "cisco_ios", mapping: true},
		{name: "panos", text: panos},
		{name: "siteminder", mapping: true},
		{name: "cisco_umbrella", mapping: true},
		{name: "mysql_slow", mapping: true},
		{name: "balancer", text: balancer},
		{name: "haproxy", mapping: true},
		{name: "squid", mapping: true},
		{name: "vpcflow", mapping: true},
		{name: "iis", mapping: true},
		{name: "weblog", text: weblog},
		{name: "container", text: container},
		{name: "keyvalue", text: keyValue},
		{name: "cisco_meraki", mapping: true},
		{name: "citrix_adc", mapping: true},
		{name: "f5_bigip", mapping: true},
		{name: "vcenter", mapping: true},
		{name: "aruba", mapping: true},
		{name: "pingfederate", mapping: true},
		{name: "pulse_secure", mapping: true},
		{name: "infoblox", mapping: true},
		{name: "qnap", mapping: true},
		{name: "oracle_audit", mapping: true},
		{name: "syslog", text: syslog},
		{name: "aix_audit", mapping: true},
		{name: "openvpn", mapping: true},
		{name: "plain", text: plain},
	}
}
