package demo

import (
	"fmt"
	"maps"
	"strconv"
	"time"
)

// credentialDump: the memory of the local security authority is read and written to a file.
func (s *scene) credentialDump(at time.Time) {
	s.process(at, foothold, "m.keller", [3]string{
		`C:\Windows\System32\rundll32.exe`, `rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 652 C:\Windows\Temp\lsass.dmp full`, `C:\Windows\System32\cmd.exe`,
	})
	for i := range 3 {
		s.windows(at.Add(time.Duration(1+i)*time.Second), windowsEvent{on: foothold, channel: "sysmon", code: 10, data: map[string]any{
			"SourceImage": `C:\Windows\System32\rundll32.exe`, "TargetImage": `C:\Windows\System32\lsass.exe`, "GrantedAccess": "0x1fffff",
			"CallTrace":  `C:\Windows\SYSTEM32\ntdll.dll+9d1e4|C:\Windows\System32\dbgcore.dll+6d5f|C:\Windows\System32\comsvcs.dll+2b3e`,
			"SourceUser": `CORP\m.keller`, "TargetUser": `NT AUTHORITY\SYSTEM`,
		}})
	}
	s.windows(at.Add(5*time.Second), windowsEvent{on: foothold, channel: "sysmon", code: 11, data: map[string]any{
		"Image": `C:\Windows\System32\rundll32.exe`, "TargetFilename": `C:\Windows\Temp\lsass.dmp`, "User": `CORP\m.keller`,
	}})
}

// lateralMovement: with the administrator's hash from the workstation to the servers, one after the other.
func (s *scene) lateralMovement(at time.Time) {
	const admin = "adm-keller"
	for _, to := range []host{payroll, backup, files, dc} {
		for range 4 {
			s.logon(at, to, admin, foothold, 3, true)
			at = at.Add(s.between(2*time.Second, 6*time.Second))
		}
		s.windows(at, windowsEvent{on: to, code: 4624, data: map[string]any{
			"TargetUserName": admin, "TargetDomainName": "CORP", "LogonType": "3", "IpAddress": foothold.ip, "IpPort": strconv.Itoa(s.port()),
			"WorkstationName": "WS12", "AuthenticationPackageName": "NTLM", "LogonProcessName": "NtLmSsp", "LmPackageName": "NTLM V2", "KeyLength": "0",
		}})
		s.suricata(at.Add(time.Second), suricataAlert{
			src: foothold.ip, dst: to.ip, dport: 445, app: "smb", in: 4000, severity: 1,
			id: 9500001, signature: "LATERAL Service created over SMB", category: "Misc Attack",
			more: map[string]any{"smb": map[string]any{"command": "SMB2_COMMAND_CREATE", "filename": "rmtsvc.exe", "share": `\\` + to.name + `\ADMIN$`}},
		})
		s.windows(at.Add(2*time.Second), windowsEvent{on: to, channel: "System", code: 7045, data: map[string]any{
			"ServiceName": "RMTSVC", "ImagePath": `%COMSPEC% /C start /b C:\Windows\Temp\rmtsvc.exe`, "ServiceType": "user mode service", "StartType": "demand start", "AccountName": "LocalSystem",
		}})
		s.process(at.Add(4*time.Second), to, admin, [3]string{`C:\Windows\System32\cmd.exe`, `cmd.exe /c whoami /all`, `C:\Windows\rmtsvc.exe`})
		at = at.Add(s.between(3*time.Minute, 5*time.Minute))
	}
}

// persistence: a new account becomes an administrator, a task starts it again, and the log is cleared.
func (s *scene) persistence(at time.Time) {
	by := map[string]any{"SubjectUserName": "adm-keller", "SubjectDomainName": "CORP", "SubjectLogonId": "0x4f21a"}
	with := func(more map[string]any) map[string]any {
		maps.Copy(more, by)
		return more
	}
	s.windows(at, windowsEvent{on: dc, code: 4720, data: with(map[string]any{
		"TargetUserName": "svc-print2", "TargetDomainName": "CORP", "TargetSid": "S-1-5-21-1000000001-2000000002-3000000003-2291", "SamAccountName": "svc-print2",
	})})
	for i, group := range []string{"Domain Admins", "Administrators"} {
		code := []int{4728, 4732}[i]
		s.windows(at.Add(time.Duration(30+20*i)*time.Second), windowsEvent{on: dc, code: code, data: with(map[string]any{
			"TargetUserName": group, "TargetDomainName": "CORP", "TargetSid": "S-1-5-32-" + strconv.Itoa(544-i), "MemberName": "CN=svc-print2,CN=Users,DC=corp,DC=example,DC=com",
			"MemberSid": "S-1-5-21-1000000001-2000000002-3000000003-2291",
		})})
	}
	s.windows(at.Add(2*time.Minute), windowsEvent{on: dc, code: 4698, data: with(map[string]any{
		"TaskName": `\PrintSync`, "TaskContent": `<Task><Actions><Exec><Command>C:\Windows\rmtsvc.exe</Command></Exec></Actions></Task>`,
	})})
	s.windows(at.Add(4*time.Minute), windowsEvent{on: dc, code: 1102, data: with(map[string]any{})})
}

// commandAndControl: the workstation calls out every five minutes, almost to the second.
func (s *scene) commandAndControl(at time.Time) {
	for range 10 {
		s.suricata(at, suricataAlert{
			src: foothold.ip, dst: controlIP, dport: 443, app: "tls", out: 900, in: 700, severity: 1,
			id: 9600001, signature: "C2 Beacon of a known implant framework", category: "Malware Command and Control Activity Detected",
			more: map[string]any{"tls": map[string]any{"sni": "static-assets.example.com", "version": "TLS 1.2", "subject": "CN=static-assets.example.com"}},
		})
		s.windows(at.Add(200*time.Millisecond), windowsEvent{on: foothold, channel: "sysmon", code: 3, data: map[string]any{
			"Image": `C:\Windows\System32\rundll32.exe`, "User": `CORP\m.keller`, "Protocol": "tcp", "Initiated": "true", "SourceIp": foothold.ip,
			"SourcePort": strconv.Itoa(s.port()), "DestinationIp": controlIP, "DestinationPort": "443", "DestinationHostname": "static-assets.example.com",
		}})
		at = at.Add(5*time.Minute + s.between(0, 2*time.Second))
	}
}

// exfiltration: an archive of the file server leaves in parts.
func (s *scene) exfiltration(at time.Time) {
	s.process(at, files, "adm-keller", [3]string{
		`C:\Windows\Temp\7z.exe`, `7z.exe a -pinfected -v600m C:\Windows\Temp\q4.7z D:\Finance`, `C:\Windows\System32\cmd.exe`,
	})
	for i := range 8 {
		at = at.Add(s.between(60*time.Second, 120*time.Second))
		size := 600_000_000 + s.rng.IntN(50_000_000)
		s.suricata(at, suricataAlert{
			src: foothold.ip, dst: dropIP, dport: 443, app: "tls", out: size, in: 90_000, severity: 1,
			id: 9700001, signature: "EXFIL Large upload to a host without a reputation", category: "Potential Corporate Privacy Violation",
			more: map[string]any{"tls": map[string]any{"sni": "drop.example.com", "version": "TLS 1.3"}},
		})
		s.cef(at.Add(time.Second), cefAlert{on: firewall, product: "DLP", class: "upload", name: "Upload of confidential data", severity: 8, ext: fmt.Sprintf(
			"src=%s suser=m.keller dst=%s dhost=drop.example.com dpt=443 request=https://drop.example.com/u/%d act=allowed out=%d fname=q4.7z.%03d", foothold.ip, dropIP, i, size, i+1,
		)})
	}
}
