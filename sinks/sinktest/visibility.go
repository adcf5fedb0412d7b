package sinktest

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"tocsin"
)

// testIncidentsRestricted lists and counts what a reader may know of: all but what is restricted and names him neither
// by name nor by a team.
func testIncidentsRestricted(t *testing.T, u Suite, s Store) {
	change := map[int]func(*tocsin.Incident){
		1: func(*tocsin.Incident) {},
		2: func(i *tocsin.Incident) { i.Assignee = "ann" },
		3: func(i *tocsin.Incident) { i.Coordinator = "ann" },
		4: func(i *tocsin.Incident) { i.Shared = []string{"bert", "ann"} },
		5: func(i *tocsin.Incident) { i.Teams = []tocsin.Team{{Name: "windows"}} },
	}
	for n := range 7 {
		i := incident(n)
		i.Number, i.Assignee = strconv.Itoa(n), ""
		if set, ok := change[n]; ok {
			i.Visibility = tocsin.Restricted
			set(&i)
		}
		if n == 6 { // it was restricted, and is not any more
			i.Visibility, i.Shared = tocsin.Restricted, []string{"carl"}
			if err := s.PutIncident(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			i.Revision++
			i.Visibility, i.Shared = "", nil
		}
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	want := map[string]int64{}
	for n := range 5 {
		want[incident(n+1).ID] = incident(n + 1).Revision
	}
	if got, err := s.Restricted(t.Context()); err != nil || !maps.Equal(got, want) {
		t.Errorf("restricted %v (%v), want %v", got, err, want)
	}
	for name, c := range map[string]struct {
		q    tocsin.Query
		want []string
	}{
		"all":                  {tocsin.Query{}, []string{"0", "1", "2", "3", "4", "5", "6"}},
		"restricted":           {tocsin.Query{Visibility: tocsin.Restricted}, []string{"1", "2", "3", "4", "5"}},
		"team":                 {tocsin.Query{Visibility: tocsin.VisibleToTeam}, []string{"0", "6"}},
		"nobody":               {tocsin.Query{Reader: &tocsin.Reader{}}, []string{"0", "6"}},
		"ann":                  {tocsin.Query{Reader: &tocsin.Reader{Name: "ann"}}, []string{"0", "2", "3", "4", "6"}},
		"carl":                 {tocsin.Query{Reader: &tocsin.Reader{Name: "carl"}}, []string{"0", "6"}},
		"a team's":             {tocsin.Query{Reader: &tocsin.Reader{Name: "dora", Teams: []string{"linux", "windows"}}}, []string{"0", "5", "6"}},
		"ann's restricted":     {tocsin.Query{Visibility: tocsin.Restricted, Reader: &tocsin.Reader{Name: "ann"}}, []string{"2", "3", "4"}},
		"ann's, by status":     {tocsin.Query{Sort: "status", Priority: []string{"P1", "P2", "P3", "P4", "P5"}, Reader: &tocsin.Reader{Name: "ann"}}, []string{"0", "2", "3", "4", "6"}},
		"nobody's, restricted": {tocsin.Query{Visibility: tocsin.Restricted, Reader: &tocsin.Reader{}}, nil},
	} {
		page, err := s.Incidents(t.Context(), c.q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, i := range page.Items {
			got = append(got, i.Number)
		}
		slices.Sort(got)
		counts, err := s.Counts(t.Context(), []tocsin.Query{c.q})
		if err != nil || !slices.Equal(got, c.want) || page.Total != int64(len(c.want)) || counts[0] != page.Total {
			t.Errorf("%s: %v of %d, counted %v (%v), want %v", name, got, page.Total, counts, err, c.want)
		}
	}
}
