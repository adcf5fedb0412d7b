package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"tocsin"
	"tocsin/bench/internal/logon"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/cputime"
	"tocsin/internal/demo"
	"tocsin/rules"
)

// turns is how often the calibration loop turns; a turn is a few hundred nanoseconds.
const turns = 20_000

// calibrate is work of the kind that all lanes do, and that no change to the product touches: JSON to maps by the
// standard library.
func calibrate() time.Duration {
	began := cputime.Process()
	for range turns {
		var v map[string]any
		if json.Unmarshal([]byte(`{"a":"some text","b":[1,2],"c":{"d":true}}`), &v) != nil {
			return 0
		}
	}
	return cputime.Process() - began
}

func heap() runtime.MemStats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}

func allLanes(scale float64) ([]lane, error) {
	n := func(alerts int) int { return max(int(float64(alerts)*scale), 100) }
	lanes := []lane{decoding("decode: suricata, wazuh, windows, cef", scenario(n(20_000)))}
	windows := windowsEvents(n(20_000))
	lanes = append(lanes, decoding("decode: windows", windows))
	for _, rules := range []int{100, 3_000} {
		l, err := matching(fmt.Sprintf("decode and match: windows, %d Sigma rules", rules), rules, windows)
		if err != nil {
			return nil, err
		}
		lanes = append(lanes, l)
	}
	for _, kind := range []string{"count", "distinct", "sequence"} {
		l, err := correlating(kind, n(100_000))
		if err != nil {
			return nil, err
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}

func scenario(n int) [][]byte {
	var lines [][]byte
	for seed := uint64(1); len(lines) < n; seed++ {
		for _, r := range demo.Scenario(seed, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
			lines = append(lines, r.Line)
		}
	}
	return lines[:n]
}

// windowsEvents writes Sysmon's events of processes that start, as NXLog ships them.
func windowsEvents(n int) [][]byte {
	lines := make([][]byte, n)
	for i := range lines {
		lines[i] = fmt.Appendf(nil, `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","Hostname":"ws%d.corp.example",`+
			`"@timestamp":"2026-03-01T10:%02d:%02d.%03dZ","Image":"C:\\Program Files\\Vendor %d\\agent%d.exe","CommandLine":"\"C:\\Program Files\\Vendor %d\\agent%d.exe\" --run --quiet --config C:\\ProgramData\\Vendor\\agent.yml --id %d",`+
			`"ParentImage":"C:\\Windows\\System32\\services.exe","ParentCommandLine":"C:\\Windows\\system32\\services.exe","User":"NT AUTHORITY\\SYSTEM","IntegrityLevel":"System","CurrentDirectory":"C:\\Windows\\system32\\",`+
			`"Hashes":"MD5=%032x,SHA256=%064x","ProcessId":"%d","ParentProcessId":"700","LogonId":"0x3e7","TerminalSessionId":"0","Company":"Vendor","Product":"Agent","Description":"Vendor agent","OriginalFileName":"agent.exe","FileVersion":"10.0.%d"}`,
			i%97, i/60%60, i%60, i%1000, i%7, i%11, i%7, i%11, i, i, i, 1000+i%30000, i%50)
	}
	return lines
}

func decoding(name string, lines [][]byte) lane {
	return lane{name, len(lines), func() error {
		return eachAlert(lines, func(*tocsin.Alert) {})
	}}
}

func eachAlert(lines [][]byte, each func(*tocsin.Alert)) error {
	d, err := decode.New(decode.Options{})
	if err != nil {
		return err
	}
	var b decode.Buffer
	for i, line := range lines {
		a, rejection := d.DecodeInto(&b, ingest.Record{Source: "bench", Ref: tocsin.Ref{File: "bench", Line: int64(i)}, Value: line})
		if rejection != nil {
			return fmt.Errorf("line %d: %s", i, rejection.Reason)
		}
		each(a)
	}
	return nil
}

func matching(name string, n int, lines [][]byte) (lane, error) {
	files := fstest.MapFS{}
	for i := range n {
		files[fmt.Sprintf("%d.yml", i)] = &fstest.MapFile{Data: []byte(sigmaRule(i))}
	}
	set, err := rules.Load([]rules.Source{{Name: "bench", FS: files}}, rules.Options{})
	if err != nil {
		return lane{}, err
	}
	return lane{name, len(lines), func() error {
		m, matches := set.Matcher(), 0
		err := eachAlert(lines, func(a *tocsin.Alert) { matches += len(m.Match(a)) })
		if err == nil && matches != 0 {
			err = fmt.Errorf("%d matches, where none is meant to be", matches)
		}
		return err
	}}, nil
}

// sigmaRule writes a rule of the shapes that are common among rules about processes.
func sigmaRule(i int) string {
	selection := []string{
		`{Image|endswith: ['\tool%d.exe', '\second%d.exe'], CommandLine|contains: ' -x%d '}`,
		`{CommandLine|contains|all: ['invoke-thing%d', 'download%d'], User|contains: ['user%d']}`,
		`{ParentImage|endswith: '\parent%d.exe', Image|endswith: ['\cmd%d.exe', '\sh%d.exe']}`,
		`{OriginalFileName: 'Tool%d.EXE', CommandLine|re: 'run%d\s+[a-z]+%d'}`,
	}[i%4]
	return strings.ReplaceAll(fmt.Sprintf(`title: Rule N
id: 00000000-0000-4000-8000-%012d
logsource: {product: windows, category: process_creation}
detection: {sel: `+selection+`, filter: {User: 'svcN'}, condition: sel and not filter}
level: medium
`, i, i, i, i), "N", strconv.Itoa(i))
}

func correlating(kind string, n int) (lane, error) {
	set, err := logon.Rules(kind, time.Minute)
	if err != nil {
		return lane{}, err
	}
	const keys = 10_000
	return lane{"match and correlate: " + kind + ", 10,000 keys", n, func() error {
		m, e, maker := set.Matcher(), correlate.New(correlate.Config{}, set), logon.NewMaker(keys)
		logon.All(n, keys, func(i int, l logon.Logon) {
			a := maker.Alert(i, l)
			for _, match := range m.Match(&a) {
				e.Step(match)
			}
			if i%1000 == 999 {
				e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "bench"}, Greatest: a.Time, Disorder: time.Second, Lateness: time.Minute})
			}
		})
		return nil
	}}, nil
}
