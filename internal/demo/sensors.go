package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// line writes a record as JSON; its members are sorted, so that it is always the same.
func line(doc map[string]any) []byte {
	data, _ := json.Marshal(doc) // text, numbers, lists and maps of them cannot fail
	return data
}

// A suricataAlert is what a scene says of an alert of the network sensor.
type suricataAlert struct {
	src, dst     string
	sport, dport int
	proto        string // TCP where empty
	id           int
	signature    string
	category     string
	severity     int // 1 high to 3 low
	app          string
	out, in      int            // bytes to the server and to the client
	more         map[string]any // http, dns, tls, …
}

func (s *scene) suricata(at time.Time, a suricataAlert) {
	if a.proto == "" {
		a.proto = "TCP"
	}
	if a.sport == 0 {
		a.sport = s.port()
	}
	if a.out == 0 {
		a.out = 200 + s.rng.IntN(2000)
	}
	doc := map[string]any{
		"timestamp": at.Format("2006-01-02T15:04:05.000000-0700"), "flow_id": s.rng.Int64N(1 << 50), "in_iface": "eth1",
		"host": "ids1.corp.example.com", "event_type": "alert", "src_ip": a.src, "src_port": a.sport, "dest_ip": a.dst, "dest_port": a.dport,
		"proto": a.proto,
		"alert": map[string]any{
			"action": "allowed", "gid": 1, "signature_id": a.id, "rev": 1, "signature": a.signature, "category": a.category, "severity": a.severity,
		},
		"flow": map[string]any{
			"pkts_toserver": 1 + a.out/1400, "pkts_toclient": 1 + a.in/1400, "bytes_toserver": a.out, "bytes_toclient": a.in,
			"start": at.Add(-time.Second).Format("2006-01-02T15:04:05.000000-0700"),
		},
	}
	if a.app != "" {
		doc["app_proto"] = a.app
	}
	maps.Copy(doc, a.more)
	s.add(at, "suricata", line(doc))
}

// A wazuhAlert is what a scene says of an alert of the host agents.
type wazuhAlert struct {
	on          host
	rule, level int
	description string
	groups      []string
	tactic      string // with technique: ATT&CK; none where empty
	technique   string
	decoder     string
	location    string
	log         string
	data        map[string]any
	more        map[string]any // syscheck, …
}

func (s *scene) wazuh(at time.Time, w wazuhAlert) {
	s.wazuhs++
	rule := map[string]any{
		"level": w.level, "description": w.description, "id": strconv.Itoa(w.rule), "firedtimes": 1, "mail": w.level >= 12, "groups": w.groups,
	}
	if w.tactic != "" {
		rule["mitre"] = map[string]any{"id": []string{w.technique}, "tactic": []string{w.tactic}}
	}
	doc := map[string]any{
		"timestamp": at.Format("2006-01-02T15:04:05.000-0700"), "id": fmt.Sprintf("%d.%d", at.Unix(), 100000+s.wazuhs*317),
		"rule": rule, "agent": map[string]any{"id": agentID(w.on), "name": w.on.name, "ip": w.on.ip}, "manager": map[string]any{"name": "wazuh1"},
		"decoder": map[string]any{"name": w.decoder}, "location": w.location,
	}
	if w.log != "" {
		doc["full_log"] = at.Format("Jan _2 15:04:05 ") + w.on.name + " " + w.log
		doc["predecoder"] = map[string]any{"hostname": w.on.name, "program_name": w.decoder, "timestamp": at.Format("Jan _2 15:04:05")}
	}
	if w.data != nil {
		doc["data"] = w.data
	}
	maps.Copy(doc, w.more)
	s.add(at, "wazuh", line(doc))
}

// agentID numbers a host by its address.
func agentID(h host) string {
	_, last, _ := strings.Cut(h.ip[strings.LastIndexByte(h.ip, '.'):], ".")
	return fmt.Sprintf("%03s", last)
}

// A windowsEvent is what a scene says of an event that Winlogbeat ships.
type windowsEvent struct {
	on      host
	code    int
	channel string // Security where empty, or sysmon for Sysmon's
	failed  bool
	data    map[string]any
}

func (s *scene) windows(at time.Time, e windowsEvent) {
	channel, provider := "Security", "Microsoft-Windows-Security-Auditing"
	switch e.channel {
	case "sysmon":
		channel, provider = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"
		e.data["UtcTime"] = at.Format("2006-01-02 15:04:05.000")
	case "System":
		channel, provider = "System", "Service Control Manager"
	}
	row := e.on.name + channel
	if s.rowOf[row] == 0 {
		s.rowOf[row] = 10_000 + s.rng.IntN(100_000)
	}
	s.rowOf[row]++
	outcome, keyword := "success", "Audit Success"
	if e.failed {
		outcome, keyword = "failure", "Audit Failure"
	}
	event := map[string]any{"code": strconv.Itoa(e.code), "kind": "event", "provider": provider}
	winlog := map[string]any{
		"channel": channel, "computer_name": e.on.fqdn(), "event_id": strconv.Itoa(e.code), "provider_name": provider,
		"record_id": s.rowOf[row], "api": "wineventlog", "event_data": e.data,
	}
	if channel == "Security" {
		event["outcome"], winlog["keywords"] = outcome, []string{keyword}
	}
	s.add(at, "windows", line(map[string]any{
		"@timestamp": at.Format("2006-01-02T15:04:05.000Z"), "ecs": map[string]any{"version": "8.0.0"}, "event": event, "winlog": winlog,
		"agent": map[string]any{"type": "winlogbeat", "version": "8.19.0"}, "log": map[string]any{"level": "information"},
		"host": map[string]any{"name": e.on.fqdn(), "ip": []string{e.on.ip}, "os": map[string]any{"type": "windows"}},
	}))
}

// A cefAlert is what a scene says of an alert in the Common Event Format; ext is key=value in its order.
type cefAlert struct {
	on             host
	product, class string
	name           string
	severity       int // 0 to 10
	ext            string
}

func (s *scene) cef(at time.Time, c cefAlert) {
	header := fmt.Sprintf("<134>%s %s CEF:0|Example|%s|4.2|%s|%s|%d|", at.Format("Jan _2 15:04:05"), c.on.fqdn(), c.product, c.class, c.name, c.severity)
	s.add(at, "cef", []byte(header+fmt.Sprintf("rt=%d dvchost=%s ", at.UnixMilli(), c.on.fqdn())+c.ext))
}
