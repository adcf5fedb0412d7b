package decode

import (
	"encoding/json"
	"strings"

	"tocsin"
)

// officeRecords are what the numbers of Microsoft's record types stand for.
const officeRecords = `RecordType event.code ` + `1=ExchangeAdmin 2=ExchangeItem 3=ExchangeItemGroup 4=SharePoint 6=SharePointFileOperation 7=OneDrive 8=AzureActiveDirectory ` +
	`9=AzureActiveDirectoryAccountLogon 10=DataCenterSecurityCmdlet 11=ComplianceDLPSharePoint 13=ComplianceDLPExchange 14=SharePointSharingOperation ` +
	`15=AzureActiveDirectoryStsLogon 16=SkypeForBusinessPSTNUsage 17=SkypeForBusinessUsersBlocked 18=SecurityComplianceCenterEOPCmdlet ` +
	`19=ExchangeAggregatedOperation 20=PowerBIAudit 21=CRM 22=Yammer 23=SkypeForBusinessCmdlets 24=Discovery 25=MicrosoftTeams 28=ThreatIntelligence ` +
	`29=MailSubmission 30=MicrosoftFlow 31=AeD 32=MicrosoftStream 33=ComplianceDLPSharePointClassification 34=ThreatFinder 35=Project ` +
	`36=SharePointListOperation 37=SharePointCommentOperation 38=DataGovernance 39=Kaizala 40=SecurityComplianceAlerts 41=ThreatIntelligenceUrl ` +
	`42=SecurityComplianceInsights 43=MIPLabel 44=WorkplaceAnalytics 45=PowerAppsApp 46=PowerAppsPlan 47=ThreatIntelligenceAtpContent ` +
	`48=LabelContentExplorer 49=TeamsHealthcare 50=ExchangeItemAggregated 51=HygieneEvent 52=DataInsightsRestApiAudit ` +
	`53=InformationBarrierPolicyApplication 54=SharePointListItemOperation 55=SharePointContentTypeOperation 56=SharePointFieldOperation ` +
	`57=MicrosoftTeamsAdmin 58=HRSignal 59=MicrosoftTeamsDevice 60=MicrosoftTeamsAnalytics 61=InformationWorkerProtection 62=Campaign 63=DLPEndpoint ` +
	`64=AirInvestigation 65=Quarantine 66=MicrosoftForms 67=ApplicationAudit 68=ComplianceSupervisionExchange 69=CustomerKeyServiceEncryption ` +
	`70=OfficeNative 71=MipAutoLabelSharePointItem 72=MipAutoLabelSharePointPolicyLocation 73=MicrosoftTeamsShifts 75=MipAutoLabelExchangeItem ` +
	`76=CortanaBriefing 78=WDATPAlerts 82=SensitivityLabelPolicyMatch 83=SensitivityLabelAction 84=SensitivityLabeledFileAction 85=AttackSim ` +
	`86=AirManualInvestigation 87=SecurityComplianceRBAC 88=UserTraining 89=AirAdminActionInvestigation 90=MSTIC 91=PhysicalBadgingSignal 93=AipDiscover ` +
	`94=AipSensitivityLabelAction 95=AipProtectionAction 96=AipFileDeleted 97=AipHeartBeat 98=MCASAlerts 99=OnPremisesFileShareScannerDlp ` +
	`100=OnPremisesSharePointScannerDlp 101=ExchangeSearch 102=SharePointSearch 103=PrivacyInsights 105=MyAnalyticsSettings ` +
	`106=SecurityComplianceUserChange 107=ComplianceDLPExchangeClassification 109=MipExactDataMatch 113=MS365DCustomDetection 147=CoreReportingSettings ` +
	`148=ComplianceConnector 154=OMEPortal 174=DataShareOperation 181=EduDataLakeDownloadOperation 183=MicrosoftGraphDataConnectOperation ` +
	`186=PowerPagesSite 188=PlannerPlan 189=PlannerCopyPlan 190=PlannerTask 191=PlannerRoster 192=PlannerPlanList 193=PlannerTaskList ` +
	`194=PlannerTenantSettings`

// officeAlerts are the types of records that say that something was found: mail and files with threats, leaks of data,
// alerts of the compliance centre, of Defender and of cloud apps.
const officeAlerts = "11|13|28|33|40|41|47|63|64|78|98|99|100|107|113"

// officeGrades are Microsoft's four words of gravity as numbers, on a scale of their own.
const officeGrades = " informational=1 low=2 medium=3 high=4"

// officeFront is what the addresses of Exchange Online's own servers begin with, which speak for clients.
const officeFront = "2603:10"

// officeEnds sets where a client spoke from and the server that it spoke to. A mailbox's own record of the client comes
// before the one that all records have; one that is a server of Microsoft's counts where there is no other.
func officeEnds(d *dictionary) func(*doc, *output) {
	clients, server := d.names("ClientIPAddress", "ClientIP", "ActorIpAddress"), d.name("OriginatingServer")
	to := d.names("source.ip", "source.address", "source.port", "destination.ip", "destination.domain")
	return func(in *doc, o *output) {
		for i := range 2 * len(clients) {
			at := in.text(clients[i%len(clients)])
			if strings.HasPrefix(at, officeFront) && i < len(clients) {
				continue
			}
			if _, inner, ok := strings.Cut(strings.Trim(at, "[] "), "("); ok { // "NAME (192.0.2.1)"
				at, _, _ = strings.Cut(inner, ")")
			}
			address := withoutPort(at)
			o.address(to[0], to[1], address)
			if port, ok := digits(at[strings.LastIndexByte(at, ':')+1:], 1, 5); ok && address != at && o.has(to[0]) {
				o.keep(to[2], tocsin.IntValue(int64(port)))
			}
		}
		name, more, ok := strings.Cut(in.text(server), " (")
		address, _, _ := strings.Cut(more, ")")
		if !ok || strings.HasPrefix(address, "15.") { // Exchange's version
			return
		}
		if isAddress(address) {
			o.address(to[3], nil, address)
			o.put(to[4], name)
		}
	}
}

// officeSubject sets whom a record is about that a service wrote: the one whose alert or leak it is. Alerts carry what
// raised them as JSON within their text.
func officeSubject(d *dictionary) func(*doc, *output) {
	kind, data, user, rule := d.name("RecordType"), d.name("Data"), d.name("user.name"), d.name("rule.name")
	about, sort := d.name("AlertEntityId"), d.name("EntityType")
	senders := d.names("SharePointMetaData.From", "ExchangeMetaData.From")
	to := entityFields(d)
	graded := d.name("tocsin.severity")
	numbers := d.wordMove(strings.Fields("Data event.severity" + officeGrades))
	return func(in *doc, o *output) {
		for _, n := range senders {
			o.put(user, in.text(n))
		}
		switch in.text(kind) {
		case "40", "64":
		default:
			return
		}
		var alert struct {
			Who      string `json:"f3u"`
			Name     string `json:"AlertDisplayName"`
			Severity string
			Entities []entity
		}
		if text := in.text(data); text != "" && json.Unmarshal([]byte(text), &alert) != nil {
			in.mark(markPartial)
		}
		who, _, _ := strings.Cut(alert.Who, ",")
		if strings.Contains(who, "@") {
			o.put(user, who)
		}
		if in.text(sort) == "User" {
			o.put(user, in.text(about))
		}
		o.put(rule, alert.Name)
		numbers.give(tocsin.StringValue(alert.Severity), o)
		o.set(graded, levelOf(strings.ToLower(alert.Severity)))
		entities(alert.Entities, to, o)
	}
}

// officeProperties sets what stands in lists of names and values.
func officeProperties(d *dictionary) func(*doc, *output) {
	lists := [...][2]*name{{d.name("ExtendedProperties.Name"), d.name("ExtendedProperties.Value")}, {d.name("DeviceProperties.Name"), d.name("DeviceProperties.Value")}}
	agent, host := d.name("user_agent.original"), d.name("host.name")
	return func(in *doc, o *output) {
		for i, list := range lists {
			names, values := in.value(list[0]).Items(), in.value(list[1]).Items()
			if len(names) != len(values) {
				continue
			}
			for j := range names {
				switch key := names[j].Text(); {
				case i == 0 && key == "UserAgent":
					o.set(agent, values[j])
				case i == 1 && key == "DisplayName":
					o.set(host, values[j])
				}
			}
		}
	}
}
