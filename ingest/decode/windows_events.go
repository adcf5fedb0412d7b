package decode

// winBundles are moves that many events share, from the event's data to ECS.
const winBundles = `
@subject   SubjectUserName>user.name SubjectDomainName>user.domain SubjectUserSid>user.id SubjectLogonId>winlog.logon.id
@target    TargetUserName>user.name TargetDomainName>user.domain TargetUserSid>user.id TargetSid>user.id TargetLogonId>winlog.logon.id
@on        TargetUserName>user.target.name TargetDomainName>user.target.domain TargetSid>user.target.id TargetUserSid>user.target.id
@effective TargetUserName>user.effective.name TargetDomainName>user.effective.domain TargetUserSid>user.effective.id
@group     TargetUserName>group.name TargetDomainName>group.domain TargetSid>group.id MemberName>user.target.name MemberSid>user.target.id
@dns       QNAME>dns.question.name Source>source.ip Destination>destination.ip
@net       IpAddress>source.ip IpPort>source.port WorkstationName>source.domain Workstation>source.domain ClientAddress>source.ip ClientName>source.domain
@proc      ProcessName>process.executable ProcessId>process.pid ProcessID>process.pid CallerProcessName>process.executable CallerProcessId>process.pid
@image     Image>process.executable ProcessId>process.pid ProcessGuid>process.entity_id User>user.name
@source    SourceImage>process.executable SourceProcessId>process.pid SourceProcessGuid>process.entity_id SourceProcessGUID>process.entity_id SourceThreadId>process.thread.id SourceUser>user.name
@parent    ParentImage>process.parent.executable ParentProcessId>process.parent.pid ParentProcessGuid>process.parent.entity_id ParentCommandLine>process.parent.command_line
@pe        OriginalFileName>process.pe.original_file_name FileVersion>process.pe.file_version Description>process.pe.description Product>process.pe.product Company>process.pe.company
@dll       ImageLoaded>dll.path OriginalFileName>dll.pe.original_file_name FileVersion>dll.pe.file_version Description>dll.pe.description Product>dll.pe.product Company>dll.pe.company Signature>dll.code_signature.subject_name SignatureStatus>dll.code_signature.status Signed>dll.code_signature.exists
@flow      SourceIp>source.ip SourcePort>source.port SourceHostname>source.domain DestinationIp>destination.ip DestinationPort>destination.port DestinationHostname>destination.domain Protocol>network.transport
@wfp       Application>process.executable ProcessID>process.pid ProcessId>process.pid SourceAddress>source.ip SourcePort>source.port DestAddress>destination.ip DestPort>destination.port Protocol>network.transport
@object    ObjectName>file.path
@registry  TargetObject>registry.path Details>registry.data.strings
`

// winEvents says what Windows events are in ECS: the log they are in and their numbers, the category, the type and the
// action (a dash for none), then moves and bundles of moves. Security events not listed take @subject and @proc.
const winEvents = `
sysmon 1                 process start Process-Create @image @parent @pe CommandLine>process.command_line CurrentDirectory>process.working_directory Hashes>process.hash LogonId>winlog.logon.id
sysmon 2                 file change File-creation-time-changed @image TargetFilename>file.path CreationUtcTime>file.created
sysmon 3                 network connection,start,protocol Network-connection @image @flow
sysmon 4                 process info Sysmon-service-state-changed
sysmon 5                 process end Process-terminated @image
sysmon 6                 driver start Driver-loaded ImageLoaded>file.path Hashes>file.hash Signature>file.code_signature.subject_name SignatureStatus>file.code_signature.status Signed>file.code_signature.exists
sysmon 7                 process info Image-loaded @image @dll ImageLoaded>file.path Hashes>dll.hash
sysmon 8                 process change CreateRemoteThread @source
sysmon 9                 process,file access RawAccessRead @image Device>file.path
sysmon 10                process access Process-accessed @source
sysmon 11                file creation File-created @image TargetFilename>file.path
sysmon 12                configuration,registry change Registry-object-added-or-deleted @image @registry
sysmon 13                configuration,registry change Registry-value-set @image @registry
sysmon 14                configuration,registry change Registry-object-renamed @image @registry
sysmon 15                file creation File-stream-created @image TargetFilename>file.path Hash>file.hash Hashes>file.hash
sysmon 16                configuration change Sysmon-config-state-changed
sysmon 17                file creation Pipe-Created @image PipeName>file.name
sysmon 18                file access Pipe-Connected @image PipeName>file.name
sysmon 19,20,21          process creation WMI-event User>user.name
sysmon 22                network connection,protocol,info DNS-query @image QueryName>dns.question.name QueryResults>dns.resolved
sysmon 23                file deletion File-Delete-archived @image TargetFilename>file.path Hashes>file.hash
sysmon 24                process change Clipboard-changed @image
sysmon 25                process change Process-Tampering @image
sysmon 26                file deletion File-Delete-logged @image TargetFilename>file.path Hashes>file.hash
sysmon 255               process error Sysmon-error
sysmon 27,28,29          file creation File-executable @image TargetFilename>file.path Hashes>file.hash
security 1100            process end logging-service-shutdown
security 1101            process change audit-service-changed
security 1102            iam admin,change audit-log-cleared @subject
security 1104            iam,configuration admin,change logging-full
security 1105            iam,configuration admin,change audit-log-archived
security 4608            host start windows-started
security 4609            host end windows-stopped
security 4610,4611,4614,4622 configuration access authentication-package-loaded @subject
security 4612,4621       configuration error audit-resources-exhausted
security 4664            file creation hard-link-created @subject FileName>file.path
security 4675            authentication info sids-filtered @target
security 4692,4693,4694  iam access data-protection-key-used @subject
security 4696            process change primary-token-assigned @subject @proc
security 4709,4710,4711,4712,4714 configuration change ipsec-policy-changed @subject
security 4765,4766       iam user,change sid-history-changed @subject @on
security 4772,4773,4774,4775,4777 authentication start credential-validation-failed @target @net
security 4780            iam user,change permissions-set @subject @on
security 4782            iam user,access password-hash-accessed @subject @on
security 4802,4803       session info screen-saver-changed @target
security 4818,4819       iam,configuration info access-policy-changed @subject
security 4868,4869,4870,4886,4887,4888,4889 iam info certificate-requested Requester>user.name @subject
security 4871,4872,4873,4874,4875,4876,4877,4878,4879,4880,4881,4882,4883,4884,4885,4890,4891,4892,4893,4894,4895,4896,4897,4898,4899,4900 configuration change certificate-services-changed @subject
security 4928,4929,4930,4931,4932,4933,4934,4935,4936,4937 configuration info directory-replicated
security 4944,4945,4949,4951,4952,4953,4954,4956,4957,4958 configuration change firewall-settings-changed RuleName>rule.name RuleId>rule.id
security 4960,4961,4962,4963,4965,4976,4977,4978,4979,4980,4981,4982,4983,4984 network info ipsec-negotiation @net
security 4985            file change transaction-changed @subject @proc
security 5024,5025,5027,5028,5029,5030,5032,5033,5034,5035,5037 process info firewall-service-state-changed
security 5031            network denied application-blocked Application>process.executable
security 5038,6281,6410  process info code-integrity-failed param1>file.path
security 5056,5057,5060,5061,5062,5063,5064,5065,5066,5067,5068,5069,5070 process access cryptographic-operation @subject
security 5058,5059       file access key-file-operation @subject KeyFilePath>file.path
security 5120,5121,5122,5123,5124,5125,5126,5127 configuration change ocsp-responder-changed @subject
security 5146,5147,5148,5149,5150,5151,5153,5155 network denied packet-blocked @wfp
security 5168            network denied spn-check-failed @subject
security 5376,5377       iam user,change credentials-backed-up @subject
security 5378            authentication denied delegation-denied @subject
security 5440,5441,5442,5443,5444,5446,5447,5448,5449,5450 configuration change filtering-platform-changed
security 5632,5633       authentication start network-authentication-requested @subject
security 5712            network info rpc-attempted @subject
security 5888,5889,5890  configuration change com-catalog-changed @subject
security 6144,6145       configuration change group-policy-applied
security 6272,6273,6274,6276,6277,6278,6279,6280 authentication start network-policy-access @subject ClientIPAddress>source.ip NASIPv4Address>observer.ip CallingStationID>source.address
security 6416,6419,6420,6421,6422,6423,6424 host info external-device @subject
security 1108            iam,configuration admin,error logging-processing-error
security 4616            configuration change system-time-changed @subject @proc
security 4706,4707,4713,4716,4717,4718,4865,4866,4867 configuration change trust-or-policy-changed @subject
security 4817            iam,configuration admin,change object-audit-changed @subject @proc
security 4902            iam,configuration admin,creation user-audit-policy-created @subject @proc
security 4904            iam,configuration admin,change security-event-source-added @subject @proc
security 4905            iam,configuration admin,deletion security-event-source-removed @subject @proc
security 4906            iam,configuration admin,change crash-on-audit-changed @subject @proc
security 4907            iam,configuration admin,change audit-setting-changed @subject @proc
security 4908            iam,configuration admin,change special-group-table-changed @subject @proc
security 4912            iam,configuration admin,change per-user-audit-policy-changed @subject @proc
security 4715            iam,configuration admin,change changed-audit-config @subject @proc
security 4964            iam admin,group special-group-logon @target @subject
security 4793,4794,4797 iam admin,info password-policy-queried @subject
security 4820,4821,4822,4823,4824 authentication start logon-restricted @target @net
security 4825            authentication denied remote-desktop-denied ClientAddress>source.ip AccountName>user.name AccountDomain>user.domain
security 4624            authentication start logged-in @target @net @proc
security 4625            authentication start logon-failed @target @net @proc @subject
security 4634,4647       authentication end logged-out @target
security 4648            authentication start logged-in-explicit @subject @effective @net @proc
security 4649            authentication info replay-attack-detected @subject
security 4656            file,registry access handle-requested @subject @proc @object
security 4657            registry,configuration change registry-value-modified @subject @proc ObjectName>registry.key ObjectValueName>registry.value NewValue>registry.data.strings
security 4658            file access handle-closed @subject @proc
security 4660            file deletion object-deleted @subject @proc
security 4661            file access handle-requested @subject @proc
security 4662            iam,configuration admin,access object-operation-performed @subject
security 4663            file access object-accessed @subject @proc @object
security 4670            iam,configuration admin,change permissions-changed @subject @proc @object
security 4672            iam admin logged-in-special @subject
security 4673            iam admin,access privileged-service-called @subject @proc
security 4674            iam admin,access privileged-operation @subject @proc
security 4688            process start created-process @subject @effective NewProcessName>process.executable NewProcessId>process.pid CommandLine>process.command_line ParentProcessName>process.parent.executable ProcessId>process.parent.pid
security 4689            process end exited-process @subject @proc Status>process.exit_code
security 4690            file access handle-duplicated @subject
security 4695            process access data-unprotected @subject
security 4697            configuration creation service-installed @subject ServiceName>service.name ServiceFileName>process.command_line
security 4698            iam,configuration creation scheduled-task-created @subject
security 4699            iam,configuration deletion scheduled-task-deleted @subject
security 4700            iam,configuration change scheduled-task-enabled @subject
security 4701            iam,configuration change scheduled-task-disabled @subject
security 4702            iam,configuration change scheduled-task-updated @subject
security 4703            iam change token-right-adjusted @subject @proc @on
security 4704,4705       iam change user-right-changed @subject TargetSid>user.target.id
security 4719            iam,configuration change changed-audit-config @subject
security 4720            iam user,creation added-user-account @subject @on
security 4722            iam user,change enabled-user-account @subject @on
security 4723            iam user,change changed-password @subject @on
security 4724            iam user,change reset-password @subject @on
security 4725            iam user,deletion disabled-user-account @subject @on
security 4726            iam user,deletion deleted-user-account @subject @on
security 4727,4731,4754,4783,4790 iam group,creation added-group-account @subject @group
security 4728,4732,4756,4785,4787 iam group,change added-member-to-group @subject @group
security 4729,4733,4757,4786,4788 iam group,change removed-member-from-group @subject @group
security 4730,4734,4758,4789,4792 iam group,deletion deleted-group-account @subject @group
security 4735,4737,4755,4784,4791 iam group,change modified-group-account @subject @group
security 4764            iam group,change type-changed-group-account @subject @group
security 4744,4749,4759  iam group,creation added-distribution-group-account @subject @group
security 4745,4750,4760  iam group,change changed-distribution-group-account @subject @group
security 4746,4751,4761  iam group,change added-member-to-distribution-group @subject @group
security 4747,4752,4762  iam group,change removed-member-from-distribution-group @subject @group
security 4748,4753,4763  iam group,deletion deleted-distribution-group-account @subject @group
security 4738            iam user,change modified-user-account @subject @on
security 4739            configuration change changed-domain-policy @subject
security 4740            iam user,change locked-out-user-account @subject @on
security 4741            iam creation,admin added-computer-account @subject @on
security 4742            iam change,admin changed-computer-account @subject @on
security 4743            iam deletion,admin deleted-computer-account @subject @on
security 4767            iam user,change unlocked-user-account @subject @on
security 4768            authentication start kerberos-authentication-ticket-requested @target @net
security 4769            authentication start kerberos-service-ticket-requested @target @net ServiceName>service.name
security 4770            authentication start kerberos-service-ticket-renewed @target @net ServiceName>service.name
security 4771            authentication start kerberos-preauth-failed @target @net ServiceName>service.name
security 4776            authentication start credential-validated @target @net
security 4778            authentication,session start session-reconnected AccountName>user.name AccountDomain>user.domain @net
security 4779            authentication,session end session-disconnected AccountName>user.name AccountDomain>user.domain @net
security 4781            iam user,change renamed-user-account @subject OldTargetUserName>user.target.name NewTargetUserName>user.changes.name
security 4798            iam user,info group-membership-enumerated @subject @on @proc
security 4799            iam group,info user-member-enumerated @subject @group @proc
security 4800,4801       session info workstation-lock-changed @target
security 4946,4947,4948,4950 configuration change firewall-rule-changed RuleName>rule.name RuleId>rule.id
security 5136,5137,5138,5139,5141 iam change directory-object-changed @subject
security 5140,5145       file,network access share-accessed @subject @net ShareName>file.directory RelativeTargetName>file.name
security 5142,5143,5144  file change share-changed @subject ShareName>file.path
security 5152,5157       network denied connection-blocked @wfp
security 5154,5156,5158,5159 network connection,allowed connection-allowed @wfp
security 5379            iam user,info,access credentials-read @subject ClientProcessId>process.pid
security 5380            iam user,info vault-credential-find @subject ClientProcessId>process.pid
security 5381,5382       iam user,info vault-credentials-were-read @subject ClientProcessId>process.pid
security 5858,5861       process info wmi-activity
powershell 4100,4103     process info command-invoked Payload>powershell.command.invocation_details Path>file.path
powershell 4104          process info script-block ScriptBlockText>powershell.file.script_block_text ScriptBlockId>powershell.file.script_block_id Path>file.path
powershell 4105          process start script-block-started ScriptBlockId>powershell.file.script_block_id
powershell 4106          process end script-block-ended ScriptBlockId>powershell.file.script_block_id
powershell 400,403,600,800 process info engine
system 1074              host end system-shutdown param7>user.name param1>process.executable
system 6005,6009,12      host start event-log-started
system 41,6006,6008,13   host end event-log-stopped
system 104               iam admin,change system-log-cleared @subject
system 7045              configuration,process creation,start service-installed ServiceName>service.name ImagePath>process.command_line AccountName>user.name
system 7034,7036,7040,7023 process info service-state-changed param1>service.name
defender 1000,1001,1002,1005,1013,1150,1151 process info,start antimalware-state
defender 2000,2001,2002,2003,2004,2010,2030 process,configuration change,start antimalware-updated
defender 1006,1007,1015,1116,1117,1118,1119 malware info malware-detected
defender 1121,1122       malware denied attack-surface-reduction User>user.name
defender 1123,1127       file denied controlled-folder-access
defender 1009,1011,3002,3007,5008,5101 process error antimalware-error
defender 5001,5004,5007,5010,5012,5013 configuration change protection-changed
applocker 8002,8003,8005,8006,8020,8021,8023,8024 process start,allowed applocker-allowed /RuleName>rule.name /RuleId>rule.id /FullFilePath>file.path /FilePath>file.path /FileHash>file.hash.sha256 /TargetUser>user.id
applocker 8004,8007,8022,8025 process start,denied applocker-denied /RuleName>rule.name /RuleId>rule.id /FullFilePath>file.path /FilePath>file.path /FileHash>file.hash.sha256 /TargetUser>user.id
task 106,140,141,200,201 configuration change scheduled-task UserContext>user.name
rdp 21,22,25             authentication,session start rdp-session User>user.name Address>source.ip
rdp 23,24                authentication,session end rdp-session User>user.name Address>source.ip
rdp 1149                 authentication,session start rdp-authenticated Param1>user.name Param2>user.domain Param3>source.ip
mssql 33205              database access audit
directory 1644           network access ldap-query param5>source.ip param17>user.name
directory 2889           authentication start ldap-bind-unsigned param1>source.ip param2>user.name
dns 256                 network connection,protocol dns-query-received @dns Port>source.port
dns 257                 network connection,protocol dns-response-sent @dns Port>destination.port
dns 258                 network connection,protocol,error dns-response-failed @dns Port>destination.port
dns 259                 network connection,protocol,denied dns-query-ignored @dns
dns 260,261,262         network connection,protocol dns-recursion @dns
dns 263,264             network connection,protocol dns-update @dns
dns 513                 configuration deletion dns-zone-deleted Zone>dns.question.name
dns 514,549,550,561,562 configuration change dns-zone-changed Zone>dns.question.name
dns 515,516,517,518,519,520,521,522 configuration change dns-record-changed NAME>dns.question.name
dns 536,537             configuration change dns-cache-purged
dns 540,541,542,543,544,545,546,547,548 configuration change dns-server-changed
dns 551,552,553,554,555,556,557,558,559,560,563,564,565,566,567,568,569,570,571,572,573 configuration change dns-configuration-changed
dns 577,578,579,580,581,582 configuration change dns-policy-changed Policy>rule.name
wmi 5857,5858,5859,5860,5861 process info wmi-activity User>user.name
`

// winLogs says which part of winEvents a channel is looked up in; a provider decides where the channel does not.
var winLogs = map[string]string{
	"Security": "security", "System": "system", "Windows PowerShell": "powershell",
	"Microsoft-Windows-Sysmon/Operational": "sysmon", "Microsoft-Windows-PowerShell/Operational": "powershell",
	"PowerShellCore/Operational": "powershell", "Microsoft-Windows-Windows Defender/Operational": "defender",
	"Microsoft-Windows-TaskScheduler/Operational":                            "task",
	"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational":     "rdp",
	"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational": "rdp",
	"Microsoft-Windows-WMI-Activity/Operational":                             "wmi",
	"Microsoft-Windows-AppLocker/EXE and DLL":                                "applocker",
	"Microsoft-Windows-AppLocker/MSI and Script":                             "applocker",
	"Microsoft-Windows-AppLocker/Packaged app-Deployment":                    "applocker",
	"Microsoft-Windows-AppLocker/Packaged app-Execution":                     "applocker",
	"security":                               "security", // as collectors write it that do not keep the case
	"Directory Service":                      "directory",
	"Microsoft-Windows-Sysmon":               "sysmon",
	"Linux-Sysmon/Operational":               "sysmon",
	"Linux-Sysmon":                           "sysmon",
	"Microsoft-Windows-Security-Auditing":    "security",
	"Microsoft-Windows-PowerShell":           "powershell",
	"PowerShell":                             "powershell",
	"Microsoft-Windows-Windows Defender":     "defender",
	"Service Control Manager":                "system",
	"Microsoft-Windows-DNSServer/Audit":      "dns",
	"Microsoft-Windows-DNSServer/Analytical": "dns",
	"Microsoft-Windows-DNSServer":            "dns",
}
