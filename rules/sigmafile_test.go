package rules

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"tocsin"
)

// sigmaText is a Sigma rule on Sysmon's process creation with a detection.
func sigmaText(detection string) string {
	return "title: T\nid: 6f1d1b2e-0000-4000-8000-000000000001\nstatus: test\nlevel: high\nlogsource: {product: windows, category: process_creation}\ndetection:\n" + detection
}

func sigmaSet(t *testing.T, files map[string]string) *Set {
	t.Helper()
	tree := fstest.MapFS{}
	for name, data := range files {
		tree[name] = &fstest.MapFile{Data: []byte(data)}
	}
	set, err := Load([]Source{{FS: tree}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func sysmon(leaves ...any) *tocsin.Alert {
	return alert(append([]any{"winlog.channel", "Microsoft-Windows-Sysmon/Operational", "winlog.event_id", "1"}, leaves...)...)
}

// What Sigma's specification says of values and modifiers, one line each: detection, field, value, and whether it
// matches. Field "-" is no field at all.
func TestSigmaMeaning(t *testing.T) {
	for _, c := range []struct {
		item, value string
		want        bool
	}{
		{`Image: 'C:\a.exe'`, `c:\A.EXE`, true},
		{`Image|cased: 'C:\a.exe'`, `c:\A.EXE`, false},
		{`Image: 'a.exe'`, `C:\a.exe`, false},
		{`Image|endswith: '\a.exe'`, `C:\A.exe`, true},
		{`Image|startswith: 'c:'`, `C:\A.exe`, true},
		{`Image|contains: 'x?y'`, `__xzy__`, true},
		{`Image|contains: 'x\?y'`, `__xzy__`, false},
		{`Image|contains|all: [a, b]`, `b and A`, true},
		{`Image|contains|all: [a, z]`, `b and A`, false},
		{`Image: [a, 'b*']`, `bcd`, true},
		{`Image: ''`, ``, true},
		{`Image: ''`, `-`, false},
		{`Image: null`, `-`, false},
		{`Image|re: '^c:.*e$'`, `C:\A.exe`, false},
		{`Image|re|i: '^c:.*e$'`, `C:\A.exe`, true},
		{`Image|re|s: 'a.b'`, "a\nb", true},
		{`Image|re: 'a.b'`, "a\nb", false},
		{`Image|re|m: '^b$'`, "a\nb", true},
		{`Image|cidr: 10.0.0.0/8`, `10.9.8.7`, true},
		{`Image|cidr: '2001:db8::/32'`, `2001:db8::1`, true},
		{`Image|cidr: 10.0.0.0/8`, `11.9.8.7`, false},
		{`Image|gte: 5`, `5`, true},
		{`Image|lt: 5`, `5`, false},
		{`Image|gt: 5`, `x`, false},
		{`Image|exists: true`, `x`, true},
		{`Image|exists: false`, `x`, false},
		{`Image|windash|contains: ' -enc'`, `p /enc`, true},
		{`Image|windash|contains: ' -enc'`, "p \u2013ENC", true},
		{`Image|base64offset|contains: 'http://'`, `eGh0dHA6Ly8=`, true},
		{`Image|wide|base64offset|contains: 'ab'`, `YQBiAA==`, true},
		{`Image|utf16be|base64: 'ab'`, `AGEAYg==`, true},
		{`Image|fieldref: ParentImage`, `same`, true},
		{`Image|fieldref|endswith: ParentImage`, `the same`, true},
		{`Image|fieldref: ParentImage`, `other`, false},
		{`Image|neq: x`, `y`, true},
		{`Image|neq: [x, y]`, `y`, false},
		{`Image|contains|neq: [x, y]`, `z`, true},
		{`Image|re: 'b$'`, "ab\n", true},
		{`Image|re: '(a|b$)c?'`, "b\n", true},
		{`Image|re|neq: 'b$'`, "ab\nc", true},
		{`Image: 0x10`, `16`, true},
		{`Image|gte: 0x10`, `16`, true},
		{`Image|hour: 23`, `2026-03-03 23:30:00.123`, true},
		{`Image|week: 10`, `2026-03-03T23:30:00Z`, true},
		{`Image|minute: [29, 31]`, `2026-03-03T23:30:00Z`, false},
		{`Image|day|neq: 3`, `2026-03-03T23:30:00Z`, false},
		{`Image|fieldref|neq: ParentImage`, `other`, true},
		{`Image|fieldref|cased: ParentImage`, `same`, false},
		{`Image|contains: '%x%'`, `a%X%b`, true},
		{`Image|contains|windash: '-a'`, `b /a`, true},
		{`Image: '\\*'`, `\x`, true},
		{`Image: '\\\*'`, `\*`, true},
		{`Image: '\\\*'`, `\x`, false},
		{`Image: '\\\\'`, `\\`, true},
		{`Image: 'a\b'`, `A\B`, true},
		{`Image: 'a\\b'`, `A\B`, true},
		{`Image: 5`, `5`, true},
		{`Image: 'line*end'`, "line\nend", true},
	} {
		set := sigmaSet(t, map[string]string{"r.yml": sigmaText("  s:\n    " + c.item + "\n  condition: s\n")})
		if len(set.Rules()) != 1 {
			t.Errorf("%s: %v", c.item, set.Refused)
			continue
		}
		got := len(set.Matcher().Fires(sysmon("winlog.event_data.Image", c.value, "winlog.event_data.ParentImage", "SAME"))) == 1
		if got != c.want {
			t.Errorf("%s of %q: %v, want %v", c.item, c.value, got, c.want)
		}
	}
}

func TestSigmaAbsent(t *testing.T) {
	for item, want := range map[string]bool{
		"Image: null": true, "Image|exists: false": true, "Image: ''": false, "Image|contains: ''": false, "Image: [x, null]": true,
	} {
		set := sigmaSet(t, map[string]string{"r.yml": sigmaText("  s: {" + item + "}\n  condition: s\n")})
		if got := len(set.Matcher().Fires(sysmon())) == 1; got != want {
			t.Errorf("%s of an absent field: %v, want %v", item, got, want)
		}
	}
}

// A rule is tried on alerts of its log source alone; the Security log's own event counts as process creation.
func TestSigmaRoutes(t *testing.T) {
	set := sigmaSet(t, map[string]string{"r.yml": sigmaText("  s: {Image|endswith: a.exe}\n  condition: s\n")})
	for name, c := range map[string]struct {
		alert *tocsin.Alert
		want  bool
	}{
		"sysmon 1":       {sysmon("winlog.event_data.Image", "a.exe"), true},
		"sysmon 3":       {alert("winlog.channel", "Microsoft-Windows-Sysmon/Operational", "winlog.event_id", "3", "winlog.event_data.Image", "a.exe"), false},
		"security 4688":  {alert("winlog.channel", "Security", "winlog.event_id", "4688", "winlog.event_data.NewProcessName", "a.exe"), true},
		"endpoint agent": {alert("event.category", []string{"process"}, "event.type", []string{"start"}, "host.os.type", "windows", "process.executable", "a.exe"), true},
		"linux":          {alert("event.category", "process", "event.type", "start", "host.os.type", "linux", "process.executable", "a.exe"), false},
	} {
		if got := len(set.Matcher().Fires(c.alert)) == 1; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Placeholders stand for the values of a list; its name stands between percent signs.
func TestSigmaExpand(t *testing.T) {
	files := map[string]string{
		"r.yml":            sigmaText("  s: {Image|endswith|expand: '\\\\%tools%\\%'}\n  condition: s\n"),
		"lists/tools.txt":  "a*b\nnc.exe\n",
		"other.yml":        strings.Replace(sigmaText("  s: {Image|expand: '%nobody%'}\n  condition: s\n"), "0001", "0002", 1),
		"lists/others.txt": "x\n",
	}
	set := sigmaSet(t, files)
	if len(set.Refused) != 1 || !strings.Contains(fmt.Sprint(set.Refused), "placeholder %nobody% has no values here") || !strings.Contains(fmt.Sprint(set.Refused), "list named nobody") {
		t.Errorf("refused %v", set.Refused)
	}
	for image, want := range map[string]bool{`c:\NC.exe%`: true, `c:\a*b%`: true, `c:\axb%`: false, `c:\nc.exe`: false} {
		if got := len(set.Matcher().Fires(sysmon("winlog.event_data.Image", image))) == 1; got != want {
			t.Errorf("%s: %v, want %v", image, got, want)
		}
	}
}

// exists asks for the field alone, null for a value; keywords may be regular expressions.
func TestSigmaExists(t *testing.T) {
	for item, want := range map[string]bool{"Image|exists: true": true, "Image|exists: false": false, "Image: null": true, "Image: ''": false} {
		set := sigmaSet(t, map[string]string{"r.yml": sigmaText("  s: {" + item + "}\n  condition: s\n")})
		if got := len(set.Matcher().Fires(sysmon("winlog.event_data.Image", nil))) == 1; got != want {
			t.Errorf("%s of a field that is null: %v, want %v", item, got, want)
		}
	}
	set := sigmaSet(t, map[string]string{"r.yml": "title: T\nlogsource: {product: linux, service: sshd}\ndetection: {k: {'|re': 'b.d$'}, l: {'|all': [a, b]}, condition: k or l}\n"})
	for raw, want := range map[string]bool{"very bad": true, "badly": true, "bed time": false} {
		a := alert("process.name", "sshd")
		a.Raw = []byte(raw)
		if got := len(set.Matcher().Fires(a)) == 1; got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
}

func TestSigmaKeywords(t *testing.T) {
	text := "title: T\nlogsource: {product: linux, service: sshd}\ndetection: {k: ['Bad Thing', 'x*y'], condition: k}\n"
	set := sigmaSet(t, map[string]string{"r.yml": text})
	for raw, want := range map[string]bool{
		"sshd: a bad thing happened": true, "sshd: x then y": true, "sshd: fine": false,
		`{"a":{"b":"a BAD thing"}}`: true, `{"bad thing":1}`: false, `{"a":"b\u0061d thing"}`: true, `{"a":"bad","b":"thing"}`: false,
	} {
		a := alert("process.name", "sshd")
		a.Raw = []byte(raw)
		if got := len(set.Matcher().Fires(a)) == 1; got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
	if got := set.Matcher().Fires(alert("process.name", "sshd", "message", "bad thing")); len(got) != 1 {
		t.Error("without the record its fields are searched")
	}
}

// What cannot be said exactly is refused with its reason, and the rest of the set is loaded.
func TestSigmaRefused(t *testing.T) {
	for detection, want := range map[string]string{
		"  s: {A: 1}\n  condition: s | count() > 3\n":          "old form",
		"  s: {A: 1}\n  timeframe: 5m\n  condition: s\n":       "old form",
		"  s: {A|expand: '%users%'}\n  condition: s\n":         "placeholder %users%",
		"  s: {A|re: '(?<!x)y'}\n  condition: s\n":             "RE2",
		"  s: {A|contains|base64: x}\n  condition: s\n":        "wildcards",
		"  s: {A|contains|contains: x}\n  condition: s\n":      "modifier contains twice",
		"  s: {A|re|contains: x}\n  condition: s\n":            "modifiers of texts",
		"  s: {A|hour: x}\n  condition: s\n":                   "no whole number",
		"  s: {A|cidr|gt: 3}\n  condition: s\n":                "gt together with cidr",
		"  s: {A|contains: null}\n  condition: s\n":            "null takes no modifier",
		"  s: {A|like: x}\n  condition: s\n":                   `unknown modifier "like"`,
		"  s: {A|cidr: x}\n  condition: s\n":                   "is no network",
		"  s: {A|gt: x}\n  condition: s\n":                     "is no number",
		"  s: {A|base64: 'x*'}\n  condition: s\n":              "wildcards",
		"  s: {A|expand|wide: 'x%l%'}\n  condition: s\n":       "wide together with the placeholder %l%",
		"  s: {A|utf16be|expand: '%l%'}\n  condition: s\n":     "utf16be together with the placeholder %l%",
		"  s: {A|expand|windash: '-a %l%'}\n  condition: s\n":  "windash together with the placeholder %l%",
		"  s: {A|expand|base64: '%l%'}\n  condition: s\n":      "base64 together with the placeholder %l%",
		"  s: {A: {b: 1}}\n  condition: s\n":                   "neither text nor number",
		"  s: {A: 1}\n  condition: t\n":                        `names "t"`,
		"  s: {A: 1}\n":                                        "no condition",
		"  s: []\n  condition: s\n":                            "empty list",
		"  s: {A: 1}\n  condition: s\nstatus2: x\nlevel2: y\n": "",
	} {
		set := sigmaSet(t, map[string]string{"r.yml": sigmaText(detection), "other.yml": strings.Replace(sigmaText("  s: {A: 1}\n  condition: s\n"), "0001", "0002", 1)})
		reason := fmt.Sprint(set.Refused)
		switch {
		case want == "" && len(set.Refused) != 0, want != "" && (len(set.Refused) != 1 || !strings.Contains(reason, want)):
			t.Errorf("%s: refused %s, want %q", detection, reason, want)
		case set.Rule("6f1d1b2e-0000-4000-8000-000000000002") == nil:
			t.Errorf("%s: the other rule is gone", detection)
		}
	}
	for name, text := range map[string]string{
		"no pipeline": "title: T\nlogsource: {product: abacus}\ndetection: {s: {A: 1}, condition: s}\n",
		"deprecated":  "title: T\nstatus: deprecated\nlogsource: {product: windows}\ndetection: {s: {A: 1}, condition: s}\n",
		"correlation": "title: T\ncorrelation: {type: temporal, rules: [a, b], group-by: [User], timespan: 5m}\n",
	} {
		if set := sigmaSet(t, map[string]string{"r.yml": text}); set.RefusedDocuments != 1 || len(set.Rules()) != 0 || len(set.Lints) != len(set.Refused) {
			t.Errorf("%s: %d rules, refused %v", name, len(set.Rules()), set.Refused)
		}
	}
}

// A filter narrows the rules that it names, in whatever file it stands.
func TestSigmaFilter(t *testing.T) {
	filter := "title: F\nlogsource: {product: windows}\nfilter: {rules: [6f1d1b2e-0000-4000-8000-000000000001], adm: {User|startswith: adm_}, condition: not adm}\n"
	set := sigmaSet(t, map[string]string{"a.yml": filter, "r.yml": sigmaText("  s: {Image: a.exe}\n  condition: s\n")})
	for user, want := range map[string]bool{"adm_x": false, "bob": true} {
		if got := len(set.Matcher().Fires(sysmon("winlog.event_data.Image", "a.exe", "winlog.event_data.User", user))) == 1; got != want {
			t.Errorf("%s: %v, want %v", user, got, want)
		}
	}
}

func TestSigmaRule(t *testing.T) {
	text := strings.Replace(sigmaText("  s: {A: 1}\n  condition: s\n"), "level: high", "level: low\ndate: 2023-08-09\ntags: [attack.credential-access, attack.t1110.003]", 1)
	r := sigmaSet(t, map[string]string{"r.yml": text}).Rule("6f1d1b2e-0000-4000-8000-000000000001")
	if r == nil || r.Status != Testing || r.Level != "low" || r.Version != "2023.8.9" || r.Category != "intrusion-attempts/brute-force" ||
		r.Correlate.Kind != Match || !r.Sigma || len(r.Conditions()) != 1 || r.Conditions()[0] != "s" {
		t.Errorf("%+v", r)
	}
}

// The old form of files: a global document is part of those that follow.
func TestSigmaGlobal(t *testing.T) {
	text := `action: global
title: T
level: low
detection: {condition: s}
---
id: 6f1d1b2e-0000-4000-8000-000000000001
logsource: {product: windows, service: security}
detection: {s: {EventID: 1}}
---
action: repeat
id: 6f1d1b2e-0000-4000-8000-000000000002
logsource: {service: system}
`
	set := sigmaSet(t, map[string]string{"r.yml": text})
	var ids []string
	for _, channel := range []string{"Security", "System", "Application"} {
		ids = append(ids, set.Matcher().Fires(alert("winlog.channel", channel, "winlog.event_id", "1"))...)
	}
	if len(ids) != 2 || ids[0] == ids[1] || set.Rules()[0].Title != "T" {
		t.Errorf("%v, refused %v", ids, set.Refused)
	}
	anchored := "title: T\nlogsource: {product: windows}\ndetection: {s: &x {A: 1}, t: *x, condition: s}\n"
	if set := sigmaSet(t, map[string]string{"r.yml": anchored}); len(set.Refused) != 1 {
		t.Errorf("refused %v", set.Refused)
	}
}

// Names that Sysmon saw are the log source dns_query, not dns.
func TestSigmaOtherSources(t *testing.T) {
	text := "title: T\nlogsource: {category: dns}\ndetection: {s: {query|endswith: .bad}, condition: s}\n"
	set := sigmaSet(t, map[string]string{"r.yml": text})
	if got := set.Matcher().Fires(alert("dns.question.name", "x.bad")); len(got) != 1 {
		t.Errorf("a name server's record: %v", got)
	}
	if got := set.Matcher().Fires(alert("dns.question.name", "x.bad", "winlog.event_id", "22")); len(got) != 0 {
		t.Errorf("Sysmon's: %v", got)
	}
}

// What sudo says is asked for by the words of its line.
func TestSigmaSudo(t *testing.T) {
	text := "title: T\nlogsource: {product: linux, service: sudo}\ndetection: {s: {USER: '#-*'}, c: {COMMAND|endswith: /id}, condition: s and c}\n"
	set := sigmaSet(t, map[string]string{"r.yml": text})
	for user, want := range map[string]int{"#-1": 1, "root": 0} {
		a := alert("process.name", "sudo", "user.name", "alice", "user.effective.name", user, "process.command_line", "/usr/bin/id")
		if got := set.Matcher().Fires(a); len(got) != want {
			t.Errorf("as %s: %v", user, got)
		}
	}
}
