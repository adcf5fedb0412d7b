package rules

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Refusals is how many Sigma documents are not used for one reason.
type Refusals struct {
	Reason string
	Count  int
}

// particular is what differs between two refusals for the same reason: the item, quoted texts, placeholders, numbers.
var particular = []struct {
	text *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`^(correlation: (rule \S+: )?)?[^ :]*(\|[a-z0-9]+)+: `), "$1"},
	{regexp.MustCompile(`"[^"]*"`), "…"},
	{regexp.MustCompile(`%[^% ]+%`), "%…%"},
	{regexp.MustCompile(`\b[0-9]+\b`), "…"},
	{regexp.MustCompile(`\(…?.*\)$`), "(…)"},
}

// RefusedFor counts the set's refused Sigma documents by reason, the most frequent first.
func (s *Set) RefusedFor() []Refusals {
	counts := map[string]int{}
	for _, f := range s.Refused {
		reason := strings.TrimPrefix(f.Message, refusedPrefix)
		for _, p := range particular {
			reason = p.text.ReplaceAllString(reason, p.with)
		}
		counts[reason]++
	}
	var out []Refusals
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Refusals{reason, counts[reason]})
	}
	slices.SortStableFunc(out, func(a, b Refusals) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

const refusedPrefix = "Sigma rule not loaded: "
