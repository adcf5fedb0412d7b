package decode

// A format is one line of the table below: its name and what makes its reader. Those of JSON are asked in this order
// whether a record is theirs, so the particular come before the general; those of text likewise.
type format struct {
	name   string
	object func(*dictionary) object
	text   func(*Decoder) text
}

func formats() []format {
	return []format{
		{name: "wazuh", object: wazuh},
		{name: "suricata", object: suricata},
		{name: "cloudtrail", object: cloudtrail},
		{name: "windows", object: windows},
		{name: "zeek", object: zeek},
		{name: "ecs", object: ecsJSON},
		{name: "json", object: anyJSON},
		{name: "cef", text: cef},
		{name: "auditd", text: auditd},
		{name: "syslog", text: syslog},
	}
}
