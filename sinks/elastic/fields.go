package elastic

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// typed is the subset of the Elastic Common Schema that alerts are searched and aggregated by, by type of mapping.
// All other fields are kept in the document and not indexed (`dynamic: false`).
var typed = map[string]string{
	"ip":      "source.ip destination.ip client.ip server.ip host.ip source.nat.ip destination.nat.ip observer.ip related.ip dns.resolved_ip threat.indicator.ip",
	"boolean": "cloud.account.mfa process.interactive user_agent.device.mobile",
	"double":  "event.risk_score event.risk_score_norm",
	"date":    "event.start event.end event.created threat.indicator.first_seen threat.indicator.last_seen",
	"text":    "message error.message rule.description",
	"long": `event.severity event.duration event.sequence source.port source.bytes source.packets destination.port destination.bytes
		destination.packets client.port server.port network.bytes network.packets process.pid process.parent.pid process.exit_code
		http.response.status_code http.request.body.bytes http.response.body.bytes file.size source.as.number destination.as.number`,
	"keyword": `event.action event.category event.type event.outcome event.code event.dataset event.module event.provider event.id
		event.reason event.reference event.url event.timezone
		rule.id rule.name rule.uuid rule.category rule.ruleset rule.version rule.author rule.reference
		threat.framework threat.tactic.id threat.tactic.name threat.technique.id threat.technique.name threat.technique.subtechnique.id
		threat.technique.subtechnique.name threat.indicator.type threat.indicator.name threat.group.name threat.software.name
		host.name host.hostname host.id host.type host.architecture host.domain host.os.name host.os.type host.os.version host.os.family host.os.platform
		user.name user.id user.domain user.email user.roles user.target.name user.target.id user.effective.name user.changes.name
		source.address source.domain source.user.name source.geo.country_iso_code source.as.organization.name
		destination.address destination.domain destination.user.name destination.geo.country_iso_code destination.as.organization.name
		client.address client.domain client.user.name server.address server.domain
		process.name process.executable process.command_line process.args process.entity_id process.working_directory process.hash.md5
		process.hash.sha1 process.hash.sha256 process.parent.name process.parent.executable process.parent.command_line process.parent.entity_id
		process.pe.original_file_name process.user.name process.code_signature.status process.code_signature.subject_name
		file.name file.path file.directory file.extension file.type file.hash.md5 file.hash.sha1 file.hash.sha256 file.owner file.target_path
		registry.key registry.path registry.value registry.hive registry.data.strings registry.data.type
		dll.name dll.path dll.hash.sha256 service.name service.type service.id service.state
		url.full url.original url.domain url.path url.query url.scheme url.registered_domain url.extension
		http.request.method http.request.referrer http.version user_agent.original user_agent.name
		dns.question.name dns.question.type dns.question.registered_domain dns.response_code dns.type dns.answers.data dns.answers.type
		network.transport network.protocol network.type network.direction network.application network.community_id network.iana_number network.vlan.id
		tls.version tls.cipher tls.server.ja3s tls.client.ja3 tls.client.server_name tls.server.subject tls.server.issuer tls.server.hash.sha256 x509.subject.common_name
		email.from.address email.to.address email.subject email.sender.address email.message_id
		cloud.provider cloud.region cloud.account.id cloud.account.name cloud.project.id cloud.instance.id cloud.service.name cloud.availability_zone
		container.id container.name container.image.name orchestrator.type orchestrator.cluster.name orchestrator.namespace orchestrator.resource.name
		observer.name observer.type observer.vendor observer.product observer.hostname observer.ingress.interface.name observer.egress.interface.name
		agent.id agent.name agent.type agent.version organization.name organization.id group.name group.id
		log.level log.logger log.file.path log.syslog.appname log.syslog.facility.name log.syslog.severity.name
		vulnerability.id vulnerability.severity package.name package.version device.id error.code session.id session.name
		related.hosts related.user related.hash tags data_stream.dataset data_stream.namespace data_stream.type ecs.version
		winlog.channel winlog.provider_name winlog.event_id winlog.computer_name winlog.logon.type winlog.record_id labels.case_id`,
}

// A schema knows the typed fields: what may go into the indexed document.
type schema struct {
	types   map[string]string // by field
	objects map[string]bool   // proper prefixes of typed fields: they cannot be leaves
}

func newSchema() *schema {
	s := &schema{types: map[string]string{}, objects: map[string]bool{}}
	for kind, names := range typed {
		for name := range strings.FieldsSeq(names) {
			s.types[name] = kind
		}
	}
	for _, own := range ownFields {
		s.types[own] = "own"
	}
	for name := range s.types {
		for i := range len(name) {
			if name[i] == '.' {
				s.objects[name[:i]] = true
			}
		}
	}
	return s
}

// ownFields are those that the store itself writes into an alert's document: the alert's own values of these, if any,
// are kept beside.
var ownFields = []string{"@timestamp", "event.kind", "event.hash", "event.ingested", "event.original", "tocsin"}

// indexable reports whether the leaf may stand in the indexed document: its name is sane and no object of the mapping,
// and its value is of the mapped type. Elasticsearch would refuse the whole alert otherwise.
func (s *schema) indexable(name string, v tocsin.Value) bool {
	if !sane(name) || s.objects[name] {
		return false
	}
	if kind, ok := s.types[name]; ok {
		return kind != "own" && fits(kind, v)
	}
	for i := range len(name) { // below a leaf of the mapping
		if name[i] == '.' && s.types[name[:i]] != "" {
			return false
		}
	}
	return true
}

// The limits of names in indexed documents.
const (
	maxName  = 256
	maxDepth = 16
)

// sane reports whether a name is a path of at most 16 plain segments, none of which Elasticsearch keeps for itself.
func sane(name string) bool {
	if name == "" || len(name) > maxName || strings.Count(name, ".") >= maxDepth {
		return false
	}
	for segment := range strings.SplitSeq(name, ".") {
		if strings.Trim(segment, " ") != segment || segment == "" || segment[0] == '_' {
			return false
		}
		if strings.ContainsFunc(segment, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\ufffd' }) {
			return false
		}
	}
	return true
}

// fits reports whether all of v can be indexed as the type.
func fits(kind string, v tocsin.Value) bool {
	return !slices.ContainsFunc(v.Items(), func(item tocsin.Value) bool { return !fitsOne(kind, item) })
}

func fitsOne(kind string, v tocsin.Value) bool {
	if v.Kind() == tocsin.Null {
		return true
	}
	text, isText := v.Str()
	switch kind {
	case "ip":
		addr, err := netip.ParseAddr(text)
		return isText && err == nil && addr.Zone() == ""
	case "boolean":
		return v.Kind() == tocsin.Bool
	case "long":
		_, ok := v.Int()
		return ok
	case "double":
		_, ok := v.Float()
		return ok
	case "date":
		at, err := time.Parse(time.RFC3339Nano, text)
		return isText && err == nil && at.Year() > 0 && !strings.Contains(text, ",")
	default: // keyword, text
		return v.Kind() != tocsin.List
	}
}
