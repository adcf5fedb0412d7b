package classify

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// withTime is the shipped scale with another target and more sections.
func withTime(sections, calendar string) []byte {
	text := strings.Replace(string(shipped), "P3: {ack: 4h, contain: 24h, resolve: 168h, calendar: business,", "P3: {ack: 4h, contain: 24h, resolve: 168h, calendar: "+calendar+",", 1)
	return []byte(strings.Replace(text, "hold: {stops: [contain, resolve]}\n", "", 1) + sections)
}

func TestCalendarsHoldsAndEscalation(t *testing.T) {
	s, err := LoadScales("s.yml", withTime(`
calendars:
  vienna: {zone: Europe/Vienna, days: [mon, sun], hours: "08:30-24:00", holidays: [2026-12-24, 12-25]}
hold: {stops: [acknowledge]}
escalation:
  contain:
    - {after: 1h, tell: [ciso], priority: [P1]}
    - {tell: [lead]}
    - {before: 30m, tell: [on-call, lead]}
  clock: [{before: 12h, tell: [dpo]}]
`, "vienna"))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Calendars()["vienna"]
	if c.Zone.String() != "Europe/Vienna" || c.From != 8*time.Hour+30*time.Minute || c.To != 24*time.Hour {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]time.Weekday{time.Monday, time.Sunday}, c.Days); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Holiday{{2026, 12, 24}, {0, 12, 25}}, c.Holidays); diff != "" {
		t.Error(diff)
	}
	want := map[string][]Step{
		"contain": {{-30 * time.Minute, []string{"on-call", "lead"}, nil}, {0, []string{"lead"}, nil}, {time.Hour, []string{"ciso"}, []string{"P1"}}},
		"clock":   {{-12 * time.Hour, []string{"dpo"}, nil}},
	}
	if diff := cmp.Diff(want, s.Escalation()); diff != "" {
		t.Error(diff)
	}
	if p3, _ := s.Target("P3"); p3.Calendar != "vienna" || s.HoldStops()[0] != "acknowledge" {
		t.Errorf("%+v, %v", p3, s.HoldStops())
	}
}

// All faults at once, each with its place.
func TestFaultsOfTime(t *testing.T) {
	_, err := LoadScales("s.yml", withTime(`
calendars:
  vienna: {zone: Europe/Wien, days: [mon, lundi], hours: "8-18", holidays: [12-25, 12-25, 02-30, soon]}
  24x7: {zone: UTC, days: [], hours: "18:00-08:00"}
hold: {stops: [confirm]}
escalation:
  contain: [{before: 1h, after: 1h, tell: [lead]}, {tell: []}, {tell: [lead], priority: [P8]}]
  assessment: []
`, "wien"))
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		`no time zone is called "Europe/Wien"`, `unknown word "lundi"`, `such as 08:00-18:00`, "12-25 is listed twice", "there is no day 02-30", `not "soon"`,
		"24x7 is every hour", "has no days", "the hours 18:00-08:00 are none", `unknown word "confirm"`, "before and after the due time", "tells nobody",
		`unknown priority "P8"`, `unknown key "assessment"`, `unknown calendar "wien"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestShippedRegimes(t *testing.T) {
	all, err := LoadRegimes("regimes.yml", shippedRegimes, Default())
	if err != nil || len(all) != 2 {
		t.Fatal(err)
	}
	final := all[1].Stages[2]
	if all[0].ID != "gdpr-33" || all[0].Stages[0].Within != 72*time.Hour || final.Months != 1 || final.After != "notification" || final.Anchor != "" {
		t.Errorf("%+v", all)
	}
}

func TestFaultsOfRegimes(t *testing.T) {
	_, err := LoadRegimes("r.yml", []byte(`regimes:
  - id: a
    title: A
    source: x
    effective: yesterday
    anchor: Aware
    stages:
      - {id: one, title: t, source: s, within: 3w, after: two}
      - {id: two, title: t, source: s, within: 0mo, calendar: bureau}
      - {id: two, title: t, source: s, within: 1h, anchor: aware, after: one}
  - {id: a, title: B, source: y, effective: 2020-01-01, reviewed_by: me, anchor: aware, stages: []}
`), Default())
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"a day such as 2018-05-25", "the key reviewed_by is missing", `anchor "Aware" is no mark`, "within must be a time such as", "a stage that is not before it", "within 0mo is no time",
		`unknown calendar "bureau"`, `"two" is used twice`, "an anchor and after a stage", `regime "a" is used twice`, "has no stages",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}
