package classify

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// TestAssess assesses events of stories: an event, the assets and an edit of the shipped scale where the story has
// one. The file want is the assessment as people read it.
func TestAssess(t *testing.T) {
	stories, err := filepath.Glob("testdata/assess/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, story := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(story), ".txtar"), func(t *testing.T) {
			golden(t, story, func(files map[string]string) string {
				s, err := LoadScales("scales.yml", []byte(edited(t, files["edit"])))
				if err != nil {
					t.Fatal(err)
				}
				var assets *Assets
				if text := files["assets.yml"]; text != "" {
					if assets, err = LoadAssets("assets.yml", []byte(text)); err != nil {
						t.Fatal(err)
					}
				}
				var e tocsin.Event
				if err := json.Unmarshal([]byte(files["event.json"]), &e); err != nil {
					t.Fatal(err)
				}
				return told(New(s, assets).Assess(e))
			})
		})
	}
}

func told(a tocsin.Assessment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "state %s mode %s policy %q reason %q\n", a.State, a.Mode, a.Policy, a.Reason)
	fmt.Fprintf(&b, "category %s iso %s class %s severity %s score %d priority %s\n", a.Category, a.CategoryISO, a.Class, a.Severity, a.Score, a.Priority)
	fmt.Fprintf(&b, "impact %+v urgency %s\n", a.Impact, a.Urgency)
	fmt.Fprintf(&b, "asset %d known %v owner %q platform %s shared %v\n", a.Asset, a.AssetKnown, a.Owner, a.Platform, a.Shared)
	fmt.Fprintf(&b, "basis %s scale %s\n", a.Basis, a.Scale)
	for _, w := range a.Why {
		b.WriteString("  " + w + "\n")
	}
	return b.String()
}

func TestMatrix(t *testing.T) {
	s := Default()
	for class, row := range map[string]string{"IV": "P1 P1 P2 P2", "III": "P1 P2 P2 P3", "II": "P2 P3 P3 P4", "I": "P3 P4 P5 P5"} {
		var got []string
		for _, urgency := range s.Vocabularies().Urgency {
			p, err := s.Priority(class, urgency)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		if got := strings.Join(got, " "); got != row {
			t.Errorf("class %s: %s, want %s", class, got, row)
		}
	}
	for _, bad := range [][2]string{{"V", "active"}, {"I", "actve"}} {
		if p, err := s.Priority(bad[0], bad[1]); err == nil {
			t.Errorf("%v has the priority %s", bad, p)
		}
	}
}

// A profile is shifted by the rule's level on two axes, each by one number of its scale.
func TestShift(t *testing.T) {
	s := Default()
	for name, c := range map[string]struct{ category, level, functional, information string }{
		"high stays":           {"intrusions/burglary", "high", "medium", "privacy"},
		"critical":             {"intrusions/burglary", "critical", "high", "privacy"}, // the highest number already
		"low":                  {"intrusions/burglary", "low", "low", "proprietary"},
		"informational as low": {"intrusions/burglary", "informational", "low", "proprietary"},
		"critical from none":   {"information-gathering/scanner", "critical", "low", "proprietary"},
		"low from none":        {"information-gathering/scanner", "low", "none", "none"},
		"two to three":         {"intrusion-attempts/exploit", "critical", "low", "privacy"},
	} {
		a := New(s, nil).Assess(tocsin.Event{Rule: tocsin.RuleRef{Category: c.category, Level: c.level}})
		if a.Impact.Functional != c.functional || a.Impact.Information != c.information {
			t.Errorf("%s: functional %s, information %s; want %s, %s", name, a.Impact.Functional, a.Impact.Information, c.functional, c.information)
		}
	}
}

// A person who changes impact, urgency or category gets class and priority by the same scale.
func TestRate(t *testing.T) {
	s := Default()
	in := Input{
		Category: "ransomware", Urgency: "active", Asset: 3,
		Impact: tocsin.Impact{Functional: "high", Information: "none", Recoverability: "extended", BusinessLoss: "especially_serious", Social: "none"},
	}
	r, err := s.Rate(in)
	if err != nil {
		t.Fatal(err)
	}
	want := Rating{Class: "IV", Severity: "very_serious", Score: 90, Priority: "P1", rank: 4, Why: []string{
		"severity class IV, very_serious (score 90): asset == 3 && max(business_loss, social) == 3 holds with asset=3, business_loss=3, social=0",
		"priority P1: class IV, urgency active",
	}}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(Rating{})); diff != "" {
		t.Errorf("rating (-want +got):\n%s", diff)
	}
	if r, err := s.Rate(Input{Urgency: "active", Asset: 2, Impact: tocsin.Impact{Functional: "high"}}); err != nil || r.Class != "III" || r.Priority != "P2" {
		t.Errorf("what is not known stays zero: %+v, %v", r, err)
	}
	for _, in := range []Input{{}, {Urgency: "actve"}, {Urgency: "active", Category: "odd"}} {
		if r, err := s.Rate(in); err == nil {
			t.Errorf("%+v has the rating %+v", in, r)
		}
	}
	in.Impact.BusinessLoss = "serius"
	if _, err := s.Rate(in); err == nil || err.Error() != `unknown business_loss "serius": did you mean serious?` {
		t.Errorf("error %v", err)
	}
}

// A rating is what the assessment of the same inputs says.
func TestRateAgreesWithAssess(t *testing.T) {
	s := Default()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		a := New(s, exampleAssets(t)).Assess(e)
		r, err := s.Rate(Input{Category: a.Category, Impact: a.Impact, Urgency: a.Urgency, Asset: a.Asset, Rule: e.Rule, Count: e.Count, Facts: e.Facts})
		if err != nil {
			t.Fatal(err)
		}
		if r.Class != a.Class || r.Priority != a.Priority || r.Severity != a.Severity || r.Score != a.Score {
			t.Fatalf("rate %+v, assess %+v", r, a)
		}
	})
}

type fataler interface{ Fatal(...any) }

func exampleAssets(t fataler) *Assets {
	a, err := LoadAssets("assets.yml", []byte(`assets:
  - {id: files, match: {ip: 10.0.0.5, host: ["files", "files*.example.com"]}, importance: 3, owner: storage, platform: windows}
  - {id: office, match: {cidr: 10.0.0.0/16}, importance: 1}
  - {id: gateway, match: {ip: ["10.0.0.1", "2001:db8::1"]}, importance: important, shared: true, platform: network}
  - {id: admins, match: {user: ["adm-*", root]}, importance: 2}
`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func drawEvent(t *rapid.T) tocsin.Event {
	e := tocsin.Event{
		Rule: tocsin.RuleRef{
			ID: "r", Level: rapid.SampledFrom([]string{"informational", "low", "medium", "high", "critical", ""}).Draw(t, "level"),
			Status:     rapid.SampledFrom([]string{"shadow", "test", "stable"}).Draw(t, "status"),
			Category:   rapid.SampledFrom(append(Default().Categories(), "", "nonsense", rapid.String().Draw(t, "odd"))).Draw(t, "category"),
			Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence"),
			Tags:       rapid.SliceOf(rapid.SampledFrom([]string{"attack.t1110", "attack.persistence", "attack.credential-access", "x"})).Draw(t, "tags"),
		},
		Count: rapid.Int64Range(0, 1000).Draw(t, "count"),
		Facts: tocsin.Facts{
			Risk: rapid.Float64Range(0, 100).Draw(t, "risk"), IOC: rapid.Bool().Draw(t, "ioc"),
			Tactics: rapid.SliceOf(rapid.SampledFrom([]string{"TA0006", "Persistence", "odd"})).Draw(t, "tactics"),
		},
	}
	n := rapid.IntRange(0, 5).Draw(t, "entities")
	for range n {
		e.Entities = append(e.Entities, tocsin.Entity{
			Field: rapid.SampledFrom([]string{"source.ip", "host.name", "user.name", "url.path", ""}).Draw(t, "field"),
			Value: rapid.SampledFrom([]string{"10.0.0.5", "10.0.0.1", "FILES2.example.com", "root", "adm-1", "", "\x00\xff"}).Draw(t, "value"), Role: "victim",
		})
	}
	e.Group = tocsin.Group{{Field: "destination.ip", Value: tocsin.StringValue(rapid.SampledFrom([]string{"10.0.0.1", "192.0.2.1"}).Draw(t, "group"))}}
	return e
}

// The same event gets the same assessment, again and from many goroutines, and the event is not touched. Every
// assessment says words of the scale and why.
func TestAssessIsPure(t *testing.T) {
	c := New(Default(), exampleAssets(t))
	v := c.Scales().Vocabularies()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		before, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		want := c.Assess(e)
		var wg sync.WaitGroup
		got := make([]tocsin.Assessment, 4)
		for i := range got {
			wg.Go(func() { got[i] = c.Assess(e) })
		}
		wg.Wait()
		for _, g := range got {
			if !reflect.DeepEqual(want, g) {
				t.Fatalf("assessments differ:\n%s", cmp.Diff(want, g))
			}
		}
		if after, _ := json.Marshal(e); string(before) != string(after) {
			t.Fatalf("the event changed from %s to %s", before, after)
		}
		checkWords(t, v, e, want)
	})
}

func checkWords(t *rapid.T, v Vocabularies, e tocsin.Event, a tocsin.Assessment) {
	in := func(word string, list []string) bool {
		return strings.Contains(" "+strings.Join(list, " ")+" ", " "+word+" ")
	}
	if !in(a.Category, v.Categories) || !in(a.CategoryISO, v.ISO) || !in(a.Class, v.Classes) || !in(a.Priority, v.Priorities) ||
		!in(a.Urgency, v.Urgency) || !in(a.Impact.Functional, v.Functional) || a.Platform == "" || len(a.Why) < 6 {
		t.Fatalf("words outside of the scale: %+v", a)
	}
	if e.Rule.Status == "test" && a.Mode == tocsin.ModeAuto {
		t.Fatalf("a rule in status test was declared by a policy: %+v", a)
	}
	if e.Rule.Status == "shadow" && a.State == tocsin.Promoted {
		t.Fatalf("a shadow rule's event was promoted: %+v", a)
	}
	if (a.State == tocsin.NotIncident) != (a.Reason != "") {
		t.Fatalf("state %s with the reason %q", a.State, a.Reason)
	}
}

func TestAssetsOf(t *testing.T) {
	a := exampleAssets(t)
	for name, c := range map[string]struct{ field, value, id, by string }{
		"address":                       {"source.ip", "10.0.0.5", "files", "ip 10.0.0.5"},
		"the longest prefix wins":       {"destination.ip", "10.0.0.1", "gateway", "ip 10.0.0.1"},
		"network":                       {"host.ip", "10.0.9.9", "office", "cidr 10.0.0.0/16"},
		"IPv6":                          {"client.ip", "2001:DB8:0::1", "gateway", "ip 2001:db8::1"},
		"IPv4 in IPv6":                  {"client.ip", "::ffff:10.0.9.9", "office", "cidr 10.0.0.0/16"},
		"host":                          {"host.name", "FILES", "files", "host files"},
		"host by pattern":               {"destination.domain", "files7.example.com", "files", "host files*.example.com"},
		"user":                          {"user.name", "Root", "admins", "user root"},
		"user by pattern":               {"source.user.name", "adm-7", "admins", "user adm-*"},
		"target user":                   {"user.target.name", "adm-7", "admins", "user adm-*"},
		"a user called like a host":     {"user.name", "files", "", ""},
		"a user called like an address": {"user.name", "10.0.0.5", "", ""},
		"a host called like a user":     {"host.name", "root", "", ""},
		"another field":                 {"process.name", "root", "", ""},
		"outside":                       {"source.ip", "192.0.2.1", "", ""},
		"no field":                      {"", "", "", ""},
	} {
		asset, by, ok := a.Of(c.field, c.value)
		if asset.ID != c.id || by != c.by || ok != (c.id != "") {
			t.Errorf("%s: %q by %q, want %q by %q", name, asset.ID, by, c.id, c.by)
		}
	}
}

func TestDefaultExports(t *testing.T) {
	s := Default()
	if s == nil {
		_, err := LoadScales("default.yml", shipped)
		t.Fatal(err)
	}
	if got := s.ID(); got != "tocsin-default@2026.1" {
		t.Errorf("id %s", got)
	}
	want := Target{Priority: "P1", Assess: 15 * time.Minute, Ack: 15 * time.Minute, Contain: 4 * time.Hour, Resolve: 24 * time.Hour, Calendar: "24x7", Review: "required"}
	if got, _ := s.Target("P1"); got != want {
		t.Errorf("P1 %+v", got)
	}
	if got, ok := s.Target("P5"); !ok || got.Ack != 0 {
		t.Errorf("P5 %+v", got)
	}
	if s.ReopenWindow() != 336*time.Hour || s.ConfirmAutoWithin() != time.Hour || s.Sharing().DefaultTLP != "AMBER+STRICT" {
		t.Errorf("reopen %v, confirm %v, sharing %+v", s.ReopenWindow(), s.ConfirmAutoWithin(), s.Sharing())
	}
	if n := len(s.Categories()); n != 40 {
		t.Errorf("%d categories, want the taxonomy's 38 types, the test and one local name", n)
	}
	for category, iso := range map[string]string{
		"intrusions/burglary": "physical_damage", "intrusions/system-compromise": "technical_attack", "test/test": "other",
		"availability/outage": "infrastructure_failure",
	} {
		if got := s.ISO(category); got != iso {
			t.Errorf("ISO(%s) = %s, want %s", category, got, iso)
		}
	}
	if s.Countable("test/test") || !s.Countable("other/other") {
		t.Error("only tests are not countable")
	}
}

func FuzzLoadScales(f *testing.F) {
	f.Add([]byte(DefaultText()))
	f.Add([]byte("scale: {id: a, version: b, primary_scheme: c}\ncategory: {c: {other: [undetermined]}}\n"))
	f.Add([]byte("severity_class:\n - when: >-\n    a\n    b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := LoadScales("f", data)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if err == nil {
			New(s, nil).Assess(tocsin.Event{Rule: tocsin.RuleRef{Level: "critical"}})
		}
	})
}

func FuzzLoadAssets(f *testing.F) {
	f.Add([]byte("assets:\n - {id: a, match: {ip: 10.0.0.1, cidr: [10.0.0.0/8], host: 'w[a-z]*', user: b}, importance: 2}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := LoadAssets("f", data)
		if (a == nil) == (err == nil) {
			t.Fatalf("%v, %v", a, err)
		}
		a.Of("host.name", "web1")
		a.Of("source.ip", "10.0.0.1")
	})
}

func BenchmarkAssess(b *testing.B) {
	c := New(Default(), exampleAssets(b))
	e := tocsin.Event{
		Rule:     tocsin.RuleRef{ID: "r", Level: "high", Category: "intrusion-attempts/brute-force", Tags: []string{"attack.t1110"}},
		Entities: []tocsin.Entity{{Field: "source.ip", Value: "203.0.113.7"}, {Field: "host.name", Value: "files1.example.com"}},
	}
	for b.Loop() {
		c.Assess(e)
	}
}

// A file that is something else altogether does not make a report without end.
func TestFaultsHaveALimit(t *testing.T) {
	_, err := LoadAssets("a", []byte("assets:\n"+strings.Repeat(" - {ip: 10.0.0.1}\n", 5000)))
	if err == nil || strings.Count(err.Error(), "unknown key") > maxFaults || !strings.Contains(err.Error(), "more faults") {
		t.Errorf("%.300s", err)
	}
}
