package correlate

import "unsafe"

// Most alerts of a busy key join an event that is open already and change nothing that anybody is told: only the
// event's count, its end and its evidence grow. Such a key is calm, and such an alert is put behind the held ones and
// left there; the event takes in what it lags behind, all but its digest, when somebody looks at it, or after lagLimit alerts. What it is
// accounted with does not wait: whether an alert is left is a matter of speed alone and shows nowhere.

// lagLimit is how many alerts an event lags behind at most: what is dropped of the held alerts is looked at as often.
const lagLimit = 64

// A calm is what decides whether the next alert of a key can be left: part of the event that it would join. The zero
// value lets none.
type calm struct {
	newest int64 // time of the key's newest alert
	end    int64 // alerts from then on belong to another event
	left   int64 // so many alerts until the event is said again
	room   int64 // so many alerts until the event's evidence is full
	mark   int64 // the watermark when the newest alert came
	lag    int32 // alerts that the event has not taken in

	said fingerprint // hash of what the newest held alert says, zero for not known: a look at it would cost an access to memory
}

// calmable reports whether keys of the rule can be calm: what comes near a burst's end is absorbed without a look back,
// is never taken back, and nobody but the event is told.
func (p *plan) calmable() bool {
	switch p.kind {
	case "match", "count", "distinct", "set", "sequence", "leaky":
		_, fold := p.family().(fold)
		return !fold && p.quiet >= p.span && !p.wide() && !p.heard && p.rank == 1
	}
	return false
}

// settleDown makes st calm where it is, after whatever happened to it.
func (st *state) settleDown() {
	st.calm = st.joined()
	st.attune()
}

// joined is the event that alerts can be left to, nil for none.
func (st *state) joined() *event {
	r, p := st.rare, &st.track.plan
	if !p.calms || len(r.bursts) == 0 || r.until != unset || r.own != unset || st.flooded {
		return nil
	}
	b := r.bursts[len(r.bursts)-1]
	ev := b.events[len(b.events)-1]
	if !ev.open || ev.id == "" || ev.news != 0 || ev.part != b.part(b.last.at) || ev.body.first.at != ev.saidAt {
		return nil
	}
	if n := st.held.len(); n > 0 && b.last.before(st.held.all()[n-1].order) {
		return nil
	}
	ev.calm = calm{newest: b.last.at, end: b.start + (ev.part+1)*b.maxOpen, left: 2*ev.saidN - ev.count - 1, room: ev.room()}
	return ev
}

// room is how many more alerts the event's evidence can name.
func (g *body) room() int64 { return 2*endRefs - int64(g.head.len()+g.tail.len()) }

// leave puts the alert in hand behind the held ones where its key is calm and its event would say nothing of it. It
// reports false, and has done nothing, where that is not so.
func (e *Engine) leave(tk *track, st *state, a *arrival) bool {
	if st.kin != nil {
		st.unlag()
	}
	ev := st.calm
	if ev == nil {
		return e.leaveWaiting(tk, st, a)
	}
	c, at := &ev.calm, a.at
	if at <= c.newest || at < e.watermark || at-c.newest >= tk.plan.quiet || at >= c.end || c.left <= 0 || st.held.len() >= e.cfg.MaxHeld {
		return false
	}
	if !a.p.common() {
		return false
	}
	if a.x.p = e.memo.among(&ev.recent, &e.pool, &a.p); a.x.p == nil {
		return false
	}
	before := st.bytes
	e.putCalm(tk, st, ev, &a.x)
	if st.held.len()%lagLimit == 0 { // see [state.tidies]
		st.trim(e.horizon)
	} else if c.lag >= lagLimit {
		st.catchUp()
	}
	if tk.bytes += st.bytes - before; tk.family != nil {
		st.attune()
	}
	return true
}

// putCalm puts x behind the held alerts of a calm key, of whose event it is.
func (e *Engine) putCalm(tk *track, st *state, ev *event, x *item) {
	c, n := &ev.calm, st.held.len()
	st.bytes += itemSize
	if n == 0 || !c.repeats(&st.held, x.p, e.memo.hash) {
		x.own(true)
		st.bytes += e.memo.weight
	}
	if n == 0 {
		e.hasten(st, x.at+tk.plan.useful()+e.lateness)
	}
	e.put(st, n, x)
	ev.addDigest(e.memo.digestOf(x))
	if c.room > 0 || tk.all {
		st.bytes += itemSize
		c.room--
	}
	c.newest, c.mark, c.said = x.at, e.watermark, e.memo.hash
	c.left--
	c.lag++
	st.touched = true
}

// prefetch asks for what an alert that says what has that hash reads and writes of the event, see TestLines.
func (ev *event) prefetch(said fingerprint) {
	prefetch(unsafe.Pointer(&ev.calm))
	prefetch(unsafe.Pointer(&ev.sum))
	ev.prefetchSaid(said)
}

// prefetchSaid asks for where the event knows of what has that hash; nil has none.
func (ev *event) prefetchSaid(said fingerprint) {
	if ev != nil {
		prefetch(unsafe.Pointer(ev.recent.set(said.at)))
	}
}

// prefetch asks for what an alert that says what has that hash reads and writes of what the key leads to.
func (st *state) prefetch(said fingerprint) {
	if ev := st.calm; ev != nil {
		ev.prefetch(said)
	}
	if buf := st.held.buf; len(buf) > 0 {
		prefetch(unsafe.Pointer(&buf[len(buf)-1]))
		if len(buf) < cap(buf) {
			prefetch(unsafe.Pointer(&buf[:len(buf)+1][len(buf)]))
		}
	}
}

// repeats reports whether the newest of the held alerts says what the one in hand does, of which p is the payload.
func (c *calm) repeats(h *held, p *payload, hash fingerprint) bool {
	if !c.said.zero() {
		return c.said == hash
	}
	all := h.all()
	return all[len(all)-1].p.same(p)
}

// tidies reports whether what is settled of the key's alerts is to be looked at now that one came: always, but now and
// then only while an event goes on.
func (st *state) tidies() bool {
	return !st.track.plan.calms || len(st.bursts) == 0 || st.held.len()%lagLimit == 0
}

// catchUp lets the event of a calm key take in the alerts that it lags behind.
func (st *state) catchUp() {
	st.unlag()
	ev := st.calm
	if ev == nil || ev.calm.lag == 0 {
		return
	}
	all := st.held.all()
	all = all[len(all)-int(ev.calm.lag):]
	ev.follow(all, st.held.lent, st.track.all)
	b := st.bursts[len(st.bursts)-1]
	b.last, b.touched = all[len(all)-1].order, ev.calm.mark
	ev.calm.lag = 0
}
