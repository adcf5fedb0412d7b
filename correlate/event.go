package correlate

import (
	"cmp"
	"slices"
	"strconv"

	"tocsin"
)

// An event is one information security event in the making: a part of a burst. What an alert that is left reads and writes
// of it stands in three lines of the processor's cache, see TestLines: a set of recent payloads, sum and calm.
type event struct {
	identity
	base *body // folds only: what it holds of alerts that are forgotten, nil for nothing; in body as well
	part int64 // of its burst, counted in max_open from the burst's start
	news news  // since it was last emitted
	body
	calm calm
}

// An identity is what does not follow from the alerts alone: the id, frozen at the first firing, and what was said.
type identity struct {
	id       string          // "" until it opens
	ref      *tocsin.RuleRef // shared, never nil once open
	detected int64
	opened   int64
	backfill bool
	readings []tocsin.Reading
	degraded []string // sorted
	sent     *sent    // what the rank above was told, nil for nothing
	open     bool
	revision int64
	saidN    int64 // count at the last emission
	saidAt   int64 // first at the last emission
}

type news uint8

const (
	touched news = 1 << iota
	newEntity
	revised // an event merged into it, or it was cut anew
)

// adopt gives the events of b their identities. Orphans are events whose place in b must be found: each passes its
// identity on to the event that now holds its first alert; where that has one, the older stays and the other is
// merged into it. Events without any open.
func (e *Engine) adopt(st *state, b *burst, orphans []*event) {
	slices.SortStableFunc(orphans, func(a, c *event) int {
		return cmp.Or(a.body.first.compare(c.body.first), cmp.Compare(a.id, c.id))
	})
	type loser struct{ ev, into *event }
	var losers []loser
	for _, o := range orphans {
		st.bytes -= o.bytes()
		ev, created := b.event(b.part(o.body.first.at))
		if created { // its alerts are no longer held: it stays as it was
			ev.body = o.body
			st.bytes += ev.bytes()
		}
		ev.news |= revised | touched
		if ev.id == "" {
			ev.identity = o.identity
			continue
		}
		e.untell(o)
		losers = append(losers, loser{o, ev})
		st.retire(o.id, max(e.watermark, e.cause))
	}
	for _, ev := range b.events {
		if ev.news != 0 {
			e.announce(st, b, ev)
		}
	}
	for _, l := range losers {
		l.ev.revision++
		st.track.shut(l.ev)
		out := e.render(st, b, l.ev, tocsin.MilestoneMerged)
		out.Activity, out.MergedInto, out.Continues = tocsin.Merged, l.into.id, ""
		e.out = append(e.out, out)
	}
}

// maxRetired bounds the ids of merged events that a key remembers.
const maxRetired = 256

// announce emits ev where what happened to it is a milestone (ruling 14).
func (e *Engine) announce(st *state, b *burst, ev *event) {
	if e.mute {
		ev.news = 0
		return
	}
	again := ev.news&revised != 0
	e.speak(st, b, ev)
	if st.track.plan.heard {
		e.tell(st, b, ev, again)
	}
}

func (e *Engine) speak(st *state, b *burst, ev *event) {
	why := tocsin.Milestone("")
	switch {
	case ev.id == "":
		if why = tocsin.MilestoneOpened; st.fold != nil {
			e.foundLate(st, ev)
		} else {
			e.found(st, ev)
		}
	case ev.news&revised != 0, !ev.open, ev.body.first.at != ev.saidAt:
		why = tocsin.MilestoneRevised
	case ev.count >= 2*ev.saidN:
		why = tocsin.MilestoneDoubled
	case ev.news&newEntity != 0:
		why = tocsin.MilestoneEntity
	}
	ev.news = 0
	p := &st.track.plan
	e.hasten(st, min(b.closeAt(ev, p), b.forgetAt(b.events[0], p, e.lateness)))
	if why == "" {
		return
	}
	if !ev.open {
		ev.open = true
		st.track.open++
	}
	e.say(st, b, ev, why)
}

// found gives ev its identity: a function of the tenant, the rule, the key and the earliest alert at this firing.
func (e *Engine) found(st *state, ev *event) {
	m, tk := e.firing, st.track
	at := nanos(m.Alert.Time)
	ev.id = st.newID(ev)
	ev.ref, ev.readings = tk.plan.ref, m.Readings
	ev.opened, ev.detected = at, nanos(m.Alert.Received)
	if ev.detected == unset {
		ev.detected = at
	}
	ev.backfill = !m.Alert.Received.IsZero() && nanos(m.Alert.Received)-at > e.latenessOf(m.Alert.Source, m.Alert.Ref.Partition)
	ev.degraded = e.doubts(st, at)
}

// newID is the id of an event that opens. Where max_open cuts a burst anew after a late alert, the earliest alert of
// the new part may be one that already gave an event its id: then an ordinal stands beside it.
func (st *state) newID(ev *event) string {
	alert, at := ev.head.all()[0].alertID(), instant(ev.body.first.at)
	id := tocsin.EventID(st.tenant(), st.track.plan.id, st.key(), alert, at)
	for n := 2; st.taken(id); n++ {
		id = tocsin.EventID(st.tenant(), st.track.plan.id, st.key(), alert+"#"+strconv.Itoa(n), at)
	}
	return id
}

// taken reports whether an event of the key bears the id, or bore it before it was merged.
func (st *state) taken(id string) bool {
	if slices.Contains(st.retired, id) {
		return true
	}
	for _, b := range st.bursts {
		if slices.ContainsFunc(b.events, func(ev *event) bool { return ev.id == id }) {
			return true
		}
	}
	return false
}

// say emits ev with its next revision.
func (e *Engine) say(st *state, b *burst, ev *event, why tocsin.Milestone) {
	ev.revision++
	ev.saidN, ev.saidAt = ev.count, ev.body.first.at
	if st.flooded {
		ev.doubt(reasonFlood)
	}
	e.out = append(e.out, e.render(st, b, ev, why))
}

// doubt adds a reason why ev may not be whole.
func (ev *event) doubt(reason string) {
	if i, ok := slices.BinarySearch(ev.degraded, reason); !ok {
		ev.degraded = slices.Insert(slices.Clone(ev.degraded), i, reason)
	}
}

// render is ev as the rest of the product knows it.
func (e *Engine) render(st *state, b *burst, ev *event, why tocsin.Milestone) tocsin.Event {
	out := tocsin.Event{
		ID: ev.id, Tenant: st.tenant(), Rule: *ev.ref, Activity: tocsin.Open, Continues: b.predecessor(ev),
		First: instant(ev.body.first.at), Last: instant(ev.body.last.at),
		Detected: instant(ev.detected), Opened: instant(ev.opened),
		Count: ev.count, Revision: ev.revision, Milestone: why, At: instant(e.cause), Recorded: e.recorded() || e.retold(),
		Group: st.group(ev), Entities: ev.spoken(),
		Facts:  tocsin.Facts{Risk: ev.risk, Tactics: slices.Clone(ev.tactics), IOC: ev.ioc},
		Digest: ev.digest(), Evidence: e.evidence(st, &ev.body), Readings: ev.readings, Backfill: ev.backfill,
		Completeness: tocsin.Completeness{
			Degraded: append([]string{}, ev.degraded...), AbsentFields: make(map[string]int64, len(ev.absent)),
			Watermark: instant(e.watermark), Behind: e.behind,
		},
	}
	if !ev.open {
		out.Activity = tocsin.Closed
	}
	if st.track.plan.kind == "silence" {
		st.track.plan.silent(ev, &out)
	}
	for _, a := range ev.absent {
		out.Completeness.AbsentFields[a.field] = a.count
	}
	return out
}

// group is the group key of an event.
func (st *state) group(ev *event) tocsin.Group {
	key := st.key()
	g := make(tocsin.Group, len(key))
	for i, v := range key {
		if ev.head.len() > 0 && ev.head.all()[0].called(v.Text()) {
			v = tocsin.NullValue() // the alert's id stood for a field that it lacks: on_missing: alert
		}
		g[i] = tocsin.GroupValue{Field: st.track.plan.groupBy[i], Value: v}
	}
	return g
}

// predecessor is the id of the event that max_open closed before ev, "" for the first of a burst.
func (b *burst) predecessor(ev *event) string {
	id := b.before
	for _, other := range b.events {
		if other == ev {
			break
		}
		id = other.id
	}
	return id
}

// retold reports whether the match in hand is of history: the first marker of all is heeded behind what it lets go.
func (e *Engine) retold() bool { return e.firing != nil && e.firing.Recorded }
