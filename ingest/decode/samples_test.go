package decode

import "strings"

// Samples of each format, written for these tests.
var samples = withVendors(map[string]string{
	"ecs": `{"@timestamp":"2026-03-01T10:00:00.5Z","ecs":{"version":"8.17.0"},"event":{"kind":"alert","category":["network"],"severity":"7"},
		"rule":{"name":"Beacon"},"source":{"ip":"203.0.113.7","port":"4444"},"host.name":"web-1","user":"mallory","tags":["a","b"],"acme":{"n":1}}`,
	"suricata": `{"timestamp":"2026-03-01T10:00:00.123456+0100","flow_id":77,"in_iface":"eth0","event_type":"alert","src_ip":"203.0.113.7","src_port":40000,
		"dest_ip":"192.0.2.10","dest_port":80,"proto":"TCP","app_proto":"http","alert":{"action":"blocked","gid":1,"signature_id":9000001,"rev":2,
		"signature":"TEST Traversal","category":"Web Application Attack","severity":1,"metadata":{"mitre_technique_id":["T1190"]}},
		"http":{"hostname":"shop.example","url":"/a?b=../../etc/passwd","http_user_agent":"probe/1.0","http_method":"GET","protocol":"HTTP/1.1","status":403,"length":12},
		"flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200}}`,
	"suricata dns": `{"timestamp":"2026-03-01T10:00:00+0000","flow_id":5,"event_type":"dns","src_ip":"192.0.2.9","src_port":5353,"dest_ip":"192.0.2.53","dest_port":53,
		"proto":"UDP","dns":{"type":"answer","id":9,"rrname":"bad.example","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"bad.example","rrtype":"A","ttl":60,"rdata":"198.51.100.4"},
		{"rrname":"bad.example","rrtype":"A","ttl":60,"rdata":"198.51.100.5"}]}}`,
	"wazuh": `{"timestamp":"2026-03-01T10:00:00.000+0000","rule":{"level":10,"description":"sshd: brute force","id":"5712","groups":["syslog","sshd","authentication_failures"],
		"mitre":{"id":["T1110"],"tactic":["Credential Access"],"technique":["Brute Force"]}},"agent":{"id":"003","name":"bastion","ip":"192.0.2.3"},"manager":{"name":"wz"},
		"id":"1772359200.101","full_log":"Mar  1 10:00:00 bastion sshd[7]: Failed password","predecoder":{"program_name":"sshd"},"decoder":{"name":"sshd"},
		"data":{"srcip":"203.0.113.7","srcport":"50000","dstuser":"root"},"location":"/var/log/auth.log"}`,
	"wazuh windows": `{"timestamp":"2026-03-01T10:00:00.000+0000","rule":{"level":5,"description":"Logon failure","id":"60122","groups":["windows","win_authentication_failed"]},
		"agent":{"id":"004","name":"dc-1"},"manager":{"name":"wz"},"id":"1772359200.202","decoder":{"name":"windows_eventchannel"},"data":{"win":{"system":{"providerName":
		"Microsoft-Windows-Security-Auditing","eventID":"4625","channel":"Security","computer":"dc-1.corp.example","systemTime":"2026-03-01T09:59:59.5Z"},
		"eventdata":{"targetUserName":"admin","ipAddress":"203.0.113.7","logonType":"3","processName":"C:\\\\Windows\\\\x.exe"}}},"location":"EventChannel"}`,
	"windows beat": `{"@timestamp":"2026-03-01T10:00:00Z","event":{"code":"4688"},"host":{"name":"ws-1"},"winlog":{"channel":"Security","event_id":4688,"provider_name":"Microsoft-Windows-Security-Auditing",
		"computer_name":"ws-1.corp.example","keywords":["Audit Success"],"event_data":{"SubjectUserName":"alice","SubjectDomainName":"CORP","NewProcessName":"C:\\Windows\\System32\\cmd.exe",
		"NewProcessId":"0x1f4","ProcessId":"0x3e8","ParentProcessName":"C:\\Office\\winword.exe","CommandLine":"cmd /c whoami","TargetUserName":"-"}}}`,
	"windows evtx": `{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":{"#attributes":{"Qualifiers":""},"#text":3},
		"TimeCreated":{"#attributes":{"SystemTime":"2026-03-01T10:00:00.25Z"}},"EventRecordID":9,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws-1"},
		"EventData":{"Image":"C:\\t\\a.exe","ProcessId":4711,"User":"CORP\\alice","Protocol":"tcp","Initiated":"true","SourceIp":"192.0.2.5","SourcePort":50123,"DestinationIp":"203.0.113.7","DestinationPort":443}}}`,
	"windows pairs": `{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":"4625","Keywords":"0x8010000000000000","TimeCreated":{"SystemTime":"2026-03-01T10:00:00Z"},
		"Channel":"Security","Computer":"dc-1"},"EventData":{"Data":[{"Name":"TargetUserName","text":"bob"},{"Name":"Empty"},{"text":"::ffff:203.0.113.7","Name":"IpAddress"},{"Name":"LogonType","text":"10"}]}}}`,
	"windows nxlog": `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"ws-2.corp.example","EventTime":"2026-03-01 12:00:00",
		"@timestamp":"2026-03-01T10:00:00Z","Severity":"INFO","EventType":"INFO","ProcessId":"812","Image":"C:\\Windows\\System32\\rundll32.exe","CommandLine":"rundll32 x,y","User":"CORP\\eve",
		"ParentImage":"C:\\p.exe","ParentProcessId":"4","Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF,SHA256=AB","OriginalFileName":"RUNDLL32.EXE","Message":"Process Create"}`,
	"cloudtrail": `{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ops","accountId":"111122223333","userName":"ops"},"eventTime":"2026-03-01T10:00:00Z",
		"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","userAgent":"cli","errorCode":"AccessDenied",
		"requestParameters":{"userName":"backdoor"},"responseElements":null,"eventID":"e-1"}`,
	"zeek":         `{"_path":"ssh","ts":1772359200.25,"uid":"C1","id.orig_h":"203.0.113.7","id.orig_p":50001,"id.resp_h":"192.0.2.10","id.resp_p":22,"auth_success":false,"client":"SSH-2.0-x"}`,
	"product":      `{"log_id":"9","data":{"date":"2026-03-01T10:00:00Z","type":"fp","log_id":"9","ip":"203.0.113.7","user_name":"alice@corp.example","client_name":"Shop"}}`,
	"json":         `{"product":"Acme","when":1772359200,"user":"mallory","source":{"ip":"203.0.113.7"},"list":[{"k":1},{"k":2}]}`,
	"auditd":       `type=EXECVE msg=audit(1772359200.125:42): argc=3 a0="bash" a1="-c" a2=6964203E202F746D702F78`,
	"auditd login": `node=db-1 type=USER_LOGIN msg=audit(1772359200.125:43): pid=77 uid=0 auid=1000 ses=3 msg='op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=203.0.113.7 terminal=ssh res=failed'`,
	"cef":          `<134>Mar  1 10:00:00 fw-1 CEF:0|Acme|Wall\|X|2.1|100|Worm \\ stopped|Very-High|src=203.0.113.7 spt=1024 dst=192.0.2.10 dpt=80 proto=TCP act=blocked msg=a\=b and c suser=eve cs1=Deny all cs1Label=Policy Name rt=1772359200000`,
	"syslog":       `<38>1 2026-03-01T10:00:00.003Z bastion sshd 4711 ID47 [ex@32473 a="1" b="x\"y"] Failed password for invalid user oracle from 203.0.113.7 port 50022 ssh2`,
	"syslog old":   `Mar  1 10:00:00 bastion sudo: alice : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/cat /etc/shadow`,
})

// bigEvent is a Windows event of 3 kB, as the benchmarks read it.
func bigEvent() string {
	return `{"@timestamp":"2026-03-01T10:00:00.123Z","agent":{"type":"winlogbeat","version":"8.17.0","id":"3f9d0c2e-9a1c-4c8e-8a55-0c6f5d6e7a10"},"ecs":{"version":"8.0.0"},
"event":{"code":"1","kind":"event","provider":"Microsoft-Windows-Sysmon","created":"2026-03-01T10:00:01Z","action":"Process Create (rule: ProcessCreate)"},"host":{"name":"ws-17.corp.example"},"log":{"level":"information"},
"message":"Process Create:\nRuleName: -\nUtcTime: 2026-03-01 10:00:00.100\nProcessGuid: {b34bc01c-add5-5f66-2010-000000000400}\nProcessId: 9848\nImage: C:\\Windows\\System32\\cmd.exe\n` +
		strings.Repeat(`Line of the rendered message: C:\\Windows\\System32\\drivers\\etc\\hosts and so on\n`, 10) + `",
"winlog":{"api":"wineventlog","channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"ws-17.corp.example","event_id":"1","opcode":"Info","provider_guid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}","provider_name":"Microsoft-Windows-Sysmon","record_id":1818951,"task":"Process Create (rule: ProcessCreate)","version":5,"process":{"pid":3172,"thread":{"id":4048}},"user":{"domain":"NT AUTHORITY","identifier":"S-1-5-18","name":"SYSTEM","type":"User"},
"event_data":{"RuleName":"-","UtcTime":"2026-03-01 10:00:00.100","ProcessGuid":"{b34bc01c-add5-5f66-2010-000000000400}","ProcessId":"9848","Image":"C:\\Windows\\System32\\cmd.exe","FileVersion":"10.0.18362.449 (WinBuild.160101.0800)","Description":"Windows Command Processor","Product":"Microsoft® Windows® Operating System","Company":"Microsoft Corporation","OriginalFileName":"Cmd.Exe","CommandLine":"\"cmd.exe\" /c C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\InstallUtil.exe /logfile= /LogToConsole=false /u c:\\ProgramData\\x.dll","CurrentDirectory":"C:\\Users\\alice\\Desktop\\","User":"CORP\\alice","LogonGuid":"{b34bc01c-8288-5f63-cd78-2b0000000000}","LogonId":"0x2b78cd","TerminalSessionId":"2","IntegrityLevel":"Medium","Hashes":"SHA1=8DCA9749CD48D286950E7A9FA1088C937CBCCAD4,MD5=D7AB69FAD18D4A643D84A271DFC0DBDF,SHA256=FF79D3C4A0B7EB191783C323AB8363EBD1FD10BE58D8BCC96B07067743CA81D5,IMPHASH=272245E2988E1E430500B852C4FB5E18","ParentProcessGuid":"{b34bc01c-0266-5f65-540c-000000000400}","ParentProcessId":"5520","ParentImage":"C:\\Users\\alice\\Desktop\\setup.exe","ParentCommandLine":"\"C:\\Users\\alice\\Desktop\\setup.exe\" "}}}`
}
