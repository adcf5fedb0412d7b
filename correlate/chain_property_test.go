package correlate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/rules"
)

// A tower is rules over alerts and rules over the events of those, up to three ranks.
type tower struct {
	scene
	plans []plan // by rank
}

// listeners are the rules that hear events in a test: the rules of the next rank above. An event of the first rule meets
// the first condition, one of the second the second. Its users are the values; keyed says which keys a rule has.
type listeners struct{ plans []plan }

func (l listeners) Opened(o rules.Opening) []tocsin.Match {
	var out []tocsin.Match
	for _, p := range l.plans {
		bit := strings.IndexByte("abc", o.Rule[0])
		if p.rank < 2 || !hears(p, o.Rule) {
			continue
		}
		m := tocsin.Match{Rule: p.id, Set: "set", Tenant: o.Tenant, Conditions: 1 << bit & (1<<min(p.atLeast, 3) - 1), Alert: o.Alert, Index: len(out)}
		if p.kind == "set" || p.kind == "sequence" || p.kind == "absence" {
			if m.Conditions == 0 {
				continue
			}
		} else {
			m.Conditions = 1
		}
		for _, e := range o.Entities {
			m.Values = append(m.Values, tocsin.StringValue(e.Value))
			m.Entities = append(m.Entities, e)
		}
		if p.kind == "risk" {
			m.Values = nil
		}
		m.Key = []tocsin.Value{o.Group[0].Value}
		if p.groupBy[0] == "user.name" {
			for _, e := range o.Entities {
				m.Key = []tocsin.Value{tocsin.StringValue(e.Value)}
				out = append(out, m)
			}
			continue
		}
		out = append(out, m)
	}
	return out
}

// hears says whether the rule reads events of another: those of the rank below, and of rank 3 all.
func hears(p plan, rule string) bool {
	switch p.rank {
	case 2:
		return rule == "a" || rule == "b"
	case 3:
		return rule == "c" || rule == "a"
	}
	return false
}

func (w tower) set() planSet {
	return planSet{hash: "set", plans: w.plans, opener: listeners{w.plans}}
}

func drawTower(t *rapid.T) tower {
	w := tower{scene: drawScene(t)}
	for len(w.alerts) > 24 {
		w.alerts = w.alerts[:24]
	}
	kinds := []string{"match", "count", "distinct", "leaky", "set", "sequence"}
	kinds = append(kinds, "risk")
	rule := func(id string, rank int) plan {
		p := plan{
			id: id, shape: "s" + id, groupBy: []string{"source.ip"}, ref: &tocsin.RuleRef{ID: id}, rank: rank, heard: rank < 3,
			kind:    rapid.SampledFrom(kinds).Draw(t, id+" kind"),
			span:    int64(unit) * rapid.Int64Range(1, 15*int64(rank)).Draw(t, id+" span"),
			quiet:   int64(unit) * rapid.Int64Range(0, 12).Draw(t, id+" quiet"),
			atLeast: rapid.IntRange(1, 3).Draw(t, id+" at_least"),
			leak:    int64(unit) * rapid.Int64Range(1, 9).Draw(t, id+" leak"),
			maxOpen: int64(unit) * rapid.SampledFrom([]int64{3, 7, 20, 86400}).Draw(t, id+" max_open"),
		}
		switch p.kind {
		case "set":
			p.atLeast = 2
		case "sequence":
			p.atLeast = 2
			p.steps = []step{{atLeast: 1}, {atLeast: 1, within: int64(unit) * rapid.SampledFrom([]int64{0, 5}).Draw(t, id+" within")}}
		case "risk":
			p.points, p.decay = 700, int64(unit)*rapid.Int64Range(0, 6).Draw(t, id+" decay")
		case "match":
			p.quiet = max(p.quiet, int64(unit))
		}
		if rank > 1 && rapid.Bool().Draw(t, id+" by user") {
			p.groupBy = []string{"user.name"}
		}
		return p
	}
	w.plans = []plan{rule("a", 1), rule("b", 1), rule("c", 2)}
	if rapid.IntRange(0, 4).Draw(t, "absence") == 0 {
		c := &w.plans[2] // what did not come is judged at the watermark of the rank below
		c.kind, c.atLeast, c.steps, c.heard, c.points, c.decay = "absence", 2, nil, false, 0, 0
		c.span = int64(unit) * rapid.Int64Range(1, 20).Draw(t, "within")
	}
	if w.plans[2].heard && rapid.Bool().Draw(t, "three ranks") {
		w.plans = append(w.plans, rule("d", 3))
	}
	for i := range w.alerts {
		w.alerts[i].Conditions = rapid.Uint64Range(1, 3).Draw(t, "conditions")
		w.alerts[i].Rule = rapid.SampledFrom([]string{"a", "a", "b", "c"}).Draw(t, "rule")
	}
	// A base alert of rule c stands beside events; it has a key of its own field's kind.
	return w
}

// referenceTower evaluates the ranks one after the other: the settled events of one, as they would have opened had all
// alerts come in order, are alerts to the next.
func referenceTower(w tower) []settled {
	var all []settled
	heard := slices.Clone(w.alerts)
	for _, p := range w.plans {
		var own []tocsin.Match
		for _, m := range heard {
			if m.Rule == p.id {
				own = append(own, m)
			}
		}
		if folds(p) {
			all = append(all, referenceAbsences(p, own, w.alerts)...)
			continue
		}
		events, openings := referenceOpenings(p, own)
		all = append(all, events...)
		for _, o := range openings {
			heard = append(heard, (listeners{w.plans}).Opened(o)...)
		}
	}
	for i := range all {
		all[i].Alerts = "" // the ids of events depend on the order of arrival
		if all[i].Rule >= "c" {
			all[i].Entities = sortedWords(all[i].Entities)
		}
	}
	sortSettled(all)
	return all
}

// referenceAbsences are the events of a rule that speaks of what did not come, up to the last of all alerts.
func referenceAbsences(p plan, accepted, all []tocsin.Match) (events []settled) {
	end := slices.MaxFunc(all, func(a, b tocsin.Match) int { return a.Alert.Time.Compare(b.Alert.Time) }).Alert.Time
	keys := map[string][]tocsin.Match{}
	for _, m := range accepted {
		k := m.Tenant + "|" + tocsin.KeyText(m.Key)
		keys[k] = append(keys[k], m)
	}
	for _, ms := range keys {
		events = append(events, referenceKey(p.normal(), ms, end)...)
	}
	return events
}

func sortedWords(s string) string {
	words := strings.Split(strings.Trim(s, "{}"), "} {")
	slices.Sort(words)
	return strings.Join(words, " ")
}

// referenceOpenings are the settled events of a rule and what the next rank hears of them: an event opens at the alert that
// completes the first satisfying window of its burst, or, where the burst goes on in it, at its first alert.
func referenceOpenings(p plan, accepted []tocsin.Match) (events []settled, openings []rules.Opening) {
	p = p.normal()
	keys := map[string][]tocsin.Match{}
	for _, m := range accepted {
		k := m.Tenant + "|" + tocsin.KeyText(m.Key)
		keys[k] = append(keys[k], m)
	}
	for _, ms := range keys {
		for _, burst := range referenceBursts(p, ms) {
			fired := len(burst)
			for end := range burst {
				for start := range end + 1 {
					if fired == len(burst) && satisfies(p, burst[start:end+1]) {
						fired = end
					}
				}
			}
			done := 0
			for _, part := range referenceParts(p, burst) {
				at := part[0]
				if done <= fired {
					at = part[min(fired-done, len(part)-1)]
				}
				done += len(part)
				events = append(events, referenceEvent(p, part))
				openings = append(openings, referenceOpening(p, part, at))
			}
		}
	}
	return events, openings
}

func referenceOpening(p plan, part []tocsin.Match, at tocsin.Match) rules.Opening {
	what := at.Alert.Digest.String()
	if what == "" {
		what = hexID(at.Alert.ID)
	}
	sum := sha256.Sum256([]byte(tocsin.Hash("event", at.Tenant, p.id, tocsin.KeyText(at.Key), stamp(at.Alert.Time), what)))
	id := hex.EncodeToString(sum[:16])
	o := rules.Opening{
		Event: id, Tenant: at.Tenant, Rule: p.id, Group: tocsin.Group{{Field: p.groupBy[0], Value: at.Key[0]}},
		Alert: tocsin.AlertRef{ID: id, Time: at.Alert.Time, Digest: sum},
	}
	for _, m := range part {
		if compareAlerts(m, at) > 0 {
			break
		}
		for _, e := range m.Entities {
			if !slices.Contains(o.Entities, e) {
				o.Entities = append(o.Entities, e)
			}
		}
	}
	return o
}

func settleTower(t *rapid.T, w tower, log []tocsin.LogRecord) []settled {
	e := newEngine(Config{}, w.set())
	emitted := run(e, log)
	emitted = append(emitted, e.Finish()...)
	for n := e; n != nil; n = n.next {
		audit(t, n)
		if len(n.queue) != 0 || n.Open() != 0 {
			t.Fatalf("rank %d: %d in the queue, %d open", n.rank, len(n.queue), n.Open())
		}
	}
	got, err := settledOf(emitted)
	if err != nil {
		t.Fatalf("%v\n%s", err, w.describe())
	}
	for i := range got {
		got[i].Alerts = ""
		if got[i].Rule >= "c" {
			got[i].Entities = sortedWords(got[i].Entities)
		}
	}
	sortSettled(got)
	return got
}

func (w tower) describe() string {
	var text strings.Builder
	for _, p := range w.plans {
		s := w.scene
		s.plan, s.alerts = p, nil
		fmt.Fprintf(&text, "%s rank=%d by %s: %s", p.id, p.rank, p.groupBy[0], describe(s))
	}
	for _, m := range w.alerts {
		fmt.Fprintf(&text, "%v %s %s %s/%s %v %b %v\n", m.Alert.Time.Sub(epoch), m.Rule, m.Alert.ID[:min(6, len(m.Alert.ID))], m.Tenant, m.Key[0].Text(), m.Values, m.Conditions, m.Entities)
	}
	return text.String()
}

// Ruling 11 with section 3 (a), (c), (d): what rules make of events is a function of the alerts, over three ranks.
func TestChainedEventsAreAFunctionOfTheAlerts(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		w := drawTower(t)
		want := referenceTower(w)
		for _, label := range []string{"first", "second"} {
			log := drawLog(t, w.scene, rapid.IntRange(1, 4).Draw(t, label+" partitions"), label)
			if diff := cmp.Diff(want, settleTower(t, w, log)); diff != "" {
				t.Fatalf("%s order differs from the reference (-reference +engine):\n%s\n%s", label, diff, w.describe())
			}
		}
	})
}

// Section 3 (b) over ranks.
func TestRestoreOfAChainIsNoRestart(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		w := drawTower(t)
		log := drawLog(t, w.scene, 2, "log")
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		a := newEngine(Config{}, w.set())
		run(a, log[:cut])
		saved := a.Snapshot()
		b, err := restore(Config{}, w.set(), saved)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(saved, b.Snapshot()) {
			again := b.Snapshot()
			at := 0
			for at < min(len(saved), len(again)) && saved[at] == again[at] {
				at++
			}
			t.Fatalf("the restored engine's snapshot differs at %d of %d and %d: %q %q\n%s", at, len(saved), len(again),
				saved[max(0, at-40):min(at+40, len(saved))], again[max(0, at-40):min(at+40, len(again))], w.describe())
		}
		if diff := cmp.Diff(lines(t, run(a, log[cut:])), lines(t, run(b, log[cut:]))); diff != "" {
			t.Fatalf("after a restart (-without +with):\n%s\n%s", diff, w.describe())
		}
		if !bytes.Equal(a.Snapshot(), b.Snapshot()) {
			t.Fatal("snapshots differ at the end")
		}
		if diff := cmp.Diff(lines(t, a.Finish()), lines(t, b.Finish())); diff != "" {
			t.Fatal(diff)
		}
	})
}

var (
	_ = bits.Len
	_ = time.Second
)
