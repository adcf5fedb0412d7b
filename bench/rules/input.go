package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An input is the events of a lane in two files: as they are, and for the other engine with the log source that each is
// of, which that engine wants to be told. oneTold holds the first event alone.
type input struct {
	plain, told, oneTold string

	rules   string
	events  int
	bytes   int64
	altered map[string]string // files of the altered rules by id
}

func prepare(o options) (input, error) {
	in := input{
		plain: filepath.Join(o.scratch, "plain.ndjson"), told: filepath.Join(o.scratch, "told.ndjson"),
		oneTold: filepath.Join(o.scratch, "one-told.ndjson"),
		rules:   o.rules,
	}
	data, err := read(o.events)
	if err != nil {
		return in, err
	}
	var lines [][]byte
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && (o.lane == "all" || sourceOf(line) == source{"windows", "sysmon", "process_creation"}) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return in, errors.New("no event of the lane")
	}
	for _, f := range []struct {
		name  string
		n     int
		named bool
	}{{in.plain, o.limit, false}, {in.told, o.limit, true}, {in.oneTold, 1, true}} {
		if err := writeLines(f.name, lines, f.n, f.named); err != nil {
			return in, err
		}
	}
	in.events = o.limit
	for i := range o.limit {
		in.bytes += int64(len(lines[i%len(lines)]))
	}
	if o.times > 1 {
		in.rules = filepath.Join(o.scratch, "rules")
		in.altered, err = multiply(o.rules, in.rules, o.times)
	}
	return in, err
}

func read(file string) ([]byte, error) {
	if strings.HasSuffix(file, ".zst") {
		return exec.Command("zstd", "-dcq", file).Output() //nolint:gosec,noctx // the file that the user names
	}
	return os.ReadFile(file)
}

func writeLines(file string, lines [][]byte, n int, named bool) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		line := lines[i%len(lines)]
		if named {
			s, again := describe(line)
			fmt.Fprintf(w, `{"bench_line":%d,"bench_product":%q,"bench_service":%q,"bench_category":%q,`, i, s.product, s.service, s.category)
			for _, name := range slices.Sorted(maps.Keys(again)) {
				if text, err := json.Marshal(again[name]); err == nil && again[name] != "" {
					fmt.Fprintf(w, "%q:%s,", name, text)
				}
			}
			line = line[1:]
		}
		_, _ = w.Write(line) // the writer keeps the error for Flush
		_ = w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// A source is a Sigma log source. Its empty dimensions are unknown.
type source struct{ product, service, category string }

// A windowsEvent is what tells the log source of a Windows event, and what some shippers call otherwise than rules do.
type windowsEvent struct {
	Channel string
	EventID json.Number
	Winlog  struct {
		Channel string          `json:"channel"`
		EventID json.RawMessage `json:"event_id"`
	} `json:"winlog"`
	SourceName, NewProcessName, ParentProcessName, SubjectUserName, SubjectLogonId string //nolint:revive // as Windows writes them
}

// sourceOf tells the log source of a Windows event by its channel and number; of any other event nothing is known.
func sourceOf(line []byte) source {
	s, _ := describe(line)
	return s
}

// describe tells the log source of an event, and under which names its fields are given to the other engine once more:
// it reads names as they stand, where we know that NXLog's SourceName is Provider_Name and that the Security log's
// NewProcessName is the Image of the rules.
func describe(line []byte) (source, map[string]string) {
	var e windowsEvent
	if json.Unmarshal(line, &e) != nil {
		return source{}, nil
	}
	channel, id := e.Channel, e.EventID.String()
	if channel == "" {
		channel, id = e.Winlog.Channel, strings.Trim(string(e.Winlog.EventID), `"`)
	}
	if channel == "" {
		return source{}, nil
	}
	s := source{"windows", cmp.Or(services[channel], "other"), cmp.Or(categories[channel+" "+id], "other")}
	again := map[string]string{"Provider_Name": e.SourceName}
	if s.service == "security" && s.category == "process_creation" {
		again["Image"], again["ParentImage"] = e.NewProcessName, e.ParentProcessName
		again["User"], again["LogonId"] = e.SubjectUserName, e.SubjectLogonId
	}
	return s, again
}

var services = map[string]string{
	"Security": "security", "System": "system", "Application": "application", "Windows PowerShell": "powershell-classic",
	"Microsoft-Windows-PowerShell/Operational": "powershell", "Microsoft-Windows-Sysmon/Operational": "sysmon",
	"Microsoft-Windows-TaskScheduler/Operational": "taskscheduler", "Microsoft-Windows-WMI-Activity/Operational": "wmi",
	"Microsoft-Windows-Windows Defender/Operational": "windefend", "Microsoft-Windows-Bits-Client/Operational": "bits-client",
	"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational": "terminalservices-localsessionmanager",
	"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall": "firewall-as",
	"Microsoft-Windows-NTLM/Operational":                                 "ntlm", "Microsoft-Windows-DNS-Client/Operational": "dns-client",
}

var categories = func() map[string]string {
	m := map[string]string{
		"Security 4688": "process_creation", "Windows PowerShell 400": "ps_classic_start", "Windows PowerShell 600": "ps_classic_provider_start",
		"Microsoft-Windows-PowerShell/Operational 4103": "ps_module", "Microsoft-Windows-PowerShell/Operational 4104": "ps_script",
	}
	for id, c := range map[string]string{
		"1": "process_creation", "2": "file_change", "3": "network_connection", "4": "sysmon_status", "5": "process_termination", "6": "driver_load",
		"7": "image_load", "8": "create_remote_thread", "9": "raw_access_thread", "10": "process_access", "11": "file_event", "12": "registry_event",
		"13": "registry_set", "14": "registry_event", "15": "create_stream_hash", "16": "sysmon_status", "17": "pipe_created", "18": "pipe_created",
		"19": "wmi_event", "20": "wmi_event", "21": "wmi_event", "22": "dns_query", "23": "file_delete", "24": "clipboard_capture",
		"25": "process_tampering", "26": "file_delete", "27": "file_block_executable", "29": "file_executable_detected",
	} {
		m["Microsoft-Windows-Sysmon/Operational "+id] = c
	}
	return m
}()

// multiply writes the rules of a folder, and of each so many copies less one whose texts are altered: other rules of
// the same shape. It returns the files of those by id.
func multiply(from, to string, times int) (map[string]string, error) {
	altered := map[string]string{}
	return altered, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		for i := range times {
			copied, id := data, ""
			if i > 0 {
				if copied, id, err = alter(data, i); err != nil {
					return nil //nolint:nilerr // what is no rule has no copies
				}
			}
			file := filepath.Join(to, strconv.Itoa(i), rel)
			if id != "" {
				altered[id] = file
			}
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(file, copied, 0o644); err != nil { //nolint:gosec // not secret
				return err
			}
		}
		return nil
	})
}

// alter is a rule with a mark in its texts, and its new id.
func alter(data []byte, n int) (altered []byte, id string, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, "", err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, "", errors.New("no mapping")
	}
	root := doc.Content[0].Content
	for i := 0; i+1 < len(root); i += 2 {
		switch root[i].Value {
		case "id":
			if len(root[i+1].Value) == 36 {
				id = fmt.Sprintf("%08x", n) + root[i+1].Value[8:]
				root[i+1].Value = id
			}
		case "detection":
			alterTexts(root[i+1], fmt.Sprintf("q%dz", n))
		}
	}
	altered, err = yaml.Marshal(&doc)
	return altered, id, err
}

func alterTexts(n *yaml.Node, mark string) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if key != "condition" && key != "timeframe" && !strings.Contains(key, "|re") && !strings.Contains(key, "|cidr") && !strings.Contains(key, "|fieldref") {
				alterTexts(n.Content[i+1], mark)
			}
		}
	case yaml.ScalarNode:
		if k := len(n.Value) / 2; n.ShortTag() == "!!str" && k >= 2 && !strings.ContainsAny(n.Value[k-1:k+1], `\*?`) {
			n.Value = n.Value[:k] + mark + n.Value[k:]
		}
	default:
		for _, k := range n.Content {
			alterTexts(k, mark)
		}
	}
}
