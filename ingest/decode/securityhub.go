package decode

// securityHub reads findings in the AWS Security Finding Format, alone or inside an EventBridge envelope.
func securityHub(d *dictionary) object {
	return product{
		prefix: "aws.security_hub",
		signs:  "ProductArn AwsAccountId Title\nSchemaVersion GeneratorId AwsAccountId",
		inside: []string{"detail.findings", "findings", "Findings"},
		times:  "UpdatedAt CreatedAt LastObservedAt FirstObservedAt",
		own:    "Id UpdatedAt",
		fixed:  "event.kind alert\nevent.type info\nevent.module aws\nevent.dataset aws.security_hub\ncloud.provider aws",
		moves: `
			Id event.id
			Title rule.name
			GeneratorId rule.id
			Description message
			ProductName observer.product
			CompanyName observer.vendor
			AwsAccountId cloud.account.id
			Region cloud.region
			Types rule.category
			Severity.Normalized event.severity
			FirstObservedAt event.start time
			LastObservedAt event.end time
			Network.SourceIpV4 source.ip
			Network.SourceIpV6 source.ip
			Network.SourcePort source.port
			Network.SourceDomain source.domain
			Network.DestinationIpV4 destination.ip
			Network.DestinationIpV6 destination.ip
			Network.DestinationPort destination.port
			Network.DestinationDomain destination.domain
			Network.Protocol network.transport transport
			Network.Direction network.direction lower
			Action.AwsApiCallAction.RemoteIpDetails.IpAddressV4 source.ip
			Action.AwsApiCallAction.Api event.action
			Action.NetworkConnectionAction.RemoteIpDetails.IpAddressV4 source.ip
			Action.PortProbeAction.PortProbeDetails.RemoteIpDetails.IpAddressV4 source.ip first
			Action.DnsRequestAction.Domain dns.question.name
			Action.ActionType event.action lower
			Process.Name process.name
			Process.Path process.executable
			Process.Pid process.pid
			Malware.Path file.path first
			Resources.Details.AwsEc2Instance.InstanceId cloud.instance.id first
			Resources.Details.AwsIamAccessKey.UserName user.name first
			Resources.Details.AwsIamUser.UserName user.name first
			Vulnerabilities.Id vulnerability.id`,
		words: "Severity.Label event.severity" + gravity + "\nCompliance.Status event.category *=configuration\nTypes event.category *=intrusion_detection",
		then:  normalScore("Severity.Normalized"),
	}.object(d)
}

// normalScore sets event.risk_score_norm from a score that its source gives from 0 to 100.
func normalScore(path string) func(*dictionary) func(*doc, *output) {
	return func(d *dictionary) func(*doc, *output) {
		from, raw, norm := d.name(path), d.name("event.risk_score"), d.name("event.risk_score_norm")
		return func(in *doc, o *output) {
			if f, ok := in.value(from).Float(); ok && f >= 0 && f <= 100 {
				o.set(raw, in.value(from))
				o.set(norm, in.value(from))
			}
		}
	}
}
