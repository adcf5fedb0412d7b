package correlate

import (
	"cmp"
	"maps"
	"slices"

	"tocsin"
)

// hear takes in what the rank below says of one event. What was heard of it before is replaced: the keys that held that
// are folded anew, and the difference is the revision.
func (e *Engine) hear(t *telling) {
	var before []*state
	if t.gone != nil {
		before = e.holding(*t.gone)
		e.cause = t.gone.at
	}
	if t.opening != nil && e.opener != nil {
		e.link = t.link
		for _, m := range e.opener.Opened(*t.opening) {
			if e.tracks[m.Rule] == nil {
				continue
			}
			e.match = m
			if i := e.sameKey(before, &m); i >= 0 && m.Suppressed == "" {
				before[i].track.counts.matches++
				e.replace(before[i], *t.gone)
				before = slices.Delete(before, i, i+1)
				continue
			}
			e.step(&e.match)
		}
		e.link = nil
	}
	for _, st := range before {
		e.firing = nil
		e.retract(st, *t.gone)
	}
}

// holding are the keys that hold an alert, by rule and name.
func (e *Engine) holding(o order) []*state {
	var all []*state
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		var of []*state
		for st := range e.tracks[id].states.all() {
			if _, ok := st.held.find(o); ok {
				of = append(of, st)
			}
		}
		slices.SortFunc(of, func(a, b *state) int { return cmp.Compare(a.name, b.name) })
		all = append(all, of...)
	}
	return all
}

func (e *Engine) sameKey(among []*state, m *tocsin.Match) int {
	e.name = appendName(e.name[:0], m.Tenant, m.Key)
	return slices.IndexFunc(among, func(st *state) bool { return st.track.plan.id == m.Rule && st.name == string(e.name) })
}

// replace puts the match in hand in the place of an alert that its key holds.
func (e *Engine) replace(st *state, gone order) {
	m := &e.match
	tk := st.track
	at := max(nanos(m.Alert.Time), earliest)
	before := st.bytes
	x, p := e.itemOf(m, at, &e.origin(m).origin)
	p.values = tk.kind.values(tk, m)
	x.share(&e.pool, &p, nil)
	st.remove(gone)
	if pos, twice := st.held.find(x.order); !twice {
		st.held.insert(pos, x)
		st.bytes += x.cost()
	}
	e.firing, e.cause = m, at
	e.refold(st, gone, x.order)
	e.firing = nil
	e.settle(st, before, at)
}

// retract takes an alert away from a key.
func (e *Engine) retract(st *state, gone order) {
	before := st.bytes
	st.remove(gone)
	e.refold(st, gone, gone)
	st.track.bytes += st.bytes - before
	if st.over(e.watermark, e.lateness) {
		e.dismiss(st)
		return
	}
	st.track.place(st)
}

func (st *state) remove(o order) {
	if i, ok := st.held.find(o); ok {
		st.bytes -= st.held.all()[i].cost()
		st.held.remove(i)
	}
}

// refold makes the bursts of a key anew from the alerts that it holds, which are all that its bursts are made of, and
// brings the events in line: each hands its identity to the event that now holds its first alert, or else overlaps it;
// of two the older stays; one without is withdrawn. An alert may have moved.
func (e *Engine) refold(st *state, moved, to order) {
	if st.fold != nil {
		e.rerun(st, moved, to)
		return
	}
	if st.flooded {
		if st.track.plan.wide() {
			st.recollect()
		}
		return // alerts of its bursts are gone: they stay as they are
	}
	var old []*event
	for _, b := range st.bursts {
		old = append(old, b.events...)
		for _, ev := range b.events {
			st.bytes -= ev.bytes()
		}
	}
	all := slices.Clone(st.held.all())
	st.held, st.apart().bursts, st.closed, st.missing, st.patience = held{}, nil, false, int32(st.track.plan.atLeast), 0
	st.track.kind.rebuild(st)
	e.mute = true
	for i := range all {
		st.held.insert(i, all[i])
		e.join(st, i)
	}
	e.mute = false
	e.bequeath(st, old, moved, to)
	st.due = st.nextDue(e.lateness)
	e.queue.fix(st)
}

// rerun lets the machine of a fold run again from before an alert that was taken away or moved.
func (e *Engine) rerun(st *state, moved, to order) {
	f := st.fold
	if first := earlier(moved, to).at; first < f.to && first >= f.from {
		ahead := f.to
		old, keep := f.rewind(first)
		stir(old, moved)
		stir(old, to)
		e.run(st, ahead)
		e.revise(st, old, keep, to)
		st.missing = int32(f.head.lacks())
	}
	if f.to < e.watermark && e.watermark != unset {
		e.unfold(st, e.watermark)
	}
	st.weigh()
	st.due = st.nextDue(e.lateness)
	e.queue.fix(st)
}

// A bequest is an event that is no more, and the one that has its alerts now: nil where none has.
type bequest struct{ old, heir *event }

// bequeath hands the identities of a key's events before it was folded anew to those it has now.
func (e *Engine) bequeath(st *state, old []*event, moved, to order) {
	var lost []bequest
	changed := map[*event]bool{}
	for _, o := range old {
		heir := st.heir(o, moved, to)
		switch {
		case heir == nil:
			lost = append(lost, bequest{old: o})
			st.retire(o.id, max(e.watermark, e.cause))
		case heir.id == "":
			heir.identity = o.identity
			changed[heir] = !heir.same(&o.body)
		default:
			changed[heir] = true
			lost = append(lost, bequest{o, heir})
			st.retire(o.id, max(e.watermark, e.cause))
		}
	}
	for _, l := range lost {
		e.untell(l.old)
	}
	e.announceHeirs(st, changed)
	for _, l := range lost {
		e.tellLost(st, l)
	}
}

// announceHeirs tells of the events of a key that are new, and of those known before whose alerts have changed.
func (e *Engine) announceHeirs(st *state, changed map[*event]bool) {
	for _, b := range st.bursts {
		b.touched = e.watermark
		for _, ev := range b.events {
			if ev.id != "" && !changed[ev] {
				continue
			}
			ev.news = revised | touched
			if e.firing == nil {
				e.firing = ev.lastAsMatch()
				e.announce(st, b, ev)
				e.firing = nil
				continue
			}
			e.announce(st, b, ev)
		}
		e.tellAll(st, b)
	}
}

// tellLost says what became of an event that is no more.
func (e *Engine) tellLost(st *state, l bequest) {
	l.old.revision++
	st.track.shut(l.old)
	why, activity, into := tocsin.MilestoneWithdrawn, tocsin.Withdrawn, ""
	if l.heir != nil {
		why, activity, into = tocsin.MilestoneMerged, tocsin.Merged, l.heir.id
	}
	out := e.render(st, &burst{}, l.old, why)
	out.Activity, out.MergedInto, out.Continues = activity, into, ""
	e.out = append(e.out, out)
}

// retire keeps an id from being given out anew while an alert may still come that would.
func (st *state) retire(id string, watermark int64) {
	st.apart().retired = append(st.retired[max(0, len(st.retired)-maxRetired):], id)
	st.apart().until = max(st.until, watermark)
}

// heir is the event that takes the place of one that was: the one with the first of its alerts that is still there. It is
// nil for none.
func (st *state) heir(o *event, moved, to order) *event {
	for _, x := range o.head.all() {
		if at := x.order; at != moved {
			if ev := st.eventOf(at); ev != nil {
				return ev
			}
		}
	}
	if o.body.first == moved && to != moved {
		return st.eventOf(to)
	}
	return nil
}

// eventOf is the event that an alert belongs to, nil for none.
func (st *state) eventOf(o order) *event {
	b := st.within(o)
	if b == nil {
		return nil
	}
	part := b.part(o.at)
	if i := slices.IndexFunc(b.events, func(ev *event) bool { return ev.part == part }); i >= 0 {
		return b.events[i]
	}
	return nil
}

// lastAsMatch stands for the alert that fires where an event opens because an alert was taken away.
func (ev *event) lastAsMatch() *tocsin.Match {
	x := &ev.head.all()[ev.head.len()-1]
	return &tocsin.Match{Alert: x.ref(x.alertID())}
}
