package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someRules = `title: Tool
id: 11111111-1111-4111-8111-111111111111
logsource: {product: windows, category: process_creation}
detection: {sel: {Image|endswith: '\tool.exe'}, condition: sel}
level: high
`

// The measurement is tested with few events and without the other engine.
func TestOurSide(t *testing.T) {
	dir := t.TempDir()
	rules, events := filepath.Join(dir, "rules"), filepath.Join(dir, "events.ndjson")
	if err := os.Mkdir(rules, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(rules, "tool.yml"), someRules)
	write(t, events, `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"h","@timestamp":"2026-01-01T00:00:00Z","Image":"C:\\x\\tool.exe"}
{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"h","@timestamp":"2026-01-01T00:00:01Z","Image":"C:\\x\\other.exe"}
{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"h","@timestamp":"2026-01-01T00:00:02Z","Image":"C:\\x\\tool.exe"}
`)
	var out strings.Builder
	if err := run(t.Context(), []string{ownChild, rules, events, "", "list"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "0 11111111-1111-4111-8111-111111111111\n"; out.String() != want {
		t.Errorf("it lists %q, want %q", out.String(), want)
	}
	o := options{rules: rules, events: events, lane: "process", limit: 5, times: 3, scratch: dir}
	in, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := run(t.Context(), []string{ownChild, in.rules, in.plain, "", "count"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "rules 3\nevents 5\nmatches 3\nrejected 0\ncpu_ns "; !strings.HasPrefix(out.String(), want) {
		t.Errorf("it counts %q, want %q: three times the rules, and of the altered ones none matches", out.String(), want)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a test's
		t.Fatal(err)
	}
}
