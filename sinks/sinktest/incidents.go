package sinktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/sinks"
)

func incident(n int) tocsin.Incident {
	opened := morning.Add(time.Duration(n) * time.Hour)
	return tocsin.Incident{
		ID: tocsin.IncidentID("default", fmt.Sprint("event ", n), morning, 0), Number: fmt.Sprintf("INC-2026-%06d", n), Tenant: "default", Revision: 1,
		Title: "Brute force", Status: tocsin.Proposed, Category: "intrusion-attempts/brute-force", Priority: "P3", Opened: opened, Last: opened, StatusSince: opened,
		Events: []string{event(n, 1).ID}, Entities: []tocsin.Entity{{Field: "source.ip", Value: fmt.Sprintf("10.0.0.%d", n), Role: "attacker"}},
	}
}

func testIncidentRevisions(t *testing.T, u Suite, s Store) {
	if _, err := s.Incident(t.Context(), incident(1).ID); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("unknown incident: error %v, want not found", err)
	}
	for _, step := range []struct{ put, want int64 }{{3, 3}, {2, 3}, {3, 3}, {4, 4}, {1, 4}} {
		i := incident(1)
		i.Revision, i.Title = step.put, fmt.Sprint("revision ", step.put)
		i.Entities[0].Value = fmt.Sprint("entity ", step.put)
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		got, err := s.Incident(t.Context(), i.ID)
		if err != nil || got.Revision != step.want || got.Title != fmt.Sprint("revision ", step.want) {
			t.Fatalf("after revision %d the stored one is %d, %q (%v)", step.put, got.Revision, got.Title, err)
		}
	}
	u.settle(t, s)
	for entity, want := range map[string]int64{"entity 4": 1, "entity 3": 0} {
		if p, err := s.Incidents(t.Context(), tocsin.Query{Entity: entity}); err != nil || p.Total != want {
			t.Errorf("%s is found %d times (%v), want %d", entity, p.Total, err, want)
		}
	}
}

func testIncidentWhole(t *testing.T, _ Suite, s Store) {
	i := incident(1)
	met := false
	i.Timeline = map[string]time.Time{"detected": morning, "declared": morning.Add(time.Minute), "occurred": time.Date(1999, 1, 1, 0, 0, 0, 1, time.UTC)}
	i.Visits = []tocsin.Visit{{Status: tocsin.Proposed, Priority: "P3", Platform: "linux", From: morning, To: morning.Add(time.Minute), Seconds: 60}, {Status: tocsin.Declared, Priority: "P1", From: morning.Add(time.Minute), Number: 1}}
	i.Durations = map[string]int64{"detect_s": 12, "assess_s": 60, "an_odd.name": 3}
	i.Targets = map[string]tocsin.Target{"assess": {Due: morning, Met: &met, BreachedS: 9}, "resolve": {Due: morning.Add(time.Hour)}}
	i.Impact, i.Priorities = tocsin.Impact{Functional: "high", Social: "none"}, tocsin.PriorityRecord{Initial: "P3", Highest: "P1"}
	i.Summary, i.Why = "line\nline\u2028<script>\x00"+strings.Repeat("s", 40000), []string{"asset 3", "a < b && c > d"}
	i.Entities = append(i.Entities, tocsin.Entity{Field: "user.name", Value: strings.Repeat("ü", 40000), Role: "victim"})
	i.FollowUps = []tocsin.FollowUp{{Text: "patch", Owner: "ops", Due: morning}}
	i.Platform, i.CategoryISO, i.Scale, i.Severity, i.Class, i.Asset = "linux", "technical_attack", "tocsin-default@2026.1", "serious", "III", 2
	i.Children, i.Related, i.Into, i.Teams, i.Degraded = []string{"x"}, []string{"y"}, "z", []tocsin.Team{{Name: "irt", Activated: i.Opened}}, []string{"gap"}
	i.Countable, i.Hold, i.ReopenCount, i.TLP, i.Review, i.Confirm, i.Head = true, true, 2, "AMBER+STRICT", "due", "needed", "abcd"
	i.Extra = map[string]any{"": "empty name", "a..b": []any{"x", true, nil}, "n": map[string]any{"k": 1.5}}
	if err := s.PutIncident(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	got, err := s.Incident(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(i, got, equalValues); diff != "" {
		t.Errorf("incident (-stored +read):\n%.3000s", diff)
	}
}

// fill stores twelve incidents that differ in all that can be asked for.
func fill(t *testing.T, u Suite, s Store) []tocsin.Incident {
	t.Helper()
	var all []tocsin.Incident
	for n := range 12 {
		i := incident(n)
		i.Status = []tocsin.Status{tocsin.Proposed, tocsin.Declared, tocsin.Resolved}[n%3]
		i.Priority = []string{"P1", "P2", "P3", "P5"}[n%4]
		i.Category = []string{"intrusion-attempts/brute-force", "intrusion-attempts/exploit", "intrusion", "availability/dos"}[n/3]
		i.Assignee = []string{"", "ann", "bob"}[n%3]
		i.Opened = morning.Add(time.Duration(n/2) * time.Nanosecond) // pairs at the same nanosecond
		i.Last = morning.Add(time.Duration(n*7%12) * time.Hour)
		i.StatusSince = i.Opened.Add(time.Duration(n*5%12) * time.Minute)
		i.Title = []string{"Brute force on web1", "DNS tunnel", "Übergriff, brutal", ""}[n%4]
		i.Platform, i.Coordinator = []string{"linux", "windows"}[n%2], []string{"", "cora"}[n/6]
		i.Disposition = []string{"", "false_positive", "true_positive_impact"}[n%3]
		i.Rules, i.Teams = []string{fmt.Sprint("rule ", n%5)}, []tocsin.Team{{Name: "irt"}, {Name: "network"}}[:n%3]
		met := n%2 == 0
		i.Targets = map[string]tocsin.Target{"assess": {Due: morning.Add(time.Duration(n*5%12) * time.Minute), Met: &met, BreachedS: int64(n % 3)}}
		if n%4 != 0 {
			i.Targets["resolve"] = tocsin.Target{Due: morning.Add(time.Duration(n*11%12) * time.Hour)}
		}
		all = append(all, i)
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	return all
}

// expected is what a query must find, in order, worked out by plain Go.
func expected(all []tocsin.Incident, q tocsin.Query, keep func(int, tocsin.Incident) bool) []string {
	order, _ := sinks.IncidentOrder(&q)
	var keys []sinks.Key
	for n, i := range all {
		if keep(n, i) {
			keys = append(keys, order.Key(&i))
		}
	}
	slices.SortFunc(keys, order.Compare)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

func testIncidentsFiltered(t *testing.T, u Suite, s Store) {
	all := fill(t, u, s)
	type incidents = func(int, tocsin.Incident) bool
	for name, c := range map[string]struct {
		query tocsin.Query
		keep  incidents
	}{
		"all":            {tocsin.Query{}, func(int, tocsin.Incident) bool { return true }},
		"status":         {tocsin.Query{Status: []tocsin.Status{tocsin.Declared}}, func(n int, _ tocsin.Incident) bool { return n%3 == 1 }},
		"statuses":       {tocsin.Query{Status: []tocsin.Status{tocsin.Declared, tocsin.Resolved, "none"}}, func(n int, _ tocsin.Incident) bool { return n%3 != 0 }},
		"priorities":     {tocsin.Query{Priority: []string{"P5", "P1"}}, func(n int, _ tocsin.Incident) bool { return n%4 == 0 || n%4 == 3 }},
		"class":          {tocsin.Query{Category: "intrusion-attempts"}, func(n int, _ tocsin.Incident) bool { return n < 6 }},
		"class alone":    {tocsin.Query{Category: "intrusion"}, func(n int, _ tocsin.Incident) bool { return n >= 6 && n < 9 }},
		"type":           {tocsin.Query{Category: "intrusion-attempts/exploit"}, func(n int, _ tocsin.Incident) bool { return n >= 3 && n < 6 }},
		"pattern":        {tocsin.Query{Category: "intru%"}, func(int, tocsin.Incident) bool { return false }},
		"assignee":       {tocsin.Query{Assignee: "ann"}, func(n int, _ tocsin.Incident) bool { return n%3 == 1 }},
		"unassigned":     {tocsin.Query{Unassigned: true}, func(n int, _ tocsin.Incident) bool { return n%3 == 0 }},
		"entity":         {tocsin.Query{Entity: "10.0.0.4"}, func(n int, _ tocsin.Incident) bool { return n == 4 }},
		"event":          {tocsin.Query{Event: event(5, 1).ID}, func(n int, _ tocsin.Incident) bool { return n == 5 }},
		"number":         {tocsin.Query{Number: incident(7).Number}, func(n int, i tocsin.Incident) bool { return i.Number == incident(7).Number }},
		"since":          {tocsin.Query{Since: morning.Add(2)}, func(n int, _ tocsin.Incident) bool { return n >= 4 }},
		"until":          {tocsin.Query{Until: morning.Add(2)}, func(n int, _ tocsin.Incident) bool { return n < 4 }},
		"platform":       {tocsin.Query{Platform: "windows"}, func(n int, _ tocsin.Incident) bool { return n%2 == 1 }},
		"coordinator":    {tocsin.Query{Coordinator: "cora"}, func(n int, _ tocsin.Incident) bool { return n >= 6 }},
		"team":           {tocsin.Query{Team: "network"}, func(n int, _ tocsin.Incident) bool { return n%3 == 2 }},
		"rule":           {tocsin.Query{Rule: "rule 3"}, func(n int, _ tocsin.Incident) bool { return n%5 == 3 }},
		"disposition":    {tocsin.Query{Disposition: []string{"false_positive", "duplicate"}}, func(n int, _ tocsin.Incident) bool { return n%3 == 1 }},
		"breached":       {tocsin.Query{Breached: new(true)}, func(n int, _ tocsin.Incident) bool { return n%2 == 1 }},
		"not breached":   {tocsin.Query{Breached: new(false)}, func(n int, _ tocsin.Incident) bool { return n%2 == 0 }},
		"word of title":  {tocsin.Query{Title: "BRUT"}, func(n int, _ tocsin.Incident) bool { return n%4 == 0 || n%4 == 2 }},
		"words of title": {tocsin.Query{Title: "web1, force"}, func(n int, _ tocsin.Incident) bool { return n%4 == 0 }},
		"middle of word": {tocsin.Query{Title: "unnel"}, func(int, tocsin.Incident) bool { return false }},
		"other letters":  {tocsin.Query{Title: "über"}, func(n int, _ tocsin.Incident) bool { return n%4 == 2 }},
		"title language": {tocsin.Query{Title: "dns AND *"}, func(int, tocsin.Incident) bool { return false }},
		"no word":        {tocsin.Query{Title: " -*- "}, func(int, tocsin.Incident) bool { return true }},
		"updated since":  {tocsin.Query{UpdatedSince: morning.Add(9 * time.Hour)}, func(n int, _ tocsin.Incident) bool { return n*7%12 >= 9 }},
		"updated until":  {tocsin.Query{UpdatedUntil: morning.Add(2 * time.Hour)}, func(n int, _ tocsin.Incident) bool { return n*7%12 < 2 }},
		"by priority":    {tocsin.Query{Sort: "priority"}, func(int, tocsin.Incident) bool { return true }},
		"by updated":     {tocsin.Query{Sort: "updated"}, func(int, tocsin.Incident) bool { return true }},
		"all at once":    {tocsin.Query{Tenant: "default", Status: []tocsin.Status{tocsin.Declared}, Priority: []string{"P1"}, Category: "intrusion-attempts", Assignee: "ann", Entity: "10.0.0.4", Event: event(4, 1).ID, Since: morning, Until: morning.Add(9), Sort: "priority"}, func(n int, _ tocsin.Incident) bool { return n == 4 }},
		"query language": {tocsin.Query{Assignee: "* OR 1=1 --'\""}, func(int, tocsin.Incident) bool { return false }},
	} {
		want := expected(all, c.query, c.keep)
		p, err := s.Incidents(t.Context(), c.query)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, i := range p.Items {
			got = append(got, i.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" || p.Total != int64(len(want)) || p.Cursor != "" {
			t.Errorf("%s: total %d, cursor %q (-want +got):\n%s", name, p.Total, p.Cursor, diff)
		}
	}
}

func testIncidentsPaged(t *testing.T, u Suite, s Store) {
	all := fill(t, u, s)
	for _, sort := range []string{"opened", "priority", "updated"} {
		for _, limit := range []int{1, 5, 6, 12, 500} {
			q := tocsin.Query{Sort: sort, Limit: limit}
			var got []string
			pages := 0
			for ; pages < 20; pages++ {
				p, err := s.Incidents(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if p.Total != 12 || len(p.Items) > limit {
					t.Errorf("by %s, %d a page: total %d, %d on the page", sort, limit, p.Total, len(p.Items))
				}
				for _, i := range p.Items {
					got = append(got, i.ID)
				}
				if q.Cursor = p.Cursor; p.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(expected(all, tocsin.Query{Sort: sort}, func(int, tocsin.Incident) bool { return true }), got); diff != "" {
				t.Errorf("by %s, %d a page (-want +got):\n%s", sort, limit, diff)
			}
			if want := (12 + limit - 1) / limit; pages+1 != want {
				t.Errorf("by %s, %d a page: %d pages, want %d", sort, limit, pages+1, want)
			}
		}
	}
}

func testIncidentsBadQuery(t *testing.T, u Suite, s Store) {
	fill(t, u, s)
	p, err := s.Incidents(t.Context(), tocsin.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]tocsin.Query{
		"unknown sort":              {Sort: "colour"},
		"unknown order":             {Order: "up"},
		"broken cursor":             {Cursor: "%%%"},
		"cursor of another listing": {Sort: "updated", Cursor: p.Cursor},
		"cursor of nothing":         {Cursor: "e30"},
	} {
		if _, err := s.Incidents(t.Context(), q); !errors.Is(err, sinks.ErrQuery) {
			t.Errorf("%s: error %v, want a bad query", name, err)
		}
	}
	if p, err := s.Incidents(t.Context(), tocsin.Query{Limit: 100000}); err != nil || len(p.Items) != 12 {
		t.Errorf("an immense limit: %d items (%v)", len(p.Items), err)
	}
}

// sameJSON compares JSON texts by their meaning, numbers by their text.
var sameJSON = cmp.Comparer(func(a, b json.RawMessage) bool {
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && x == y
})

func canonical(data json.RawMessage) (string, error) {
	if len(data) == 0 {
		return "", nil
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return "", err
	}
	out, err := json.Marshal(doc)
	return string(out), err
}
