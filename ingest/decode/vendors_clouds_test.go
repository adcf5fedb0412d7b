package decode

// clouds are samples of what services write of themselves.
var clouds = map[string]vendorSample{
	"office leak of data": {
		`{"CreationTime":"2026-03-01T10:00:00","Id":"i-2","Operation":"DLPRuleMatch","Workload":"SharePoint","RecordType":11,"UserType":4,"UserId":"DlpAgent","ObjectId":"o-1","PolicyDetails":[{"PolicyId":"p-1","PolicyName":"Cards","Rules":[{"RuleId":"r-1","RuleName":"Many cards","Severity":"High","Actions":["BlockAccess"]},{"RuleId":"r-2","RuleName":"Some cards","Severity":"High"}]}],"SharePointMetaData":{"FileName":"plan.docx","FilePathUrl":"https://corp.example/plan.docx","From":"alice@corp.example"}}`,
		`office 2026-03-01T10:00:00Z
event.kind=alert
event.category=file,web
event.outcome=failure
event.severity=4
tocsin.severity=73
rule.name=Many cards,Some cards
rule.ruleset=Cards
user.name=alice@corp.example
file.name=plan.docx
file.path=(absent)
url.original=https://corp.example/plan.docx
`,
	},
	"office server": {
		`{"CreationTime":"2026-03-01T10:00:00","Id":"i-3","Operation":"Set-Mailbox","Workload":"Exchange","RecordType":1,"UserType":2,"UserId":"admin@corp.example","ResultStatus":"True","ClientIP":"203.0.113.7:51000","ClientIPAddress":"2603:1000::1","OriginatingServer":"EXCH01 (198.51.100.4)\n"}`,
		`office 2026-03-01T10:00:00Z
source.ip=203.0.113.7
source.port=51000
destination.ip=198.51.100.4
destination.domain=EXCH01
event.outcome=success
`,
	},
	"office alert": {
		`{"CreationTime":"2026-03-01T10:00:00","Id":"i-4","Operation":"AlertTriggered","Workload":"SecurityComplianceCenter","RecordType":40,"UserType":4,"UserId":"SecurityComplianceAlerts","Name":"Mail reported by a user","Severity":"Low","Data":"{\"f3u\":\"alice@corp.example\",\"sev\":\"Low\"}"}`,
		`office 2026-03-01T10:00:00Z
event.kind=alert
event.severity=2
rule.name=Mail reported by a user
user.name=alice@corp.example
`,
	},
	"office investigation": {
		`{"CreationTime":"2026-03-01T10:00:00","Id":"i-5","Operation":"AirInvestigationData","RecordType":64,"UserType":4,"UserId":"AirInvestigation","Data":"{\"AlertDisplayName\":\"A link that was clicked\",\"Severity\":\"High\",\"Entities\":[{\"$id\":\"1\",\"Type\":\"url\",\"Url\":\"https://bad.example/x\"}]}"}`,
		`office 2026-03-01T10:00:00Z
event.kind=alert
event.severity=4
tocsin.severity=73
rule.name=A link that was clicked
url.original=https://bad.example/x
`,
	},
	"office in an envelope": {
		`{"o365audit":{"CreationTime":"2026-03-01T10:00:00","Id":"i-6","Operation":"UserLoggedIn","RecordType":15,"UserType":0,"UserId":"alice@corp.example","ClientIP":"203.0.113.7","ExtendedProperties":[{"Name":"UserAgent","Value":"Mozilla"}],"DeviceProperties":[{"Name":"OS","Value":"Windows"},{"Name":"DisplayName","Value":"lap-1"}]}}`,
		`office 2026-03-01T10:00:00Z
event.category=authentication
user_agent.original=Mozilla
host.name=lap-1
`,
	},
	"records of one": {
		`{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"alice"},"eventTime":"2026-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7"}]}`,
		`json 2026-03-01T10:00:00Z
event.dataset=aws.cloudtrail
event.category=iam
user.name=alice
source.ip=203.0.113.7
aws.cloudtrail.eventName=CreateUser
`,
	},
	"records of two": {
		`{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"eu-west-1"},{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1"}],"time":"2026-03-01T10:00:10Z"}`,
		`json 2026-03-01T10:00:10Z
event.dataset=(absent)
json.Records.eventName=CreateUser,GetObject
`,
	},
	"alert about a record": {
		`{"alert_name":"A user is made","severity":"high","time":"2026-03-01T10:00:10Z","events":[{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"eu-west-1"}]}`,
		`json 2026-03-01T10:00:10Z
event.kind=alert
event.severity=73
rule.name=A user is made
event.dataset=(absent)
`,
	},
	"bus": {
		`{"version":"0","id":"x","detail-type":"Log","source":"partner","account":"1","time":"2026-03-01T10:00:09Z","region":"eu-west-1","resources":[],"detail":{"uuid":"u","published":"2026-03-01T10:00:00.000Z","eventType":"user.session.start","actor":{"id":"a","alternateId":"eve@corp.example"},"client":{"ipAddress":"203.0.113.7"},"outcome":{"result":"SUCCESS"}}}`,
		`json 2026-03-01T10:00:00Z
event.dataset=okta.system
event.outcome=success
user.name=eve@corp.example
json.region=eu-west-1
`,
	},
	"text of an audit": {
		`{"RecordType":8,"CreationDate":"2026-03-01T10:00:00Z","UserIds":"alice@corp.example","Operations":"Add user.","AuditData":"{\"CreationTime\":\"2026-03-01T10:00:00\",\"Id\":\"i-7\",\"Operation\":\"Add user.\",\"RecordType\":8,\"UserType\":0,\"Workload\":\"AzureActiveDirectory\",\"UserId\":\"alice@corp.example\",\"ClientIP\":\"203.0.113.7\"}"}`,
		`json 2026-03-01T10:00:00Z
event.dataset=o365.audit
source.ip=203.0.113.7
user.name=alice@corp.example
`,
	},
	"line of a watch": {
		`{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"/aws/x","logStream":"s","logEvents":[{"id":"1","timestamp":1772359205000,"message":"2 111122223333 eni-0d 203.0.113.7 192.0.2.10 40000 22 6 3 180 1772359140 1772359200 REJECT OK"}]}`,
		`json 2026-03-01T10:00:00Z
event.category=network
event.outcome=failure
source.ip=203.0.113.7
destination.port=22
json.logGroup=/aws/x
`,
	},
}
