package measure_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"tocsin"
	"tocsin/internal/measure"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/elastic"
	"tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

// A store is what the stories are played on.
type store interface {
	register.Store
	sinks.Measures // as memory is filled from it
	sinks.Backlogs
	sinks.Volumes
}

var coordinator = tocsin.Actor{Kind: "person", ID: "ann", Role: "coordinator"}

// A player plays incidents on a register whose clock stands at what happens.
type player struct {
	*register.Register
	t     testing.TB
	store store
	now   time.Time
	ids   map[string]string // incident ids, by name
}

func newPlayer(t testing.TB, s store) *player {
	p := &player{t: t, store: s, ids: map[string]string{}}
	p.Register = register.New(register.Options{
		Store: s, Now: func() time.Time { return p.now }, ReopenWindow: 1000 * time.Hour,
		Targets: map[string]register.Targets{
			"P1": {Acknowledge: 15 * time.Minute, Contain: 4 * time.Hour, Resolve: 8 * time.Hour},
			"P2": {Acknowledge: 30 * time.Minute, Resolve: 12 * time.Hour},
			"P3": {Acknowledge: 4 * time.Hour, Resolve: 60 * time.Hour},
		},
		Vocabulary: register.Vocabulary{Priorities: []string{"P1", "P2", "P3"}},
	})
	return p
}

// An act is something that happens at a time.
type act struct {
	at time.Time
	do func()
}

// play lets all happen in the order of its times.
func (p *player) play(acts []act) {
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range acts {
		p.now = a.at
		a.do()
	}
}

// An origin is how an incident begins.
type origin struct {
	name, priority, platform, rule, class string
	declared                              time.Time
}

// found lets an event found the incident, proposed: detected 10 minutes before the declaration, its first alert 20.
func (p *player) found(o origin) act {
	detected := o.declared.Add(-10 * time.Minute)
	return act{detected, func() {
		p.t.Helper()
		first := o.declared.Add(-20 * time.Minute)
		e := tocsin.Event{
			ID: detected.Format("200601") + "-" + tocsin.Hash(o.name), Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
			Rule:  tocsin.RuleRef{ID: o.rule, Title: o.name, Incident: tocsin.IncidentGrouping{GroupBy: []string{"host.name"}, Window: time.Hour}},
			First: first, Last: first, Opened: detected, Detected: detected, Count: 3,
			Entities: []tocsin.Entity{{Field: "host.name", Value: o.name, Role: "victim"}},
		}
		out, err := p.Apply(p.t.Context(), e, tocsin.Assessment{
			State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: o.priority, Platform: o.platform, Category: o.class + "/x",
			Impact: tocsin.Impact{Functional: "low"}, Urgency: "active", Asset: 1,
		})
		if err != nil {
			p.t.Fatalf("%s: %v", o.name, err)
		}
		p.ids[o.name] = out.Incident.ID
	}}
}

// give lets a person give a command.
func (p *player) give(name string, at time.Time, c register.Command) act {
	return act{at, func() {
		p.t.Helper()
		c.ID, c.Incident, c.By, c.Effective = fmt.Sprint(name, c.Action, at.Unix()), p.ids[name], coordinator, at
		if c.Into != "" {
			c.Into = p.ids[c.Into]
		}
		if _, err := p.Do(p.t.Context(), c); err != nil {
			p.t.Fatalf("%s at %s: %s: %v", name, at, c.Action, err)
		}
	}}
}

// parse reads a line of the story.
func (p *player) parse(line string) []act {
	p.t.Helper()
	words := strings.Fields(line)
	at, err := time.Parse(time.RFC3339, words[1])
	if err != nil {
		p.t.Fatal(err)
	}
	o := origin{name: words[0], declared: at, priority: words[2], platform: words[3], rule: words[4], class: words[6]}
	acts, steps := []act{p.found(o)}, words[7:]
	if len(steps) > 0 && steps[0] == "undeclared" {
		steps = steps[1:]
	} else {
		acts = append(acts, p.give(o.name, at, register.Command{Action: tocsin.ActDeclare}))
	}
	for _, step := range steps {
		verb, rest, _ := strings.Cut(step, "@")
		after, args, _ := strings.Cut(rest, ":")
		d, err := time.ParseDuration(after)
		if err != nil {
			p.t.Fatalf("%s: %v", step, err)
		}
		acts = append(acts, p.give(o.name, at.Add(d), command(verb, strings.Split(args+":", ":"))))
	}
	return acts
}

func command(verb string, args []string) register.Command {
	switch verb {
	case "priority":
		return register.Command{Action: tocsin.ActSet, Priority: args[0]}
	case "merge":
		return register.Command{Action: tocsin.ActMerge, Into: args[0]}
	case "team":
		return register.Command{Action: tocsin.ActTeam, Team: args[0]}
	}
	return register.Command{
		Action: tocsin.Action(verb), Disposition: args[0], RootCause: args[1], Reason: "as the story has it",
	}
}

// theEnd is when the story ends and the backlog is taken.
var theEnd = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// forty plays the story and returns what it wants: lines by question.
func forty(t testing.TB, s store, settle func()) (*player, map[string][]string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "forty.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t, s)
	wants := map[string][]string{}
	for _, f := range archive.Files {
		lines := strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		if f.Name != "incidents" {
			wants[f.Name] = []string{}
			for _, line := range lines {
				if want, ok := strings.CutPrefix(line, "> "); ok {
					wants[f.Name] = append(wants[f.Name], want)
				}
			}
			continue
		}
		if len(lines) != 40 {
			t.Fatalf("the story has %d incidents", len(lines))
		}
		var acts []act
		for _, line := range lines {
			acts = append(acts, p.parse(line)...)
		}
		p.play(acts)
	}
	p.now = theEnd
	settle()
	if _, err := p.Timers(t.Context(), p.now); err != nil {
		t.Fatal(err)
	}
	return p, wants
}

func takeBacklog(t testing.TB, p *player) {
	t.Helper()
	if err := (&register.Backlogger{Store: p.store}).Take(t.Context(), p.now); err != nil {
		t.Fatal(err)
	}
}

// told writes a trend as the story does: what has a number.
func told(t measure.Trend, wholeAlone bool) []string {
	lines := []string{}
	all := t.Series
	if t.By == "" || t.Name == "recurring" {
		all = []measure.Series{t.All}
	}
	for _, s := range all {
		for _, p := range s.Points {
			if !wholeAlone && p.N+p.Sum > 0 {
				lines = append(lines, pointText(s.Key, p.At.Format(time.DateOnly), p))
			}
		}
		if s.Whole.N > 0 {
			lines = append(lines, pointText(s.Key, "whole", s.Whole))
		}
	}
	return lines
}

func pointText(key, at string, p measure.Point) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s n=%d", cmp.Or(key, "-"), at, p.N)
	if p.P50 != nil {
		fmt.Fprintf(&text, " p50=%d p90=%d", *p.P50, *p.P90)
	}
	if p.Sum > 0 {
		fmt.Fprintf(&text, " sum=%d", p.Sum)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Counts)) {
		if p.Counts[name] > 0 {
			fmt.Fprintf(&text, " %s=%d", name, p.Counts[name])
		}
	}
	return text.String()
}

// question reads a question of the story: as the API does, over the whole year unless it says otherwise.
func question(t testing.TB, text string) measure.Query {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"from": "2026-01-01", "to": "2027-01-01"} {
		if !values.Has(name) {
			values.Set(name, value)
		}
	}
	q, err := measure.Ask(values, theEnd)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// stores are the stores that must agree: in memory, SQLite, and Elasticsearch where there is one. The second result makes
// what was written visible; es becomes the server.
func stores(es *server) map[string]func(t *testing.T) (store, func()) {
	return map[string]func(t *testing.T) (store, func()){
		"memory": func(*testing.T) (store, func()) { return memory.New(), func() {} },
		"sqlite": func(t *testing.T) (store, func()) { return newSQLite(t), func() {} },
		"elastic": func(t *testing.T) (store, func()) {
			s, server := newElastic(t)
			*es = server
			return s, server.refresh
		},
	}
}

func newSQLite(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "tocsin.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newElastic(t testing.TB) (*elastic.Store, server) {
	t.Helper()
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" || os.Getenv("TOCSIN_TEST_ES_CA") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	prefix := fmt.Sprintf("tm%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	e := server{t, address, prefix}
	t.Cleanup(func() {
		e.wipe()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, e
}

// TestForty plays the story of forty incidents, whose figures were worked out by hand, on every store.
func TestForty(t *testing.T) {
	es := new(server)
	for name, open := range stores(es) {
		t.Run(name, func(t *testing.T) {
			s, settle := open(t)
			p, wants := forty(t, s, settle)
			settle()
			takeBacklog(t, p)
			settle()
			if s, ok := s.(*elastic.Store); ok {
				documentedAggregations(t, s, *es)
			}
			if len(wants) < 20 {
				t.Fatalf("the story asks %d questions", len(wants))
			}
			for by, counts := range map[string]measure.Store{"store": s, "memory": filled(t, s, 40)} {
				for text, want := range wants {
					got, err := measure.Trends(t.Context(), counts, question(t, text))
					if err != nil {
						t.Errorf("%s by %s: %v", text, by, err)
						continue
					}
					if lines := told(got, strings.HasPrefix(text, "metric=precision")); !slices.Equal(lines, want) {
						t.Errorf("%s by %s:\n got\n%s\nwant\n%s", text, by, strings.Join(lines, "\n"), strings.Join(want, "\n"))
					}
				}
			}
		})
	}
}
