package dossier

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Period is what the register's report is about: from From, inclusive, to To.
type Period struct {
	From, To time.Time
	Tenant   string
}

// A Lister lists incidents.
type Lister interface {
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
}

// Gather reads the incidents that a period is about: those opened in it, and those opened before on which work went on
// in it.
func Gather(ctx context.Context, s Lister, p Period) ([]tocsin.Incident, error) {
	var all []tocsin.Incident
	q := tocsin.Query{Tenant: p.Tenant, Until: p.To, Limit: 500}
	for {
		page, err := s.Incidents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("incidents: %w", err)
		}
		for _, i := range page.Items {
			if !i.Opened.Before(p.From) || openAt(i, p.From) {
				all = append(all, i)
			}
		}
		if page.Cursor == "" {
			return all, nil
		}
		q.Cursor = page.Cursor
	}
}

// openAt reports whether work went on at a time, by the visits.
func openAt(i tocsin.Incident, at time.Time) bool {
	for _, v := range slices.Backward(i.Visits) {
		if !v.From.After(at) {
			return v.Status.IsOpen()
		}
	}
	return false
}

// A RegisterDoc is what the templates of the register see, and what the API gives as JSON.
type RegisterDoc struct {
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"`
	Made       time.Time  `json:"made"`
	Opened     int        `json:"opened"`     // in the period
	Earlier    int        `json:"earlier"`    // opened before it, and worked on at its beginning
	Open       int        `json:"open"`       // at its end
	Resolved   int        `json:"resolved"`   // in it
	Closed     int        `json:"closed"`     // in it
	Restricted int        `json:"restricted"` // of all of them: counted, and named nowhere here
	Counted    int        `json:"counted"`    // of the opened: all but test exercises, duplicates, merged and rejected ones
	Groups     []group    `json:"groups"`
	Times      []span     `json:"times"`
	Incidents  []line     `json:"incidents"`
	Unfinished []line     `json:"unfinished"` // open at its end
	Missed     []miss     `json:"missed"`
	FollowUps  []followUp `json:"follow_ups"`
	Recurring  []line     `json:"recurring"`
}

// A group counts the incidents that were opened in the period, by one of their words.
type group struct {
	Name   string  `json:"name"`
	Counts []count `json:"counts"`
}

type count struct {
	Word string `json:"word"`
	N    int    `json:"n"`
}

// A span is one duration over the incidents that were opened in the period and count: percentiles by nearest rank.
type span struct {
	Name string `json:"name"`
	N    int    `json:"n"`
	P50  int64  `json:"p50_s"`
	P90  int64  `json:"p90_s"`
}

type line struct {
	Number      string        `json:"number"`
	ID          string        `json:"id"`
	Title       string        `json:"title"`
	Status      tocsin.Status `json:"status"`
	Priority    string        `json:"priority"`
	Category    string        `json:"category"`
	Opened      time.Time     `json:"opened"`
	Coordinator string        `json:"coordinator"`
	Disposition string        `json:"disposition"`
	RecursOf    string        `json:"recurs_of,omitempty"`
	// RecursOfNumber is its number, where the report has read that one and may name it.
	RecursOfNumber string `json:"recurs_of_number,omitempty"`
	Recurs         int    `json:"recurrences"`
}

type miss struct {
	Number   string    `json:"number"`
	Priority string    `json:"priority"`
	Target   string    `json:"target"`
	Due      time.Time `json:"due"`
	Late     int64     `json:"late_s"` // 0: not reached yet
}

type followUp struct {
	Number  string    `json:"number"`
	Text    string    `json:"text"`
	Owner   string    `json:"owner"`
	Due     time.Time `json:"due,omitzero"`
	State   string    `json:"state"`
	Overdue bool      `json:"overdue"`
}

// Register writes the register's report for a period, of the incidents that [Gather] read.
func (p *Press) Register(w io.Writer, format string, period Period, all []tocsin.Incident, now time.Time) error {
	d := Summarise(period, all, now)
	if format != JSON {
		return p.write(w, nameRegister, format, d)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// Summarise works the register's report out.
func Summarise(p Period, all []tocsin.Incident, now time.Time) RegisterDoc {
	d := RegisterDoc{From: p.From.UTC(), To: p.To.UTC(), Made: now.UTC(), Incidents: []line{}, Unfinished: []line{}, Missed: []miss{}, FollowUps: []followUp{}, Recurring: []line{}}
	within := func(t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }
	all = slices.SortedFunc(slices.Values(all), func(a, b tocsin.Incident) int { return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID)) })
	numbers := map[string]string{}
	for _, i := range all {
		if i.Visibility != tocsin.Restricted {
			numbers[i.ID] = i.Number
		}
	}
	var counted []tocsin.Incident
	for _, i := range all {
		if i.Visibility == tocsin.Restricted {
			d.Restricted++
		}
		if within(i.Opened) {
			d.Opened++
			if i.Countable {
				counted = append(counted, i)
			}
		} else {
			d.Earlier++
		}
		if within(i.Timeline["resolved"]) {
			d.Resolved++
		}
		if within(i.Timeline["closed"]) {
			d.Closed++
		}
		if openAt(i, p.To) {
			d.Open++
		}
		if i.Visibility != tocsin.Restricted {
			d.name(i, p, within)
		}
	}
	for n := range d.Recurring {
		d.Recurring[n].RecursOfNumber = numbers[d.Recurring[n].RecursOf]
	}
	d.Counted = len(counted)
	d.Groups, d.Times = groups(counted), spans(counted)
	return d
}

// name lists an incident where the report names it.
func (d *RegisterDoc) name(i tocsin.Incident, p Period, within func(time.Time) bool) {
	l := lineOf(i)
	if within(i.Opened) {
		d.Incidents = append(d.Incidents, l)
	}
	if openAt(i, p.To) {
		d.Unfinished = append(d.Unfinished, l)
	}
	if i.RecursOf != "" || len(i.Recurs) > 0 {
		d.Recurring = append(d.Recurring, l)
	}
	d.add(i, p, within)
}

// add lists the targets that an incident missed in the period and its follow-ups that are not done.
func (d *RegisterDoc) add(i tocsin.Incident, p Period, within func(time.Time) bool) {
	for _, t := range targets(i) {
		if t.State == "missed" && within(t.Due) {
			d.Missed = append(d.Missed, miss{Number: i.Number, Priority: i.Priority, Target: t.Name, Due: t.Due, Late: t.Late})
		}
	}
	for _, f := range i.FollowUps {
		if !f.Done {
			d.FollowUps = append(d.FollowUps, followUp{
				Number: i.Number, Text: f.Text, Owner: f.Owner, Due: f.Due, State: or(f.State, "open"), Overdue: !f.Due.IsZero() && f.Due.Before(p.To),
			})
		}
	}
}

func lineOf(i tocsin.Incident) line {
	return line{
		Number: i.Number, ID: i.ID, Title: i.Title, Status: i.Status, Priority: i.Priority, Category: i.Category, Opened: i.Opened,
		Coordinator: i.Coordinator, Disposition: i.Disposition, RecursOf: i.RecursOf, Recurs: len(i.Recurs),
	}
}

func groups(counted []tocsin.Incident) []group {
	out := []group{}
	for _, g := range []struct {
		name string
		word func(tocsin.Incident) string
	}{
		{"priority", func(i tocsin.Incident) string { return i.Priority }},
		{"category", func(i tocsin.Incident) string { class, _, _ := strings.Cut(i.Category, "/"); return class }},
		{"platform", func(i tocsin.Incident) string { return i.Platform }},
		{"disposition", func(i tocsin.Incident) string { return i.Disposition }},
		{"root cause", func(i tocsin.Incident) string { return i.RootCause }},
	} {
		n := map[string]int{}
		for _, i := range counted {
			n[or(g.word(i), "none yet")]++
		}
		made := group{Name: g.name, Counts: []count{}}
		for _, word := range slices.Sorted(maps.Keys(n)) {
			made.Counts = append(made.Counts, count{word, n[word]})
		}
		out = append(out, made)
	}
	return out
}

func spans(counted []tocsin.Incident) []span {
	out := []span{}
	for _, name := range []string{"detect_s", "assess_s", "acknowledge_s", "contain_s", "resolve_s", "close_s", "active_s", "hold_s"} {
		var all []int64
		for _, i := range counted {
			if s, ok := i.Durations[name]; ok {
				all = append(all, s)
			}
		}
		if len(all) == 0 {
			continue
		}
		slices.Sort(all)
		out = append(out, span{Name: strings.TrimSuffix(name, "_s"), N: len(all), P50: rank(all, 50), P90: rank(all, 90)})
	}
	return out
}

// rank is a percentile by nearest rank: the least value that so many percent are not above.
func rank(sorted []int64, percent int) int64 {
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}
