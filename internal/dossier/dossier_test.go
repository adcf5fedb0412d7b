package dossier

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func press(t *testing.T, folder string) *Press {
	t.Helper()
	p, err := New(folder)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// closed is an incident of which everything is said.
func closed() File {
	i := tocsin.Incident{
		ID: "202611-ab", Number: "INC-2026-000007", Tenant: "default", Title: "Password spray <b>now</b>", Summary: "10 alerts about 203.0.113.7 and ann",
		Status: tocsin.ClosedIncident, Discovery: "event", Category: "intrusion-attempts/brute-force", Priority: "P2", Impact: tocsin.Impact{Functional: "low"},
		DeclaredBy: "cora", Coordinator: "cora", Assignee: "bert", Teams: []tocsin.Team{{Name: "Team Nord"}}, Disposition: "true_positive_impact",
		RootCause: "malicious_action", Intent: "deliberate", Means: "technical", FailedControls: []string{"A.8.5"}, Lessons: []string{"ask ann for two factors"},
		Vulnerabilities: []tocsin.Vulnerability{{ID: "CVE-2026-1", Asset: "vpn1.example.org"}}, Entities: []tocsin.Entity{{Field: "source.ip", Value: "203.0.113.7", Role: "attacker"}, {Field: "user.name", Value: "ann", Role: "victim"}},
		FollowUps: []tocsin.FollowUp{{Text: "rotate keys", Owner: "dora", Due: t0.AddDate(0, 1, 0)}}, Opened: t0, Durations: map[string]int64{"resolve_s": 3725},
		Timeline: map[string]time.Time{"detected": t0, "contained": t0, "recovered": t0}, TLP: "RED", Why: []string{"because"}, Countable: true,
		Targets: map[string]tocsin.Target{"contain": {Due: t0, Met: new(false), BreachedS: 60}},
	}
	log := []tocsin.LogEntry{
		{Seq: 1, Action: "promote", To: "proposed", By: tocsin.Actor{Kind: "policy", ID: "serious@1"}, Effective: t0},
		{Seq: 2, Action: "declare", To: "declared", By: tocsin.Actor{Kind: "person", ID: "cora"}, Effective: t0.Add(90 * time.Second), Text: "ann | bert\nsaw it"},
	}
	return File{Incident: i, Log: log}
}

func TestIncidentReport(t *testing.T) {
	p := press(t, "")
	for format, want := range map[string][]string{
		Markdown: {
			"# INC-2026-000007: Password spray &lt;b&gt;now&lt;/b&gt;", "| Coordinator | cora |", "ann \\| bert saw it", "- resolve: 1 h 2 min",
			"- target contain, due 2026-11-02 10:00:00: missed by 1 min 0 s", "follow-up 1: rotate keys, owner dora, due 2026-12-02 10:00:00, open",
		},
		HTML: {"<h1>INC-2026-000007: Password spray &lt;b&gt;now&lt;/b&gt;</h1>", "@media print", "<td>ann | bert\nsaw it</td>"},
	} {
		var out bytes.Buffer
		if err := p.Incident(&out, format, closed(), t0); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: no %q in\n%s", format, text, out.String())
			}
		}
		if strings.Contains(out.String(), "This report lacks") {
			t.Errorf("%s: something is missing: %v", format, Missing(closed()))
		}
	}
}

// What is missing is asked of the stage that the incident has reached, and by name.
func TestMissing(t *testing.T) {
	bare := File{Incident: tocsin.Incident{Status: tocsin.Proposed}}
	if got := Missing(bare); len(got) != 4 {
		t.Errorf("of a proposal: %q", got)
	}
	for name, forget := range map[string]func(*tocsin.Incident){
		"root cause":                       func(i *tocsin.Incident) { i.RootCause = "" },
		"technical or non-technical means": func(i *tocsin.Incident) { i.Means = "" },
		"controls that failed, or none":    func(i *tocsin.Incident) { i.FailedControls = nil },
		"coordinator":                      func(i *tocsin.Incident) { i.Coordinator = "" },
		"when it was contained":            func(i *tocsin.Incident) { delete(i.Timeline, "contained") },
		"owner and due date of follow-up 1": func(i *tocsin.Incident) {
			i.FollowUps = []tocsin.FollowUp{{Text: "x", Owner: "bert"}}
		},
	} {
		f := closed()
		forget(&f.Incident)
		if got := Missing(f); len(got) != 1 || got[0] != name {
			t.Errorf("%s: %q", name, got)
		}
		var out bytes.Buffer
		if err := press(t, "").Incident(&out, Markdown, f, t0); err != nil || !strings.Contains(out.String(), "- "+name+"\n") {
			t.Errorf("the report does not say it: %v\n%s", err, out.String())
		}
	}
}

func TestBrokenLogIsSaid(t *testing.T) {
	f := closed()
	f.Intact = errors.New("entry 2 was changed")
	var out bytes.Buffer
	if err := press(t, "").Incident(&out, HTML, f, t0); err != nil || !strings.Contains(out.String(), "entry 2 was changed") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestTemplatesOfOnesOwn(t *testing.T) {
	folder := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(folder, "incident.md.tmpl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ours: {{.incident.number}}, {{duration 61}}\n")
	var out bytes.Buffer
	if err := press(t, folder).Incident(&out, Markdown, closed(), t0); err != nil || out.String() != "ours: INC-2026-000007, 1 min 1 s\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	for text, want := range map[string]string{"{{.incident.number": "incident.md.tmpl:1", "\n{{nothing}}": "incident.md.tmpl:2", "{{index .facts 99}}": "incident.md.tmpl:1"} {
		write(text)
		if _, err := New(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := New(filepath.Join(folder, "gone")); err == nil {
		t.Error("a folder that is not there is taken")
	}
}

// A name that a report would have nothing for is a fault with its line and its remedy, wherever it stands.
func TestTemplatesNameWhatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"one\n{{.incident.nubmer}}":                                              `incident.md.tmpl:2:12: nothing here is called "nubmer"`,
		"{{if .broken}}{{.incidents.number}}{{end}}":                             `nothing here is called "incidents"`,
		"{{range .log}}{{.seq}} {{.who}}{{end}}":                                 `nothing here is called "who"`,
		"{{range .log}}{{else}}{{.events_gon}}{{end}}":                           "did you mean events_gone?",
		"{{range $n, $f := .incident.follow_ups}}{{$f.ownr}}{{end}}":             "did you mean owner?",
		"{{with $i := .incident}}{{$i.titel}}{{end}}":                            "did you mean title?",
		"{{range .facts}}{{$.incident.statsu}}{{end}}":                           "did you mean status?",
		"{{when .incident.opend}}":                                               "did you mean opened?",
		"{{or .incident.sumary (words .incident.platfrom)}}":                     "did you mean platform?",
		`{{define "x"}}{{.nam}}{{end}}{{range .facts}}{{template "x" .}}{{end}}`: "did you mean name?",
		"{{range .facts}}{{.whatever_that_is}}{{end}}":                           "known are: name, value",
		"{{.incident.number.short}}":                                             `what stands before it has no "short"`,
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "incident.md.tmpl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", text, err, want)
		}
	}
	folder := t.TempDir()
	sound := `{{.incident.timeline.detected}} {{range $k, $t := .incident.targets}}{{$k}} {{$t.due}}{{end}}{{$x := .made}}{{when $x}}{{with .facts}}{{(index . 0).name}}{{end}}`
	if err := os.WriteFile(filepath.Join(folder, "incident.html.tmpl"), []byte(sound), 0o600); err != nil {
		t.Fatal(err)
	}
	press(t, folder)
}

// No value of an entity, no person and nothing that looks like an address is in what is written for teaching.
func TestAwarenessNamesNobody(t *testing.T) {
	p := press(t, "")
	rapid.Check(t, func(rt *rapid.T) {
		f := closed()
		name := rapid.StringMatching(`[A-Za-z][A-Za-z0-9._-]{3,12}`)
		value, person, team := "v"+name.Draw(rt, "value"), "p"+name.Draw(rt, "person"), "t"+name.Draw(rt, "team")
		address := fmt.Sprintf("%d.%d.%d.%d", rapid.IntRange(1, 255).Draw(rt, "a"), 7, 8, rapid.IntRange(0, 255).Draw(rt, "b"))
		said := strings.ToUpper(value) + " and " + person + " of " + team + " from " + address + " wrote to x@" + value + ".example with https://evil.example/" + value
		i := &f.Incident
		i.Entities = append(i.Entities, tocsin.Entity{Field: "host.name", Value: value, Role: "victim"})
		i.Coordinator, i.Teams = person, []tocsin.Team{{Name: team}}
		i.Title, i.Summary, i.Lessons, i.FailedControls = said, said, []string{said}, []string{said}
		f.Log = append(f.Log, tocsin.LogEntry{Seq: 3, Action: "resolve", To: "resolved", By: tocsin.Actor{Kind: "person", ID: person}, Text: said, Effective: t0.Add(time.Hour)})
		for _, format := range Formats() {
			var out bytes.Buffer
			if err := p.Awareness(&out, format, f, t0); err != nil {
				rt.Fatal(err)
			}
			text := strings.ToLower(out.String())
			for _, secret := range []string{value, address, "evil.example", "203.0.113.7", i.Number, i.ID} {
				if strings.Contains(text, strings.ToLower(secret)) {
					rt.Fatalf("%s names %s:\n%s", format, secret, out.String())
				}
			}
			for _, secret := range []string{person, team} {
				if tells(text, strings.ToLower(secret)) {
					rt.Fatalf("%s names %s:\n%s", format, secret, out.String())
				}
			}
			if !strings.Contains(text, "tlp:clear") || !strings.Contains(text, "resolved") {
				rt.Fatal(out.String())
			}
		}
	})
}

// tells reports whether a text tells a name: one of letters and digits where it is a word of its own, any other anywhere.
func tells(text, name string) bool {
	if !regexp.MustCompile(`^[\p{L}\p{N}]+$`).MatchString(name) {
		return strings.Contains(text, name)
	}
	return regexp.MustCompile(`(?:^|[^\p{L}\p{N}])` + regexp.QuoteMeta(name) + `(?:$|[^\p{L}\p{N}])`).MatchString(text)
}

// A name that is part of a word leaves the word: what is written can be read. A host, an address and what is no word are
// hidden wherever they stand.
func TestAwarenessLeavesWords(t *testing.T) {
	f := closed()
	i := &f.Incident
	i.Entities = []tocsin.Entity{
		{Field: "user.name", Value: "eve", Role: "related"},
		{Field: "user.name", Value: "user", Role: "related"},
		{Field: "host.name", Value: "web", Role: "victim"},
		{Field: "source.ip", Value: "::1", Role: "attacker"},
		{Field: "user.name", Value: "s-1", Role: "related"},
		{Field: "user.name", Value: "jörg", Role: "related"},
	}
	for text, want := range map[string]string{
		"Events of eve, and EVE's; adm_eve, eve2": "Events of (related user 1), and (related user 1)'s; adm_(related user 1), (related user 1)2",
		"every event that never ended":            "every event that never ended",
		"the webserver, and as-1, and 9::1f":      "the (victim host 1)server, and a(related user 3), and 9(attacker source 1)f",
		"user eve is one of many users":           "(related user 2) (related user 1) is one of many users",
		"Jörg and jörgensen":                      "(related user 4) and jörgensen",
		"\U000F0000 is nobody":                    "\uFFFD is nobody",
	} {
		if got := newMask(f).hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// The names of fields stay, though they look like those of hosts.
func TestAwarenessNamesFields(t *testing.T) {
	f := closed()
	f.Incident.Summary = "10 alerts, source.ip 203.0.113.7, user.name ann, on web1.example.org"
	var out bytes.Buffer
	if err := press(t, "").Awareness(&out, Markdown, f, t0); err != nil {
		t.Fatal(err)
	}
	if want := "10 alerts, source.ip (attacker source 1), user.name (victim user 1), on (hidden)"; !strings.Contains(out.String(), want) {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

// A part of the register's report that has nothing to tell says so.
func TestRegisterReportSaysNone(t *testing.T) {
	for format, want := range map[string]string{Markdown: "\nNone.", HTML: "<li>none</li>"} {
		var out bytes.Buffer
		if err := press(t, "").Register(&out, format, Period{From: t0, To: t0.AddDate(0, 1, 0)}, nil, t0); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), want); n != 4 {
			t.Errorf("%s says it %d times:\n%s", format, n, out.String())
		}
	}
}

func TestRegisterReport(t *testing.T) {
	visit := func(s tocsin.Status, from time.Time) []tocsin.Visit { return []tocsin.Visit{{Status: s, From: from}} }
	first := closed().Incident
	first.Visits, first.Timeline["closed"], first.Timeline["resolved"] = visit(tocsin.ClosedIncident, t0), t0, t0
	second := first
	second.Number, second.Durations, second.RecursOf, second.Status = "INC-2026-000008", map[string]int64{"resolve_s": 60}, "202610-1", tocsin.Declared
	second.Visits, second.Timeline, second.FollowUps, second.Targets = visit(tocsin.Declared, t0), nil, nil, nil
	older := second
	older.Number, older.Opened, older.RecursOf, older.Visits = "INC-2026-000001", t0.AddDate(0, -2, 0), "", visit(tocsin.Declared, t0.AddDate(0, -2, 0))
	exercise := first
	exercise.Countable, exercise.Number, exercise.FollowUps, exercise.Targets = false, "INC-2026-000009", nil, nil
	p := Period{From: t0.AddDate(0, 0, -1), To: t0.AddDate(0, 2, 0)}
	d := Summarise(p, []tocsin.Incident{second, first, older, exercise}, t0)
	if d.Opened != 3 || d.Earlier != 1 || d.Counted != 2 || d.Open != 2 || d.Resolved != 2 || d.Closed != 2 || len(d.Recurring) != 1 || len(d.Missed) != 1 {
		t.Errorf("%+v", d)
	}
	if second.RecursOf != "202610-1" || d.Recurring[0].RecursOfNumber != "" {
		t.Errorf("recurring %+v", d.Recurring)
	}
	known := first
	known.ID = second.RecursOf
	if d := Summarise(p, []tocsin.Incident{second, known}, t0); d.Recurring[0].RecursOfNumber != first.Number {
		t.Errorf("recurring %+v", d.Recurring)
	}
	if len(d.FollowUps) != 1 || !d.FollowUps[0].Overdue {
		t.Errorf("follow-ups %+v", d.FollowUps)
	}
	if len(d.Times) != 1 || d.Times[0] != (span{Name: "resolve", N: 2, P50: 60, P90: 3725}) {
		t.Errorf("times %+v", d.Times)
	}
	for _, format := range append(Formats(), JSON) {
		var out bytes.Buffer
		if err := press(t, "").Register(&out, format, p, []tocsin.Incident{first, second, older}, t0); err != nil || !strings.Contains(out.String(), "INC-2026-000008") {
			t.Errorf("%s: %v\n%s", format, err, out.String())
		}
	}
}

func TestRank(t *testing.T) {
	for name, c := range map[string]struct {
		all     []int64
		percent int
		want    int64
	}{
		"one": {[]int64{7}, 90, 7}, "half of two": {[]int64{1, 2}, 50, 1}, "ninety of ten": {[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 90, 9}, "ninety of eleven": {[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 90, 10},
	} {
		if got := rank(c.all, c.percent); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}
