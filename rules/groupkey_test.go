package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func TestGroupKey(t *testing.T) {
	for name, c := range map[string]struct {
		correlate string
		given     map[string]string
		want      []tocsin.Value
		wrong     []string // parts of the error
	}{
		"in the rule's order": {
			correlate: "group_by: [user.name, source.ip]", given: map[string]string{"source.ip": "1.2.3.4", "user.name": "Ann"},
			want: []tocsin.Value{tocsin.StringValue("Ann"), tocsin.StringValue("1.2.3.4")},
		},
		"folded":              {correlate: "group_by: [user.name], fold: true", given: map[string]string{"user.name": "Ann"}, want: []tocsin.Value{tocsin.StringValue("ann")}},
		"missing is null":     {correlate: "group_by: [user.name], on_missing: 'null'", want: []tocsin.Value{tocsin.NullValue()}},
		"all alerts":          {correlate: "group_by: []", want: []tocsin.Value{}},
		"missing and unknown": {correlate: "group_by: [user.name]", given: map[string]string{"host.name": "x"}, wrong: []string{"host.name is not in its group_by", "user.name is not given", "grouped by user.name"}},
		"too much":            {correlate: "group_by: []", given: map[string]string{"host.name": "x"}, wrong: []string{"all alerts are one group"}},
	} {
		t.Run(name, func(t *testing.T) {
			set := mustLoad(t, map[string]string{"a.yml": ruleText(1, "when: user.name == \"x\"\ncorrelate: {kind: match, "+c.correlate+"}")})
			got, err := set.Rules()[0].GroupKey(c.given)
			if (err != nil) != (c.wrong != nil) || err != nil && !errors.Is(err, tocsin.ErrKey) {
				t.Fatal(err)
			}
			for _, part := range c.wrong {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
			equal := cmp.Comparer(func(a, b tocsin.Value) bool { return a.Kind() == b.Kind() && a.Equal(b) })
			if diff := cmp.Diff(c.want, got, equal); diff != "" {
				t.Error(diff)
			}
		})
	}
}
