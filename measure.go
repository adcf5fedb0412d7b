package tocsin

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Measure is one incident as statistics see it: the words it is grouped by, the marks that put it into a cohort, and
// its numbers. It is derived of the incident alone, so that every store counts the same.
type Measure struct {
	Incident string
	Tenant   string
	Words    map[string]string // by dimension; "" where the incident has none
	Marks    map[string]int64  // whole seconds since 1970, by cohort; those that there are
	Values   map[string]int64  // by the names of MeasureValues; those that there are
}

// CountedIncident is what statistics count unless they are asked for something else.
const CountedIncident = "incident"

// CountedAs lists what an incident can be counted as. Each is counted as exactly one.
func CountedAs() []string {
	return []string{CountedIncident, "false_positive", "test", "duplicate", "merged", "rejected", "proposed"}
}

// targetNames are the targets that statistics know.
var targetNames = []string{"assess", "acknowledge", "contain", "resolve", "confirm"}

// TargetNames lists the targets that statistics know; the dimension of each is "target_" and its name.
func TargetNames() []string { return slices.Clone(targetNames) }

// TargetStates lists how a target can stand: met; breached and done since; late, which is breached and still not done;
// running. An incident without the target has "".
func TargetStates() []string { return []string{"met", "breached", "late", "running"} }

// Dimensions lists the words that incidents are grouped and selected by.
func Dimensions() []string {
	all := []string{"tenant", "priority", "platform", "category", "team", "rule", "root_cause", "disposition", "status", "counted_as"}
	for _, t := range targetNames {
		all = append(all, "target_"+t)
	}
	return all
}

// Cohorts lists the marks that put an incident into an interval of time.
func Cohorts() []string { return []string{"detected", "declared", "resolved"} }

// stageNames are the statuses in which work goes on.
var stageNames = []Status{Declared, Acknowledged, Contained, Eradicated, Recovered}

// WorkStages lists the statuses in which work on an incident goes on.
func WorkStages() []Status { return slices.Clone(stageNames) }

// MeasureValues lists the numbers of a measure, in seconds unless their name says otherwise.
func MeasureValues() []string {
	all := []string{
		"detect_s", "assess_s", "acknowledge_s", "contain_s", "resolve_s", "first_resolve_s", "close_s", "dwell_s", "active_s", "hold_s",
		"reopen_count", "alerts", "events",
	}
	return append(all, stageValues...)
}

// stageValues are the names of the times that were spent in [stageNames].
var stageValues = []string{"stage_declared_s", "stage_acknowledged_s", "stage_contained_s", "stage_eradicated_s", "stage_recovered_s"}

// Measure derives what statistics see of the incident.
func (i *Incident) Measure() Measure {
	class, _, _ := strings.Cut(i.Category, "/")
	m := Measure{
		Incident: i.ID, Tenant: i.Tenant, Marks: map[string]int64{}, Values: map[string]int64{
			"reopen_count": int64(i.ReopenCount), "alerts": i.Alerts, "events": int64(len(i.Events)) + i.EventsCut,
		},
		Words: map[string]string{
			"tenant": i.Tenant, "priority": i.Priority, "platform": i.Platform, "category": class, "team": "", "rule": i.Rule, "root_cause": i.RootCause,
			"disposition": i.Disposition, "status": string(i.Status), "counted_as": i.CountedAs(),
		},
	}
	if len(i.Teams) > 0 { // one: an incident of two teams is one incident
		m.Words["team"] = i.Teams[0].Name
	}
	for _, name := range targetNames {
		m.Words["target_"+name] = i.TargetState(name)
	}
	for _, c := range Cohorts() {
		if at, ok := i.Timeline[c]; ok && !at.IsZero() {
			m.Marks[c] = at.Unix()
		}
	}
	for _, name := range MeasureValues() {
		if v, ok := i.Durations[name]; ok {
			m.Values[name] = v
		}
	}
	maps.Insert(m.Values, i.StageTimes())
	return m
}

// StageTimes adds up the visits that are over, in seconds, by status: each status in which work goes on, under its name
// of [MeasureValues]. An incident that was not declared has none.
func (i *Incident) StageTimes() iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		if i.Timeline["declared"].IsZero() {
			return
		}
		for n, s := range stageNames {
			sum := int64(0)
			for k := range i.Visits {
				if i.Visits[k].Status == s {
					sum += i.Visits[k].Seconds
				}
			}
			if !yield(stageValues[n], sum) {
				return
			}
		}
	}
}

// CountedAs says what statistics count the incident as: the first of merged, duplicate, test, rejected, false positive
// and proposed that fits, else an incident.
func (i *Incident) CountedAs() string {
	class, _, _ := strings.Cut(i.Category, "/")
	switch {
	case i.Status == MergedIncident:
		return "merged"
	case i.Disposition == "duplicate":
		return "duplicate"
	case i.Disposition == "test_exercise" || class == "test":
		return "test"
	case i.Status == Rejected:
		return "rejected"
	case i.Disposition == "false_positive":
		return "false_positive"
	case i.Status == Proposed:
		return "proposed"
	}
	return CountedIncident
}

// TargetState says how a target stands: one of [TargetStates], or "" where the incident has no such target.
func (i *Incident) TargetState(name string) string {
	t, ok := i.Targets[name]
	switch {
	case !ok:
		return ""
	case t.Met == nil:
		return "running"
	case *t.Met:
		return "met"
	case i.undone(name):
		return "late"
	}
	return "breached"
}

// undone reports whether what a target asks for has not happened yet.
func (i *Incident) undone(target string) bool {
	if !i.Status.IsOpen() {
		return false
	}
	ends := map[string]Status{"assess": Declared, "acknowledge": Acknowledged, "contain": Contained, "resolve": Resolved}
	if to, ok := ends[target]; ok {
		return slices.Index(stages, i.Status) < slices.Index(stages, to)
	}
	return target == "confirm" && i.Confirm == "needed"
}

// A TallyQuery asks how many incidents are alike. Incidents without the cohort's mark are not asked for, nor those
// without the value, where one is named.
type TallyQuery struct {
	Tenant   string              // "": all
	Cohort   string              // of [Cohorts]
	From, To time.Time           // of the mark, To exclusive; whole seconds; both required
	Interval string              // day, week or month of Zone; "": the whole time
	Zone     *time.Location      // nil: UTC
	By       []string            // dimensions, in the order of [Tally.Keys]
	Where    map[string][]string // by dimension: any of these words; "" is none
	Value    string              // of [MeasureValues] or [Cohorts]: tallies are of equal values
	Sums     []string            // of [MeasureValues]: added up in each tally; a missing one adds nothing
}

// A Tally is a number of incidents that are alike.
type Tally struct {
	At    time.Time // when the interval begins, even where From lies within it; without an interval From
	Keys  []string  // words of the query's By
	Value int64     // of the query's Value; 0 without one
	N     int64
	Sums  []int64 // of the query's Sums
}

// A Span is one interval of a query: incidents from From to before To are in it.
type Span struct{ At, From, To time.Time }

// MaxSpans bounds the intervals of one query: three years of days.
const MaxSpans = 1200

// Spans lists the intervals of the query, as the clock on the wall of its zone has them: a day in which summer time
// begins has 23 hours. The error wraps [ErrQuery].
func (q *TallyQuery) Spans() ([]Span, error) {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	if !q.From.Before(q.To) {
		return nil, errorf("from %s is not before to %s", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	}
	at := q.From
	if q.Interval != "" {
		at = beginning(q.Interval, q.From.In(zone))
	}
	var all []Span
	for at.Before(q.To) {
		if len(all) == MaxSpans {
			return nil, errorf("from %s to %s are more than %d intervals of a %s", q.From.Format(time.DateOnly), q.To.Format(time.DateOnly), MaxSpans, q.Interval)
		}
		next := q.To
		switch y, m, d := at.Date(); q.Interval {
		case "":
		case "day":
			next = midnight(y, m, d+1, zone)
		case "week":
			next = midnight(y, m, d+7, zone)
		case "month":
			next = midnight(y, m+1, 1, zone)
		default:
			return nil, errorf("interval %.20q is none of day, week and month", q.Interval)
		}
		all = append(all, Span{At: at, From: latest(at, q.From), To: earliest(next, q.To)})
		at = next
	}
	return all, nil
}

// beginning is when the interval that t lies in began. Weeks begin on Monday (ISO 8601).
func beginning(interval string, t time.Time) time.Time {
	y, m, d := t.Date()
	switch interval {
	case "week":
		return midnight(y, m, d-(int(t.Weekday())+6)%7, t.Location())
	case "month":
		return midnight(y, m, 1, t.Location())
	}
	return midnight(y, m, d, t.Location())
}

// midnight is the first moment of a day. Where the clock skips midnight, the day begins when it goes on; where it shows
// it twice, at the first.
func midnight(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if t.Day() != want.Day() || t.Hour() != 0 { // skipped: Date may have taken either side
		_, after := t.ZoneBounds()
		if start, _ := t.ZoneBounds(); t.Day() == want.Day() {
			return start
		}
		return after
	}
	if before := t.Add(-time.Hour); before.Day() == t.Day() && before.Hour() == 0 {
		return before
	}
	return t
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
