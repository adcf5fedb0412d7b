package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// noise writes a working day's worth of what sensors report though nothing is wrong.
func (s *scene) noise() {
	s.noiseNetwork(900 + s.rng.IntN(100))
	s.noiseLinux(800 + s.rng.IntN(100))
	s.noiseWindows(1000 + s.rng.IntN(100))
	s.noiseGateway(700 + s.rng.IntN(100))
	s.noiseTypos()
	s.noiseAudit()
}

// noiseNetwork: information and policy signatures of low severity.
func (s *scene) noiseNetwork(n int) {
	kinds := []suricataAlert{
		{id: 9100001, signature: "INFO Software update over HTTP", category: "Not Suspicious Traffic", severity: 3, dport: 80, app: "http"},
		{id: 9100002, signature: "INFO Remote desktop inside the network", category: "Misc activity", severity: 3, dport: 3389, app: "rdp"},
		{id: 9100003, signature: "INFO Query for a top-level domain with many new names", category: "Misc activity", severity: 3, dport: 53, proto: "UDP", app: "dns"},
		{id: 9100004, signature: "STREAM Packet with an invalid acknowledgement", category: "Generic Protocol Command Decode", severity: 3, dport: 443, app: "tls"},
		{id: 9100005, signature: "POLICY File sharing service", category: "Potential Corporate Privacy Violation", severity: 3, dport: 443, app: "tls"},
	}
	clients, servers := workstations(), windowsServers()
	for range n {
		who := s.rng.IntN(len(clients))
		a := kinds[(who+s.rng.IntN(2))%len(kinds)] // a machine has its habits: one signature or two
		a.src, a.dst = clients[who].ip, s.outsider()
		switch a.app {
		case "rdp":
			a.dst = pick(s, servers).ip
		case "dns":
			a.dst = dc.ip
			a.more = map[string]any{"dns": map[string]any{"type": "query", "rrname": fmt.Sprintf("r%d.cdn.example.com", s.rng.IntN(400)), "rrtype": "A"}}
		case "http":
			a.more = map[string]any{"http": map[string]any{
				"hostname": "updates.example.com", "url": fmt.Sprintf("/pool/%d.pkg", s.rng.IntN(900)), "http_user_agent": "updater/2.1",
				"http_method": "GET", "protocol": "HTTP/1.1", "status": 200, "length": 1000 + s.rng.IntN(90000),
			}}
		case "tls":
			a.more = map[string]any{"tls": map[string]any{"sni": pick(s, []string{"share.example.com", "www.example.com", "video.example.com"}), "version": "TLS 1.3"}}
		}
		a.in = s.rng.IntN(200_000)
		s.suricata(s.any(), a)
	}
}

// noiseLinux: sessions, sudo, packages and single web errors.
func (s *scene) noiseLinux(n int) {
	for range n {
		at, on := s.any(), pick(s, linuxHosts())
		user := pick(s, []string{"ansible", "deploy", "backup"})
		switch s.rng.IntN(5) {
		case 0:
			from := pick(s, []host{build, bastion}).ip
			s.wazuh(at, wazuhAlert{
				on: on, rule: 5715, level: 3, description: "sshd: authentication success.", groups: []string{"syslog", "sshd", "authentication_success"},
				decoder: "sshd", location: "/var/log/auth.log", log: fmt.Sprintf("sshd[%d]: Accepted publickey for %s from %s port %d ssh2", s.pid(), user, from, s.port()),
				data: map[string]any{"srcip": from, "dstuser": user},
			})
		case 1:
			s.wazuh(at, wazuhAlert{
				on: on, rule: 5501, level: 3, description: "PAM: Login session opened.", groups: []string{"pam", "syslog", "authentication_success"},
				decoder: "pam", location: "/var/log/auth.log", log: fmt.Sprintf("cron[%d]: pam_unix(cron:session): session opened for user %s", s.pid(), user),
				data: map[string]any{"dstuser": user},
			})
		case 2:
			s.wazuh(at, wazuhAlert{
				on: on, rule: 5402, level: 3, description: "Successful sudo to ROOT executed.", groups: []string{"syslog", "sudo"},
				decoder: "sudo", location: "/var/log/auth.log", log: "sudo: ansible : TTY=unknown ; PWD=/ ; USER=root ; COMMAND=/usr/bin/apt-get update",
				data: map[string]any{"srcuser": "ansible", "dstuser": "root", "command": "/usr/bin/apt-get update"},
			})
		case 3:
			s.wazuh(at, wazuhAlert{
				on: on, rule: 2902, level: 7, description: "New dpkg (Debian Package) installed.", groups: []string{"syslog", "dpkg", "config_changed"},
				decoder: "dpkg-decoder", location: "/var/log/dpkg.log", log: fmt.Sprintf("dpkg: status installed libexample%d 1.%d", s.rng.IntN(40), s.rng.IntN(9)),
				data: map[string]any{"dpkg_status": "status installed"},
			})
		default:
			s.webError(at, pick(s, []host{web1, web2}), s.outsider())
		}
	}
}

func (s *scene) pid() int { return 1000 + s.rng.IntN(30000) }

// webError is a page that a visitor did not find.
func (s *scene) webError(at time.Time, on host, from string) {
	url := pick(s, []string{"/favicon.ico", "/robots.txt", "/old/news.html", "/apple-touch-icon.png"})
	s.wazuh(at, wazuhAlert{
		on: on, rule: 31101, level: 5, description: "Web server 400 error code.", groups: []string{"web", "accesslog"},
		decoder: "web-accesslog", location: "/var/log/nginx/access.log",
		data: map[string]any{"protocol": "GET", "srcip": from, "id": "404", "url": url},
	})
}

// noiseWindows: logons, processes and connections of a normal day.
func (s *scene) noiseWindows(n int) {
	stations, people := workstations(), users()
	for range n {
		at, i := s.any(), s.rng.IntN(len(stations))
		on, user := stations[i], people[i]
		switch s.rng.IntN(5) {
		case 0:
			s.logon(at, on, user, on, 2, false)
		case 1:
			s.logon(at, pick(s, []host{dc, files}), user, on, 3, false)
		case 2:
			s.process(at, on, user, pick(s, [][3]string{
				{`C:\Program Files\Office\winword.exe`, `"winword.exe" /n report.docx`, `C:\Windows\explorer.exe`},
				{`C:\Program Files\Browser\browser.exe`, `"browser.exe" --type=renderer`, `C:\Program Files\Browser\browser.exe`},
				{`C:\Windows\System32\svchost.exe`, `C:\Windows\system32\svchost.exe -k netsvcs`, `C:\Windows\System32\services.exe`},
				{`C:\Windows\System32\notepad.exe`, `notepad.exe notes.txt`, `C:\Windows\explorer.exe`},
			}))
		case 3:
			s.windows(at, windowsEvent{on: on, code: 4634, data: map[string]any{"TargetUserName": user, "TargetDomainName": "CORP", "LogonType": "3"}})
		default:
			s.windows(at, windowsEvent{on: on, channel: "sysmon", code: 3, data: map[string]any{
				"Image": `C:\Program Files\Browser\browser.exe`, "User": `CORP\` + user, "Protocol": "tcp", "Initiated": "true",
				"SourceIp": on.ip, "SourcePort": strconv.Itoa(s.port()), "DestinationIp": s.outsider(), "DestinationPort": "443",
			}})
		}
	}
}

// logon writes a logon of a user from a host to another.
func (s *scene) logon(at time.Time, on host, user string, from host, kind int, failed bool) {
	code, data := 4624, map[string]any{
		"TargetUserName": user, "TargetDomainName": "CORP", "LogonType": strconv.Itoa(kind), "IpAddress": from.ip, "IpPort": strconv.Itoa(s.port()),
		"WorkstationName": strings.ToUpper(from.name), "AuthenticationPackageName": "Kerberos", "LogonProcessName": "Kerberos",
	}
	if failed {
		code = 4625
		data["Status"], data["SubStatus"], data["FailureReason"] = "0xc000006d", "0xc000006a", "%%2313"
		data["AuthenticationPackageName"], data["LogonProcessName"] = "NTLM", "NtLmSsp"
	}
	s.windows(at, windowsEvent{on: on, code: code, failed: failed, data: data})
}

// process writes Sysmon's report of a new process: its image, command line and parent.
func (s *scene) process(at time.Time, on host, user string, p [3]string) {
	s.windows(at, windowsEvent{on: on, channel: "sysmon", code: 1, data: map[string]any{
		"Image": p[0], "CommandLine": p[1], "ParentImage": p[2], "ParentCommandLine": p[2], "User": `CORP\` + user, "ProcessId": strconv.Itoa(s.pid()),
		"ParentProcessId": strconv.Itoa(s.pid()), "OriginalFileName": p[0][strings.LastIndexByte(p[0], '\\')+1:], "CurrentDirectory": `C:\`, "IntegrityLevel": "Medium",
	}})
}

// noiseGateway: what the internet knocks on the firewall with, and what the proxy and the antivirus say all day.
func (s *scene) noiseGateway(n int) {
	stations, people := workstations(), users()
	for range n {
		at, i := s.any(), s.rng.IntN(len(stations))
		switch s.rng.IntN(3) {
		case 0:
			s.deny(at, s.outsider(), pick(s, []host{web1, web2, mail, vpn}), pick(s, []int{22, 23, 445, 3389, 8080}))
		case 1:
			s.cef(at, cefAlert{on: firewall, product: "Proxy", class: "allow", name: "Web request", severity: 1, ext: fmt.Sprintf(
				"src=%s suser=%s dst=%s dpt=443 request=https://www.example.com/%d act=allowed out=%d in=%d", stations[i].ip, people[i], s.outsider(), s.rng.IntN(500), 400+s.rng.IntN(4000), s.rng.IntN(300000),
			)})
		default:
			s.cef(at, cefAlert{on: stations[i], product: "Antivirus", class: "update", name: "Definitions updated", severity: 1, ext: fmt.Sprintf(
				"dst=%s dhost=%s act=updated cs1Label=definitions cs1=%d", stations[i].ip, stations[i].fqdn(), 2000+s.rng.IntN(50),
			)})
		}
	}
}

// deny is a connection that the firewall refused.
func (s *scene) deny(at time.Time, from string, to host, port int) {
	s.cef(at, cefAlert{on: firewall, product: "Firewall", class: "deny", name: "Connection denied", severity: 3, ext: fmt.Sprintf(
		"src=%s spt=%d dst=%s dpt=%d proto=TCP act=denied", from, s.port(), to.ip, port,
	)})
}

// noiseTypos: some people mistype a password once or twice before they are in.
func (s *scene) noiseTypos() {
	stations := workstations()
	for i, user := range users() {
		at := s.any()
		for range 1 + s.rng.IntN(2) {
			s.logon(at, dc, user, stations[i], 3, true)
			at = at.Add(s.between(4*time.Second, 20*time.Second))
		}
		s.logon(at, dc, user, stations[i], 3, false)
	}
}

// noiseAudit: the organisation's own scanner looks at a server, as it is meant to.
func (s *scene) noiseAudit() {
	at := s.start.Add(s.between(20*time.Minute, 40*time.Minute))
	for i := range 60 {
		at = at.Add(s.between(100*time.Millisecond, time.Second))
		s.suricata(at, suricataAlert{
			src: scanner.ip, dst: database.ip, dport: 20 + i*7, out: 60, in: 40,
			id: 9200001, signature: "SCAN Connection attempts to many ports", category: "Attempted Information Leak", severity: 2,
		})
	}
}
