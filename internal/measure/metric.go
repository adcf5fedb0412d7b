// Package measure works statistics of the register out: durations, counts, targets and backlog, by words and intervals of
// time. It counts nothing itself: stores say how many incidents are alike, and everything here follows from that, so
// that all stores give the same numbers.
package measure

import (
	"fmt"
	"slices"
	"strings"

	"tocsin"
)

// A Metric is something that can be asked for.
type Metric struct {
	Name       string `json:"name"`
	Title      string `json:"title"`
	Unit       string `json:"unit" doc:"s, incidents or alerts"`
	Definition string `json:"definition" doc:"the formula in words"`
	Source     string `json:"source" doc:"the clause or text that asks for it"`

	kind    kind
	value   string   // of [tocsin.MeasureValues]
	counted []string // what is counted unless the query says so; nil: incidents
	by      string   // the one dimension that it can be told by; "": any
}

// A kind says how a metric is worked out.
type kind int

const (
	durations kind = iota // n, p50, p90 and mean of a value
	counts                // n alone
	words                 // n by the words of a dimension
	stages                // seconds by status
	reopened              // n by whether the value is above 0
	recurring             // n by whether there was another one of late
	backlog               // what was taken day by day
	reduction             // alerts and events beside incidents
)

const iso = "ISO/IEC 27035-1:2023, "

// Metrics lists what can be asked for.
func Metrics() []Metric {
	all := []Metric{
		duration("detect", "Time to detect", "detected - occurred", iso+"4.2 a; 4.7.2 a"),
		duration("assess", "Time to assess", "declared - detected", iso+"4.2 a"),
		duration("acknowledge", "Time to acknowledge", "acknowledged - declared; a person's first step", iso+"4.2 b"),
		duration("contain", "Time to contain", "contained - detected", iso+"4.2 b"),
		duration("resolve", "Time to resolve", "resolved - declared, on the wall clock; of a reopened incident the last resolution", iso+"4.3 f"),
		duration("first_resolve", "Time to the first resolution", "first_resolved - declared; reopening changes nothing", iso+"4.3 f"),
		duration("close", "Time to close", "closed - declared", iso+"4.2 f"),
		duration("dwell", "Dwell time", "contained - occurred", "VERIS, timeline: compromise to containment"),
		duration("active", "Time worked on", "sum of the visits from declared to recovered that are over, without holds", iso+"4.3 f"),
		duration("hold", "Time on hold", "sum of the holds", iso+"4.3 f"),
		{Name: "incidents", Title: "Incidents", Unit: "incidents", kind: counts, Definition: "incidents of the cohort", Source: iso + "4.3 g; 4.7.5"},
		{
			Name: "stages", Title: "Where the time goes", Unit: "s", kind: stages, Source: iso + "4.3 f",
			Definition: "seconds of the visits that are over, by status; the share of a status is its seconds of all",
		},
		{
			Name: "reopened", Title: "Reopened", Unit: "incidents", kind: reopened, value: "reopen_count", Source: iso + "4.2 b",
			Definition: "incidents that were reopened at least once, and those that were not",
		},
		{
			Name: "recurring", Title: "Recurring", Unit: "incidents", kind: recurring, by: "root_cause", Source: "(EU) 2024/2690, Art. 4",
			Definition: "incidents whose root cause another incident of the tenant, declared within the six months before, had too",
		},
		{
			Name: "precision", Title: "Precision", Unit: "incidents", kind: words, value: "disposition", counted: []string{tocsin.CountedIncident, "false_positive"},
			Definition: "true positives, false positives, others, and those without a disposition; precision is true of true and false positives", Source: iso + "4.5.3 i",
		},
		{
			Name: "backlog", Title: "Backlog", Unit: "incidents", kind: backlog, by: "priority", Source: iso + "4.3 d",
			Definition: "declared and not resolved, as it was taken once a day; p50 and p90 of the time since the declaration",
		},
		{
			Name: "reduction", Title: "From alerts to incidents", Unit: "alerts", kind: reduction, Source: iso + "4.2",
			Definition: "alerts of a month of UTC that are kept, events that opened in it, incidents declared in it; the share of events, and of incidents, is their number of that of the alerts",
		},
	}
	for _, t := range tocsin.TargetNames() {
		all = append(all, Metric{
			Name: "target_" + t, Title: "Target " + t, Unit: "incidents", kind: words, value: "target_" + t, Source: iso + "4.2 b",
			Definition: "met; breached and done since; late: breached and not done yet; running. n is of those that are decided",
		})
	}
	return all
}

func duration(name, title, formula, source string) Metric {
	return Metric{Name: name, Title: title, Unit: "s", Definition: formula, Source: source, kind: durations, value: name + "_s"}
}

// Named returns the metric of that name. The error wraps [tocsin.ErrQuery] and lists the names.
func Named(name string) (Metric, error) {
	all := Metrics()
	if n := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name }); n >= 0 {
		return all[n], nil
	}
	return Metric{}, fmt.Errorf("metric %.40q is none of %s: %w", name, strings.Join(Names(), ", "), tocsin.ErrQuery)
}

// Names lists the names of metrics.
func Names() []string {
	var names []string
	for _, m := range Metrics() {
		names = append(names, m.Name)
	}
	return names
}
