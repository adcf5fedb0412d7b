package decode

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A cefSide is one end of what a record is about.
type cefSide struct{ ip, host *name }

func (s cefSide) told(o *output) bool { return o.has(s.ip) || o.has(s.host) }

// machine sets the host of a record that names one end alone: it is about that machine.
func (c *cefReader) machine(o *output) {
	if o.has(c.host) {
		return
	}
	for i, side := range c.sides {
		if o.has(side.host) && !c.sides[1-i].told(o) {
			o.set(c.host, o.value(side.host))
		}
	}
}

// cefSorts are what sort of event records were about, by what tells it, so that it is found out once. A product has few
// sorts of events.
type cefSorts struct {
	infer *inference
	by    map[string]cefSort
	key   []byte  // scratch
	set   []*name // fields that tell something by being there
}

type cefSort struct {
	category, types tocsin.Value
	outcome         string
	alert           bool
}

func newCEFSorts(d *dictionary) cefSorts {
	return cefSorts{
		infer: newInference(d), by: map[string]cefSort{},
		set: d.names("event.category", "event.type", "event.outcome", "source.ip", "destination.ip", "destination.port", "process.executable", "process.name",
			"process.command_line", "file.path", "file.name", "dns.question.name", "http.request.method", "url.original", "email.from.address", "email.to.address", "threat.technique.id"),
	}
}

// classify sets kind, category, type and outcome: by what the category, the action or the event's name say, else by the fields
// there are. What a product detected is an alert, and what it calls grave; a firewall's word on a connection is none.
func (c *cefReader) classify(name string, o *output) {
	const longest, most = 512, 1024 // bytes of what tells a sort, and sorts
	if strings.HasPrefix(o.text(c.vendor), "Palo Alto") {
		o.keep(c.category, listOrNone(panosCategories[o.text(c.code)]))
	}
	s, set := &c.sorts, uint32(0)
	for i, n := range s.set {
		if o.has(n) {
			set |= 1 << i
		}
	}
	s.key = append(s.key[:0], byte(set), byte(set>>8), byte(set>>16))
	s.key = append(append(s.key, o.text(c.kind.to)...), 0)
	s.key = append(append(s.key, o.text(c.action.to)...), 0)
	s.key = append(s.key, name...)
	known, ok := s.by[string(s.key)]
	if !ok {
		known = c.sort(name, o)
		if len(s.by) >= most {
			clear(s.by)
		}
		if len(s.key) <= longest {
			s.by[string(s.key)] = known
		}
	}
	o.keep(c.category, known.category)
	o.set(c.types, known.types)
	o.put(c.outcome, known.outcome)
	o.keep(c.category, listOrNone(c.calling(o)))
	const grave = 7          // of ten: CEF's "High" begins there
	const refused = "APPFW_" // begins the names of NetScaler's checks that a request did not pass
	if n, ok := o.value(c.severity).Int(); known.alert || ok && n >= grave || slices.Contains(cefAlerting, o.text(c.vendor)) || strings.HasPrefix(name, refused) {
		o.put(c.eventKind, "alert")
	}
	o.put(c.eventKind, "event")
	s.infer.last(o)
}

// sort finds out what sort of event a record is about. Nothing of it stands in the alert's memory.
func (c *cefReader) sort(name string, o *output) cefSort {
	category, action, title := strings.ToLower(o.text(c.kind.to)), strings.ToLower(o.text(c.action.to)), strings.ToLower(name)
	titled, login, result := loginWord(title), loginWord(category) || loginWord(action), ""
	if titled || login {
		result = loginResult(action + " " + title)
	}
	if login || titled && result != "" {
		if saysAny(action, "logoff", "logout") || saysAny(title, "logoff", "logout") {
			return cefSort{tocsin.StringValue("authentication"), tocsin.StringValue("end"), "", false}
		}
		return cefSort{tocsin.StringValue("authentication"), tocsin.StringValue("start"), result, false}
	}
	for _, w := range [...][2]string{{"malware", "malware"}, {"virus", "malware"}, {"intrusion", "intrusion_detection"}, {"ips", "intrusion_detection"}, {"ids", "intrusion_detection"}, {"vulnerab", "vulnerability"}} {
		if strings.HasPrefix(category, w[0]) {
			return cefSort{tocsin.StringValue(w[1]), tocsin.StringValue("info"), "", true}
		}
	}
	if saysAny(title, "change_event", "change event", "config change", "configuration change") {
		return cefSort{tocsin.StringValue("configuration"), tocsin.StringValue("change"), "", false}
	}
	detected := saysAny(category+" "+title, "threat", "detection", "malware", "virus", "attack", "intrusion", "exploit", "violation", "suspicious", "malicious", "spyware", "new incident") ||
		saysAny(action, "ids:", "ips:", "alerted") || saysAny(title, "cve-", "vulnerab") && o.has(c.sides[0].ip) && o.has(c.sides[1].ip)
	named := saysAny(category, "alert", "anomal", "incident", "detect")
	categories, types, outcome := c.sorts.infer.sorted(action+" "+title, category, detected, o)
	if len(categories) == 0 {
		if category, types := titleSort(action + " " + title); category != "" {
			return cefSort{tocsin.StringValue(category), tocsin.StringValue(types), "", named}
		}
		return cefSort{alert: named}
	}
	return cefSort{tocsin.StringsValue(categories...), listOf(types), outcome, named || detected || slices.ContainsFunc(categories, isDetection)}
}

// calling is the category of what a product of that sort mostly tells of, "" for other products.
func (c *cefReader) calling(o *output) string {
	if o.has(c.category) {
		return ""
	}
	switch product := o.lower(o.text(c.product)); {
	case saysAny(product, "waf", "web application"):
		return "web"
	case saysAny(product, "firewall", "firebox", "ngfw", "vpn", "utm", "xtm"):
		return "network"
	}
	return ""
}

// listOrNone is listOf, and nothing for no words.
func listOrNone(s string) tocsin.Value {
	if s == "" {
		return tocsin.Value{}
	}
	return listOf(s)
}

// titleSort is what sort of event a title is of that tells it by what was touched, in small letters.
func titleSort(said string) (category, types string) {
	for _, w := range [...][2]string{{"password", "iam"}, {"credential", "iam"}, {"privilege", "iam"}, {" safe", "iam"}, {"owner", "iam"}, {" file", "file"}, {"folder", "file"}, {"connection", "network"}} {
		if strings.Contains(said, w[0]) {
			return w[1], changeKind(said)
		}
	}
	return "", ""
}

// cefAlerting are the vendors of products that write CEF of what they raise alone.
var cefAlerting = []string{"Claroty"}

// isDetection reports whether a category is of what products detect.
func isDetection(category string) bool {
	return category == "malware" || category == "intrusion_detection" || category == "vulnerability" || category == "threat"
}

// times takes the receipt time, else the end, else the start; one with a year before one without. The syslog header
// stands in for them, else a key of the vendor's own that speaks of a time.
func (c *cefReader) times(h header, o *output) {
	for _, key := range c.clocks {
		if key.record != c.record {
			continue
		}
		t, ok := parseTime(key.value)
		if ok && (o.time.IsZero() || yearless(o.time) && !yearless(t)) {
			o.time = t
		}
	}
	if o.time.IsZero() || yearless(o.time) && !h.time.IsZero() && !yearless(h.time) {
		o.time = h.time
	}
	if o.time.IsZero() {
		o.time = c.ownTime()
	}
	if yearless(o.time) && !o.time.IsZero() && len(c.parts) > 2 && c.parts[1] == "Citrix" {
		o.time = o.time.AddDate(c.yearOf("cs5"), 0, 0)
	}
}

// yearOf is the year that a key tells alone, as NetScaler's records do; 0 for none.
func (c *cefReader) yearOf(key string) int {
	for _, k := range c.order {
		if k.key == key {
			year, _ := digits(k.value, 4, 4)
			return year
		}
	}
	return 0
}

// ownTime is the time that a vendor's own key tells; zero for none.
func (c *cefReader) ownTime() time.Time {
	for _, k := range c.order {
		if k.to != nil || k.title || !clockName(k.key) {
			continue
		}
		if t, ok := parseTime(k.value); ok && !yearless(t) {
			return t
		}
	}
	return time.Time{}
}

// clockName reports whether a key is called after the time at which something happened or was seen.
func clockName(key string) bool {
	for _, end := range [...]string{"eventtime", "timestamp", "detectiontime", "detectedtime", "datetime", "logtime", "alerttime"} {
		i, j := len(key), len(end)
		for j > 0 && i > 0 {
			switch i--; {
			case key[i] == '_' || key[i] == '-':
			case key[i]|0x20 == end[j-1]:
				j--
			default:
				i = 0
			}
		}
		if j == 0 {
			return true
		}
	}
	return false
}
