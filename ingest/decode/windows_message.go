package decode

import (
	"slices"
	"strings"

	"tocsin"
)

// winSaid is what the Security log's messages call the data of an event: sections of the message, or a star for any other
// than those, labels, and the event's name for what stands behind them.
const winSaid = `
	Subject, Creator Subject > Security ID > SubjectUserSid
	Subject, Creator Subject > Account Name > SubjectUserName
	Subject, Creator Subject > Account Domain > SubjectDomainName
	Subject, Creator Subject > Logon ID > SubjectLogonId
	Subject > User Name > AccountName
	Subject > Domain > AccountDomain
	Additional Information > Client Address > ClientAddress
	Member > Security ID > MemberSid
	Member > Account Name > MemberName
	Target Server > Target Server Name > TargetServerName
	Process Information > Creator Process Name > ParentProcessName
	Process Information > New Process ID > NewProcessId
	Process Information > New Process Name > NewProcessName
	Process Information > Process Command Line > CommandLine
	Process Information > Token Elevation Type > TokenElevationType
	Process Information > Mandatory Label > MandatoryLabel
	Process Information, Process > Creator Process ID, Caller Process ID, Process ID > ProcessId
	Process Information, Process > Caller Process Name, Process Name > ProcessName
	Application Information > Process ID > ProcessID
	Application Information > Application Name > Application
	Network Information > Direction > Direction
	Network Information > Source Address > SourceAddress
	Network Information > Source Port > SourcePort
	Network Information > Destination Address > DestAddress
	Network Information > Destination Port > DestPort
	Network Information > Protocol > Protocol
	Network Information > Workstation Name > WorkstationName
	Network Information > Source Network Address, Client Address, Network Address > IpAddress
	Network Information > Client Port, Port > IpPort
	Service Information > Service Name > ServiceName
	Service Information > Service ID > ServiceSid
	Object > Object Server > ObjectServer
	Object > Object Type > ObjectType
	Object > Object Name > ObjectName
	Object > Object Value Name > ObjectValueName
	Object > Handle ID > HandleId
	Share Information > Share Name > ShareName
	Share Information > Share Path > ShareLocalPath
	Share Information > Relative Target Name > RelativeTargetName
	Failure Information > Failure Reason > FailureReason
	Failure Information > Status > Status
	Failure Information > Sub Status > SubStatus
	* > Security ID, User ID > TargetSid
	* > Account Name, Group Name, Logon Account > TargetUserName
	* > Account Domain, Group Domain, Supplied Realm Name > TargetDomainName
	* > Logon ID > TargetLogonId
	* > Logon GUID > LogonGuid
	* > Logon Type > LogonType
	* > Logon Process > LogonProcessName
	* > Authentication Package > AuthenticationPackageName
	* > Source Workstation > Workstation
	* > Error Code, Result Code, Failure Code > Status
	* > Ticket Options > TicketOptions
	* > Ticket Encryption Type > TicketEncryptionType
	* > Pre-Authentication Type > PreAuthType
	* > Privileges > PrivilegeList
	* > Accesses > AccessList
	* > Access Mask > AccessMask
	* > Service File Name > ServiceFileName
	* > Service Name > ServiceName
	* > Task Name > TaskName`

// winSections are the sections of messages that winSaid has none of its own for.
const winSections = "New Logon, Logon Information, Account For Which Logon Failed, Account Whose Credentials Were Used, Target Account, New Account, Target Subject, " +
	"Account That Was Locked Out, Account Information, Group, New Group, Deleted Group, User, Detailed Authentication Information, Additional Information, Attributes, Changed Attributes"

// A winMessage reads the message of an event that came without its data: agents that read the log as people do send no
// more.
type winMessage struct {
	data      *name            // winlog.event_data
	said      map[string]*name // by section and label
	sections  map[string]bool
	dict      *dictionary
	providers [3]string
	threat    *name    // what Defender's messages call a name
	had       []*name  // data of which any tells that the event came with it
	logon     [2]*name // IpAddress and IpPort: the port behind the former is called after a connection's source
	port      *name    // SourcePort
}

func newWinMessage(d *dictionary, data *name) *winMessage {
	m := &winMessage{dict: d, data: data, said: map[string]*name{}, sections: map[string]bool{}, providers: [...]string{"Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Sysmon", "Microsoft-Windows-Windows Defender"}, threat: d.name("winlog.event_data.Threat Name")}
	for _, key := range [...]string{"SubjectUserSid", "SubjectUserName", "TargetUserName", "TargetSid", "Application", "ServiceName", "UtcTime", "Image", "ProcessGuid", "param1"} {
		m.had = append(m.had, d.child(data, []byte(key)))
	}
	for section := range strings.SplitSeq(winSections, ", ") {
		m.sections[section] = true
	}
	m.logon, m.port = [...]*name{d.child(data, []byte("IpAddress")), d.child(data, []byte("IpPort"))}, d.child(data, []byte("SourcePort"))
	for line := range strings.Lines(winSaid) {
		columns := strings.Split(strings.TrimSpace(line), " > ")
		if len(columns) < 3 {
			continue
		}
		to := d.child(data, []byte(columns[2]))
		for section := range strings.SplitSeq(columns[0], ", ") {
			m.sections[section] = true
			for label := range strings.SplitSeq(columns[1], ", ") {
				m.said[section+">"+label] = to
			}
		}
	}
	return m
}

// read sets the data that a provider's message tells. It goes by labels, which end in a colon, and by what stands behind
// them in the same line or behind a tabulator.
func (m *winMessage) read(provider, message string, o *output) {
	plain := provider == m.providers[1] || provider == m.providers[2] // one label for each of the data
	if !plain && provider != m.providers[0] || slices.ContainsFunc(m.had, o.has) {
		return
	}
	section, label := "", ""
	for piece := range strings.FieldsFuncSeq(message, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }) {
		piece = strings.TrimSpace(piece)
		head, value, told := strings.Cut(piece, ":")
		switch {
		case piece == "":
		case label != "" && !(told && value == ""):
			m.put(section, label, piece, o)
			label = ""
		case !told:
		case value == "" && m.sections[head]:
			section, label = head, ""
		case value == "":
			label = head
		case plain && head == "Name":
			o.put(m.threat, strings.TrimSpace(value))
		case plain:
			o.put(m.dict.path(m.data, []byte(head)), strings.TrimSpace(value))
		default:
			m.put(section, head, strings.TrimSpace(value), o)
		}
	}
}

// put sets what a label of a section says. A label that its section does not have says what it says in any other.
func (m *winMessage) put(section, label, value string, o *output) {
	to := m.said[section+">"+label]
	if to == nil {
		to = m.said["*>"+label]
	}
	if to == m.port && o.has(m.logon[0]) {
		to = m.logon[1]
	}
	if to != nil {
		o.keep(to, tocsin.StringValue(value))
	}
}

// federation sets what AD FS writes into its messages as XML: who asked for a token, and from where.
func (w *windowsReader) federation(o *output) {
	if o.text(w.providerName) != "AD FS Auditing" {
		return
	}
	m := o.text(w.message)
	o.put(w.sorts[0], "authentication")
	o.put(w.sorts[1], "start")
	o.address(w.sorts[2], nil, errorPart(m, "<IpAddress>", "</IpAddress>"))
	o.put(w.sorts[3], errorPart(m, "<RelyingParty>", "</RelyingParty>"))
	if !o.has(w.sorts[2]) {
		ip, _, _ := strings.Cut(errorPart(m, "<ForwardedIpAddress>", "</ForwardedIpAddress>"), ",")
		o.address(w.sorts[2], nil, ip)
	}
}
