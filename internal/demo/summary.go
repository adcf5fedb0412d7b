package demo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"tocsin"
)

// An Outcome is what became of a scenario that was played: all of its events and incidents.
type Outcome struct {
	Alerts    int // that were stored
	Events    []tocsin.Event
	Incidents []tocsin.Incident
}

// A Sighting is what became of one stage of the attack, or of the noise.
type Sighting struct {
	Stage     string // "" for noise
	Alerts    int
	Events    int      // with an alert of the stage among their evidence; for noise: with no other
	Incidents []string // numbers of the incidents that hold such events, sorted
}

// Sightings tells for each stage, and last for the noise, what became of it. An event is of the stages of the alerts
// that it refers to, found by the digest of their bytes; one of noise has no alert of the attack.
func Sightings(records []Record, o Outcome) []Sighting {
	stageOf := make(map[string]string, len(records))
	count := map[string]int{}
	for _, r := range records {
		sum := sha256.Sum256(r.Line)
		stageOf[hex.EncodeToString(sum[:])] = r.Stage
		count[r.Stage]++
	}
	incidentOf := map[string]string{}
	for _, i := range o.Incidents {
		for _, event := range i.Events {
			incidentOf[event] = cmp.Or(i.Number, i.ID)
		}
	}
	var all []Sighting
	for _, stage := range append(Stages(), "") {
		seen := Sighting{Stage: stage, Alerts: count[stage]}
		for _, e := range o.Events {
			if !slices.Contains(stagesOf(e, stageOf), stage) {
				continue
			}
			seen.Events++
			if number := incidentOf[e.ID]; number != "" {
				seen.Incidents = append(seen.Incidents, number)
			}
		}
		slices.Sort(seen.Incidents)
		seen.Incidents = slices.Compact(seen.Incidents)
		all = append(all, seen)
	}
	return all
}

// stagesOf are the attack's stages among an event's alerts; noise is one only where there is no other.
func stagesOf(e tocsin.Event, stageOf map[string]string) []string {
	var stages []string
	for _, ref := range e.Evidence.Alerts {
		if stage := stageOf[ref.Digest.String()]; stage != "" && !slices.Contains(stages, stage) {
			stages = append(stages, stage)
		}
	}
	if len(stages) == 0 {
		return []string{""}
	}
	return stages
}

// Summary tells people what became of a scenario: a line for each stage, and last
// `N alerts -> N events -> N incidents`.
func Summary(records []Record, o Outcome) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STAGE\tALERTS\tEVENTS\tINCIDENTS")
	seen := 0
	for _, s := range Sightings(records, o) {
		if s.Stage != "" && s.Events > 0 {
			seen++
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", cmp.Or(s.Stage, "(noise)"), s.Alerts, s.Events, cmp.Or(shortened(s.Incidents), "-"))
	}
	_ = table.Flush() // into a strings.Builder, which takes all
	fmt.Fprintf(&b, "%d of %d stages of the attack were seen\n", seen, len(Stages()))
	fmt.Fprintf(&b, "%d alerts -> %d events -> %d incidents\n", o.Alerts, len(o.Events), len(o.Incidents))
	return b.String()
}

// shortened lists the first few numbers.
func shortened(numbers []string) string {
	const most = 4
	if len(numbers) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(numbers[:most], " "), len(numbers)-most)
	}
	return strings.Join(numbers, " ")
}
