package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks/elastic"
	memorystore "tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

// A home is a kind of store, and how many runs of a property it is worth: a real server takes its time.
type home struct {
	name string
	runs int
	open func(t *testing.T) eventStore
}

func homes() []home {
	return []home{
		{"memory", 1 << 30, func(*testing.T) eventStore { return memorystore.New() }},
		{"sqlite", 15, func(t *testing.T) eventStore {
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "register.db")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		}},
		{"elasticsearch", 2, realElastic},
	}
}

// realElastic is a store on the server of TOCSIN_TEST_ES.
func realElastic(t *testing.T) eventStore {
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" || os.Getenv("TOCSIN_TEST_ES_CA") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	prefix := fmt.Sprintf("tt%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for index := range strings.FieldsSeq(string(ask(t, "GET", address+"/_cat/indices/"+prefix+"*?h=index", ""))) {
			ask(t, "DELETE", address+"/"+index, "")
		}
		for _, name := range []string{"alerts", "register"} {
			ask(t, "DELETE", address+"/_index_template/"+prefix+name, "")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// onEachStore checks a property over each store, in a world of its own for each run.
func onEachStore(t *testing.T, property func(*rapid.T, *world)) {
	for _, p := range homes() {
		t.Run(p.name, func(t *testing.T) {
			s, n := p.open(t), 0
			rapid.Check(t, func(rt *rapid.T) {
				if n++; n <= p.runs {
					property(rt, worldOver(t, s, fmt.Sprintf("w%d", n)))
				}
			})
		})
	}
}

// Whatever is merged, split, reopened and closed, each event that is in an incident is in one that goes on, its alerts
// are counted once, its next emission finds it, and every log is a chain whose projection is what the store shows.
func TestEventsAreInOneIncident(t *testing.T) {
	onEachStore(t, func(rt *rapid.T, w *world) {
		ctx, incidents, events := w.t.Context(), []string{}, []tocsin.Event{}
		for n := range 5 {
			e := w.event(fmt.Sprint("e", n), n, fmt.Sprint("10.0.0.", rapid.IntRange(0, 3).Draw(rt, "address")), fmt.Sprint("u", rapid.IntRange(0, 3).Draw(rt, "user")))
			out := w.apply(e, proposed())
			events, incidents = append(events, e), union(incidents, out.Incident.ID)
		}
		for range rapid.IntRange(1, 12).Draw(rt, "commands") {
			id := rapid.SampledFrom(incidents).Draw(rt, "incident")
			c := Command{
				Incident: id, Action: rapid.SampledFrom([]tocsin.Action{"split", "split", "merge", "merge", "declare", "resolve", "reopen", "hold"}).Draw(rt, "action"),
				Into: rapid.SampledFrom(incidents).Draw(rt, "into"), Reason: "why", Disposition: "true_positive_impact",
			}
			if now := w.incident(id); c.Action == "split" && len(now.Events) > 0 {
				c.Events = []string{rapid.SampledFrom(now.Events).Draw(rt, "event")}
			}
			i, err := w.try(c)
			if _, refused := errors.AsType[*Refusal](err); err != nil && !refused {
				rt.Fatal(err)
			}
			incidents = union(incidents, i.SplitInto...)
			if n := rapid.IntRange(0, len(events)*2).Draw(rt, "emission"); n < len(events) {
				events[n] = revision(events[n], events[n].Revision+1, tocsin.MilestoneDoubled)
				w.apply(events[n], proposed())
			}
		}
		alerts, want := int64(0), int64(0)
		in := map[string]string{}
		for _, id := range incidents {
			i := w.incident(id)
			invariants(rt, w, id)
			shown, err := w.Register.store.Incident(ctx, id)
			if err != nil || encode(shown) != encode(i) {
				rt.Fatalf("incident %s is shown as\n%s\nits log tells\n%s\n%v", id, encode(shown), encode(i), err)
			}
			if i.Status == tocsin.MergedIncident {
				continue
			}
			alerts += i.Alerts
			for _, e := range i.Events {
				if in[e] != "" {
					rt.Fatalf("event %s is in %s and in %s", e, in[e], id)
				}
				in[e] = id
			}
		}
		for n := range events {
			want += events[n].Count
			out := w.apply(events[n], proposed()) // again: nothing may change
			if out.Changed || in[events[n].ID] == "" || out.Incident.ID != in[events[n].ID] && out.Incident.Into == "" && !slices.Contains(out.Incident.SplitInto, in[events[n].ID]) {
				rt.Fatalf("event %s is in %q, its emission finds %s, changed %t", events[n].ID, in[events[n].ID], out.Incident.ID, out.Changed)
			}
		}
		if alerts != want || len(in) != len(events) {
			rt.Fatalf("%d alerts in %v, want %d", alerts, slices.Collect(maps.Values(in)), want)
		}
	})
}

// Commands of several daemons at once on one incident are as if given one after another: the log's order explains what
// each was answered, no command is in it twice or was answered and is not, and one that ended before another began
// stands before it.
func TestConcurrentCommandsAreOneAfterAnother(t *testing.T) {
	for _, p := range homes() {
		t.Run(p.name, func(t *testing.T) {
			w := worldOver(t, p.open(t), "c")
			i := w.apply(w.event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
			w.do(Command{Incident: i.ID, Action: "declare"})
			writers, each := 4, 12
			if p.name == "elasticsearch" {
				each = 4
			}
			var clock atomic.Int64
			var mu sync.Mutex
			done := map[string][2]int64{} // command to when it began and ended
			var wg sync.WaitGroup
			for n := range writers {
				wg.Go(func() {
					o := options(w.other, func() time.Time { return t0.Add(3 * time.Hour) })
					o.Attempts = 10 * writers * each
					r := New(o) // a daemon of its own, so that the log alone keeps them apart
					for k := range each {
						c := Command{
							ID: fmt.Sprintf("%d-%d", n, k), Incident: i.ID, By: ann, Reason: "why", Text: "what", Owner: "carla", Team: "t" + fmt.Sprint(k%2),
							Step: tocsin.TeamSteps()[(n+k)%3], Action: []tocsin.Action{"hold", "release", "team", "crisis", "return", "comment"}[(n+2*k)%6],
						}
						began := clock.Add(1)
						_, err := r.Do(context.WithoutCancel(t.Context()), c)
						ended := clock.Add(1)
						if _, refused := errors.AsType[*Refusal](err); err != nil && !refused {
							t.Error(err)
						} else if err == nil {
							mu.Lock()
							done[c.ID] = [2]int64{began, ended}
							mu.Unlock()
						}
					}
				})
			}
			wg.Wait()
			explained(t, w, i.ID, done)
		})
	}
}

// explained replays the log against the model.
func explained(t *testing.T, w *world, id string, done map[string][2]int64) {
	t.Helper()
	entries, err := w.other.Entries(t.Context(), id, 1)
	if err != nil || VerifyChain(entries) != nil {
		t.Fatal(err, VerifyChain(entries))
	}
	also, latest, found := beside{teams: map[string]string{}}, int64(0), 0
	for _, e := range entries[2:] {
		at, ok := done[e.Command]
		if !ok {
			t.Errorf("entry %d of command %s, which was refused", e.Seq, e.Command)
		}
		found++
		c := Command{Action: e.Action}
		if e.Action == "team" {
			step, err := unpack[teamStep](e)
			if err != nil {
				t.Fatal(err)
			}
			c.Team, c.Step = step.Team, step.Step
		}
		if !also.allow("declared", c) {
			t.Errorf("entry %d: %s was not allowed there", e.Seq, e.Action)
		}
		also.done("declared", c)
		if at[1] < latest {
			t.Errorf("entry %d of a command that had ended before an earlier entry's began", e.Seq)
		}
		latest = max(latest, at[0])
	}
	if found != len(done) {
		t.Errorf("%d entries for %d commands that were done", found, len(done))
	}
}
