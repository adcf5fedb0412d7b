package decode

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/ecs"
)

func newTest(t testing.TB, mappings ...*Mapping) *Decoder {
	t.Helper()
	d, err := New(Options{Mappings: mappings})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// alert decodes a record that must become an alert.
func alert(t testing.TB, d *Decoder, text string) tocsin.Alert {
	t.Helper()
	a, rejected := d.Decode(ingest.Record{Source: "s", Ref: tocsin.Ref{File: "f", Line: 3}, Value: []byte(text)})
	if rejected != nil {
		t.Fatalf("rejected: %s: %s", rejected.Reason, rejected.Detail)
	}
	return a
}

// show is the alert's format, time and the named fields.
func show(a tocsin.Alert, fields string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", a.Format, a.Time.Format(time.RFC3339Nano))
	for field := range strings.FieldsSeq(fields) {
		v := a.Fields.Get(field)
		text := v.Text()
		if v.Kind() == tocsin.Absent {
			text = "(absent)"
		}
		fmt.Fprintf(&b, "%s=%s\n", field, text)
	}
	return b.String()
}

// TestFormats says where the samples' values go. Each line of want is a field and its text.
func TestFormats(t *testing.T) {
	for name, want := range map[string]string{
		"ecs": `ecs 2026-03-01T10:00:00.5Z
event.kind=alert
event.severity=7
rule.name=Beacon
source.port=4444
user.name=mallory
tags=a,b
acme.n=1
related.ip=203.0.113.7
related.user=mallory
`,
		"suricata": `suricata 2026-03-01T09:00:00.123456Z
event.kind=alert
event.category=intrusion_detection,network
event.type=denied
event.severity=1
rule.id=9000001
rule.name=TEST Traversal
network.transport=tcp
network.protocol=http
network.bytes=500
url.domain=shop.example
url.path=/a
url.query=b=../../etc/passwd
http.request.method=GET
http.response.status_code=403
threat.technique.id=T1190
suricata.eve.flow_id=77
observer.ingress.interface.name=eth0
`,
		"suricata dns": `suricata 2026-03-01T10:00:00Z
event.kind=event
network.protocol=dns
dns.type=answer
dns.question.name=bad.example
dns.answers.data=198.51.100.4,198.51.100.5
dns.resolved_ip=198.51.100.4,198.51.100.5
related.hosts=bad.example
`,
		"wazuh": `wazuh 2026-03-01T10:00:00Z
event.kind=alert
event.severity=10
event.category=authentication
event.outcome=failure
rule.id=5712
host.name=bastion
host.ip=192.0.2.3
source.ip=203.0.113.7
source.port=50000
user.name=root
threat.tactic.name=Credential Access
wazuh.decoder.name=sshd
`,
		"wazuh windows": `wazuh 2026-03-01T10:00:00Z
event.code=4625
event.outcome=failure
winlog.channel=Security
winlog.event_data.TargetUserName=admin
user.name=admin
source.ip=203.0.113.7
process.executable=C:\Windows\x.exe
process.name=x.exe
host.name=dc-1
`,
		"windows beat": `windows 2026-03-01T10:00:00Z
event.code=4688
event.action=created-process
event.outcome=success
winlog.event_id=4688
process.pid=500
process.parent.pid=1000
process.name=cmd.exe
process.parent.name=winword.exe
process.command_line=cmd /c whoami
user.name=alice
user.effective.name=(absent)
host.name=ws-1
`,
		"windows evtx": `windows 2026-03-01T10:00:00.25Z
event.code=3
winlog.record_id=9
winlog.event_data.ProcessId=4711
process.pid=4711
network.direction=egress
destination.ip=203.0.113.7
destination.port=443
user.domain=CORP
user.name=alice
`,
		"windows pairs": `windows 2026-03-01T10:00:00Z
winlog.event_data.TargetUserName=bob
winlog.event_data.IpAddress=::ffff:203.0.113.7
winlog.event_data.Empty=
source.ip=203.0.113.7
winlog.logon.type=RemoteInteractive
event.outcome=failure
`,
		"windows nxlog": `windows 2026-03-01T10:00:00Z
winlog.provider_name=Microsoft-Windows-Sysmon
winlog.event_data.Image=C:\Windows\System32\rundll32.exe
process.name=rundll32.exe
process.hash.md5=0123456789abcdef0123456789abcdef
process.pe.original_file_name=RUNDLL32.EXE
process.parent.pid=4
host.name=ws-2.corp.example
message=Process Create
`,
		"cloudtrail": `cloudtrail 2026-03-01T10:00:00Z
event.action=CreateUser
event.provider=iam.amazonaws.com
event.outcome=failure
event.category=iam
event.type=user,creation
user.name=ops
user.target.name=backdoor
source.ip=203.0.113.7
aws.cloudtrail.eventName=CreateUser
cloud.region=eu-west-1
`,
		"zeek": `zeek 2026-03-01T10:00:00.25Z
source.ip=203.0.113.7
destination.port=22
event.outcome=failure
zeek.uid=C1
zeek.ssh.client=SSH-2.0-x
`,
		"json": `json 2026-03-01T10:00:00Z
json.product=Acme
json.user=mallory
source.ip=203.0.113.7
json.list.k=1,2
`,
		"auditd": `auditd 2026-03-01T10:00:00.125Z
process.args=bash,-c,id > /tmp/x
process.command_line=bash -c id > /tmp/x
auditd.log.record_type=EXECVE
`,
		"auditd login": `auditd 2026-03-01T10:00:00.125Z
host.name=db-1
user.name=root
source.ip=203.0.113.7
event.outcome=failure
process.name=sshd
auditd.data.op=login
`,
		"cef": `cef 2026-03-01T10:00:00Z
observer.product=Wall|X
rule.name=Worm \ stopped
event.severity=9
event.action=blocked
message=a=b and c
cef.extensions.Policy_Name=Deny all
user.name=eve
log.syslog.hostname=fw-1
`,
		"syslog": `syslog 2026-03-01T10:00:00.003Z
host.name=bastion
process.name=sshd
process.pid=4711
user.name=oracle
source.ip=203.0.113.7
source.port=50022
event.outcome=failure
log.syslog.structured_data.ex@32473.b=x"y
`,
		"syslog old": `syslog 0000-03-01T10:00:00Z
user.name=alice
user.effective.name=root
process.command_line=/bin/cat /etc/shadow
event.outcome=success
`,
	} {
		t.Run(name, func(t *testing.T) {
			text := samples[name]
			if name == "json" {
				text = strings.Replace(text, `"when"`, `"time"`, 1)
			}
			a := alert(t, newTest(t), text)
			var fields []string
			for line := range strings.Lines(want) {
				if field, _, ok := strings.Cut(line, "="); ok {
					fields = append(fields, field)
				}
			}
			if diff := cmp.Diff(want, show(a, strings.Join(fields, " "))); diff != "" {
				t.Errorf("alert (-want +got):\n%s", diff)
			}
			for field, v := range a.Fields.All() {
				if strings.HasPrefix(field, "tocsin.unfit") {
					t.Errorf("%s = %s does not fit its field", field, v.Text())
				}
				if _, known := ecs.Lookup(field); !known && name != "ecs" {
					t.Errorf("rules do not know the field %s", field)
				}
			}
		})
	}
}

func TestEveryFormatHasASample(t *testing.T) {
	seen := map[string]bool{}
	d := newTest(t)
	for _, text := range samples {
		seen[alert(t, d, text).Format] = true
	}
	for _, f := range d.Formats() {
		if !seen[f] {
			t.Errorf("no sample is recognised as %s", f)
		}
	}
}

// TestNoOrder decodes the samples in several orders with one decoder: nothing of a record stays for the next one.
func TestNoOrder(t *testing.T) {
	want := map[string]string{}
	for name, text := range samples {
		want[name] = fields(alert(t, newTest(t), text))
	}
	d := newTest(t)
	for range 5 { // maps are read in an order of their own each time
		for name, text := range samples {
			if diff := cmp.Diff(want[name], fields(alert(t, d, text))); diff != "" {
				t.Fatalf("%s after others (-want +got):\n%s", name, diff)
			}
		}
	}
}

func fields(a tocsin.Alert) string {
	var b strings.Builder
	for name, v := range a.Fields.All() {
		fmt.Fprintf(&b, "%s=%d:%s\n", name, v.Kind(), v.Text())
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	big := strings.Repeat("x", 70_000)
	var keys, items strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&keys, `,"k%d":%d`, i, i)
		fmt.Fprintf(&items, `,%d`, i)
	}
	const head = `{"@timestamp":"2026-01-01T00:00:00Z","event":{"kind":"event"}`
	for name, c := range map[string]struct {
		text, reason, marks, field, value string
	}{
		"too big":             {text: head + `,"a":"` + strings.Repeat("x", 1<<20) + `"}`, reason: "too_big"},
		"too deep":            {text: strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), reason: "too_deep"},
		"deep arrays":         {text: head + `,"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", reason: "too_deep"},
		"broken":              {text: head + `,"a":`, reason: "json"},
		"two objects":         {text: head + `} {}`, reason: "json"},
		"a control character": {text: head + ",\"a\":\"\x01\"}", reason: "json"},
		"empty":               {text: "  \n", reason: "empty"},
		"unknown text":        {text: "hello world", reason: "format"},
		"an array":            {text: `[{"a":1}]`, reason: "format"},
		"long value":          {text: head + `,"labels":{"a":"` + big + `"}}`, marks: "truncated", field: "labels.a", value: big[:64<<10]},
		"duplicate":           {text: head + `,"labels":{"a":"1","a":"2"}}`, marks: "duplicate_key", field: "labels.a", value: "1"},
		"nested and dotted":   {text: head + `,"labels.a":"1","labels":{"a":"2"}}`, marks: "duplicate_key", field: "labels.a", value: "1"},
		"case counts":         {text: head + `,"labels":{"a":"1","A":"2"}}`, field: "labels.A", value: "2"},
		"broken encoding":     {text: head + ",\"labels\":{\"a\":\"x\xff\xfey\"}}", marks: "encoding_repaired", field: "labels.a", value: "x��y"},
		"half a surrogate":    {text: head + `,"labels":{"a":"x\ud800y"}}`, marks: "encoding_repaired", field: "labels.a", value: "x�y"},
		"a surrogate pair":    {text: head + `,"labels":{"a":"\ud83d\ude00"}}`, field: "labels.a", value: "😀"},
		"many keys":           {text: head + keys.String() + `}`, marks: "truncated", field: "k42", value: "42"},
		"many items":          {text: head + `,"labels":{"a":[0` + items.String() + `]}}`, marks: "truncated"},
		"long number":         {text: head + `,"labels":{"a":` + strings.Repeat("1", 41) + `}}`, marks: "number_as_text", field: "labels.a", value: strings.Repeat("1", 41)},
		"huge number":         {text: head + `,"labels":{"a":1e999}}`, marks: "number_as_text", field: "labels.a", value: "1e999"},
		"whole number":        {text: head + `,"labels":{"a":9223372036854775808}}`, field: "labels.a", value: "9223372036854775808"},
		"no address":          {text: head + `,"source":{"ip":"unknown"}}`, marks: "unfit_value", field: "tocsin.unfit.source.ip", value: "unknown"},
		"objects in arrays":   {text: head + `,"labels":[{"a":1},{"a":2,"b":3}]}`, field: "labels.a", value: "1,2"},
		"long key":            {text: head + `,"` + strings.Repeat("k", 600) + `":1}`, marks: "truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			a, rejected := newTest(t).Decode(ingest.Record{Value: []byte(c.text)})
			switch {
			case rejected != nil && rejected.Reason != c.reason:
				t.Fatalf("rejected: %s: %s", rejected.Reason, rejected.Detail)
			case rejected == nil && c.reason != "":
				t.Fatalf("an alert, want rejection %s", c.reason)
			case rejected != nil:
				if rejected.ID == "" || rejected.Stage != "decode" || rejected.Detail == "" || string(rejected.Raw) != c.text {
					t.Errorf("rejection %+v", rejected)
				}
				return
			}
			if got := strings.Join(a.Marks, ","); got != c.marks {
				t.Errorf("marks %q, want %q", got, c.marks)
			}
			if got := a.Fields.Get(c.field).Text(); c.field != "" && got != c.value {
				t.Errorf("%s = %.80q, want %.80q", c.field, got, c.value)
			}
		})
	}
}

func TestFaultOfTheSource(t *testing.T) {
	_, rejected := newTest(t).Decode(ingest.Record{Fault: "bomb", Detail: "700 MB", Size: 700 << 20})
	if rejected == nil || rejected.Reason != "bomb" || rejected.Size != 700<<20 {
		t.Errorf("rejection %+v", rejected)
	}
}

func TestIDs(t *testing.T) {
	d := newTest(t)
	for name, own := range map[string]string{"wazuh": "1772359200.101", "suricata": "", "ecs": ""} {
		a := alert(t, d, samples[name])
		want := tocsin.AlertID("default", a.Ref, a.Digest())
		if own != "" {
			want = tocsin.SourceAlertID("default", "s", own)
		}
		if a.ID != want {
			t.Errorf("%s: id %s, want %s", name, a.ID, want)
		}
	}
	a := alert(t, d, `{"@timestamp":"2026-01-01T00:00:00Z","kibana.alert.uuid":"u-1","kibana.alert.rule.name":"R","event.kind":"signal"}`)
	if a.ID != tocsin.SourceAlertID("default", "s", "u-1") || a.Fields.Get("event.kind").Text() != "alert" {
		t.Errorf("an Elastic alert has the id %s and the kind %s", a.ID, a.Fields.Get("event.kind").Text())
	}
}

func TestForcedFormat(t *testing.T) {
	d := newTest(t)
	if _, rejected := d.Decode(ingest.Record{Format: "wazuh", Value: []byte(samples["suricata"])}); rejected == nil || rejected.Reason != "format" {
		t.Errorf("a Suricata record as wazuh: %+v", rejected)
	}
	if _, rejected := d.Decode(ingest.Record{Format: "nonsense", Value: []byte(samples["suricata"])}); rejected == nil || rejected.Reason != "format" {
		t.Errorf("an unknown format: %+v", rejected)
	}
	a, rejected := d.Decode(ingest.Record{Format: "syslog", Value: []byte("no header at all")})
	if rejected != nil || a.Fields.Get("message").Text() != "no header at all" {
		t.Errorf("a line without a header as syslog: %+v", rejected)
	}
	if !d.Knows("auto") || !d.Knows("cef") || d.Knows("cefx") {
		t.Error("Knows is wrong")
	}
}
