package decode

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
)

// sentinel reads Microsoft Sentinel's SecurityAlert rows.
func sentinel(d *dictionary) object {
	return product{
		prefix: "microsoft.sentinel",
		signs:  "Type=SecurityAlert AlertName\nSystemAlertId AlertName\nSystemAlertId DisplayName\nAlertType AlertDisplayName ProviderName\nSystemAlertId AlertDisplayName",
		times:  "TimeGenerated StartTimeUtc StartTime EndTimeUtc EndTime",
		own:    "SystemAlertId TimeGenerated",
		fixed:  "event.kind alert\nevent.category intrusion_detection\nevent.type info\nevent.module microsoft\nevent.dataset microsoft.sentinel.alert\nobserver.type siem",
		moves: `
			SystemAlertId event.id
			AlertDisplayName rule.name
			AlertName rule.name
			DisplayName rule.name
			AlertType rule.id
			AlertType event.code
			Description message
			VendorName observer.vendor
			ProductName observer.product
			ProviderName event.provider
			Tactics threat.tactic.name words
			Techniques threat.technique.id
			StartTimeUtc event.start time
			StartTime event.start time
			EndTimeUtc event.end time
			EndTime event.end time
			AlertLink event.url
			CompromisedEntity host.name`,
		words: "Severity event.severity" + gravity + "\nAlertSeverity event.severity" + gravity,
		then:  newEntities,
	}.object(d)
}

// sentinelIncident reads Microsoft Sentinel's incidents: rows of SecurityIncident and what its API gives.
func sentinelIncident(d *dictionary) object {
	return product{
		prefix: "microsoft.sentinel",
		signs:  "Type=SecurityIncident Title\nIncidentNumber Title Severity\nincidentNumber title severity\ntype=Microsoft.SecurityInsights/Incidents|Microsoft.SecurityInsights/incidents title",
		inside: []string{"properties", "object.properties"},
		times:  "TimeGenerated LastModifiedTime CreatedTime lastModifiedTimeUtc createdTimeUtc firstActivityTimeUtc last_modified_time_utc created_time_utc",
		fixed:  "event.kind alert\nevent.category intrusion_detection\nevent.type info\nevent.module microsoft\nevent.dataset microsoft.sentinel.incident\nobserver.vendor Microsoft\nobserver.product Sentinel\nobserver.type siem",
		moves: `
			IncidentName event.id
			providerIncidentId event.id
			Title rule.name
			title rule.name
			Description message
			description message
			Status event.action lower
			status event.action lower
			FirstActivityTime event.start time
			firstActivityTimeUtc event.start time
			LastActivityTime event.end time
			lastActivityTimeUtc event.end time
			IncidentUrl event.url
			incidentUrl event.url
			incident_url event.url
			first_activity_time_utc event.start time
			last_activity_time_utc event.end time
			additionalData.tactics threat.tactic.name`,
		words: "Severity event.severity" + gravity + "\nseverity event.severity" + gravity,
	}.object(d)
}

// An entity is one of a Sentinel alert's, which refer to each other by number.
type entity struct {
	ID            string `json:"$id"`
	Ref           string `json:"$ref"`
	Type          string
	HostName      string
	NetBiosName   string
	DomainName    string
	Name          string
	NTDomain      string
	Sid           string
	Address       string
	Directory     string
	CommandLine   string
	URL           string `json:"Url"`
	ProcessID     any    `json:"ProcessId"`
	ImageFile     *entity
	ParentProcess *entity
}

// newEntities reads the entities and extended properties of a Sentinel alert: JSON inside its text.
func newEntities(d *dictionary) func(*doc, *output) {
	in2 := d.names("Entities", "ExtendedProperties")
	to := entityFields(d)
	below := d.name("microsoft.sentinel.properties")
	return func(in *doc, o *output) {
		if text := strings.TrimSpace(in.text(in2[0])); text != "" {
			var list []entity
			if json.Unmarshal([]byte(text), &list) != nil && len(list) == 0 {
				in.mark(markPartial)
			}
			entities(list, to, o)
		}
		text, ok := in.value(in2[1]).Str()
		var more map[string]any
		if !ok || json.Unmarshal([]byte(text), &more) != nil {
			return
		}
		for key, v := range more {
			if s, ok := v.(string); ok && len(more) < 256 {
				if n := d.path(below, []byte(strings.ReplaceAll(key, " ", "_"))); n != nil {
					o.put(n, s)
				}
			}
		}
		field := func(key string) string { s, _ := more[key].(string); return s }
		o.put(to[0], field("Compromised Host"))
		domain, user := splitAccount(field("User Name"))
		o.put(to[1], user)
		o.put(to[2], domain)
		o.put(to[5], field("Suspicious Command Line"))
		o.put(to[6], field("Suspicious Process"))
		o.put(to[8], field("Parent Process"))
		for _, key := range []string{"Attacker source IP", "Client IP Address", "Source IP", "IP Address", "Client IP address"} {
			o.address(to[4], nil, field(key))
		}
	}
}

// entityFields are what entities become.
func entityFields(d *dictionary) []*name {
	return d.names("host.name", "user.name", "user.domain", "user.id", "source.ip", "process.command_line", "process.executable", "process.pid",
		"process.parent.executable", "process.parent.pid", "file.path", "url.original", "dns.question.name")
}

// entities sets what an alert's entities name: of each kind the first, but of processes the last that has a command
// line, as the parents stand before it.
func entities(list []entity, to []*name, o *output) {
	byID := map[string]*entity{}
	for i := range list {
		byID[list[i].ID] = &list[i]
	}
	follow := func(e *entity) *entity {
		if e != nil && e.Ref != "" {
			return byID[e.Ref]
		}
		return e
	}
	var process *entity
	for i := range list {
		e := &list[i]
		switch strings.ToLower(e.Type) {
		case "host":
			o.put(to[0], e.HostName)
			o.put(to[0], e.NetBiosName)
		case "account":
			o.put(to[1], e.Name)
			o.put(to[2], e.NTDomain)
			o.put(to[3], e.Sid)
		case "ip":
			o.address(to[4], nil, e.Address)
		case "process":
			if process == nil || e.CommandLine != "" {
				process = e
			}
		case "url":
			o.put(to[11], e.URL)
		case "dns":
			o.put(to[12], e.DomainName)
		}
	}
	if process != nil {
		o.put(to[5], process.CommandLine)
		o.put(to[6], follow(process.ImageFile).path())
		setPID(o, to[7], process.ProcessID)
		if parent := follow(process.ParentProcess); parent != nil {
			o.put(to[8], follow(parent.ImageFile).path())
			setPID(o, to[9], parent.ProcessID)
		}
		return
	}
	for i := range list {
		if strings.EqualFold(list[i].Type, "file") {
			o.put(to[10], list[i].path())
		}
	}
}

// path is the path of a file, "" for none.
func (e *entity) path() string {
	switch {
	case e == nil:
		return ""
	case e.Directory == "" || e.Name == "":
		return e.Name
	case strings.Contains(e.Directory, "/"):
		return strings.TrimSuffix(e.Directory, "/") + "/" + e.Name
	default:
		return strings.TrimSuffix(e.Directory, `\`) + `\` + e.Name
	}
}

// setPID sets a process id that is decimal or hexadecimal.
func setPID(o *output, to *name, v any) {
	if v == nil {
		return
	}
	if n, err := strconv.ParseInt(fmt.Sprint(v), 0, 64); err == nil && n > 0 {
		o.keep(to, tocsin.IntValue(n))
	}
}
