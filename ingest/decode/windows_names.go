package decode

import (
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// winNames are the names of the values that Windows events carry, in their order, for the shapes that leave the names
// away: Win32_NTLogEvent of WMI, and lists of insertion strings.
const winNames = `
	security 4624 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName LogonGuid TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort
	security 4625 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName Status FailureReason SubStatus LogonType LogonProcessName AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort
	security 4634,4647 TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType
	security 4648 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo ProcessId ProcessName IpAddress IpPort
	security 4656,4661 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName HandleId
	security 4657 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue ProcessId ProcessName
	security 4658 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer HandleId ProcessId ProcessName
	security 4660 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer HandleId ProcessId ProcessName
	security 4662 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName OperationType HandleId AccessList AccessMask Properties
	security 4663 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName
	security 4670 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName HandleId OldSd NewSd ProcessId ProcessName
	security 4672 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId PrivilegeList
	security 4673 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer Service PrivilegeList ProcessId ProcessName
	security 4674 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName HandleId AccessMask PrivilegeList ProcessId ProcessName
	security 4688 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName TokenElevationType ProcessId CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName
	security 4689 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId Status ProcessId ProcessName
	security 4690 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId SourceHandleId SourceProcessId TargetHandleId TargetProcessId
	security 4697 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount
	security 4698,4699,4700,4701,4702 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TaskName TaskContent
	security 4719 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges
	security 4720,4722,4723,4724,4725,4726,4740,4767,4741 TargetUserName TargetDomainName TargetSid SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	security 4738,4742 Dummy TargetUserName TargetDomainName TargetSid SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	security 4727,4730,4731,4734,4735,4737,4743,4754,4755,4758,4764,4749,4750,4753,4759,4760,4763 TargetUserName TargetDomainName TargetSid SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	security 4728,4729,4732,4733,4746,4747,4751,4752,4756,4757,4761,4762 MemberName MemberSid TargetUserName TargetDomainName TargetSid SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	security 4768 TargetUserName TargetDomainName TargetSid ServiceName ServiceSid TicketOptions Status TicketEncryptionType PreAuthType IpAddress IpPort
	security 4769 TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort Status LogonGuid
	security 4770 TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort
	security 4771 TargetUserName TargetSid ServiceName TicketOptions Status PreAuthType IpAddress IpPort
	security 4776 PackageName TargetUserName Workstation Status
	security 4778,4779 AccountName AccountDomain LogonID SessionName ClientName ClientAddress
	security 4781 OldTargetUserName NewTargetUserName TargetDomainName TargetSid SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	security 5140 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectType IpAddress IpPort ShareName ShareLocalPath
	security 5145 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName
	security 5136 OpCorrelationID AppCorrelationID SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId DSName DSType ObjectDN ObjectGUID ObjectClass AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType
	security 5152,5157,5156 ProcessId Application Direction SourceAddress SourcePort DestAddress DestPort Protocol
	security 5154,5158 ProcessId Application SourceAddress SourcePort Protocol
	security 1102 SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId
	system 7045 ServiceName ImagePath ServiceType StartType AccountName
	system 7036,7034 param1 param2
	system 104 SubjectUserName SubjectDomainName Channel BackupPath`

// cimTime reads a time as WMI writes it: 20260301100000.125000+060, the zone in minutes. It is zero for any other text.
func cimTime(s string) time.Time {
	if len(s) != 25 || s[14] != '.' || s[21] != '+' && s[21] != '-' {
		return time.Time{}
	}
	at, err := time.Parse("20060102150405.000000", s[:21])
	minutes, ok := digits(s[22:], 3, 3)
	if err != nil || !ok {
		return time.Time{}
	}
	if s[21] == '+' {
		minutes = -minutes
	}
	return at.Add(time.Duration(minutes) * time.Minute)
}

// winDataNames are the names of an event's values by log and number, "security/4624".
func winDataNames(d *dictionary) map[string][]*name {
	names := map[string][]*name{}
	for line := range strings.Lines(winNames) {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		var list []*name
		for _, word := range words[2:] {
			list = append(list, d.name("winlog.event_data."+word))
		}
		for id := range strings.SplitSeq(words[1], ",") {
			names[words[0]+"/"+id] = list
		}
	}
	return names
}

// readWMI reads Win32_NTLogEvent, as WMI and what queries it hand events on: the values have no names.
func (w *windowsReader) readWMI(in *doc, o *output) {
	if o.time = timeOf(in.value(w.wmi[4])); o.time.IsZero() {
		o.time = cimTime(in.text(w.wmi[4]))
	}
	for i, to := range []*name{w.eventID, w.channel, w.providerName, w.hostNameOf(), nil, w.record, w.message, w.eventType} {
		if to != nil {
			o.set(to, plainText(in.value(w.wmi[i])))
		}
	}
	w.nameless(in.value(w.wmi[8]), o)
	for _, n := range w.wmi {
		n.used = in.record
	}
	o.rest(w.root)
}

func (w *windowsReader) hostNameOf() *name { return w.header["Computer"] }

// nameless keeps values by the names that events of this number have for them, the others as param1, param2, ….
func (w *windowsReader) nameless(v tocsin.Value, o *output) {
	log := w.enrich.logOf(o.text(w.channel))
	var names []*name
	if log != nil {
		names = w.dataNames[log.log+"/"+o.text(w.eventID)]
	}
	for i, item := range v.Items() {
		to := w.dict.child(w.eventData, []byte("param"+strconv.Itoa(i+1)))
		if i < len(names) {
			to = names[i]
		}
		o.keep(to, plainText(item))
	}
}

// witness sets who wrote an event that names nobody, as its user and process.
func (w *windowsReader) witness(o *output) {
	o.set(w.user, o.value(w.logger))
	switch {
	case o.has(w.pid):
	case o.has(w.program) && !strings.Contains(o.text(w.channel), "PowerShell"): // NXLog's own ProcessID may have taken the place of Sysmon's
		o.put(w.pid, errorPart(o.text(w.message), "\nProcessId:", "\n"))
	default:
		o.set(w.pid, o.value(w.writer[0]))
		o.set(w.pid, o.value(w.writer[1])) // NXLog's
	}
}

// plainText is v with every member as text, as the event's XML has it.
func plainText(v tocsin.Value) tocsin.Value {
	switch v.Kind() {
	case tocsin.String, tocsin.Null, tocsin.Absent:
		return v
	case tocsin.List:
		if len(v.Items()) == 0 {
			return tocsin.Value{}
		}
		return each(v, func(s string) string { return s })
	default:
		return tocsin.StringValue(v.Text())
	}
}
