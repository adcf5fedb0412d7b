package decode

import "strings"

// trailMoves takes an AWS CloudTrail event to ECS. The event stays whole below aws.cloudtrail, by its own names.
const trailMoves = `
	eventName                     event.action
	eventSource                   event.provider
	eventID                       event.id
	awsRegion                     cloud.region
	userAgent                     user_agent.original
	errorCode                     error.code
	errorMessage                  error.message
	recipientAccountId            cloud.account.id
	userIdentity.accountId        cloud.account.id
	tlsDetails.tlsVersion         tls.version
	tlsDetails.cipherSuite        tls.cipher
	tlsDetails.clientProvidedHostHeader tls.client.server_name
	requestParameters.instanceId  cloud.instance.id
	requestParameters.groupName   group.name
	requestParameters.userName    user.target.name
	requestParameters.bucketName  file.directory
	requestParameters.key         file.path`

// cloudtrail reads AWS CloudTrail's events, alone or inside an EventBridge envelope.
func cloudtrail(d *dictionary) object {
	t := newTrail(d)
	keys := d.names("eventSource", "eventName", "eventVersion", "awsRegion", "eventTime", "userIdentity.type")
	wrapped, envelope := d.names("detail.eventSource", "detail.eventName"), d.name("detail")
	return object{
		claims: func(in *doc) bool {
			return in.has(keys[0]) && in.has(keys[1]) && in.any(keys[2:]) || in.has(wrapped[0]) && in.has(wrapped[1])
		},
		read: func(in *doc, o *output) {
			if in.has(wrapped[1]) {
				in.subtree(envelope)
			}
			t.read(in, o)
		},
	}
}

type trailReader struct {
	routes                      []route
	fixed                       []constant
	prefix, time                *name
	address                     []*name
	user                        []*name
	action, source, failed      *name
	answer, outcome             *name
	category, types, transition *name
}

func newTrail(d *dictionary) *trailReader {
	return &trailReader{
		routes: d.routes(trailMoves),
		fixed:  d.constants("event.kind event\nevent.module aws\nevent.dataset aws.cloudtrail\ncloud.provider aws"),
		prefix: d.name("aws.cloudtrail"), time: d.name("eventTime"), address: d.names("sourceIPAddress", "source.ip", "source.address"),
		user: d.names("userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.arn", "userIdentity.principalId",
			"user.name", "user.id", "userIdentity.type", "userIdentity.invokedBy"),
		action: d.name("eventName"), source: d.name("eventSource"), failed: d.name("errorCode"), answer: d.name("responseElements.ConsoleLogin"),
		outcome: d.name("event.outcome"), category: d.name("event.category"), types: d.name("event.type"), transition: d.name("errorMessage"),
	}
}

func (t *trailReader) read(in *doc, o *output) {
	if o.time.IsZero() {
		o.time = timeOf(in.value(t.time))
	}
	o.give(t.fixed)
	t.identity(in, o)
	o.address(t.address[1], t.address[2], in.text(t.address[0]))
	o.move(t.routes)
	switch answer := in.text(t.answer); {
	case !in.value(t.failed).IsAbsent(), answer == "Failure", answer == "" && !in.value(t.transition).IsAbsent():
		o.put(t.outcome, "failure")
	default:
		o.put(t.outcome, "success")
	}
	category, types := trailKind(in.text(t.source), in.text(t.action))
	o.keep(t.category, listOf(category))
	o.keep(t.types, listOf(types))
	o.all(t.prefix)
}

// identity sets the user: its name, else the role behind the session, else the last part of its ARN.
func (t *trailReader) identity(in *doc, o *output) {
	o.set(t.user[5], in.value(t.user[3]))
	if in.text(t.user[6]) == "Root" {
		o.put(t.user[4], "root")
	}
	o.set(t.user[4], in.value(t.user[0]))
	o.set(t.user[4], in.value(t.user[1]))
	if arn := in.text(t.user[2]); arn != "" {
		_, last := splitPath(arn)
		o.put(t.user[4], last)
	}
	o.set(t.user[4], in.value(t.user[7]))
}

// trailKind is the category and type of a call, from its service and the verb its name begins with.
func trailKind(source, action string) (category, types string) {
	service, _, _ := strings.Cut(source, ".")
	types = "info"
	for _, v := range []struct{ verbs, kind string }{
		{"Create Put Add Run Register Import Generate Upload Allocate Authorize", "creation"},
		{"Delete Remove Terminate Deregister Revoke Release Purge", "deletion"},
		{"Update Modify Set Change Attach Detach Enable Disable Start Stop Associate Disassociate Reset Tag Untag Deactivate Activate", "change"},
		{"Get List Describe Lookup Download Decrypt Search Query Scan Head", "access"},
	} {
		for verb := range strings.FieldsSeq(v.verbs) {
			if strings.HasPrefix(action, verb) {
				types = v.kind
			}
		}
	}
	switch {
	case action == "ConsoleLogin", action == "CheckMfa", action == "SwitchRole", strings.HasPrefix(action, "AssumeRole"), action == "GetSessionToken", action == "GetFederationToken":
		return "authentication", "start"
	case service == "iam", service == "sso", service == "organizations":
		if strings.Contains(action, "User") || strings.Contains(action, "LoginProfile") || strings.Contains(action, "AccessKey") {
			types = "user," + types
		} else if strings.Contains(action, "Group") {
			types = "group," + types
		}
		return "iam", types
	case service == "s3":
		return "file", types
	case service == "rds", service == "dynamodb", service == "redshift":
		return "database", types
	case service == "ec2" && (strings.Contains(action, "SecurityGroup") || strings.Contains(action, "NetworkAcl") || strings.Contains(action, "Vpc") || strings.Contains(action, "Route")):
		return "network,configuration", types
	case service == "ec2" && strings.Contains(action, "KeyPair"):
		return "iam", types
	case service == "ec2", service == "ecs", service == "eks", service == "lambda":
		return "host", types
	default:
		return "configuration", types
	}
}
