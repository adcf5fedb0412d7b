package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin"
)

// A rule that reads alerts in several ways stands between two that match alike: what it matched is not theirs.
func TestRulesAlikeAroundVariants(t *testing.T) {
	bodies := []string{
		"type: event_count, rules: [failed], timespan: 30s, condition: {gte: 3}",
		"type: event_count, rules: [failed, connection], group-by: [who], timespan: 30s, aliases: {who: {failed: TargetUserName, connection: Image}}, condition: {gte: 2}",
		"type: event_count, rules: [failed], timespan: 10s, condition: {gte: 3}",
	}
	files := map[string]string{"base.yml": sigmaBase}
	var own []*Set
	for i, body := range bodies {
		text := strings.Replace(correlation(body)["c.yml"], "0020", fmt.Sprintf("002%d", i), 1)
		files[fmt.Sprintf("c%d.yml", i)] = text
		own = append(own, sigmaSet(t, map[string]string{"base.yml": sigmaBase, "c.yml": text}))
	}
	set := sigmaSet(t, files)
	if all := set.compiled; len(all) < 3 || set.Rule("6f1d1b2e-0000-4000-8000-000000000021").variants == nil {
		t.Fatalf("%d rules, or none with variants", len(all))
	}
	m := set.Matcher()
	for _, a := range []*tocsin.Alert{failure("winlog.event_data.TargetUserName", "ann"), failure()} {
		var got, want []tocsin.Match
		for _, match := range m.Match(a) {
			if strings.HasPrefix(match.Rule, "6f1d1b2e-0000-4000-8000-00000000002") {
				got = append(got, match)
			}
		}
		for i, of := range own {
			for _, match := range of.Matcher().Match(a) {
				if match.Rule == fmt.Sprintf("6f1d1b2e-0000-4000-8000-00000000002%d", i) {
					want = append(want, match)
				}
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(tocsin.Match{}, "Set", "Index")); diff != "" {
			t.Errorf("alone and together differ (-alone +together):\n%s", diff)
		}
	}
}
