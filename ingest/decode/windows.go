package decode

import (
	"strconv"
	"strings"

	"tocsin"
)

// windows reads Windows events in the four shapes that shippers give them: Winlogbeat's winlog.*, the XML turned into
// JSON (evtx_dump and its like), NXLog's flat records, and older Winlogbeat. Whatever the shape, winlog.* holds the
// whole event; ECS fields are made from it (see windows_events.go).
func windows(d *dictionary) object {
	w := newWindows(d)
	return object{claims: w.claims, read: w.read}
}

type windowsReader struct {
	dict                                   *dictionary
	enrich                                 *winEnricher
	told                                   *winMessage
	winlog, evtx, flat, old                []*name
	systemRoots, dataRoots, userRoots      []*name
	header                                 map[string]*name // of evtx System, without attribute markers
	flatHeader                             map[string]*name
	eventData, userData, root              *name
	times, utcTime, happened               []*name
	eventTime                              *name
	created                                *name // HarfangLab's word for it
	wazuhSystem                            map[string]*name
	providerName, eventID, channel, record *name
	message, hostName                      *name
	renderedMessage                        []*name
	wmi                                    []*name
	cloud                                  *name
	dataNames                              map[string][]*name // of events whose values have none, see winNames
	eventType, user, logger, pid, program  *name
	writer, sorts                          []*name
}

// evtxHeader maps what stands in an event's System element to its place below winlog.
const evtxHeader = `
	Provider.Name            winlog.provider_name
	Provider.Guid            winlog.provider_guid
	Provider.EventSourceName winlog.event_source_name
	EventID                  winlog.event_id
	EventID.text             winlog.event_id
	EventID.Qualifiers       winlog.qualifiers
	Version                  winlog.version
	Level                    winlog.level
	Task                     winlog.task
	Opcode                   winlog.opcode
	Keywords                 winlog.keywords
	EventRecordID            winlog.record_id
	Correlation.ActivityID   winlog.activity_id
	Correlation.RelatedActivityID winlog.related_activity_id
	Execution.ProcessID      winlog.process.pid
	Execution.ThreadID       winlog.process.thread.id
	Channel                  winlog.channel
	Computer                 winlog.computer_name
	Security.UserID          winlog.user.identifier
	TimeCreated.SystemTime   winlog.time_created`

// nxlogHeader maps the fields that NXLog and its like put beside the event's own data.
const nxlogHeader = `
	EventID             winlog.event_id
	SourceName          winlog.provider_name
	ProviderName        winlog.provider_name
	Provider_Name       winlog.provider_name
	Provider            winlog.provider_name
	ProviderGuid        winlog.provider_guid
	Channel             winlog.channel
	Hostname            winlog.computer_name
	Computer            winlog.computer_name
	RecordNumber        winlog.record_id
	EventRecordID       winlog.record_id
	ExecutionProcessID  winlog.process.pid
	ThreadID            winlog.process.thread.id
	ExecutionThreadID   winlog.process.thread.id
	Task                winlog.task
	Opcode              winlog.opcode
	OpcodeValue         winlog.opcode_value
	Keywords            winlog.keywords
	Level               winlog.level
	Version             winlog.version
	ActivityID          winlog.activity_id
	UserID              winlog.user.identifier
	AccountName         winlog.user.name
	Domain              winlog.user.domain
	AccountType         winlog.user.type
	Category            winlog.category
	Severity            log.level
	Message             message
	message             message
	EventTime           winlog.time_created
	TimeCreated         winlog.time_created
	EventReceivedTime   event.created
	SeverityValue       winlog.severity_value
	EventTypeOrignal    winlog.event_type
	SourceModuleName    nxlog.module
	SourceModuleType    nxlog.module_type
	tags                tags
	host                nxlog.host
	port                nxlog.port
	@version            nxlog.version
	@timestamp          nxlog.timestamp`

// wazuhHeader maps the members of win.system, as Wazuh names them.
const wazuhHeader = `
	providerName      winlog.provider_name
	providerGuid      winlog.provider_guid
	eventSourceName   winlog.event_source_name
	eventID           winlog.event_id
	version           winlog.version
	level             winlog.level
	task              winlog.task
	opcode            winlog.opcode
	keywords          winlog.keywords
	eventRecordID     winlog.record_id
	processID         winlog.process.pid
	threadID          winlog.process.thread.id
	channel           winlog.channel
	computer          winlog.computer_name
	systemTime        winlog.time_created
	severityValue     log.level
	message           message`

func newWindows(d *dictionary) *windowsReader {
	w := &windowsReader{
		dict: d, enrich: newWinEnricher(d),
		winlog: d.names("winlog.event_id", "winlog.channel", "winlog.provider_name"),
		evtx:   d.names("Event.System.EventID", "Event.System.Channel", "Event.System.Computer", "System.EventID", "Event.System.EventID.#text", "Event.System.EventID.text"),
		flat:   d.names("Channel", "SourceName", "ProviderName", "Provider_Name", "Computer", "Hostname"),
		old:    d.names("event_id", "log_name", "source_name", "computer_name"),
		cloud:  d.name("severity_id"), // of Symantec's cloud, whose records have an event_id beside a log_name too
		header: d.header(evtxHeader), flatHeader: d.header(nxlogHeader), wazuhSystem: d.header(wazuhHeader),
		systemRoots: d.names("Event.System", "System"), dataRoots: d.names("Event.EventData", "EventData"), userRoots: d.names("Event.UserData", "UserData"),
		eventData: d.name("winlog.event_data"), userData: d.name("winlog.user_data"), root: d.name("winlog"),
		times:   d.names("TimeCreated", "@timestamp", "UtcTime", "EventTime"),
		utcTime: d.names("@timestamp", "timestamp", "event.created"), happened: d.names("winlog.event_data.UtcTime", "mssql.audit.event_time"),
		eventID: d.name("winlog.event_id"), providerName: d.name("winlog.provider_name"), channel: d.name("winlog.channel"), record: d.name("winlog.record_id"),
		eventTime: d.name("winlog.time_created"), created: d.name("@event_create_date"), message: d.name("message"), hostName: d.name("host.name"),
		renderedMessage: d.names("Event.RenderingInfo.Message", "RenderingInfo.Message"),
	}
	for _, n := range d.names("Event.EventData.Data", "EventData.Data", "Event.UserData.EventXML.Data") {
		n.paired = true
	}
	w.flat = append(d.names("EventID"), w.flat...)
	w.wmi = d.names("EventCode", "Logfile", "SourceName", "ComputerName", "TimeGenerated", "RecordNumber", "Message", "Type", "InsertionStrings", "EventIdentifier")
	w.dataNames = winDataNames(d)
	w.told = newWinMessage(d, w.eventData)
	w.eventType = d.name("winlog.event_type")
	w.sorts = d.names("event.category", "event.type", "source.ip", "url.original")
	w.user, w.logger, w.pid, w.writer, w.program = d.name("user.name"), d.name("winlog.user.name"), d.name("process.pid"), d.names("winlog.process.pid", "winlog.event_data.ProcessID"), d.name("process.executable")
	return w
}

// header reads lines of a member and its field into a map.
func (d *dictionary) header(lines string) map[string]*name {
	to := map[string]*name{}
	for line := range strings.Lines(lines) {
		if words := strings.Fields(line); len(words) == 2 {
			d.tell(words[0], words[1])
			to[words[0]] = d.name(words[1])
		}
	}
	return to
}

func (w *windowsReader) claims(in *doc) bool {
	return in.any(w.winlog) || in.any(w.evtx) || in.has(w.flat[0]) && in.any(w.flat[1:]) ||
		in.has(w.old[0]) && (in.has(w.old[1]) || in.has(w.old[2])) && !in.has(w.cloud) || in.has(w.wmi[0]) && in.has(w.wmi[1])
}

// any reports whether the record has one of the names.
func (d *doc) any(names []*name) bool {
	for _, n := range names {
		if n.inRecord == d.record {
			return true
		}
	}
	return false
}

func (w *windowsReader) read(in *doc, o *output) {
	switch {
	case in.any(w.winlog):
		w.readBeat(in, o)
	case in.any(w.evtx):
		w.readEvtx(in, o)
	case in.has(w.flat[0]):
		w.readFlat(in, o)
	case in.has(w.wmi[0]):
		w.readWMI(in, o)
	default:
		w.readOld(in, o)
	}
	w.finish(o)
}

// finish makes the ECS fields of winlog.*.
func (w *windowsReader) finish(o *output) {
	logged := o.time.IsZero()
	if logged {
		o.time = timeOf(o.value(w.eventTime))
	}
	w.told.read(o.text(w.providerName), o.text(w.message), o)
	w.federation(o)
	w.enrich.apply(o)
	w.witness(o)
	if logged { // Sysmon and SQL Server say when it happened, the log when it was written
		if t := timeOf(o.value(w.happened[0])); !t.IsZero() && strings.HasPrefix(o.text(w.channel), "Microsoft-Windows-Sysmon") {
			o.time = t
		} else if t := timeOf(o.value(w.happened[1])); !t.IsZero() {
			o.time = t
		}
	}
}

// readBeat takes Winlogbeat's document as it is; the event's data are text in every shape.
func (w *windowsReader) readBeat(in *doc, o *output) {
	if o.time = timeOf(in.value(w.eventTime)); o.time.IsZero() { // else a collector's own time may stand before it
		o.time = timeOf(in.first(w.utcTime...))
	}
	for _, l := range in.leaves[1:] {
		switch {
		case l.name == nil || l.name == w.utcTime[0]:
		case l.name.up == w.eventData:
			o.keep(l.name, plainText(l.value))
		default:
			o.keep(l.name, l.value)
		}
	}
}

// readEvtx reads the event's XML as JSON, with or without the outer Event, attributes in whatever form.
func (w *windowsReader) readEvtx(in *doc, o *output) {
	for _, l := range in.leaves[1:] {
		if l.name == nil {
			continue
		}
		if to := w.evtxField(l.name); to != nil {
			w.keepData(o, to, l.value)
		}
	}
	for _, n := range w.renderedMessage {
		o.set(w.message, in.value(n))
	}
}

// evtxField finds the field of a leaf of the XML, once for each path.
func (w *windowsReader) evtxField(n *name) *name {
	if n.prefix == w.systemRoots[0] {
		return n.joined
	}
	n.prefix, n.joined = w.systemRoots[0], w.findEvtxField(n.text)
	return n.joined
}

func (w *windowsReader) findEvtxField(path string) *name {
	path = strings.TrimPrefix(path, "Event.")
	root, rest, below := strings.Cut(path, ".")
	rest = withoutMarkers(rest)
	switch {
	case root == "System":
		if to, ok := w.header[rest]; ok {
			return to
		}
		return w.dict.path(w.root, []byte("system."+rest))
	case root == "EventData" && below:
		if rest == "Data" || rest == "Data.text" {
			return w.eventData // values without names
		}
		return w.dict.path(w.eventData, []byte(strings.TrimPrefix(rest, "Data.")))
	case root == "EventData_attributes" || root == "EventData":
		return nil
	case root == "UserData":
		if strings.HasSuffix(rest, "xmlns") {
			return nil
		}
		if _, inner, ok := strings.Cut(rest, "."); ok {
			rest = inner
		}
		return w.dict.path(w.userData, []byte(rest))
	case root == "RenderingInfo" && rest == "Message", strings.HasSuffix(path, "xmlns"):
		return nil
	default:
		return w.dict.path(w.root, []byte("event."+withoutMarkers(path)))
	}
}

// withoutMarkers drops what converters put before XML attributes and text.
func withoutMarkers(path string) string {
	path = strings.ReplaceAll(path, "#attributes.", "")
	path = strings.ReplaceAll(path, "_attributes.", ".")
	path = strings.ReplaceAll(path, "@", "")
	return strings.ReplaceAll(path, "#text", "text")
}

// keepData keeps one value of the event. Values without names become param1, param2, … as Winlogbeat calls them.
func (w *windowsReader) keepData(o *output, to *name, v tocsin.Value) {
	if to != w.eventData {
		if to.up == w.eventData || to.up == w.userData { // as the event has it: empty and "-" are values that rules ask for
			o.keep(to, plainText(v))
			return
		}
		o.set(to, v)
		return
	}
	for i, item := range v.Items() {
		o.keep(w.dict.child(w.eventData, []byte("param"+strconv.Itoa(i+1))), plainText(item))
	}
}

// readFlat reads records whose members are the event's header and data side by side.
func (w *windowsReader) readFlat(in *doc, o *output) {
	for _, n := range w.times {
		if o.time = timeOf(in.value(n)); !o.time.IsZero() {
			break
		}
	}
	for _, l := range in.leaves[1:] {
		if l.name == nil {
			continue
		}
		if to := w.flatField(l.name, l.value); to != nil {
			w.keepData(o, to, l.value)
		}
	}
}

func (w *windowsReader) flatField(n *name, v tocsin.Value) *name {
	if n.text == "EventType" {
		// NXLog's own word for the level, unless the event has data of this name, as Sysmon's registry events do.
		switch v.Text() {
		case "INFO", "WARNING", "ERROR", "CRITICAL", "VERBOSE", "DEBUG", "AUDIT_SUCCESS", "AUDIT_FAILURE":
			return w.dict.name("winlog.event_type")
		}
	}
	if n.prefix == w.flat[0] {
		return n.joined
	}
	to, ok := w.flatHeader[n.text]
	if !ok {
		rest := n.text
		for _, nest := range []string{"EventData.Data.", "EventData.", "ExtraFields.", "event_data."} {
			rest = strings.TrimPrefix(rest, nest)
		}
		to = w.dict.path(w.eventData, []byte(rest))
	}
	n.prefix, n.joined = w.flat[0], to
	return to
}

// readOld reads Winlogbeat before version 7.
func (w *windowsReader) readOld(in *doc, o *output) {
	if o.time = timeOf(in.value(w.created)); o.time.IsZero() {
		o.time = timeOf(in.first(w.utcTime...))
	}
	for _, l := range in.leaves[1:] {
		switch {
		case l.name == nil || l.name == w.utcTime[0]:
		case l.name.text == "log_name":
			o.set(w.channel, l.value)
		case l.name.text == "source_name":
			o.set(w.providerName, l.value)
		case l.name.text == "record_number":
			o.set(w.record, l.value)
		case l.name.text == "message" || strings.HasPrefix(l.name.text, "host.") || strings.HasPrefix(l.name.text, "agent."):
			o.set(l.name, l.value)
		default:
			o.set(w.dict.below(w.root, l.name), plainText(l.value))
		}
	}
}

// readWazuh reads what Wazuh makes of an event: system and eventdata, which stand at the record's root here.
func (w *windowsReader) readWazuh(in *doc, o *output) {
	for _, l := range in.leaves[1:] {
		if l.name == nil {
			continue
		}
		root, rest, _ := strings.Cut(l.name.text, ".")
		v := each(l.value, func(s string) string { return strings.ReplaceAll(s, `\\`, `\`) }) // Wazuh escapes twice
		switch {
		case root == "system":
			if to, ok := w.wazuhSystem[rest]; ok {
				o.set(to, v)
			}
		case (root == "eventdata" || root == "eventData") && rest != "":
			o.keep(w.dict.path(w.eventData, []byte(strings.ToUpper(rest[:1])+rest[1:])), v)
		default:
			o.set(w.dict.below(w.userData, l.name), v)
		}
	}
	w.finish(o)
}
