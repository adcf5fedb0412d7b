package tocsin

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestANoveltyStandingInWords: what the page shows in tables of a scope the command says in lines.
func TestANoveltyStandingInWords(t *testing.T) {
	at := time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)
	s := NoveltyStanding{
		Hosts: 1, Rules: 24, Pairs: 29, Learned: 0.5, Hours: slices.Repeat([]NoveltyHour{{At: at, Risk: 91.45, Bar: 75}}, 30),
		Rare: []NoveltyTally{{Rule: "Long request", Host: "web1", Alerts: 1, Rarity: 14, Points: 8}}, MoreRare: 1,
		Ordinary: []NoveltyTally{{Rule: "Update", Host: "mail", Alerts: 7, Yesterday: 9}},
		Lowered:  []NoveltyLowered{{FeedbackPair: FeedbackPair{Rule: "Scan", Host: "web2"}, Until: at, Incident: "202611-1"}}, MoreLowered: 2,
	}
	got := strings.Join(s.Lines(), "\n")
	for _, want := range []string{
		"1 host, 24 rules, 29 pairs of the two; 50 % of the learning time has passed",
		"risk in the hour of 2026-11-03T02:00:00Z: 91.45 against a bar of 75", "and 6 hours more with risk",
		"rare today: Long request on web1, 14 bits, 8 points, 1 alert\nand 1 pair more rare today",
		"lowered by a verdict: Scan on web2, until 2026-11-03T02:00:00Z, incident 202611-1\nand 2 pairs more lowered",
		"ordinary today: Update on mail, 7 alerts, 9 the day before",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in\n%s", want, got)
		}
	}
}
