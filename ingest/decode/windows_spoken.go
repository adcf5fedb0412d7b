package decode

import (
	"strconv"
	"strings"

	"tocsin"
)

// winSpoken are the sentences that the messages of Windows events begin with, up to the full stop, by log and number:
// what tells an event of which a relay has sent on nothing but its message. A star at the end stands for what follows.
const winSpoken = `
security 1100 The event logging service has shut down
security 1102 The audit log was cleared
security 1104 The security log is now full
security 4608 Windows is starting up
security 4616 The system time was changed
security 4624 An account was successfully logged on
security 4625 An account failed to log on
security 4634 An account was logged off
security 4647 User initiated logoff:
security 4648 A logon was attempted using explicit credentials
security 4649 A replay attack was detected
security 4656 A handle to an object was requested
security 4657 A registry value was modified
security 4658 The handle to an object was closed
security 4660 An object was deleted
security 4661 A handle to an object was requested
security 4662 An operation was performed on an object
security 4663 An attempt was made to access an object
security 4664 An attempt was made to create a hard link
security 4670 Permissions on an object were changed
security 4672 Special privileges assigned to new logon
security 4673 A privileged service was called
security 4674 An operation was attempted on a privileged object
security 4688 A new process has been created
security 4689 A process has exited
security 4690 An attempt was made to duplicate a handle to an object
security 4696 A primary token was assigned to process
security 4697 A service was installed in the system
security 4698 A scheduled task was created
security 4699 A scheduled task was deleted
security 4700 A scheduled task was enabled
security 4701 A scheduled task was disabled
security 4702 A scheduled task was updated
security 4703 A user right was adjusted
security 4703 A token right was adjusted
security 4704 A user right was assigned
security 4705 A user right was removed
security 4713 Kerberos policy was changed
security 4715 The audit policy (SACL) on an object was changed
security 4719 System audit policy was changed
security 4720 A user account was created
security 4722 A user account was enabled
security 4723 An attempt was made to change an account's password
security 4724 An attempt was made to reset an account's password
security 4725 A user account was disabled
security 4726 A user account was deleted
security 4727 A security-enabled global group was created
security 4728 A member was added to a security-enabled global group
security 4729 A member was removed from a security-enabled global group
security 4730 A security-enabled global group was deleted
security 4731 A security-enabled local group was created
security 4732 A member was added to a security-enabled local group
security 4733 A member was removed from a security-enabled local group
security 4734 A security-enabled local group was deleted
security 4735 A security-enabled local group was changed
security 4737 A security-enabled global group was changed
security 4738 A user account was changed
security 4739 Domain Policy was changed
security 4740 A user account was locked out
security 4741 A computer account was created
security 4742 A computer account was changed
security 4743 A computer account was deleted
security 4754 A security-enabled universal group was created
security 4755 A security-enabled universal group was changed
security 4756 A member was added to a security-enabled universal group
security 4757 A member was removed from a security-enabled universal group
security 4758 A security-enabled universal group was deleted
security 4764 A group's type was changed
security 4767 A user account was unlocked
security 4768 A Kerberos authentication ticket (TGT) was requested
security 4769 A Kerberos service ticket was requested
security 4770 A Kerberos service ticket was renewed
security 4771 Kerberos pre-authentication failed
security 4776 The computer attempted to validate the credentials for an account
security 4776 The domain controller attempted to validate the credentials for an account
security 4778 A session was reconnected to a Window Station
security 4779 A session was disconnected from a Window Station
security 4781 The name of an account was changed
security 4798 A user's local group membership was enumerated
security 4799 A security-enabled local group membership was enumerated
security 4800 The workstation was locked
security 4801 The workstation was unlocked
security 4826 Boot Configuration Data loaded
security 4902 The Per-user audit policy table was created
security 4904 An attempt was made to register a security event source
security 4905 An attempt was made to unregister a security event source
security 4907 Auditing settings on object were changed
security 4964 Special groups have been assigned to a new logon
security 5136 A directory service object was modified
security 5137 A directory service object was created
security 5139 A directory service object was moved
security 5140 A network share object was accessed
security 5141 A directory service object was deleted
security 5142 A network share object was added
security 5143 A network share object was modified
security 5144 A network share object was deleted
security 5145 A network share object was checked to see whether client can be granted desired access
security 5152 The Windows Filtering Platform has blocked a packet
security 5154 The Windows Filtering Platform has permitted an application or service to listen on a port for incoming connections
security 5156 The Windows Filtering Platform has permitted a connection
security 5157 The Windows Filtering Platform has blocked a connection
security 5158 The Windows Filtering Platform has permitted a bind to a local port
security 5379 Credential Manager credentials were read
security 5380 Vault Find Credential
security 5381 Vault credentials were read
security 4624 L’ouverture de session d’un compte s’est correctement déroulée
security 4625 Échec d’ouverture de session d’un compte
security 4634 Fermeture de session d’un compte
security 4648 Tentative d’ouverture de session en utilisant des informations d’identification explicites
security 4672 Privilèges spéciaux attribués à la nouvelle ouverture de session
security 4688 Un nouveau processus a été créé
security 4720 Un compte d’utilisateur a été créé
security 4724 Une tentative de réinitialisation de mot de passe d’un compte a été effectuée
security 4726 Un compte d’utilisateur a été supprimé
security 4738 Un compte d’utilisateur a été modifié
security 4740 Un compte d’utilisateur a été verrouillé
security 4624 Ein Konto wurde erfolgreich angemeldet
security 4625 Fehler beim Anmelden eines Kontos
security 4634 Ein Konto wurde abgemeldet
security 4672 Einer neuen Anmeldung wurden besondere Rechte zugewiesen
security 4688 Ein neuer Prozess wurde erstellt
sysmon 1 Process Create:
sysmon 2 File creation time changed:
sysmon 3 Network connection detected:
sysmon 4 Sysmon service state changed:
sysmon 5 Process terminated:
sysmon 6 Driver loaded:
sysmon 7 Image loaded:
sysmon 8 CreateRemoteThread detected:
sysmon 9 RawAccessRead detected:
sysmon 10 Process accessed:
sysmon 11 File created:
sysmon 12 Registry object added or deleted:
sysmon 13 Registry value set:
sysmon 14 Registry object renamed:
sysmon 15 File stream created:
sysmon 16 Sysmon config state changed:
sysmon 17 Pipe Created:
sysmon 18 Pipe Connected:
sysmon 19 WmiEventFilter activity detected:
sysmon 20 WmiEventConsumer activity detected:
sysmon 21 WmiEventConsumerToFilter activity detected:
sysmon 22 Dns query:
sysmon 23 File Delete archived:
sysmon 24 Clipboard changed:
sysmon 25 Process Tampering:
sysmon 26 File Delete logged:
sysmon 27 File Block Executable:
sysmon 28 File Block Shredding:
sysmon 29 File Executable Detected:
defender 1000 Microsoft Defender Antivirus scan has started
defender 1001 Microsoft Defender Antivirus scan has finished
defender 1002 Microsoft Defender Antivirus scan has been stopped before completion
defender 1013 Microsoft Defender Antivirus has removed history of malware and other potentially unwanted software
defender 1116 Microsoft Defender Antivirus has detected malware or other potentially unwanted software
defender 1117 Microsoft Defender Antivirus has taken action to protect this machine from malware or other potentially unwanted software
defender 1118 Microsoft Defender Antivirus has encountered a non-critical error when taking action on malware or other potentially unwanted software
defender 1119 Microsoft Defender Antivirus has encountered a critical error when taking action on malware or other potentially unwanted software
defender 1121 Microsoft Defender Exploit Guard has blocked an operation that is not allowed by your IT administrator
defender 1122 Microsoft Defender Exploit Guard audited an operation that is not allowed by your IT administrator
defender 1150 Endpoint Protection client is up and running in a healthy state
defender 1151 Endpoint Protection client health report (time in UTC):
defender 2000 Microsoft Defender Antivirus security intelligence version updated
defender 2001 Microsoft Defender Antivirus has encountered an error trying to update security intelligence
defender 2002 Microsoft Defender Antivirus engine version updated
defender 5001 Microsoft Defender Antivirus Real-time Protection scanning for malware and other potentially unwanted software was disabled
defender 5007 Microsoft Defender Antivirus Configuration has changed
defender 5013 Tamper Protection Blocked a change to Microsoft Defender Antivirus
engine 400 Engine state is changed from None to Available
engine 403 Engine state is changed from Available to Stopped
engine 600 Provider "*
engine 800 Pipeline execution details for command line:*
powershell 4103 CommandInvocation(*
powershell 4104 Creating Scriptblock text (*
powershell 4105 Started invocation of ScriptBlock ID:*
powershell 4106 Completed invocation of ScriptBlock ID:*
`

// winSpeakers are the provider and the channel of each log of winSpoken.
var winSpeakers = map[string][2]string{
	"security":   {"Microsoft-Windows-Security-Auditing", "Security"},
	"sysmon":     {"Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"},
	"defender":   {"Microsoft-Windows-Windows Defender", "Microsoft-Windows-Windows Defender/Operational"},
	"applocker":  {"Microsoft-Windows-AppLocker", "Microsoft-Windows-AppLocker/EXE and DLL"},
	"engine":     {"PowerShell", "Windows PowerShell"},
	"powershell": {"Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational"},
}

// A spokenEvent is an event that a sentence tells.
type spokenEvent struct{ log, id string }

// A winSpeech knows events by how their messages begin.
type winSpeech struct {
	whole map[string]spokenEvent
	heads map[string]spokenEvent // of sentences that go on
	words map[string]bool        // the first of either: most lines begin with another
}

func newWinSpeech() *winSpeech {
	s := &winSpeech{whole: map[string]spokenEvent{}, heads: map[string]spokenEvent{}, words: map[string]bool{}}
	for line := range strings.Lines(winSpoken) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 3 {
			continue
		}
		s.words[spokenWord(words[2])] = true
		if head, ok := strings.CutSuffix(words[2], "*"); ok {
			s.heads[head] = spokenEvent{words[0], words[1]}
			continue
		}
		s.whole[words[2]] = spokenEvent{words[0], words[1]}
		if older := strings.Replace(words[2], "Microsoft Defender", "Windows Defender", 1); older != words[2] {
			s.words[spokenWord(older)] = true
			s.whole[older] = spokenEvent{words[0], words[1]}
		}
	}
	return s
}

// spokenWord is what stands before the first blank or sign that can end a message's beginning.
func spokenWord(m string) string {
	if end := strings.IndexAny(m, " .#\r\n\t(:\"*"); end >= 0 {
		return m[:end]
	}
	return m
}

// of is the event whose message a text is.
func (s *winSpeech) of(m string) (e spokenEvent, ok bool) {
	const longest = 200
	m = strings.TrimLeft(m, " ")
	if !strings.HasPrefix(m, "%") && !s.words[spokenWord(m[:min(len(m), longest)])] {
		return e, false
	}
	head := m[:min(len(m), longest)]
	if end := strings.IndexAny(head, ".#\r\n\t"); end > 0 {
		if e, ok = s.whole[strings.TrimRight(head[:end], " ")]; ok {
			return e, true
		}
	}
	if e, ok = s.whole[head]; ok {
		return e, true
	}
	if strings.HasPrefix(head, "%") {
		return blockedProgram(m)
	}
	for _, stop := range [...]byte{'(', ':', '"'} {
		end := strings.IndexByte(head, stop)
		if end < 0 {
			continue
		}
		if e, ok = s.heads[head[:end+1]]; ok && (e.id != "600" || strings.Contains(head, `" is Started`)) {
			return e, true
		}
	}
	return e, false
}

// blockedProgram is what AppLocker says of a program, whose path begins with a variable, or of a script.
func blockedProgram(m string) (e spokenEvent, ok bool) {
	const longest = 1024
	path, what, found := strings.Cut(m[:min(len(m), longest)], " was ")
	number := 0
	switch {
	case !found:
		return e, false
	case strings.HasPrefix(what, "allowed to run but would have been prevented"):
		number = 8003
	case strings.HasPrefix(what, "prevented from running"):
		number = 8004
	default:
		return e, false
	}
	if !strings.HasSuffix(path, ".EXE") && !strings.HasSuffix(path, ".DLL") {
		number += 3
	}
	return spokenEvent{"applocker", strconv.Itoa(number)}, true
}

// octals are how syslog daemons write the control characters of a message.
var octals = strings.NewReplacer("#015", "", "#012", "\n", "#011", "\t")

// windowsMessage reads events of Windows of which nothing but the message has come.
func windowsMessage(dec *Decoder) text {
	d := dec.doc.dict
	events, speech := dec.events(), newWinSpeech()
	outcome := d.name("event.outcome")
	return text{
		needs: bytesOf(" "),
		claims: func(line string) bool {
			e, ok := speech.of(line)
			return ok && (e.log != "sysmon" || strings.Contains(line, "UtcTime: "))
		},
		read: func(line string, o *output) string {
			e, ok := speech.of(line)
			if !ok {
				return "no message of an event of Windows in " + excerpt(line)
			}
			if strings.Contains(line, "#012") {
				line = octals.Replace(line)
			}
			speaker := winSpeakers[e.log]
			o.put(events.providerName, speaker[0])
			o.put(events.channel, speaker[1])
			o.put(events.eventID, e.id)
			o.keep(events.message, tocsin.StringValue(strings.TrimSpace(line)))
			events.finish(o)
			if first, _, _ := strings.Cut(line, "."); e.log == "security" && strings.Contains(first, " was ") && !strings.Contains(first, "attempt") && !strings.Contains(first, "request") {
				o.put(outcome, "success")
			}
			return ""
		},
	}
}
