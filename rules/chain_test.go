package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// chainOf loads rules that differ in their conditions alone; the n-th has the id chainID(n).
func chainOf(t *testing.T, bodies ...string) (*Set, error) {
	t.Helper()
	files := fstest.MapFS{}
	for i, b := range bodies {
		text := fmt.Sprintf("id: %s\ntitle: Rule %d\nversion: 1.0.0\nstatus: stable\nlevel: high\ncategory: a/b\n", chainID(i), i)
		if !strings.Contains(b, "correlate:") {
			b += "\ncorrelate: {kind: match, group_by: [user.name]}"
		}
		files[fmt.Sprintf("%d.yml", i)] = &fstest.MapFile{Data: []byte(text + b + "\n")}
	}
	return Load([]Source{{FS: files}}, Options{})
}

func chainID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func reads(n int) string { return `when: tocsin.rule.id == "` + chainID(n) + `"` }

// Ruling 11: ranks follow from whose events a rule can match.
func TestRanks(t *testing.T) {
	const base = `when: event.action == "x"`
	for name, c := range map[string]struct {
		bodies []string
		ranks  []int
		heard  []bool
	}{
		"two ranks":        {[]string{base, reads(0)}, []int{1, 2}, []bool{true, false}},
		"three ranks":      {[]string{base, reads(0), reads(1)}, []int{1, 2, 3}, []bool{true, true, false}},
		"two levels below": {[]string{base, reads(0), `when: tocsin.rule.id in ["` + chainID(0) + `", "` + chainID(1) + `"]`}, []int{1, 2, 3}, []bool{true, true, false}},
		"by tag":           {[]string{base + "\ntags: [attack.t1110]", base, `when: tocsin.rule.tags == "attack.t1110"`}, []int{1, 1, 2}, []bool{true, false, false}},
		"all there is": {
			[]string{base, reads(0), `when: tocsin.rule.level == "high"`, `when: tocsin.rule.risk > 1`},
			[]int{1, 2, 3, 3},
			[]bool{true, true, false, false},
		},
		"none of that level": {[]string{base, `when: tocsin.rule.level == "low"`}, []int{1, 2}, []bool{false, false}},
		"events and alerts":  {[]string{base, `when: tocsin.rule.id == "` + chainID(0) + `" or event.action == "y"`}, []int{1, 2}, []bool{true, false}},
		"one without itself": {[]string{base + "\ntags: [t]", "tags: [t]\nwhen: tocsin.rule.tags == \"t\" and tocsin.rule.id != \"" + chainID(1) + `"`}, []int{1, 2}, []bool{true, false}},
	} {
		set, err := chainOf(t, c.bodies...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var ranks []int
		var heard []bool
		for _, r := range set.Rules() {
			ranks, heard = append(ranks, r.Rank), append(heard, set.Heard(r.ID))
		}
		if diff := cmp.Diff(c.ranks, ranks); diff != "" {
			t.Errorf("%s: ranks -want +got:\n%s", name, diff)
		}
		if diff := cmp.Diff(c.heard, heard); diff != "" {
			t.Errorf("%s: heard -want +got:\n%s", name, diff)
		}
	}
}

func TestChainFaults(t *testing.T) {
	const base = `when: event.action == "x"`
	for name, c := range map[string]struct {
		bodies []string
		want   string
	}{
		"a cycle": {[]string{reads(1), reads(0)}, `0.yml:7:7: its events come back to it: "Rule 0" reads "Rule 1" reads "Rule 0"
    when: tocsin.rule.id == "` + chainID(1) + `"
          ^
    name the rules it is meant for by id, or leave one out with tocsin.rule.id != …`},
		"itself":   {[]string{base, reads(1)}, `1.yml:7:7: its events come back to it: "Rule 1" reads "Rule 1"`},
		"four":     {[]string{base, reads(0), reads(1), reads(2)}, `3.yml:7:7: a chain of more than 3 rules: it reads events of "Rule 2"`},
		"misspelt": {[]string{base, `when: tocsin.rule.ids == "x"`}, `1.yml:7:7: unknown field "tocsin.rule.ids"`},
	} {
		_, err := chainOf(t, c.bodies...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got\n%v\nwant\n%s", name, err, c.want)
		}
	}
	set, err := chainOf(t, base, reads(7))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(set.Lints, func(f Fault) bool {
		return strings.Contains(f.Message, "no rule that is loaded has the id "+chainID(7))
	}) {
		t.Errorf("lints: %v", set.Lints)
	}
}

// What a rule of a higher rank sees of an event; what others see of it, and of an alert that says it were one.
func TestOpened(t *testing.T) {
	set, err := chainOf(t, "tags: [attack.credential-access]\nconfidence: 0.9\nwhen: event.action == \"x\"",
		reads(0)+" and tocsin.rule.risk == 63 and threat.tactic.id == \"TA0006\" and source.ip == \"192.0.2.1\"",
		`when: user.name == "ann"`,
		"let: {own: user.name == \"ann\"}\ncorrelate: {kind: set, group_by: [user.name], span: 1h, of: [own, 'tocsin.rule.level == \"high\" and tocsin.rule.id == \""+chainID(0)+"\"']}")
	if err != nil {
		t.Fatal(err)
	}
	ref := tocsin.AlertRef{ID: "202611-ab", Source: "tocsin", Time: time.Unix(100, 0)}
	got := set.Matcher().Opened(Opening{
		Event: "202611-ab", Tenant: "default", Rule: chainID(0), Alert: ref,
		Group:    tocsin.Group{{Field: "source.ip", Value: tocsin.StringValue("192.0.2.1")}},
		Entities: []tocsin.Entity{{Field: "user.name", Value: "ann", Role: "victim"}, {Field: "tocsin.rule.id", Value: "forged"}},
	})
	var rules []string
	for _, m := range got {
		rules = append(rules, fmt.Sprint(m.Rule[35:], " ", m.Key[0].Text(), " ", m.Conditions, " ", m.Facts.Tactics, " ", m.Alert.ID))
	}
	if diff := cmp.Diff([]string{"1 ann 1 [TA0006] 202611-ab", "3 ann 2 [TA0006] 202611-ab"}, rules); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	forged := alert("tocsin.rule.id", chainID(0), "tocsin.rule.level", "high", "tocsin.rule.risk", 63, "source.ip", "192.0.2.1", "threat.tactic.id", "TA0006", "user.name", "bob")
	if ids := set.Matcher().Fires(forged); len(ids) > 0 {
		t.Errorf("an alert that says it were an event matches %v", ids)
	}
}
