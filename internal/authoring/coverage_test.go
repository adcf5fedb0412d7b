package authoring_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/classify"
	"tocsin/internal/authoring"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

func tagged(n, status, category, tags string) string {
	return "id: 00000000-0000-4000-8000-00000000000" + n + "\ntitle: Rule " + n + "\nversion: 1.0.0\nstatus: " + status + "\nlevel: high\ncategory: " + category +
		"\ntags: [" + tags + "]\nwhen: event.action == \"a\"\ncorrelate: {kind: match, group_by: []}\n"
}

func covered(t *testing.T) authoring.Coverage {
	t.Helper()
	text := strings.Join([]string{
		tagged("1", "stable", "fraud/phishing", "attack.credential-access, attack.t1110.003, attack.t1110.003"),
		tagged("2", "shadow", "fraud/phishing", "attack.credential_access, attack.T1110.003, attack.t1110.001, attack.t1078, attack.g0016, tlp.amber"),
		tagged("3", "deprecated", "availability/dos", "attack.t1498"),
		tagged("4", "test", "fraud/copyright", "attack.impact"),
	}, "---\n")
	return authoring.Cover(options(t, text).Set, classify.Default())
}

func TestCover(t *testing.T) {
	c := covered(t)
	names := func(all []authoring.Covered) map[string]int {
		m := map[string]int{}
		for _, x := range all {
			if len(x.Rules) > 0 {
				m[x.Name] = len(x.Rules)
			}
		}
		return m
	}
	got := []any{c.Rules, names(c.Techniques), names(c.Tactics), names(c.Categories), len(c.Uncovered), len(c.Untagged)}
	want := []any{
		3,
		map[string]int{"T1078": 1, "T1110.001": 1, "T1110.003": 2},
		map[string]int{"credential-access": 2, "impact": 1},
		map[string]int{"fraud/phishing": 2, "fraud/copyright": 1},
		len(c.Categories) - 2, 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var b bytes.Buffer
	if err := c.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 rules name 3 techniques of 2 tactics\n", "  T1110.003  2  Rule 1; Rule 2\n", "1 rules name no technique\n", "\n  availability/dos\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// TestLayer holds what the format's page asks of a layer of version 4.5.
func TestLayer(t *testing.T) {
	set, err := rules.Load([]rules.Source{{FS: rulesd.FS()}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]authoring.Coverage{"small": covered(t), "shipped": authoring.Cover(set, classify.Default()), "none": {}} {
		var b bytes.Buffer
		if err := c.WriteLayer(&b); err != nil {
			t.Fatal(err)
		}
		var l struct {
			Name, Domain string
			Versions     struct{ Layer, Navigator string }
			Techniques   []struct {
				TechniqueID string
				Score       *int
				ShowSub     bool `json:"showSubtechniques"`
			}
			Gradient struct {
				Colors             []string
				MinValue, MaxValue int
			}
		}
		dec := json.NewDecoder(&b)
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Name == "" || l.Domain != "enterprise-attack" || l.Versions.Layer != "4.5" || l.Versions.Navigator < "4.9.0" || l.Techniques == nil ||
			len(l.Gradient.Colors) < 2 || l.Gradient.MaxValue <= l.Gradient.MinValue {
			t.Errorf("%s: %+v", name, l)
		}
		seen, scored := map[string]bool{}, 0
		for _, x := range l.Techniques {
			if seen[x.TechniqueID] || !regexp.MustCompile(`^T\d{4}(\.\d{3})?$`).MatchString(x.TechniqueID) || x.Score == nil && !x.ShowSub {
				t.Errorf("%s: %+v", name, x)
			}
			seen[x.TechniqueID] = true
			if x.Score != nil {
				scored++
			}
			if parent, _, sub := strings.Cut(x.TechniqueID, "."); sub && !seen[parent] {
				t.Errorf("%s: %s stands before its parent", name, x.TechniqueID)
			}
		}
		if scored != len(c.Techniques) {
			t.Errorf("%s: %d of %d techniques are scored", name, scored, len(c.Techniques))
		}
	}
}
