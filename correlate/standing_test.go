package correlate

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/rules"
)

var standingBase = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// standingEngine is an engine with one rule over user.name, fed with alerts "SECOND user field=value".
func standingEngine(t *testing.T, rule string, alerts ...string) *Engine {
	t.Helper()
	head := "id: 00000000-0000-4000-8000-000000000001\ntitle: T\nversion: 1.0.0\nstatus: stable\nlevel: high\ncategory: intrusion-attempts/brute-force\n"
	set, err := rules.Load([]rules.Source{{FS: fstest.MapFS{"r.yml": {Data: []byte(head + rule)}}}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, m := New(Config{}, set), set.Matcher()
	for i, text := range alerts {
		words := strings.Fields(text)
		d, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		at := standingBase.Add(d)
		fields := []tocsin.Field{{Name: "user.name", Value: tocsin.StringValue(words[1])}}
		for _, w := range words[2:] {
			k, v, _ := strings.Cut(w, "=")
			fields = append(fields, tocsin.Field{Name: k, Value: tocsin.StringValue(v)})
		}
		a := tocsin.Alert{
			ID: fmt.Sprintf("a%d", i), Tenant: "default", Source: "src", Time: at, Ref: tocsin.Ref{Topic: "t", Offset: int64(i)}, Fields: tocsin.NewFields(fields),
		}
		for _, match := range m.Match(&a) {
			e.Step(match)
		}
		e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: at, Lateness: time.Hour, Disorder: 2 * time.Minute})
	}
	return e
}

const standingRule = "00000000-0000-4000-8000-000000000001"

func TestWhyNot(t *testing.T) {
	count := "when: event.action == \"x\"\ncorrelate: {kind: count, group_by: [user.name], span: 60s, at_least: 5}\n"
	steps := `let: {a: event.action == "a", b: event.action == "b", c: event.action == "c"}
correlate: {kind: sequence, group_by: [user.name], span: 10m, steps: [{when: a, at_least: 2}, {when: b, within: 1m}, {when: c, within: 2m}]}
`
	for name, c := range map[string]struct {
		rule   string
		alerts []string
		key    string
		want   []string // lines, in this order, others between
	}{
		"four of five": {
			count,
			[]string{"0s ann event.action=x", "5s ann event.action=x", "10s ann event.action=x", "22s ann event.action=x", "22s bob event.action=x"},
			"ann",
			[]string{"have 4 of 5 alerts, 38 s left: what is missing must be dated before 2026-11-02T09:01:00Z", "event time is 2026-11-02T09:00:22Z, the watermark 2026-11-02T08:58:22Z, which waits for src/0", "nearest key: user.name=bob, lacks 4"},
		},
		"some are out of the window": {
			count,
			[]string{"0s ann event.action=x", "5s ann event.action=x", "10s ann event.action=x", "65s ann event.action=x"},
			"ann",
			[]string{"have 2 of 5 alerts, 5 s left", "the most that a window held was 3, at 2026-11-02T09:00:10Z"},
		},
		"its time is over": {
			count,
			[]string{"0s ann event.action=x", "5s ann event.action=x", "5m bob event.action=x"},
			"ann",
			[]string{"have 2 of 5 alerts, and their time was over at 2026-11-02T09:01:00Z, 4m0s ago: only a late alert dated before that completes it, until the watermark passes 2026-11-02T10:01:00Z"},
		},
		"it fired": {
			count,
			[]string{"0s ann event.action=x", "5s ann event.action=x", "10s ann event.action=x", "22s ann event.action=x", "23s ann event.action=x"},
			"ann",
			[]string{"it fired, and the event is open", "event 202611-", "open until the watermark passes 2026-11-02T09:01:23Z"},
		},
		"a key like it": {
			count,
			[]string{"0s ann.smith event.action=x"},
			"Ann.Smith",
			[]string{"nothing is held of this key", "like it: user.name=ann.smith, lacks 4"},
		},
		"another spelling": {
			count,
			[]string{"0s anne event.action=x", "0s zoe event.action=x", "1s zoe event.action=x"},
			"annie",
			[]string{"nothing is held of this key", "like it: user.name=anne, lacks 4", "nearest key: user.name=zoe, lacks 3"},
		},
		"no match at all": {count, nil, "ann", []string{"nothing is held of this key", "there is no watermark yet", "no match came at all"}},
		"beyond lateness": {
			count,
			[]string{"0s ann event.action=x", "3h ann event.action=x", "1s ann event.action=x"},
			"ann",
			[]string{"have 1 of 5 alerts", "of the rule: 1 match from src came beyond lateness and was not counted"},
		},
		"different values": {
			"when: event.action == \"x\"\ncorrelate: {kind: distinct, group_by: [user.name], span: 60s, field: host.name, at_least: 3}\n",
			[]string{"0s ann event.action=x host.name=h1", "10s ann event.action=x host.name=h2", "20s ann event.action=x host.name=h1"},
			"ann",
			[]string{"have 2 of 3 values, 50 s left", "h2: there, last at 2026-11-02T09:00:10Z", "h1: there, 2 alerts, last at 2026-11-02T09:00:20Z"},
		},
		"a set": {
			"correlate: {kind: set, group_by: [user.name], span: 60s, of: ['event.action == \"a\"', 'event.action == \"b\"']}\n",
			[]string{"0s ann event.action=b"},
			"ann",
			[]string{"have 1 of 2 conditions, 1m0s left", "condition 1: missing", "condition 2: there, last at 2026-11-02T09:00:00Z"},
		},
		"first step half done": {
			steps,
			[]string{"0s ann event.action=a"},
			"ann",
			[]string{"have 0 of 3 steps, 10m0s left", "step 1: missing, 1 of 2", "step 2: missing", "step 3: missing"},
		},
		"second step awaited": {
			steps,
			[]string{"0s ann event.action=a", "30s ann event.action=a", "60s ann event.action=c"},
			"ann",
			[]string{"have 1 of 3 steps, 30 s left", "step 1: there, 2 of 2", "step 2: missing, awaited until 2026-11-02T09:01:30Z"},
		},
		"third step awaited": {
			steps,
			[]string{"0s ann event.action=a", "30s ann event.action=a", "60s ann event.action=b"},
			"ann",
			[]string{"have 2 of 3 steps, 2m0s left", "step 2: there", "step 3: missing, awaited until 2026-11-02T09:03:00Z"},
		},
		"a step ran out": {
			steps,
			[]string{"0s ann event.action=a", "30s ann event.action=a", "60s ann event.action=b", "5m bob event.action=a"},
			"ann",
			[]string{"have 0 of 3 steps", "step 1: missing"},
		},
		"an answer that is awaited": {
			"correlate: {kind: absence, group_by: [user.name], after: 'event.action == \"a\"', without: 'event.action == \"b\"', within: 60s}\n",
			[]string{"0s ann event.action=a", "150s bob event.action=a"},
			"ann",
			[]string{"it is decided when the watermark passes 2026-11-02T09:01:00Z"},
		},
		"a rule that learns": {
			"when: event.action == \"x\"\ncorrelate: {kind: first_seen, group_by: [user.name], values: [host.name], history: 1d}\n",
			[]string{"0s ann event.action=x host.name=h1"},
			"ann",
			[]string{"the rule is learning until 2026-11-03T09:00:00Z"},
		},
		"a bucket of values": {
			"when: event.action == \"x\"\ncorrelate: {kind: leaky, group_by: [user.name], capacity: 4, leakspeed: 10s, distinct: host.name}\n",
			[]string{"0s ann event.action=x host.name=a", "0s ann event.action=x host.name=a", "0s ann event.action=x host.name=b", "5s bob event.action=x"},
			"ann",
			[]string{"have 2 of 5 values", "the bucket holds 1.5 of 4 at 2026-11-02T09:00:05Z and loses one every 10s"},
		},
		"a bucket": {
			"when: event.action == \"x\"\ncorrelate: {kind: leaky, group_by: [user.name], capacity: 4, leakspeed: 10s}\n",
			[]string{"0s ann event.action=x", "0s ann event.action=x", "0s ann event.action=x", "5s bob event.action=x"},
			"ann",
			[]string{"have 3 of 5 alerts, 25 s left", "the bucket holds 2.5 of 4 at 2026-11-02T09:00:05Z and loses one every 10s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := standingEngine(t, c.rule, c.alerts...)
			before := e.Snapshot()
			s, ok := e.WhyNot(standingRule, "default", []tocsin.Value{tocsin.StringValue(c.key)})
			if !ok {
				t.Fatal("no such rule")
			}
			if diff := gocmp.Diff(before, e.Snapshot()); diff != "" {
				t.Error("asking changed the engine")
			}
			text := strings.Join(s.Lines(), "\n")
			rest := text
			for _, want := range c.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("%q is not among, or not in order:\n%s", want, text)
				}
				rest = after
			}
		})
	}
}

func TestWhyNotOfNothing(t *testing.T) {
	e := standingEngine(t, "when: event.action == \"x\"\ncorrelate: {kind: match, group_by: [user.name]}\n", "0s ann event.action=x")
	if _, ok := e.WhyNot("other", "default", []tocsin.Value{tocsin.StringValue("ann")}); ok {
		t.Error("a rule that is not there")
	}
	if _, ok := e.WhyNot(standingRule, "default", nil); ok {
		t.Error("a key of another number of values")
	}
	s, _ := e.WhyNot(standingRule, "other", []tocsin.Value{tocsin.StringValue("ann")})
	if s.State != tocsin.StandingUnknown || len(s.Near) != 0 {
		t.Errorf("the key of another tenant is told: %+v", s)
	}
}

// TestWhyNotSpellings finds keys that are no texts by their text.
func TestWhyNotSpellings(t *testing.T) {
	tk := newTrack(plan{kind: "count", groupBy: []string{"a"}}.normal(), false, new(newPool()))
	for _, v := range []tocsin.Value{tocsin.IntValue(5), tocsin.BoolValue(true), tocsin.NullValue(), tocsin.StringsValue("x", "y"), tocsin.StringValue("7")} {
		name := string(appendName(nil, "default", []tocsin.Value{v}))
		tk.enter(&state{rare: &tk.none, name: name}, tk.pool.hashOfName(name))
	}
	for _, text := range []string{"5", "true", "", "x,y", "7"} {
		if tk.find("default", []tocsin.Value{tocsin.StringValue(text)}) == nil {
			t.Errorf("%q is not found", text)
		}
	}
	if tk.find("default", []tocsin.Value{tocsin.StringValue("6")}) != nil {
		t.Error("6 is found")
	}
}
