package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/classify"
	"tocsin/internal/replay"
	"tocsin/rules"
)

const (
	shared   = "../../../shared/data/correlation" // not part of the repository
	rulesDir = "../../internal/replay/testdata/translated"
	doc      = "../../docs/translations.md"
)

// received lies after all cases.
var received = time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)

// otherwise are the expectations that this engine answers otherwise, with the reason: case, scenario, source.
var otherwise = map[[3]string]string{
	{"crowdsec:baikal-bf", "andreasbrett/baikal-bf", "33.202.22.97"}:                            "the sixth record is two days older than the others, by its own time",
	{"crowdsec:baikal-bf", "andreasbrett/baikal-bf_user-enum", "33.202.22.97"}:                  "the sixth record is two days older than the others, by its own time",
	{"crowdsec:proxmox-backup-auth-bf", "nicoh88/proxmox-backup-auth-bf", "::ffff:31.54.38.23"}: "an IPv4 address inside IPv6 is that address: the source is 31.54.38.23",
}

func cases(t *testing.T, file string) []testCase {
	t.Helper()
	all, err := readCases(filepath.Join(shared, file))
	if os.IsNotExist(err) {
		t.Skipf("no recorded cases: shared/data is not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func play(t *testing.T, folder string, c testCase) result {
	t.Helper()
	p, err := newPlayer(filepath.Join(rulesDir, folder), received)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.play(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBuckets plays the cases of leaky buckets: each alert that must come comes from one of its sources, and a case that
// must raise none raises none.
func TestBuckets(t *testing.T) {
	for _, c := range cases(t, "crowdsec_scenarios.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			r := play(t, "crowdsec", c)
			for _, name := range r.untranslated {
				t.Errorf("no rule says %s", name)
			}
			if len(c.Alerts) == 0 && len(r.Alerts) > 0 {
				t.Errorf("raised %v, want nothing", r.Alerts)
			}
			for _, want := range c.Alerts {
				raised := slices.ContainsFunc(r.Alerts, func(a alert) bool { return a.Rule == want.Scenario && slices.Contains(want.Sources, a.Source) })
				why := otherwise[[3]string{c.ID, want.Scenario, strings.Join(want.Sources, " ")}]
				switch {
				case !raised && why == "":
					t.Errorf("%s raised nothing for %v, but %v", want.Scenario, want.Sources, r.Alerts)
				case raised && why != "":
					t.Errorf("%s raised %v, which was thought impossible: %s", want.Scenario, want.Sources, why)
				}
			}
		})
	}
}

// TestOneFiring plays the cases whose rule speaks of several events: the rule makes so many events as it must.
func TestOneFiring(t *testing.T) {
	said := 0
	for _, c := range cases(t, "xp_rules.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			r := play(t, "xp", c)
			if len(r.untranslated) > 0 {
				return // its rule looks at one record
			}
			said++
			want := 0
			for _, e := range c.Expected {
				if e.Event.Name == c.Rule {
					want += e.Count
				}
			}
			events := map[string]bool{}
			for _, a := range r.Alerts {
				events[a.Event] = true
			}
			if len(events) != want {
				t.Errorf("%d events, want %d: %v", len(events), want, r.Alerts)
			}
		})
	}
	const all = 26
	if said != all {
		t.Errorf("%d cases were played, want %d", said, all)
	}
}

// TestListed holds that docs/translations.md names each rule that is not the exact word of the original, and each
// expectation that is answered otherwise.
func TestListed(t *testing.T) {
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(rulesDir, "*", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d rules, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		if strings.Contains(string(data), "# Not exact:") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/translations.md does not list %s", name)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(otherwise), func(a, b [3]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) }) {
		if !strings.Contains(string(text), strings.ReplaceAll(key[1], "/", ".")) {
			t.Errorf("docs/translations.md does not list %v", key)
		}
	}
}

// TestSound loads all translations together, as a folder of rules: none has a fault.
func TestSound(t *testing.T) {
	set, err := rules.Load([]rules.Source{{Name: "translated", FS: os.DirFS(rulesDir)}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rules", len(set.Rules()))
}

// TestCommand prints a line for each case.
func TestCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cases.jsonl")
	line := `{"id":"one","scenarios":{"crowdsecurity/cpanel-bf-attempt":{},"nobody/knows":{}},"lines":["[2026-03-01 10:00:00 +0000] info [cpaneld] 203.0.113.7 - eve \"POST /login/ HTTP/1.1\" FAILED LOGIN cpaneld: brute force attempt (user eve) has locked out IP 203.0.113.7"]}`
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, notes strings.Builder
	if err := run(context.Background(), []string{"-cases", file, "-rules", filepath.Join(rulesDir, "crowdsec")}, &out, &notes); err != nil {
		t.Fatal(err)
	}
	var got result
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Alerts) != 1 || got.Alerts[0].Source != "203.0.113.7" || notes.String() != "one: no rule says nobody/knows\n" {
		t.Errorf("alerts %v, notes %q", got.Alerts, notes.String())
	}
}

// TestMechanical makes rules of the definitions alone: most alerts come without a rule of our own writing.
func TestMechanical(t *testing.T) {
	p, err := newPlayer(t.TempDir(), received)
	if err != nil {
		t.Fatal(err)
	}
	p.mechanical = true
	hit, all := 0, 0
	for _, c := range cases(t, "crowdsec_scenarios.jsonl") {
		r, err := p.play(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.Alerts {
			all++
			if slices.ContainsFunc(r.Alerts, func(a alert) bool { return slices.Contains(want.Sources, a.Source) }) {
				hit++
			}
		}
		if len(c.Alerts) == 0 && len(r.Alerts) > 0 {
			t.Errorf("%s raised %v, want nothing", c.ID, r.Alerts)
		}
	}
	t.Logf("%d of %d alerts", hit, all)
	if hit*100 < all*80 {
		t.Errorf("%d of %d alerts, want 80 %%", hit, all)
	}
}

// TestDefinition makes a rule of a definition, or says what it cannot.
func TestDefinition(t *testing.T) {
	for name, c := range map[string]struct{ definition, want string }{
		"bucket":   {`{"type":"leaky","filter":"evt.Meta.log_type == 'door_failed_auth'","groupby":"evt.Meta.source_ip","distinct":"evt.Meta.user","capacity":5,"leakspeed":"10s","blackhole":"1m"}`, "kind: leaky, group_by: [source.ip], on_missing: \"null\", capacity: 5, leakspeed: 10s, distinct: user.name}\nsuppress: 1m"},
		"trigger":  {`{"type":"trigger","filter":"Upper(evt.Meta.http_path) contains Upper('/.env(x)')","groupby":"evt.Meta.source_ip"}`, "upper(url.original) contains '/.ENV(X)'"},
		"places":   {`{"type":"conditional","filter":"evt.Meta.log_type == 'auth_success'","groupby":"evt.Meta.user","leakspeed":"3h","condition":"Distance(1) > 1000"}`, "kind: distinct"},
		"list":     {`{"type":"trigger","filter":"any(File('x.txt'), { evt.Parsed.request endsWith #})","groupby":"evt.Meta.source_ip"}`, "source.ip != nil"},
		"no word":  {`{"type":"trigger","filter":"evt.Enriched.IsoCode == 1","groupby":"evt.Meta.source_ip"}`, "no word here says evt.Enriched.IsoCode"},
		"no group": {`{"type":"trigger","filter":"true","groupby":"evt.Enriched.ASNNumber"}`, "no word here says evt.Enriched.ASNNumber"},
	} {
		t.Run(name, func(t *testing.T) {
			file, _, err := mechanical("acme/"+name, json.RawMessage(c.definition))
			got := string(file)
			if err != nil {
				got = err.Error()
			} else if _, err := rules.LoadFiles([]rules.File{{Name: name, Path: name + ".yml", Data: file}}, rules.Options{}); err != nil {
				t.Errorf("the rule does not load: %v", err)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s\nlacks %s", got, c.want)
			}
		})
	}
}

// TestInline runs the tests that the translations carry themselves.
func TestInline(t *testing.T) {
	set, err := rules.Load([]rules.Source{{Name: "translated", FS: os.DirFS(rulesDir)}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range replay.TestRules(t.Context(), replay.TestOptions{Set: set, Scales: classify.Default(), Assets: &classify.Assets{}}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; len(r.Faults) > 0 {
			t.Errorf("%s: %s: %v", r.Rule.File, r.Test.Name, r.Faults)
		}
	}
	if n < len(set.Rules()) {
		t.Errorf("%d tests of %d rules", n, len(set.Rules()))
	}
}
