package rules

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHash(t *testing.T) {
	files := map[string]string{
		"a.yml":            spraying,
		"b.yml":            ruleText(2, "when: in_list(user.name, \"l\")\ncorrelate: {kind: match, group_by: []}"),
		"lists/l.txt":      "a\nb\n",
		"exceptions/x.yml": `{rule: "*", when: user.name == "x", reason: r, owner: o, expires: 2026-01-01}`,
	}
	base := mustLoad(t, files)
	for name, c := range map[string]struct {
		file     string
		old, new string
		same     bool // the set
		sameRule bool // the rule of a.yml
	}{
		"nothing":           {"a.yml", "", "", true, true},
		"a comment":         {"a.yml", "title:", "# x\ntitle:", true, true},
		"the order of keys": {"a.yml", "status: stable\nlevel: high", "level: high\nstatus: stable", true, true},
		"spelling":          {"a.yml", `event.category == "authentication" and`, `(event["category"]   == 'authentication') &&`, true, true},
		"the name of a let": {"a.yml", "failure", "failed", false, false}, // the outcome is named so too
		"a test":            {"a.yml", "ten users fail", "10 users fail", true, true},
		"the threshold":     {"a.yml", "at_least: 10", "at_least: 11", false, false},
		"the condition":     {"a.yml", `"authentication"`, `"authorisation"`, false, false},
		"an exclusion":      {"a.yml", "198.51.100.0/24", "198.51.0.0/16", false, false},
		"the suppression":   {"a.yml", "suppress: 1h", "suppress: 2h", false, false},
		"the confidence":    {"a.yml", "confidence: 0.8", "confidence: 0.9", false, false},
		"a list":            {"lists/l.txt", "b", "c", false, true},
		"a list's order":    {"lists/l.txt", "a\nb", "b\na\nb", true, true},
		"an exception":      {"exceptions/x.yml", "2026", "2027", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(files)
			if c.old != "" {
				changed[c.file] = strings.ReplaceAll(changed[c.file], c.old, c.new)
				if changed[c.file] == files[c.file] {
					t.Fatal("nothing changed")
				}
			}
			set := mustLoad(t, changed)
			if (set.Hash == base.Hash) != c.same {
				t.Errorf("same set %v, want %v", !c.same, c.same)
			}
			id := "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10"
			if (set.Rule(id).Hash == base.Rule(id).Hash) != c.sameRule {
				t.Errorf("same rule %v, want %v", !c.sameRule, c.sameRule)
			}
		})
	}
	again, err := LoadFiles(base.Files, Options{})
	if err != nil || again.Hash != base.Hash {
		t.Errorf("from its own files: %v, same %v", err, err == nil && again.Hash == base.Hash)
	}
}

func TestShape(t *testing.T) {
	shape := func(old, new string) string {
		return mustLoad(t, map[string]string{"a.yml": strings.Replace(spraying, old, new, 1)}).Rules()[0].Shape()
	}
	base := shape("", "")
	for change, same := range map[[2]string]bool{
		{"when: failure", "when: not failure"}: true, {"level: high", "level: low"}: true, {"at_least: 10", "at_least: 20"}: true,
		{"except: ", "description: "}: true, {"span: 10m", "span: 11m"}: false, {"group_by: [source.ip], span", "group_by: [host.name], span"}: false,
		{"field: user.name, at", "field: user.id, at"}: false, {"kind: distinct, group_by: [source.ip], span: 10m, field: user.name,", "kind: count, group_by: [source.ip], span: 10m,"}: false,
	} {
		if got := shape(change[0], change[1]); (got == base) != same {
			t.Errorf("%v: %s, same %v, want %v", change, got, !same, same)
		}
	}
}

// TestPartOfASet holds that faults of one rule leave the others usable.
func TestPartOfASet(t *testing.T) {
	set, err := Load(source(map[string]string{"a.yml": spraying, "b.yml": "id: nothing\n"}), Options{})
	if err == nil || len(set.Rules()) != 1 {
		t.Errorf("%d rules, error %v", len(set.Rules()), err)
	}
	two := []Source{{Name: "one", FS: fstest.MapFS{"a.yml": {Data: []byte(spraying)}}}, {Name: "two", FS: fstest.MapFS{"a.yml": {Data: []byte(spraying)}}}}
	_, err = Load(two, Options{})
	if err == nil || !strings.Contains(err.Error(), `two/a.yml:1:5: the id is taken by "Password spraying" (one/a.yml:1)`) {
		t.Errorf("one rule in two sources: %v", err)
	}
	empty, err := Load(nil, Options{})
	if err != nil || len(empty.Matcher().Match(alert())) != 0 {
		t.Errorf("no rules: %v", err)
	}
}

func TestMatchersShareASet(t *testing.T) {
	set := mustLoad(t, generated(50))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			m := set.Matcher()
			for _, a := range benchAlerts() {
				m.Match(a)
				set.States()
			}
		})
	}
	workers.Wait()
	var total int64
	for _, s := range set.States() {
		total += s.Matches
	}
	if want := 4 * int64(len(set.Matcher().Match(benchAlerts()[0]))); total != want {
		t.Errorf("%d matches, want %d", total, want)
	}
}

func TestTestAlerts(t *testing.T) {
	set := mustLoad(t, map[string]string{"a.yml": ruleText(1, `when: true
correlate: {kind: match, group_by: []}
tests:
  - name: n
    shuffle: true
    alerts:
      - {at: 1m, times: 2, every: 10s, set: {event.code: 4625, destination.port: 443, labels.n: 1.50, labels.s: "1", user.name: "u${i}", tags: ["a${i}", b], labels.yes: true, user.id: null}}
      - {at: 0s, set: {user.name: x}}
    expect: [{group: {destination.port: 443}, count: 2, incident: false, priority: P3}]`)})
	test := set.Rules()[0].Tests[0]
	alerts := test.Alerts(noon)
	var got []string
	for _, a := range alerts {
		got = append(got, a.Time.Sub(noon).String()+" "+a.Ref.Log()+" "+string(a.Raw))
	}
	want := []string{
		`1m0s test {"@timestamp":"2026-03-02T12:01:00Z","destination.port":443,"event.code":"4625","labels.n":1.50,"labels.s":"1","labels.yes":true,"tags":["a1","b"],"user.id":null,"user.name":"u1"}`,
		`1m10s test {"@timestamp":"2026-03-02T12:01:10Z","destination.port":443,"event.code":"4625","labels.n":1.50,"labels.s":"1","labels.yes":true,"tags":["a2","b"],"user.id":null,"user.name":"u2"}`,
		`0s test {"@timestamp":"2026-03-02T12:00:00Z","user.name":"x"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	ids := map[string]bool{}
	for _, a := range append(alerts, test.Alerts(noon)...) {
		ids[a.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d ids: %v", len(ids), slices.Sorted(maps.Keys(ids)))
	}
	e := test.Expect[0]
	if e.Count != 2 || e.Incident == nil || *e.Incident || e.Priority != "P3" || !test.Shuffle {
		t.Errorf("expectation %+v", e)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0, "0d": 0,
		"": -1, "0": -1, "10": -1, "-5m": -1, "5 m": -1, "d": -1, "-1d": -1, "4000d": -1, "1d-1h": -1, "3650d1h": -1, "5y": -1, "1e9h": -1,
	} {
		got, ok := ParseDuration(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, ok, want)
		}
	}
}

// TestHashForgetsTheSpellingOfSteps: a condition written out and one that names a let are the same rule.
func TestHashForgetsTheSpellingOfSteps(t *testing.T) {
	const lets = "let: {a: 'event.action == \"x\"', b: 'event.action == \"y\"'}\n"
	named := mustLoad(t, map[string]string{"a.yml": ruleText(1, lets+"correlate: {kind: set, group_by: [], span: 5m, of: [a, b]}")})
	written := mustLoad(t, map[string]string{"a.yml": ruleText(1, lets+"correlate: {kind: set, group_by: [], span: 5m, of: [a, 'event.action  ==  \"y\"']}")})
	other := mustLoad(t, map[string]string{"a.yml": ruleText(1, lets+"correlate: {kind: set, group_by: [], span: 5m, of: [a, 'event.action == \"z\"']}")})
	if named.Hash != written.Hash || named.Hash == other.Hash {
		t.Errorf("named %s, written %s, other %s", named.Hash, written.Hash, other.Hash)
	}
}
