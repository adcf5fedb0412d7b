package decode

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// huntingSorts are what the tables of advanced hunting are about.
const huntingSorts = `
	deviceprocessevents=process devicenetworkevents=network devicefileevents=file deviceregistryevents=registry,process devicelogonevents=authentication
	deviceimageloadevents=library,process deviceinfo=host devicenetworkinfo=host,network devicefilecertificateinfo=file deviceevents=host
	identitylogonevents=authentication identitydirectoryevents=iam identityqueryevents=network,iam identityinfo|identityaccountinfo=iam
	emailevents|emailattachmentinfo|emailurlinfo|emailpostdeliveryevents=email urlclickevents|cloudappevents=web,network cloudauditevents=network,configuration cloudprocessevents=process
	aadsignineventsbeta|aadspnsignineventsbeta|entraidsigninevents|entraidspnsigninevents=authentication identityevents|oauthappinfo|graphapiauditevents=iam
	messageevents|messageurlinfo|messagepostdeliveryevents|campaigninfo=email filemaliciouscontentinfo=malware,file datasecurityevents|datasecuritybehaviors=file cloudstorageaggregatedevents=file,network
	devicetvmsoftwarevulnerabilities|devicetvmsoftwarevulnerabilitieskb=vulnerability,host devicetvmsoftwareinventory|devicetvmsoftwareevidencebeta|devicetvmbrowserextensions=package,host
	devicetvmsecureconfigurationassessment|devicetvmsecureconfigurationassessmentkb|devicetvminfogathering|devicebaselinecomplianceassessment=configuration,host
	alertinfo|alertevidence=intrusion_detection,threat behaviorentities|behaviorinfo=intrusion_detection`

// hunting reads the tables of Defender's advanced hunting, as they are streamed.
func hunting(d *dictionary) object {
	return product{
		prefix: "microsoft.defender",
		signs:  "category^AdvancedHunting properties.Timestamp\nActionType DeviceName Timestamp\nAlertId Title ServiceSource",
		times:  "properties.Timestamp Timestamp time",
		fixed:  "event.module microsoft\nobserver.vendor Microsoft\nobserver.product Defender",
		before: newHuntingRoles,
		moves:  huntingMoves("") + huntingMoves("properties."),
		words: "properties.Severity event.severity" + gravity + "\nSeverity event.severity" + gravity + "\nproperties.AlertId event.kind *=alert\nAlertId event.kind *=alert\n" +
			huntingOutcomes("") + huntingOutcomes("properties.") + "category event.category" + huntingTables(),
		then: func(d *dictionary) func(*doc, *output) {
			kind := d.name("event.kind")
			return func(_ *doc, o *output) { o.put(kind, "event") }
		},
	}.object(d)
}

// huntingTables are huntingSorts by the names of the streams.
func huntingTables() string {
	var text strings.Builder
	for word := range strings.FieldsSeq(huntingSorts) {
		tables, category, _ := strings.Cut(word, "=")
		text.WriteString(" advancedhunting-" + strings.ReplaceAll(tables, "|", "|advancedhunting-") + "=" + category)
	}
	return text.String()
}

// huntingOutcomes are the kinds of action below prefix that say how it ended.
func huntingOutcomes(prefix string) string {
	return prefix + "ActionType event.outcome logonsuccess=success logonfailed=failure connectionsuccess=success connectionfailed=failure\n"
}

// huntingMoves are the columns of advanced hunting below prefix.
func huntingMoves(prefix string) string {
	var text strings.Builder
	for _, m := range [][2]string{
		{"ActionType", "event.action"},
		{"DeviceName", "host.name"},
		{"DeviceId", "host.id"},
		{"Title", "rule.name"},
		{"AlertId", "event.id"},
		{"Category", "rule.category"},
		{"AccountName", "user.name"},
		{"AccountDomain", "user.domain"},
		{"AccountSid", "user.id"},
		{"ProcessCommandLine", "process.command_line"},
		{"ProcessId", "process.pid"},
		{"InitiatingProcessAccountName", "user.name"},
		{"AccountUpn", "user.name"},
		{"AccountDisplayName", "user.name"},
		{"InitiatingProcessAccountDomain", "user.domain"},
		{"FileName", "file.name"},
		{"FolderPath", "file.path"},
		{"SHA256", "file.hash.sha256"},
		{"SHA1", "file.hash.sha1"},
		{"MD5", "file.hash.md5"},
		{"LocalIP", "source.ip"},
		{"LocalPort", "source.port"},
		{"IPAddress", "source.ip"},
		{"Port", "source.port"},
		{"DestinationIPAddress", "destination.ip"},
		{"DestinationPort", "destination.port"},
		{"SenderIPv4", "source.ip"},
		{"SenderIPv6", "source.ip"},
		{"SenderFromAddress", "email.from.address"},
		{"RecipientEmailAddress", "email.to.address"},
		{"Subject", "email.subject"},
		{"RemoteUrl", "url.original"},
		{"Url", "url.original"},
		{"Protocol", "network.transport transport"},
		{"RegistryKey", "registry.path"},
		{"RegistryValueName", "registry.value"},
		{"AttackTechniques", "threat.technique.name"},
		{"ServiceSource", "event.provider"},
		{"AccountDisplayName", "user.full_name"},
	} {
		text.WriteString(prefix + m[0] + " " + m[1] + "\n")
	}
	return text.String()
}

// Of an event that tells of a new process the columns of files are that process, and who acted is its parent.
const huntingStarted = `
	FileName                      process.name base
	FolderPath                    process.executable
	SHA256                        process.hash.sha256
	SHA1                          process.hash.sha1
	MD5                           process.hash.md5
	InitiatingProcessCommandLine  process.parent.command_line
	InitiatingProcessFileName     process.parent.name
	InitiatingProcessFolderPath   process.parent.executable
	InitiatingProcessId           process.parent.pid
	InitiatingProcessSHA256       process.parent.hash.sha256
	ParentProcessName             process.parent.name
	ParentProcessId               process.parent.pid`

// Of all others who acted is the process.
const huntingActed = `
	InitiatingProcessCommandLine    process.command_line
	InitiatingProcessFileName       process.name
	InitiatingProcessFolderPath     process.executable
	InitiatingProcessId             process.pid
	InitiatingProcessSHA256         process.hash.sha256
	InitiatingProcessSHA1           process.hash.sha1
	InitiatingProcessMD5            process.hash.md5
	InitiatingProcessParentFileName process.parent.name base
	InitiatingProcessParentId       process.parent.pid`

// The other machine is where a logon came from, and where anything else went to.
const (
	huntingEntered = huntingCame + `
	LocalIP          destination.ip
	LocalPort        destination.port`
	huntingCame = `
	RemoteIP         source.ip
	RemotePort       source.port
	RemoteDeviceName source.domain`
	huntingWent = `
	RemoteIP         destination.ip
	RemotePort       destination.port`
)

// A huntingRoles sets the columns that mean one thing in one table and another in the next.
type huntingRoles struct {
	category                   *name
	action, further            [2]*name // at the root, and below properties
	started, acted, came, went []manner
	entered                    []manner
	additional                 *name
	actions                    []sortLine
	sorts                      [2]*name // event.category and event.type
	program, launcher          *name    // the path of who acted, as the process and as its parent
	folders, files             [2]*name
	proof                      [2]*name // the pid and the name of a process in evidence
}

func newHuntingRoles(d *dictionary) func(*doc, *output) {
	h := &huntingRoles{
		category: d.name("category"), action: [2]*name{d.name("ActionType"), d.name("properties.ActionType")},
		further: [2]*name{d.name("AdditionalFields"), d.name("properties.AdditionalFields")}, additional: d.name("microsoft.defender.additional"),
		actions: sortLines(huntingActions, ",host"), sorts: [2]*name{d.name("event.category"), d.name("event.type")},
		program: d.name("process.executable"), launcher: d.name("process.parent.executable"),
		folders: [2]*name{d.name("InitiatingProcessFolderPath"), d.name("properties.InitiatingProcessFolderPath")},
		files:   [2]*name{d.name("InitiatingProcessFileName"), d.name("properties.InitiatingProcessFileName")},
		proof:   [2]*name{d.name("process.pid"), d.name("process.name")},
	}
	for _, role := range []struct {
		to    *[]manner
		lines string
	}{{&h.started, huntingStarted}, {&h.acted, huntingActed}, {&h.came, huntingCame}, {&h.went, huntingWent}, {&h.entered, huntingEntered}} {
		for _, prefix := range [...]string{"", "properties."} {
			for line := range strings.Lines(role.lines) {
				if words := strings.Fields(line); len(words) > 1 {
					words[0] = prefix + words[0]
					*role.to = append(*role.to, d.manner(words))
				}
			}
		}
	}
	return h.apply
}

func (h *huntingRoles) apply(in *doc, o *output) {
	table, action := strings.ToLower(in.text(h.category)), strings.ToLower(in.first(h.action[:]...).Text())
	process, remote := h.acted, h.went
	started := strings.HasSuffix(table, "deviceprocessevents") || strings.HasSuffix(table, "cloudprocessevents") || table == "" && strings.HasPrefix(action, "processcreated")
	if started {
		process = h.started
	}
	switch {
	case strings.HasPrefix(action, "logon"):
		remote = h.came
	case strings.HasPrefix(action, "inbound"):
		remote = h.entered
	}
	h.sort(table, action, o)
	h.images(in, started, o)
	for _, moves := range [...][]manner{process, remote} {
		for i := range moves {
			moves[i].apply(in, o)
		}
	}
	if text, ok := in.first(h.further[:]...).Str(); ok {
		h.furthers(in, text, o)
	}
}

// furthers sets what the column of further fields holds, which is an object of JSON as a text. Lists and objects in it stay
// in the text.
func (h *huntingRoles) furthers(in *doc, text string, o *output) {
	const most = 256
	var more map[string]any
	read := json.NewDecoder(strings.NewReader(text))
	read.UseNumber()
	if read.Decode(&more) != nil {
		return
	}
	for i, key := range slices.Sorted(maps.Keys(more)) {
		n := in.dict.path(h.additional, []byte(strings.ReplaceAll(key, " ", "_")))
		if n == nil || i >= most {
			in.mark(markPartial)
			return
		}
		switch v := more[key].(type) {
		case map[string]any:
			if file, ok := v["Name"].(string); ok && key == "ImageFile" {
				o.put(h.proof[1], file)
			}
		case string:
			if key == "ProcessId" {
				o.put(h.proof[0], v)
			}
			o.put(n, v)
		case bool:
			o.keep(n, tocsin.BoolValue(v))
		case json.Number:
			if number, ok := tocsin.NumberValue(v.String()); ok {
				o.keep(n, number)
			}
		}
	}
}
