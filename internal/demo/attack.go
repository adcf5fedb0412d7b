package demo

import (
	"fmt"
	"strconv"
	"time"
)

// A stage is one step of the attack: after is when it begins, counted from the scenario's start.
type stage struct {
	name  string
	after time.Duration
	play  func(*scene, time.Time)
}

func attack() []stage {
	at := func(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }
	return []stage{
		{"reconnaissance", at(0, 50), (*scene).reconnaissance},
		{"web-exploit-attempts", at(1, 20), (*scene).webExploits},
		{"brute-force", at(2, 0), (*scene).bruteForce},
		{"initial-access", at(2, 10), (*scene).initialAccess},
		{"malware", at(2, 35), (*scene).malware},
		{"credential-dump", at(3, 20), (*scene).credentialDump},
		{"lateral-movement", at(3, 50), (*scene).lateralMovement},
		{"persistence", at(4, 25), (*scene).persistence},
		{"command-and-control", at(4, 40), (*scene).commandAndControl},
		{"exfiltration", at(5, 35), (*scene).exfiltration},
	}
}

// reconnaissance: a scan of the public servers, seen by the sensor and by the firewall.
func (s *scene) reconnaissance(at time.Time) {
	targets := []host{web1, web2, bastion, mail, vpn}
	for i := range 90 {
		at = at.Add(s.between(200*time.Millisecond, 2*time.Second))
		to := targets[i%len(targets)]
		if i%3 == 2 {
			s.deny(at, attackerIP, to, 1+i*11)
			continue
		}
		s.suricata(at, suricataAlert{
			src: attackerIP, dst: to.ip, dport: 1 + i*11, out: 60, in: 40,
			id: 9200001, signature: "SCAN Connection attempts to many ports", category: "Attempted Information Leak", severity: 2,
		})
	}
}

// webExploits: injection, traversal and an upload against the web server.
func (s *scene) webExploits(at time.Time) {
	tries := []struct{ id, url, name, class string }{
		{"9300001", "/shop?id=1%27%20UNION%20SELECT%20user,pass%20FROM%20users--", "WEB_SERVER SQL injection UNION SELECT in URI", "Web Application Attack"},
		{"9300002", "/../../../../etc/passwd", "WEB_SERVER Directory traversal to passwd", "Web Application Attack"},
		{"9300003", "/cgi-bin/status?cmd=;id", "WEB_SERVER Command injection in URI", "Attempted Administrator Privilege Gain"},
		{"9300004", "/login?user=<script>alert(1)</script>", "WEB_SERVER Cross-site scripting in URI", "Web Application Attack"},
		{"9300005", "/upload.php", "EXPLOIT Upload of a script as an image", "Attempted Administrator Privilege Gain"},
	}
	for i := range 60 {
		at = at.Add(s.between(time.Second, 8*time.Second))
		try := tries[i%len(tries)]
		id, _ := strconv.Atoi(try.id)
		status := []int{404, 403, 500, 200}[s.rng.IntN(4)]
		s.suricata(at, suricataAlert{
			src: attackerIP, dst: web1.ip, dport: 80, app: "http", in: 600, id: id, signature: try.name, category: try.class, severity: 1,
			more: map[string]any{"http": map[string]any{
				"hostname": "www.example.com", "url": try.url, "http_user_agent": "sqlprobe/1.4", "http_method": "GET", "protocol": "HTTP/1.1", "status": status, "length": 512,
			}},
		})
		if i%2 == 0 {
			s.wazuh(at.Add(300*time.Millisecond), wazuhAlert{
				on: web1, rule: 31103, level: 7, description: "SQL injection attempt.", groups: []string{"web", "accesslog", "attack", "sql_injection"},
				tactic: "Initial Access", technique: "T1190", decoder: "web-accesslog", location: "/var/log/nginx/access.log",
				data: map[string]any{"protocol": "GET", "srcip": attackerIP, "id": strconv.Itoa(status), "url": try.url},
			})
		}
	}
}

// bruteForce: passwords are guessed over ssh on the bastion, and sprayed over all users at the remote desktop gateway
// and the VPN.
func (s *scene) bruteForce(at time.Time) {
	ssh := at
	for i := range 48 {
		ssh = ssh.Add(s.between(2*time.Second, 8*time.Second))
		user := []string{"root", "admin", "deploy", "test", "oracle", "git"}[i%6]
		s.wazuh(ssh, wazuhAlert{
			on: bastion, rule: 5760, level: 5, description: "sshd: authentication failed.", groups: []string{"syslog", "sshd", "authentication_failed"},
			tactic: "Credential Access", technique: "T1110.001", decoder: "sshd", location: "/var/log/auth.log",
			log:  fmt.Sprintf("sshd[%d]: Failed password for %s from %s port %d ssh2", s.pid(), user, attackerIP, s.port()),
			data: map[string]any{"srcip": attackerIP, "srcport": strconv.Itoa(s.port()), "dstuser": user},
		})
	}
	spray := at.Add(time.Minute)
	for _, user := range users() {
		spray = spray.Add(s.between(2*time.Second, 9*time.Second))
		s.logon(spray, gateway, user, host{"unknown", sprayerIP, ""}, 3, true)
	}
	for _, user := range users() {
		spray = spray.Add(s.between(2*time.Second, 9*time.Second))
		s.vpnLogon(spray, user, "failure", "VPN login failed", 5)
	}
}

func (s *scene) vpnLogon(at time.Time, user, outcome, name string, severity int) {
	s.cef(at, cefAlert{on: vpn, product: "VPN", class: "login-" + outcome, name: name, severity: severity, ext: fmt.Sprintf(
		"src=%s dst=%s dhost=%s suser=%s duser=%s cat=authentication outcome=%s act=login", sprayerIP, vpn.ip, vpn.fqdn(), user, user, outcome,
	)})
}

// initialAccess: two of the guesses were right.
func (s *scene) initialAccess(at time.Time) {
	s.wazuh(at, wazuhAlert{
		on: bastion, rule: 5715, level: 3, description: "sshd: authentication success.", groups: []string{"syslog", "sshd", "authentication_success"},
		tactic: "Initial Access", technique: "T1078", decoder: "sshd", location: "/var/log/auth.log",
		log:  fmt.Sprintf("sshd[%d]: Accepted password for deploy from %s port %d ssh2", s.pid(), attackerIP, s.port()),
		data: map[string]any{"srcip": attackerIP, "srcport": strconv.Itoa(s.port()), "dstuser": "deploy"},
	})
	s.wazuh(at.Add(4*time.Second), wazuhAlert{
		on: bastion, rule: 40112, level: 12, description: "Multiple authentication failures followed by a success.", groups: []string{"syslog", "attacks", "authentication_success"},
		tactic: "Initial Access", technique: "T1078", decoder: "sshd", location: "/var/log/auth.log",
		data: map[string]any{"srcip": attackerIP, "dstuser": "deploy"},
	})
	s.vpnLogon(at.Add(20*time.Second), "m.keller", "success", "VPN login", 3)
	s.logon(at.Add(50*time.Second), gateway, "m.keller", host{"unknown", sprayerIP, ""}, 10, false)
}

// malware: a web shell on the web server, then a loader on the workstation that the antivirus cannot clean.
func (s *scene) malware(at time.Time) {
	const shell = "/var/www/html/uploads/img_2291.php"
	s.wazuh(at, wazuhAlert{
		on: web1, rule: 554, level: 5, description: "File added to the system.", groups: []string{"ossec", "syscheck", "syscheck_entry_added", "syscheck_file"},
		tactic: "Persistence", technique: "T1505.003", decoder: "syscheck_new_entry", location: "syscheck",
		more: map[string]any{"syscheck": map[string]any{
			"path": shell, "mode": "realtime", "event": "added", "uname_after": "www-data", "size_after": "1834",
			"sha256_after": "7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a",
		}},
	})
	for range 3 {
		at = at.Add(s.between(5*time.Second, 40*time.Second))
		s.suricata(at, suricataAlert{
			src: attackerIP, dst: web1.ip, dport: 80, app: "http", in: 900, severity: 1,
			id: 9400001, signature: "WEBSHELL Command passed to a PHP file in uploads", category: "Web Application Attack",
			more: map[string]any{"http": map[string]any{
				"hostname": "www.example.com", "url": "/uploads/img_2291.php?c=id", "http_user_agent": "sqlprobe/1.4", "http_method": "POST", "protocol": "HTTP/1.1", "status": 200, "length": 77,
			}},
		})
	}
	at = at.Add(6 * time.Minute)
	s.process(at, foothold, "m.keller", [3]string{
		`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=`, `C:\Program Files\Office\winword.exe`,
	})
	for i := range 3 {
		s.cef(at.Add(time.Duration(20+30*i)*time.Second), cefAlert{on: foothold, product: "Antivirus", class: "malware", name: "Malware detected", severity: 9, ext: fmt.Sprintf(
			`dst=%s dhost=%s duser=m.keller fname=invoice_loader.exe filePath=C:\\Users\\m.keller\\AppData\\Local\\Temp\\invoice_loader.exe fileHash=9f86d081884c7d659a2feaa0c55ad015 act=detected outcome=failure cs1Label=threat cs1=Trojan.Loader.Demo`,
			foothold.ip, foothold.fqdn(),
		)})
	}
}
