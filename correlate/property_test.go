package correlate

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// A scene is a generated rule and its alerts in the order of their time, with the disorder and lateness that every
// arrival order of it respects.
type scene struct {
	plan               plan
	alerts             []tocsin.Match
	disorder, lateness time.Duration
	overdue            time.Duration // how much later than that alerts may come
}

// The unit of generated time is a second; few values make equal times and edges exactly at span and quiet common.
const unit = time.Second

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func drawScene(t *rapid.T) scene {
	s := scene{plan: plan{
		id: "r", shape: "s", groupBy: []string{"source.ip"}, ref: &tocsin.RuleRef{ID: "r", Version: "1.0.0"},
		kind:    rapid.SampledFrom([]string{"match", "count", "distinct", "set", "leaky", "sequence", "sequence", "absence", "sequence", "sequence", leakyDistinct, leakyDistinct, "risk", "first_seen", "silence", "silence", "spike", "spike", "measure", "measure"}).Draw(t, "kind"),
		span:    int64(unit) * rapid.Int64Range(1, 12).Draw(t, "span"),
		quiet:   int64(unit) * rapid.Int64Range(0, 20).Draw(t, "quiet"),
		atLeast: rapid.IntRange(1, 4).Draw(t, "at_least"),
		leak:    int64(unit) * rapid.Int64Range(1, 9).Draw(t, "leak"),
		maxOpen: int64(unit) * rapid.SampledFrom([]int64{1, 7, 20, 60, 86400}).Draw(t, "max_open"),
	}}
	s.plan.few = rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "few")
	s.plan.memory = int64(unit) * rapid.Int64Range(1, 90).Draw(t, "memory")
	s.plan.baseline = rapid.Int64Range(1, 6).Draw(t, "baseline")
	s.plan.ratio = rapid.SampledFrom([]float64{0.3, 1, 1.5, 3}).Draw(t, "ratio")
	if s.plan.kind == "absence" {
		s.plan.atLeast = 2 // conditions
	}
	if s.plan.kind == "set" {
		s.plan.atLeast = min(s.plan.atLeast, 3) // conditions
	}
	if s.plan.kind == "sequence" {
		for range rapid.IntRange(2, 3).Draw(t, "steps") {
			s.plan.steps = append(s.plan.steps, step{
				atLeast: rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "step at_least"),
				within:  int64(unit) * rapid.SampledFrom([]int64{0, 0, 1, 2, 5}).Draw(t, "within"),
			})
		}
		s.plan.atLeast = len(s.plan.steps)
		drawEnds(t, &s.plan)
	}
	s.disorder = unit * time.Duration(rapid.IntRange(0, 20).Draw(t, "disorder"))
	s.lateness = unit * time.Duration(rapid.IntRange(0, 60).Draw(t, "lateness"))
	most := 40
	if s.plan.kind == "sequence" {
		most = 24 // the reference tries all choices
	}
	n := rapid.IntRange(1, most).Draw(t, "alerts")
	horizon := rapid.SampledFrom([]int{10, 60, 200}).Draw(t, "horizon")
	for i := range n {
		m := drawMatch(t, i, horizon)
		if s.plan.kind == "set" || s.plan.kind == "sequence" || folds(s.plan) {
			if m.Values = m.Values[:min(len(m.Values), 1)]; len(m.Values) == 0 {
				m.Values = []tocsin.Value{tocsin.NullValue()}
			}
			m.Conditions = rapid.Uint64Range(1, 1<<bitsOf(s.plan)-1).Draw(t, "conditions")
		}
		s.alerts = append(s.alerts, m)
	}
	drawKind(t, &s)
	slices.SortStableFunc(s.alerts, compareAlerts)
	return s
}

// drawEnds makes of half of the sequences patterns: with absent steps, an end, a trailing absence, different values.
func drawEnds(t *rapid.T, p *plan) {
	if rapid.Bool().Draw(t, "values") {
		for k := range p.steps {
			if rapid.Bool().Draw(t, "distinct") {
				p.steps[k].value = 1
			}
		}
	}
	if rapid.Bool().Draw(t, "plain") {
		return
	}
	bit := len(p.steps)
	for k := range p.steps[1:] {
		if rapid.IntRange(0, 2).Draw(t, "absent") == 0 {
			p.steps[k+1].absent = 1 << bit
			bit++
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "trail") == 0 {
		p.trail, p.trailing = 1<<bit, int64(unit)*rapid.Int64Range(1, 9).Draw(t, "trailing")
		bit++
	}
	if rapid.IntRange(0, 2).Draw(t, "until") == 0 {
		p.until = 1 << bit
	}
}

// bitsOf is how many conditions a plan has.
func bitsOf(p plan) int {
	if p.kind != "sequence" {
		return p.atLeast
	}
	all := p.until | p.trail
	for _, s := range p.steps {
		all |= s.absent
	}
	return max(len(p.steps), bits.Len64(all))
}

func drawMatch(t *rapid.T, i, horizon int) tocsin.Match {
	at := epoch.Add(unit * time.Duration(rapid.IntRange(0, horizon).Draw(t, "t")))
	at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, -1, 1}).Draw(t, "ns")))
	id := tocsin.Hash("alert", fmt.Sprint(i))
	if i%7 == 3 {
		id = fmt.Sprintf("a%d", i)
	}
	m := tocsin.Match{
		Rule: "r", Set: "set", Tenant: rapid.SampledFrom([]string{"default", "default", "other"}).Draw(t, "tenant"),
		Key:        []tocsin.Value{tocsin.StringValue(rapid.SampledFrom([]string{"k1", "k1", "k2"}).Draw(t, "key"))},
		Conditions: 1, Facts: tocsin.Facts{Risk: float64(rapid.IntRange(0, 3).Draw(t, "risk"))},
		Alert: tocsin.AlertRef{ID: id, Source: "src", Time: at, Received: at.Add(time.Second)},
	}
	m.Alert.Digest = rapid.SampledFrom([]tocsin.Digest{{}, {}, sha256.Sum256(fmt.Append(nil, i%5))}).Draw(t, "digest")
	for range rapid.IntRange(0, 2).Draw(t, "values") {
		m.Values = append(m.Values, tocsin.StringValue(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "value")))
	}
	if rapid.Bool().Draw(t, "entity") {
		user := rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(t, "user")
		m.Entities = []tocsin.Entity{{Field: "user.name", Value: user, Role: "victim"}}
	}
	return m
}

// drawLog draws an arrival order of the scene over partitions, with second deliveries and with markers in between. An
// alert arrives at most disorder + lateness of event time after its own, so that all of them are accepted.
func drawLog(t *rapid.T, s scene, partitions int, label string) []tocsin.LogRecord {
	type arrival struct {
		at time.Time
		m  tocsin.Match
	}
	var arrivals []arrival
	slack := int((s.disorder + s.lateness + s.overdue) / unit)
	for _, m := range s.alerts {
		m.Alert.Ref.Partition = int32(rapid.IntRange(0, partitions-1).Draw(t, label+" partition"))
		for again := true; again; again = rapid.IntRange(0, 9).Draw(t, label+" again") == 0 {
			delay := rapid.IntRange(0, slack).Draw(t, label+" delay")
			if rapid.Bool().Draw(t, label+" prompt") {
				delay = min(delay, 1)
			}
			arrivals = append(arrivals, arrival{m.Alert.Time.Add(unit * time.Duration(delay)), m})
		}
	}
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return a.at.Compare(b.at) })
	listed := make([]tocsin.SourcePartition, partitions)
	for i := range listed {
		listed[i] = tocsin.SourcePartition{Source: "src", Partition: int32(i)}
	}
	offsets, greatest := make([]int64, partitions), make([]time.Time, partitions)
	var log []tocsin.LogRecord
	for _, a := range arrivals {
		p := a.m.Alert.Ref.Partition
		a.m.Alert.Ref = tocsin.Ref{Topic: "alerts", Incarnation: "life", Partition: p, Offset: offsets[p]}
		offsets[p]++
		if a.m.Alert.Time.After(greatest[p]) {
			greatest[p] = a.m.Alert.Time
		}
		log = append(log, tocsin.LogRecord{Match: &a.m})
		for rapid.IntRange(0, 2).Draw(t, label+" mark") == 0 {
			q := rapid.IntRange(0, partitions-1).Draw(t, label+" marked")
			log = append(log, tocsin.LogRecord{Marker: &tocsin.Marker{
				SourcePartition: listed[q], Offset: offsets[q], Greatest: greatest[q],
				Disorder: s.disorder, Lateness: s.lateness, Listed: listed,
			}})
		}
	}
	return log
}

// run plays a log, the matches of an alert one by one.
func run(e *Engine, log []tocsin.LogRecord) []tocsin.Event {
	var out []tocsin.Event
	for _, r := range log {
		if r.Match != nil {
			out = append(out, e.Step(*r.Match)...)
		} else {
			out = append(out, e.Mark(*r.Marker)...)
		}
	}
	return out
}

// settle runs a log to its end. It fails where an emission contradicts another, and where the engine's accounts are
// wrong or something is left over.
func settle(t *rapid.T, s scene, log []tocsin.LogRecord) []settled {
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{s.plan}})
	emitted := run(e, log)
	audit(t, e)
	emitted = append(emitted, e.Finish()...)
	audit(t, e)
	if st := e.Stats().Rules[0]; st.Keys != 0 || e.tracks["r"].bytes != 0 || e.Open() != 0 || len(e.queue) != 0 {
		t.Fatalf("left over at the end: %+v, %d open, %d in the queue", st, e.Open(), len(e.queue))
	}
	got, err := settledOf(emitted)
	if err != nil {
		if os.Getenv("TOCSIN_TRACE") != "" {
			trace(s, log)
		}
		t.Fatalf("%v\n%s", err, describe(s))
	}
	return got
}

// audit compares what the engine keeps account of with what is there.
func audit(t *rapid.T, e *Engine) {
	for id, tk := range e.tracks {
		var bytes int64
		listed, open := 0, 0
		for i := range tk.buckets {
			for st := tk.buckets[i].head; st != nil; st = st.next {
				listed++
				if tk.states.find(e.pool.hashOfName(st.name)) != st || int(st.bucket) != i || e.queue[st.slot] != placeOf(st) {
					t.Fatalf("rule %s: key %s is not where it says", id, st.name)
				}
				due := st.nextDue(e.lateness)
				if st.catchUp(); due != st.nextDue(e.lateness) {
					t.Fatalf("rule %s: key %s is due at %d before it takes in what it left, at %d behind it", id, st.name, due, st.nextDue(e.lateness))
				}
				if due < st.due {
					t.Fatalf("rule %s: key %s is due at %d and waits till %d", id, st.name, due, st.due)
				}
				bytes += auditState(st)
				for _, b := range st.bursts {
					for _, ev := range b.events {
						if ev.open {
							open++
						}
					}
				}
			}
		}
		if none := &tk.none; len(none.bursts) > 0 || none.own != unset || none.until != unset || none.level != nil || none.fold != nil {
			t.Fatalf("rule %s: what no key has was written", id)
		}
		if listed != tk.states.len() || bytes != tk.bytes || open != tk.open {
			t.Fatalf("rule %s: %d keys, %d bytes, %d open; the account says %d, %d, %d", id, listed, bytes, open, tk.states.len(), tk.bytes, tk.open)
		}
	}
}

func auditState(st *state) int64 {
	bytes := st.ownBytes()
	if st.fold != nil {
		bytes += st.fold.cost
	}
	bytes += int64(wideValues(st)) * recentCost
	for _, x := range st.held.all() {
		bytes += x.cost()
	}
	for _, b := range st.bursts {
		for _, ev := range b.events {
			bytes += ev.bytes()
		}
	}
	return bytes
}

// check runs a property; TOCSIN_LONG=1 runs it twenty times as often.
func check(t *testing.T, property func(*rapid.T)) { checkRounds(t, 150, property) }

func checkRounds(t *testing.T, rounds int, property func(*rapid.T)) {
	if os.Getenv("TOCSIN_LONG") != "" {
		rounds *= 20
	}
	if testing.Short() {
		rounds = 5
	}
	for range rounds { // rapid checks 100 cases a round
		if !t.Run("", func(t *testing.T) { rapid.Check(t, property) }) {
			return
		}
	}
}

// Ruling 19 and section 3 (a), (c), (d): any arrival order within lateness, over any number of partitions, gives the
// settled events that the reference reads off the definitions.
func TestSettledEventsAreAFunctionOfTheAlerts(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		s := drawScene(t)
		want := reference(s.plan, s.alerts)
		for _, label := range []string{"first", "second"} {
			partitions := rapid.IntRange(1, 16).Draw(t, label+" partitions")
			log := drawLog(t, s, partitions, label)
			if diff := cmp.Diff(want, settle(t, s, log)); diff != "" {
				if os.Getenv("TOCSIN_TRACE") != "" {
					trace(s, log)
				}
				t.Fatalf("%s order differs from the reference (-reference +engine):\n%s\n%s", label, diff, describe(s))
			}
		}
	})
}

// describe prints a scene so that it can become a story.
func describe(s scene) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s span=%v quiet=%v at_least=%d leak=%v steps=%v max_open=%v\n", s.plan.kind, time.Duration(s.plan.span),
		time.Duration(s.plan.quiet), s.plan.atLeast, time.Duration(s.plan.leak), s.plan.steps, time.Duration(s.plan.maxOpen))
	fmt.Fprintf(&text, "%+v\n", s.plan.sequenceEnds)
	for _, m := range s.alerts {
		fmt.Fprintf(&text, "%v %s %s/%s %v %b\n", m.Alert.Time.Sub(epoch), m.Alert.ID[:min(6, len(m.Alert.ID))], m.Tenant, m.Key[0].Text(), m.Values, m.Conditions)
	}
	return text.String()
}

// trace prints what each record of a log did.
func trace(s scene, log []tocsin.LogRecord) {
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{s.plan}})
	show := func(evs []tocsin.Event) {
		for _, ev := range evs {
			fmt.Printf("    %s %s %s %s n=%d %v-%v into %s\n", ev.ID[7:12], ev.Group[0].Value.Text(), ev.Milestone, ev.Activity, ev.Count,
				ev.First.Sub(epoch), ev.Last.Sub(epoch), ev.MergedInto)
		}
	}
	for _, r := range log {
		if r.Match != nil {
			fmt.Printf("%v %s %s %v\n", r.Match.Alert.Time.Sub(epoch), r.Match.Key[0].Text(), r.Match.Alert.ID[:min(6, len(r.Match.Alert.ID))], r.Match.Values)
			show(e.Step(*r.Match))
		} else {
			show(e.Mark(*r.Marker))
			fmt.Printf("  mark %v of %d: watermark %v\n", r.Marker.Greatest.Sub(epoch), r.Marker.Partition, e.Watermark().Sub(epoch))
		}
	}
	fmt.Println("finish")
	show(e.Finish())
}
