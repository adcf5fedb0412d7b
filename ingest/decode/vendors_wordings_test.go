package decode

import (
	"testing"
	"time"

	"tocsin/ingest"
)

// wordings are records whose names and sentences no table knows whole.
var wordings = map[string]vendorSample{
	"names with words of the product's before": {
		`{"meta_hostname":"ws-1","actor_process_command_line":"cmd /c dir","actor_process_os_pid":41,"sourceparentprocessname":"explorer.exe","ioc_username":"eve","targetHostName":"srv-9","clickTime":"2026-03-01T10:00:00Z","expiryTime":"2027-01-01T00:00:00Z"}`,
		`json 2026-03-01T10:00:00Z
host.name=ws-1
process.command_line=cmd /c dir
process.pid=41
process.name=(absent)
user.name=eve
event.category=process
`,
	},
	"a failed login that looks like a list": {
		`<22>1 2026-03-01T10:00:00Z mx1 dovecot - - - pop3-login: Disconnected (auth failed, 2 attempts): user=<eve@example.org>, method=LOGIN, rip=203.0.113.9, lip=10.0.0.1, TLS, session=<x1>`,
		`syslog 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
process.name=dovecot
source.ip=203.0.113.9
http.request.method=(absent)
`,
	},
	"ends by name that are addresses": {
		`{"src_host":"192.0.2.1","dst_host":"198.51.100.2","date":"2026-03-01","time":"10:00:00","process_name":"C:\\Windows\\notepad.exe"}`,
		`json 2026-03-01T10:00:00Z
source.ip=192.0.2.1
destination.ip=198.51.100.2
source.domain=(absent)
process.executable=C:\Windows\notepad.exe
process.name=notepad.exe
`,
	},
	"ECS by a few names": {
		`{"@timestamp":"2026-03-01T10:00:00Z","host":{"hostname":"ws-1","os":{"type":"linux"}},"process":{"executable":"/usr/bin/id"}}`,
		`ecs 2026-03-01T10:00:00Z
host.name=ws-1
process.name=id
event.category=process
`,
	},
	"a label that says what another key is": {
		`CEF:0|Vendor|Sensor|1|77|Callback|7|rt=1772359200000 c6a3=2001:db8::7 c6a3Label=Attacker IP cs1=ws-1 cs1Label=Computer deviceProcessName=C:\\tmp\\a.exe vendorEndpointUserName=eve`,
		`cef 2026-03-01T10:00:00Z
source.ip=2001:db8::7
host.name=ws-1
process.executable=C:\tmp\a.exe
process.name=a.exe
user.name=eve
`,
	},
	"keys on lines of their own": {
		"CEF:0|Vendor|Sensor|1|77|Login|3|\nrt=1772359200000\nsrc=192.0.2.1\nsuser=alice",
		`cef 2026-03-01T10:00:00Z
source.ip=192.0.2.1
user.name=alice
`,
	},
	"an alert that says between whom": {
		`CEF:0|Vendor|Sensor|1|77|SMBv1 was detected between 192.0.2.1 (PC) and 198.51.100.2 (Server)|5|rt=1772359200000`,
		`cef 2026-03-01T10:00:00Z
source.ip=192.0.2.1
destination.ip=198.51.100.2
`,
	},
	"an end by name of LEEF": {
		"LEEF:1.0|Vendor|Vault|1|308|dhost=198.51.100.2\tsrc=192.0.2.1\tusrName=alice\tdevTime=1772359200000",
		`leef 2026-03-01T10:00:00Z
destination.ip=198.51.100.2
source.ip=192.0.2.1
`,
	},
	"a list that a filter counts": {
		`<134>Mar  1 2026 10:00:00 gw-1 fw: list OUT denied udp 192.0.2.1:547-> 198.51.100.2:546 3 matches`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.1
source.port=547
destination.ip=198.51.100.2
destination.port=546
event.category=network
`,
	},
	"who did it and where he sat": {
		`<134>Mar  1 2026 10:00:00 gw-1 cfg: Privilege level set to 15 by admin on vty0 (192.0.2.1)`,
		`syslog 2026-03-01T10:00:00Z
user.name=admin
source.ip=192.0.2.1
`,
	},
	"a user in quotation marks": {
		`<134>Mar  1 2026 10:00:00 gw-1 cfg: running-config saved by user 'carol' from console`,
		`syslog 2026-03-01T10:00:00Z
user.name=carol
`,
	},
	"a mail server's queue": {
		`<22>2026-03-01T10:00:00Z mx-1 postfix/smtp[41]: 3F2A61C0B7: to=<bob@example.com>, relay=mx.example.com[198.51.100.2]:25, status=sent (250 ok)`,
		`syslog 2026-03-01T10:00:00Z
event.category=email
destination.ip=198.51.100.2
source.ip=(absent)
`,
	},
	"a zone by its name": {
		`gw-1: Mar 1 2026 11:00:00.250 CET: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down`,
		`cisco_ios 2026-03-01T10:00:00.25Z
event.code=UPDOWN
host.name=gw-1
`,
	},
	"pairs between commas": {
		`<134>2026-03-01T10:00:00Z fw-1 ids: AccessControlRuleName: deny-all, SrcIP: 192.0.2.1, DstIP: 198.51.100.2, DstPort: 443, User: alice`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.1
destination.ip=198.51.100.2
destination.port=443
user.name=alice
`,
	},
	"a day and its clock between commas": {
		`"2026-03-01","10:00:00","ws-1","192.0.2.1","50001","198.51.100.2","443"`,
		`plain 2026-03-01T10:00:00Z
source.ip=192.0.2.1
destination.ip=198.51.100.2
`,
	},
	"a day without a zone beside seconds since 1970": {
		`date=2026-03-01 time=02:00:00 eventtime=1772359200 devname="fw-1" srcip=192.0.2.1 dstip=198.51.100.2 action="deny" type="traffic"`,
		`keyvalue 2026-03-01T10:00:00Z
source.ip=192.0.2.1
event.type=denied
`,
	},
	"a firewall's address of users": {
		`1,2026/03/01 09:59:59,001801000001,USERID,login,2305,2026/03/01 09:59:58,vsys1,192.0.2.1,corp\alice,dc-1,0,1,0,0,0,kerberos,,42,0x0,0,0,0,0,,fw-1,1,2026-03-01T11:00:00.000+01:00`,
		`panos 2026-03-01T10:00:00Z
source.ip=192.0.2.1
user.name=corp\alice
event.category=authentication,network
`,
	},
	"a firewall's own login": {
		`1,2026/03/01 10:00:00,001801000001,SYSTEM,auth,2305,2026/03/01 10:00:00,,auth-fail,,0,0,general,medium,"failed authentication for user 'alice'.  From: 192.0.2.1.",42,0x0`,
		`panos 2026-03-01T10:00:00Z
user.name=alice
source.ip=192.0.2.1
event.category=authentication
`,
	},
	"a session without its header": {
		`pam_unix(sshd:session): session closed for user root`,
		`plain 0001-01-01T00:00:00Z
user.name=root
event.category=session
`,
	},
}

// TestColumnNumbers holds that a number between separators is a time only where it may be one.
func TestColumnNumbers(t *testing.T) {
	received := time.Date(2026, 3, 1, 10, 0, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		line     string
		received time.Time
		want     string // "": no time of its own
	}{
		"seconds first":           {"1772359200,login,alice,192.0.2.1", received, "2026-03-01T10:00:00Z"},
		"milliseconds first":      {"1772359200125,login,alice,192.0.2.1", received, "2026-03-01T10:00:00.125Z"},
		"seconds behind words":    {"login,1772359200,alice,192.0.2.1", received, ""},
		"a telephone number":      {"login,2025550123,alice,192.0.2.1", received, ""},
		"an old identifier":       {"1234567890,login,alice,192.0.2.1", received, ""},
		"a later one":             {"1972359200,login,alice,192.0.2.1", received, ""},
		"a time behind a number":  {"1234567890,2026-03-01T10:00:00Z,192.0.2.1", received, "2026-03-01T10:00:00Z"},
		"a file's seconds":        {"1772359200,login,alice,192.0.2.1", time.Time{}, "2026-03-01T10:00:00Z"},
		"a file's old identifier": {"0934567890,login,alice,192.0.2.1", time.Time{}, ""},
	} {
		a, rejected := newTest(t).Decode(ingest.Record{Value: []byte(c.line), Received: c.received})
		if rejected != nil {
			t.Fatal(name, rejected.Detail)
		}
		got := a.Time.UTC().Format(time.RFC3339Nano)
		if c.want == "" {
			c.want = c.received.Format(time.RFC3339Nano)
		}
		if got != c.want || a.Format != "plain" {
			t.Errorf("%s: %s of format %s, want %s", name, got, a.Format, c.want)
		}
	}
}

// TestNameWords takes names of fields apart.
func TestNameWords(t *testing.T) {
	d := newDictionary()
	g := newGuesser(d)
	for key, want := range map[string]string{
		"PanOSEndpointDeviceName": "host.name", "meta_hostname": "host.name", "parentProcessName": "process.parent.name", "grandParentProcessName": "",
		"targetHostName": "", "profileName": "", "sourceprocesspid": "process.pid", "oldUserName": "", "IPAddress": "source.ip", "X": "",
	} {
		got := ""
		if n := g.key(key); n != nil {
			got = n.text
		}
		if got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for name, want := range map[string]bool{"clickTime": true, "detection_timestamp": true, "created_at": true, "expiryTime": false, "lastUpdateTime": false, "runtime": false, "format": false, "occurred_at": true} {
		if got := timeLike(name); got != want {
			t.Errorf("%s is a time: %v", name, got)
		}
	}
}

// TestHasVerb says which names of types tell what was done.
func TestHasVerb(t *testing.T) {
	for name, want := range map[string]bool{
		"role.assignment.created": true, "org_ip_restriction_deleted": true, "rule-modified": true, "member_removed": true, "sso.disabled": true, "key_revoked": true,
		"asset_inventory": false, "ip_address": false, "data_set2": false, "feed.d": false, "page_ed": false, "": false,
	} {
		if got := hasVerb(name); got != want {
			t.Errorf("hasVerb(%q) = %v", name, got)
		}
	}
}
