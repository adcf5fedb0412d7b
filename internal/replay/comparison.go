package replay

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"tocsin"
)

// A Comparison is what a change of rules does to the same alerts.
type Comparison struct {
	Records  int64     `json:"records"`
	Alerts   int64     `json:"alerts"`
	Rejected int64     `json:"rejected"`
	First    time.Time `json:"first,omitzero"` // event time of the first alert
	Last     time.Time `json:"last,omitzero"`
	Days     float64   `json:"days"` // between them, at least one

	Rules     []RuleChange `json:"rules"`  // compared, by id
	Gained    []Found      `json:"gained"` // events that only the new rules find, by time
	Lost      []Found      `json:"lost"`   // events that only the old ones find
	Changed   []Change     `json:"changed"`
	Incidents IncidentDiff `json:"incidents"`

	// What the change does to incidents that people gave a disposition.
	Lessons Lessons `json:"dispositions"`
}

// A RuleChange is one rule before and after; a side is null where the set has no such rule.
type RuleChange struct {
	Rule    string `json:"rule"` // id
	Title   string `json:"title"`
	Old     *Side  `json:"old"`
	New     *Side  `json:"new"`
	Gained  int    `json:"gained"`
	Lost    int    `json:"lost"`
	Changed int    `json:"changed"`
}

// A Side is how one version of a rule did.
type Side struct {
	Version  string   `json:"version"`
	Status   string   `json:"status"`
	Matches  int64    `json:"matches"`
	Hidden   int64    `json:"hidden"` // by exceptions
	Errors   int64    `json:"errors"`
	Events   int64    `json:"events"`
	Promoted int64    `json:"promoted"`
	PerDay   float64  `json:"per_day"` // events
	Yield    *float64 `json:"yield"`   // promoted of events; null without events
	Cost     int64    `json:"cost_ns"` // an alert of the input: matching, over a sample, and correlating
}

// A Found is an event that one side finds.
type Found struct {
	ID       string       `json:"id"`
	Tenant   string       `json:"tenant"`
	Rule     string       `json:"rule"`
	Title    string       `json:"title"`
	Group    tocsin.Group `json:"group"`
	First    time.Time    `json:"first"`
	Last     time.Time    `json:"last"`
	Count    int64        `json:"count"`
	State    string       `json:"state"` // of its assessment
	Priority string       `json:"priority"`
	Category string       `json:"category"`
	Incident string       `json:"incident,omitempty"` // as the replay numbers it
}

func (f *Found) promoted() bool { return f.State == string(tocsin.Promoted) }

// A Change is an event that both sides find, and what is not the same.
type Change struct {
	Old  Found    `json:"old"`
	New  Found    `json:"new"`
	What []string `json:"what"`
}

// An IncidentDiff is what becomes of incidents.
type IncidentDiff struct {
	Old     int              `json:"old"`
	New     int              `json:"new"`
	Gained  []IncidentSketch `json:"gained"`
	Lost    []IncidentSketch `json:"lost"`
	Changed []IncidentChange `json:"changed"`
}

// An IncidentSketch is an incident in short.
type IncidentSketch struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Priority string    `json:"priority"`
	Status   string    `json:"status"`
	Opened   time.Time `json:"opened"`
	Events   int       `json:"events"`
}

// An IncidentChange is an incident of both sides, and what is not the same.
type IncidentChange struct {
	Old  IncidentSketch `json:"old"`
	New  IncidentSketch `json:"new"`
	What []string       `json:"what"`
}

// compare says what the two sides have in common and what not.
func (b Backtest) compare(ctx context.Context, sides [2]*player, seen span, records int64) (Comparison, error) {
	c := Comparison{Records: records, Alerts: sides[1].sum.Alerts, First: seen.first, Last: seen.last, Days: seen.days(), Rules: []RuleChange{}}
	for _, n := range sides[1].sum.Rejected {
		c.Rejected += n
	}
	of := b.compared()
	var found [2][]Found
	var incidents [2]map[string]tocsin.Incident
	for i, p := range sides {
		var err error
		if found[i], err = p.found(ctx, of); err != nil {
			return c, err
		}
		if incidents[i], err = p.incidents(ctx, found[i]); err != nil {
			return c, err
		}
	}
	pairs := pair(found[0], found[1])
	c.events(found, pairs)
	for _, id := range sortedIDs(of) {
		r := RuleChange{Rule: id, Old: sides[0].ofRule(id, found[0], c.Alerts, c.Days), New: sides[1].ofRule(id, found[1], c.Alerts, c.Days)}
		for _, p := range []*player{sides[0], sides[1]} { // the new title stands
			if known := p.o.Set.Rule(id); known != nil {
				r.Title = known.Title
			}
		}
		r.Gained, r.Lost = countOf(c.Gained, id), countOf(c.Lost, id)
		for _, ch := range c.Changed {
			if ch.New.Rule == id {
				r.Changed++
			}
		}
		if r.Old != nil || r.New != nil {
			c.Rules = append(c.Rules, r)
		}
	}
	c.Incidents = diffIncidents(incidents, found, pairs)
	c.Lessons = learn(b.Known, found, of)
	return c, nil
}

func countOf(all []Found, rule string) (n int) {
	for _, f := range all {
		if f.Rule == rule {
			n++
		}
	}
	return n
}

// pair finds for each old event the new one that it is: the one of the same id, else of those left the one of the same
// rule and key that overlaps it longest. -1 is none.
func pair(old, fresh []Found) []int {
	out := make([]int, len(old))
	taken := make([]bool, len(fresh))
	byID := map[string]int{}
	byKey := map[string][]int{}
	for j := range fresh {
		byID[fresh[j].ID] = j
		byKey[keyOf(&fresh[j])] = append(byKey[keyOf(&fresh[j])], j)
	}
	for i := range old {
		j, ok := byID[old[i].ID]
		if !ok {
			j = -1
		} else {
			taken[j] = true
		}
		out[i] = j
	}
	for i := range old {
		if out[i] >= 0 {
			continue
		}
		best := time.Duration(-1)
		for _, j := range byKey[keyOf(&old[i])] {
			if d := overlap(&old[i], &fresh[j]); !taken[j] && d > best {
				best, out[i] = d, j
			}
		}
		if out[i] >= 0 {
			taken[out[i]] = true
		}
	}
	return out
}

// keyOf is the tenant, rule and group key of an event.
func keyOf(f *Found) string {
	key := make([]tocsin.Value, 0, len(f.Group)+2)
	key = append(key, tocsin.StringValue(f.Tenant), tocsin.StringValue(f.Rule))
	for _, g := range f.Group {
		key = append(key, tocsin.StringValue(g.Field), tocsin.StringValue(g.Value.Text()))
	}
	return tocsin.KeyText(key)
}

// overlap is how long two events have in common, -1 where they share no moment.
func overlap(a, b *Found) time.Duration {
	first, last := a.First, a.Last
	if b.First.After(first) {
		first = b.First
	}
	if b.Last.Before(last) {
		last = b.Last
	}
	if last.Before(first) {
		return -1
	}
	return last.Sub(first)
}

// events fills in what is gained, lost and changed.
func (c *Comparison) events(found [2][]Found, pairs []int) {
	c.Gained, c.Lost, c.Changed = []Found{}, []Found{}, []Change{}
	kept := make([]bool, len(found[1]))
	for i, j := range pairs {
		if j < 0 {
			c.Lost = append(c.Lost, found[0][i])
			continue
		}
		kept[j] = true
		if what := changesOf(&found[0][i], &found[1][j]); len(what) > 0 {
			c.Changed = append(c.Changed, Change{found[0][i], found[1][j], what})
		}
	}
	for j := range found[1] {
		if !kept[j] {
			c.Gained = append(c.Gained, found[1][j])
		}
	}
	byTime := func(a, b Found) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(c.Gained, byTime)
	slices.SortFunc(c.Lost, byTime)
	slices.SortFunc(c.Changed, func(a, b Change) int { return byTime(a.New, b.New) })
}

// changesOf are what is not the same of two events, in words.
func changesOf(a, b *Found) []string {
	var what []string
	say := func(name, old, fresh string) {
		if old != fresh {
			what = append(what, name+" "+cmp.Or(old, "none")+" -> "+cmp.Or(fresh, "none"))
		}
	}
	say("count", strconv.FormatInt(a.Count, 10), strconv.FormatInt(b.Count, 10))
	say("first", stampOf(a.First), stampOf(b.First))
	say("last", stampOf(a.Last), stampOf(b.Last))
	say("state", a.State, b.State)
	say("priority", a.Priority, b.Priority)
	say("category", a.Category, b.Category)
	return what
}

func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// diffIncidents compares incidents: one is the other where they have the id, or hold an event of a pair.
func diffIncidents(all [2]map[string]tocsin.Incident, found [2][]Found, pairs []int) IncidentDiff {
	d := IncidentDiff{Old: len(all[0]), New: len(all[1]), Gained: []IncidentSketch{}, Lost: []IncidentSketch{}, Changed: []IncidentChange{}}
	is := map[string]string{} // old id -> new id
	for i, j := range pairs {
		if j < 0 || found[0][i].Incident == "" || found[1][j].Incident == "" {
			continue
		}
		if _, known := is[found[0][i].Incident]; !known {
			is[found[0][i].Incident] = found[1][j].Incident
		}
	}
	kept := map[string]bool{}
	for _, id := range sortedIDs(all[0]) {
		other := is[id]
		if _, same := all[1][id]; same {
			other = id
		}
		if other == "" {
			d.Lost = append(d.Lost, sketch(all[0][id]))
			continue
		}
		kept[other] = true
		a, b := sketch(all[0][id]), sketch(all[1][other])
		if what := sketchDifferences(a, b); len(what) > 0 {
			d.Changed = append(d.Changed, IncidentChange{a, b, what})
		}
	}
	for _, id := range sortedIDs(all[1]) {
		if !kept[id] {
			d.Gained = append(d.Gained, sketch(all[1][id]))
		}
	}
	return d
}

func sketch(i tocsin.Incident) IncidentSketch {
	return IncidentSketch{ID: i.ID, Title: i.Title, Priority: i.Priority, Status: string(i.Status), Opened: i.Opened, Events: len(i.Events)}
}

func sketchDifferences(a, b IncidentSketch) []string {
	var what []string
	for _, f := range [][3]string{
		{"priority", a.Priority, b.Priority},
		{"status", a.Status, b.Status},
		{"opened", stampOf(a.Opened), stampOf(b.Opened)},
		{"events", strconv.Itoa(a.Events), strconv.Itoa(b.Events)},
	} {
		if f[1] != f[2] {
			what = append(what, f[0]+" "+cmp.Or(f[1], "none")+" -> "+cmp.Or(f[2], "none"))
		}
	}
	return what
}
