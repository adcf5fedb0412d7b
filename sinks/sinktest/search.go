package sinktest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/sinks"
)

// testIncidentsSorted sorts by each field, both ways, page by page.
func testIncidentsSorted(t *testing.T, u Suite, s Store) {
	all := fill(t, u, s)
	for _, sort := range append(sinks.Ranks(), sinks.Times()...) {
		for _, order := range []string{"", "asc", "desc"} {
			q := tocsin.Query{Sort: sort, Order: order, Limit: 5}
			want := expected(all, q, func(int, tocsin.Incident) bool { return true })
			var got []string
			for range 4 {
				p, err := s.Incidents(t.Context(), q)
				if err != nil {
					t.Fatalf("%s %s: %v", sort, order, err)
				}
				for _, i := range p.Items {
					got = append(got, i.ID)
				}
				if q.Cursor = p.Cursor; q.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by %s %s (-want +got):\n%s", sort, order, diff)
			}
		}
	}
}

// testIncidentsStable changes incidents between two pages: what stood behind the cursor is listed, and nothing twice.
func testIncidentsStable(t *testing.T, u Suite, s Store) {
	all := fill(t, u, s)
	order := expected(all, tocsin.Query{}, func(int, tocsin.Incident) bool { return true })
	first, err := s.Incidents(t.Context(), tocsin.Query{Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	for n, i := range all { // one is closed, one reopened, one comes in before all: no place behind the cursor changes
		i.Revision, i.Status, i.Priority = 2, []tocsin.Status{tocsin.ClosedIncident, tocsin.Acknowledged}[n%2], "P1"
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	newest := incident(50)
	if err := s.PutIncident(t.Context(), newest); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	var got []string
	for _, i := range first.Items {
		got = append(got, i.ID)
	}
	for cursor := first.Cursor; cursor != ""; {
		p, err := s.Incidents(t.Context(), tocsin.Query{Limit: 4, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range p.Items {
			got = append(got, i.ID)
		}
		cursor = p.Cursor
	}
	if !slices.Equal(got, order) {
		t.Errorf("%v, want %v", got, order)
	}
}

// testEventsSearched asks for events by each field.
func testEventsSearched(t *testing.T, u Suite, s Store) {
	var all []tocsin.Event
	for n := range 9 {
		e := event(n, 1)
		e.Rule.ID, e.Rule.Level = fmt.Sprint("rule ", n%2), []string{"low", "high", "critical"}[n%3]
		e.Activity = []tocsin.Activity{tocsin.Open, tocsin.Closed}[n%2]
		e.Entities = []tocsin.Entity{{Field: "user.name", Value: []string{"ann", "bob"}[n%2], Role: "victim"}, {Field: "host.name", Value: fmt.Sprint("host ", n), Role: "victim"}}
		e.Detected = morning.Add(time.Duration(n) * time.Nanosecond)
		if n == 8 {
			e.Tenant = "other"
		}
		all = append(all, e)
	}
	if err := s.StoreEvents(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	later := all[0] // a revision brings an entity and an end
	later.Revision, later.Activity, later.Entities = 2, tocsin.Closed, append(slices.Clone(later.Entities), tocsin.Entity{Field: "user.name", Value: "eve", Role: "attacker"})
	if err := s.StoreEvents(t.Context(), []tocsin.Event{later}); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	for name, c := range map[string]struct {
		q    tocsin.EventQuery
		want []int
	}{
		"all":      {tocsin.EventQuery{}, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}},
		"tenant":   {tocsin.EventQuery{Tenant: "other"}, []int{8}},
		"rule":     {tocsin.EventQuery{Rule: "rule 1"}, []int{7, 5, 3, 1}},
		"levels":   {tocsin.EventQuery{Level: []string{"high", "critical"}}, []int{8, 7, 5, 4, 2, 1}},
		"activity": {tocsin.EventQuery{Activity: []tocsin.Activity{tocsin.Closed}}, []int{7, 5, 3, 1, 0}},
		"entity":   {tocsin.EventQuery{Entity: "host 4"}, []int{4}},
		"gained":   {tocsin.EventQuery{Entity: "eve"}, []int{0}},
		"time":     {tocsin.EventQuery{Since: morning.Add(2), Until: morning.Add(5)}, []int{4, 3, 2}},
		"together": {tocsin.EventQuery{Tenant: "default", Rule: "rule 1", Entity: "bob", Level: []string{"high"}}, []int{7, 1}},
		"pattern":  {tocsin.EventQuery{Entity: "host*"}, nil},
	} {
		if n, err := s.EventCounts(t.Context(), []tocsin.EventQuery{c.q, {Tenant: "nobody's"}}); err != nil || !slices.Equal(n, []int64{int64(len(c.want)), 0}) {
			t.Errorf("%s: it counts %v (%v), want %d and 0", name, n, err, len(c.want))
		}
		for _, limit := range []int{0, 1, 4} {
			var got []int
			q := c.q
			q.Limit = limit
			for range 20 {
				p, err := s.EventsBy(t.Context(), q)
				if err != nil || p.Total != int64(len(c.want)) {
					t.Fatalf("%s: total %d (%v), want %d", name, p.Total, err, len(c.want))
				}
				for _, e := range p.Items {
					got = append(got, int(e.Detected.Sub(morning)))
				}
				if q.Cursor = p.Cursor; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %d a page: %v, want %v", name, limit, got, c.want)
			}
		}
	}
}

// testAlertsSearched asks for alerts by entity, source and time.
func testAlertsSearched(t *testing.T, u Suite, s Store) {
	var alerts []tocsin.Alert
	for n := range 8 {
		a := alert(int64(n), fmt.Sprint("content ", n),
			leaf("source.ip", tocsin.StringValue([]string{"10.0.0.1", "2001:db8::1"}[n%2])), leaf("user.name", tocsin.StringValue([]string{"ann", "bob", "10.0.0.1"}[n%3])),
			leaf("message", tocsin.StringValue("ann")), leaf(sinks.FieldSeverity, tocsin.IntValue(int64(10*n))),
			leaf(sinks.FieldLists, tocsin.StringsValue("all", fmt.Sprint("list", n%4))), leaf("related.hosts", tocsin.ListValue(tocsin.StringValue("web1"), tocsin.StringValue(fmt.Sprint("host", n)))))
		a.Source = []string{"edr", "ids"}[n/4]
		if n == 7 {
			a.Tenant = "other"
		}
		alerts = append(alerts, a)
	}
	store(t, s, alerts...)
	u.settle(t, s)
	for name, c := range map[string]struct {
		q    tocsin.AlertQuery
		want []int64
	}{
		"all":              {tocsin.AlertQuery{}, []int64{7, 6, 5, 4, 3, 2, 1, 0}},
		"tenant":           {tocsin.AlertQuery{Tenant: "other"}, []int64{7}},
		"source":           {tocsin.AlertQuery{Source: "edr"}, []int64{3, 2, 1, 0}},
		"a user":           {tocsin.AlertQuery{Entity: "ann"}, []int64{6, 3, 0}},
		"an address":       {tocsin.AlertQuery{Entity: "10.0.0.1"}, []int64{6, 5, 4, 2, 0}},
		"a field":          {tocsin.AlertQuery{Entity: "10.0.0.1", Field: "user.name"}, []int64{5, 2}},
		"another spelling": {tocsin.AlertQuery{Entity: "2001:DB8:0::1"}, []int64{7, 5, 3, 1}},
		"one of a list":    {tocsin.AlertQuery{Entity: "host5"}, []int64{5}},
		"no entity":        {tocsin.AlertQuery{Entity: "ann", Field: "message"}, nil},
		"no field":         {tocsin.AlertQuery{Entity: "ann", Field: "tocsin.kept"}, nil},
		"severity":         {tocsin.AlertQuery{Severity: 50}, []int64{7, 6, 5}},
		"a list":           {tocsin.AlertQuery{List: "list2"}, []int64{6, 2}},
		"severe on a list": {tocsin.AlertQuery{List: "all", Severity: 60, Entity: "10.0.0.1"}, []int64{6}},
		"no list":          {tocsin.AlertQuery{List: "list*"}, nil},
		"pattern":          {tocsin.AlertQuery{Entity: "host*"}, nil},
		"quotes":           {tocsin.AlertQuery{Entity: `"}]`}, nil},
		"time":             {tocsin.AlertQuery{Since: morning.Add(2 * time.Second), Until: morning.Add(4 * time.Second)}, []int64{3, 2}},
		"together":         {tocsin.AlertQuery{Tenant: "default", Source: "ids", Entity: "web1", Until: morning.Add(6 * time.Second)}, []int64{5, 4}},
	} {
		for _, limit := range []int{0, 1, 3} {
			var got []int64
			q := c.q
			q.Limit = limit
			for range 20 {
				found, next, err := s.AlertsBy(t.Context(), q)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, a := range found {
					got = append(got, a.Ref.Offset)
				}
				if q.Cursor = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %d a page: %v, want %v", name, limit, got, c.want)
			}
		}
	}
	for _, cursor := range []string{"%", "[]", "-1", "x"} {
		if _, _, err := s.AlertsBy(t.Context(), tocsin.AlertQuery{Cursor: cursor}); err == nil {
			t.Errorf("cursor %q: no error", cursor)
		}
	}
}
