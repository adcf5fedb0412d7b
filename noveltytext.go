package tocsin

import (
	"fmt"
	"strconv"
)

// hoursTold is how many hours the words of a scope's standing name; its JSON has a week.
const hoursTold = 24

// Lines say in words how a scope stands: its risk against its bar, what is rare today, what people lowered, and the
// ordinary. Values come from alerts: who prints them makes them safe.
func (s *NoveltyStanding) Lines() []string {
	lines := []string{fmt.Sprintf("%s, %s, %s of the two; %.0f %% of the learning time has passed", Counted(s.Hosts, "host"), Counted(s.Rules, "rule"), Counted(s.Pairs, "pair"), 100*s.Learned)}
	for _, h := range s.Hours[:min(hoursTold, len(s.Hours))] {
		lines = append(lines, fmt.Sprintf("risk in the hour of %s: %s against a bar of %s", moment(h.At), points(h.Risk), points(h.Bar)))
	}
	lines = more(lines, len(s.Hours)-hoursTold, "hour", "with risk")
	for _, t := range s.Rare {
		lines = append(lines, fmt.Sprintf("rare today: %s on %s, %s bits, %s points, %s", t.Rule, t.Host, points(t.Rarity), points(t.Points), Counted(int(t.Alerts), "alert")))
	}
	lines = more(lines, s.MoreRare, "pair", "rare today")
	for _, l := range s.Lowered {
		lines = append(lines, fmt.Sprintf("lowered by a verdict: %s on %s, until %s, incident %s", l.Rule, l.Host, moment(l.Until), l.Incident))
	}
	lines = more(lines, s.MoreLowered, "pair", "lowered")
	for _, t := range s.Ordinary {
		lines = append(lines, fmt.Sprintf("ordinary today: %s on %s, %s, %d the day before", t.Rule, t.Host, Counted(int(t.Alerts), "alert"), t.Yesterday))
	}
	return more(lines, s.More, "pair", "ordinary today")
}

// more adds a line for those that are not told.
func more(lines []string, n int, noun, what string) []string {
	if n > 0 {
		lines = append(lines, "and "+Counted(n, noun)+" more "+what)
	}
	return lines
}

// points are written with at most three decimals, and without those that are zero.
func points(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
