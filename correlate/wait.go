package correlate

// A key that waits for its first window lacks some alerts of it. Each alert in order brings it one nearer at most, so
// that for as many as it lacks but one there is nothing to decide; of those that follow one time is asked, that of the alert so
// many before. Such an alert is put behind the held ones and left there, until it completes the window or lagLimit are left.
// How far the key is from firing is then known as of the last look; see [track.victim] for who asks.

// patient reports whether keys of the rule can wait.
func (p *plan) patient() bool { return p.kind == "count" && p.rank == 1 }

// wait notes how many alerts can come before a look at the key, which has just been had.
func (st *state) wait() {
	st.patience = 0
	if st.track.plan.patient() && len(st.bursts) == 0 && st.own == unset && st.until == unset && !st.flooded {
		st.patience = lagLimit - 1
	}
}

// sure is how many more alerts in order can come of which none completes the window, whenever they come.
func (st *state) sure() int32 { return max(st.missing-1-(lagLimit-1-st.patience), 0) }

// completesAt reports whether one more alert, the newest, completes the window that the key waits for.
func (st *state) completesAt(at int64) bool {
	p, all := &st.track.plan, st.held.all()
	oldest := len(all) + 1 - p.atLeast
	return oldest >= len(all) || oldest >= 0 && at-all[oldest].at < p.span
}

// look finds out anew how far a key that waits is from firing.
func (st *state) look() {
	st.unlag()
	if st.touched && st.track.plan.patient() && len(st.bursts) == 0 && st.held.len() > 0 {
		st.lack(st.track.kind.newest(st))
		st.touched = false
		st.wait()
		st.attune()
	}
}

// lacks is how many alerts the newest window of a key that has none lacks. It changes nothing that shows.
func (st *state) lacks() int {
	st.unlag()
	if st.touched && st.track.plan.patient() && len(st.bursts) == 0 && st.held.len() > 0 {
		_, missing := st.track.kind.newest(st)
		return missing
	}
	return int(st.missing)
}

// leaveWaiting is [Engine.leave] for a key that waits for its first window.
func (e *Engine) leaveWaiting(tk *track, st *state, a *arrival) bool {
	all, at, x := st.held.all(), a.at, &a.x
	n := len(all)
	if st.patience <= 0 || n > 0 && at <= all[n-1].at || at < e.watermark || n >= e.cfg.MaxHeld {
		return false
	}
	if st.sure() == 0 && st.completesAt(at) || !a.p.common() {
		return false
	}
	x.p = e.memo.common(&e.pool, &a.p)
	before := st.bytes
	if n == 0 || !all[n-1].p.same(x.p) {
		x.own(true)
		st.bytes += e.memo.weight
	}
	if st.bytes += itemSize; n == 0 {
		e.hasten(st, at+tk.plan.useful()+e.lateness)
	}
	e.put(st, n, x)
	st.patience--
	st.touched = true
	tk.bytes += st.bytes - before
	st.attune()
	return true
}
