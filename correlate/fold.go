package correlate

import (
	"slices"
	"sort"
)

// A fold is a kind whose condition more alerts can undo: one that speaks of what did not come. Nothing is said before
// the watermark has passed the moment that decides, and what was said is taken back where a late alert shows it to be
// wrong (engine.md, rulings 5 and 8).
//
// The engine runs a machine over the key's alerts in the order of their time, as far as the watermark has come; the
// alerts ahead of it wait, sorted. An alert that comes behind it takes the machine back to a copy from before that
// time and lets it run again over what is held; what it then says otherwise is the revision. So the kind itself is
// never asked about lateness: it is a function of the alerts in order. See folded for what a key keeps.
type fold interface {
	kind
	// begin is the machine before the first alert. It may keep p, which stays where it is.
	begin(p *plan) machine
	// member reports whether an alert inside the run of a firing belongs to the event.
	member(p *plan, x *item) bool
	// lacks is how far from firing an alert that has just come brings its key: 1 where only time is missing.
	lacks(p *plan, x *item) int
	// ahead is how long after an alert the first moment is that it can help to decide, and how long after the first
	// alert of a run the moment that decides it can be.
	ahead(p *plan) (delay, forward int64)
}

// A settledKind is what every fold says to the questions that only windows answer.
type settledKind struct{}

func (settledKind) note(*state, *item)                       {}
func (settledKind) newest(*state) (lo, missing int)          { return 0, 1 }
func (settledKind) around(*state, int) (lo, hi int, ok bool) { return 0, 0, false }
func (settledKind) keep(*state, int, int64) int              { return 0 }
func (settledKind) rebuild(*state)                           {}

// A machine is the state of a fold after some alerts. It is deterministic, and what it fires depends only on the
// alerts: those that [machine.reach] still names suffice to make it anew, where layout does not say more.
type machine interface {
	// pass settles every moment before t: no alert before t is to come.
	pass(h *held, t int64, out *[]firing)
	// take takes in the alerts of one time, all of them, after pass was told of that time.
	take(h *held, same []item, out *[]firing)
	// due is the next moment that the passing of time alone decides, never for none. It fires once the watermark lies
	// after it: an alert of that very time still counts.
	due() int64
	// reach is the time of the earliest alert that a run to come can hold, never for none.
	reach() int64
	// lacks is how far from firing the key is: at least 1.
	lacks() int
	// copy is a machine that goes on by itself.
	copy() machine
	// layout writes or reads what cannot be made anew from the alerts that are held, and reports whether that is all
	// the machine needs. Most have nothing to write and report false. Nil asks only that.
	layout(c *coder) bool
}

// Weighty is a machine whose size is worth the account.
type weighty interface{ weight() int64 }

// A firing says that the rule holds of a run of alerts. From one firing of a machine to the next neither end of the run
// goes back.
type firing struct {
	lo, hi order // the run's first and last alert
	at     int64 // the moment that decided it
}

// A folded is what a key of a fold keeps beside its held alerts: all from lateness before the watermark on, and of older
// ones those that a run to come can hold.
type folded struct {
	base    machine // has taken in the alerts before from, which are settled
	from    int64
	head    machine // has taken in the alerts before to
	to      int64
	settled int64    // the moments before it are settled for base: from, but where the key was flooded
	passed  int64    // the moments before it are settled for head: to, but where the key was flooded
	fired   []firing // what head fired of alerts that are still held
	fixed   int      // so many of these no alert can undo: base has fired them as well
	marks   []mileage
	since   int   // alerts that head took in since the newest of marks
	cut     int64 // no alert before it is held
	cost    int64
	done    bool // the input has ended: time stands still
}

// A mileage is a copy of head on its way, with how much it had fired.
type mileage struct {
	m     machine
	to    int64
	fired int
}

// The copies on the way lie so many alerts apart near the head and twice as far with each step back.
const (
	markEvery  = 64
	foldedSize = 320
	firingSize = 56
	markSize   = 256
)

func (tk *track) newFolded() *folded {
	return &folded{base: tk.fold.begin(&tk.plan), head: tk.fold.begin(&tk.plan), from: unset, to: unset, passed: unset, settled: unset, cut: unset}
}

// run lets head take in the held alerts before to, and time pass up to there or to the watermark, if that comes first.
func (e *Engine) run(st *state, to int64) { st.run(to, min(to, e.watermark)) }

func (st *state) run(to, passed int64) {
	f, all := st.fold, st.held.all()
	for i := st.held.since(f.to); i < len(all) && all[i].at < to; {
		j := sameTime(all, i)
		f.head.pass(&st.held, all[i].at, &f.fired)
		f.head.take(&st.held, all[i:j], &f.fired)
		if f.since += j - i; f.since >= markEvery {
			f.note(all[i].at + 1)
		}
		i = j
	}
	f.to = max(f.to, to)
	if passed != unset {
		f.head.pass(&st.held, passed, &f.fired)
		f.passed = max(f.passed, passed)
	}
}

// note keeps a copy of head. Of the older ones some go: the further back, the fewer are kept.
func (f *folded) note(to int64) {
	f.since = 0
	f.marks = append(f.marks, mileage{f.head.copy(), to, len(f.fired)})
	const dense = 4
	if len(f.marks) <= 4*dense {
		return
	}
	kept := f.marks[:0]
	for i, m := range f.marks {
		if i >= len(f.marks)-2*dense || i%2 == 0 {
			kept = append(kept, m)
		}
	}
	clear(f.marks[len(kept):])
	f.marks = kept
}

// rewind takes head back to before time t and returns what it had fired since, of which keep is the first index.
func (f *folded) rewind(t int64) (old []firing, keep int) {
	n := len(f.marks)
	for n > 0 && f.marks[n-1].to > t {
		n--
	}
	clear(f.marks[n:])
	f.marks, f.since = f.marks[:n], 0
	f.head, f.to, keep = f.base, f.from, f.fixed
	if n > 0 {
		f.head, f.to, keep = f.marks[n-1].m, f.marks[n-1].to, f.marks[n-1].fired
	}
	f.head = f.head.copy()
	old = slices.Clone(f.fired[keep:])
	f.fired = f.fired[:keep]
	return old, keep
}

// settleTo lets base take in what lies before t and forgets the alerts that no run to come can hold.
func (e *Engine) settleTo(st *state, t int64) {
	f := st.fold
	if t = min(t, f.to); t < f.from || t == f.from && min(t, f.passed) == f.settled {
		return
	}
	all := st.held.all()
	var said []firing
	for i := st.held.since(f.from); i < len(all) && all[i].at < t; {
		j := sameTime(all, i)
		f.base.pass(&st.held, all[i].at, &said)
		f.base.take(&st.held, all[i:j], &said)
		i = j
	}
	f.settled = max(f.settled, min(t, f.passed))
	f.base.pass(&st.held, f.settled, &said)
	f.from = t
	f.fixed = min(f.fixed+len(said), len(f.fired))
	n := 0
	for n < len(f.marks) && f.marks[n].to <= t {
		n++
	}
	f.marks = slices.Delete(f.marks, 0, n)
	e.forgetBefore(st, min(t, f.base.reach()))
}

// forgetBefore forgets the alerts before a time, and the firings that were of these alone. What the events gathered of
// them stands from now on.
func (e *Engine) forgetBefore(st *state, cut int64) {
	f, all := st.fold, st.held.all()
	if f.cut = max(f.cut, cut); len(all) == 0 || all[0].at >= cut {
		return
	}
	drop := st.held.since(cut)
	for i := range all[:drop] {
		st.bytes -= all[i].cost()
		e.retire(st, &all[i])
	}
	st.held.drop(drop)
	n := 0
	for n < f.fixed && f.fired[n].hi.at < cut {
		n++
	}
	f.fired = slices.Delete(f.fired, 0, n)
	f.fixed -= n
	for i := range f.marks {
		f.marks[i].fired -= n
	}
}

// retire puts an alert that is forgotten among those that its event holds for good.
func (e *Engine) retire(st *state, x *item) {
	b := st.within(x.order)
	if b == nil || !st.fires(x) {
		return
	}
	ev := b.find(b.part(x.at))
	if ev == nil {
		return
	}
	st.bytes -= ev.bytes()
	if ev.base == nil {
		ev.base = new(body)
	}
	ev.base.add(x, e.memo.digestOf(x), e.cfg.AllEvidence)
	st.bytes += ev.bytes()
	b.kept, b.anchored = x.order, true
}

// fires reports whether an alert belongs to the run of a firing.
func (st *state) fires(x *item) bool {
	fired := st.fold.fired
	i := sort.Search(len(fired), func(i int) bool { return !fired[i].hi.before(x.order) })
	return i < len(fired) && !x.before(fired[i].lo) && st.track.fold.member(&st.track.plan, x)
}

// weigh brings the account of bytes in line.
func (st *state) weigh() {
	f := st.fold
	extra := int64(0)
	if w, ok := f.head.(weighty); ok {
		extra = 2 * w.weight()
	}
	cost := extra + foldedSize + firingSize*int64(len(f.fired)) + markSize*int64(len(f.marks))
	st.bytes += cost - f.cost
	f.cost = cost
}

// foldDue is the watermark at which the machine may have something to say.
func (st *state) foldDue() int64 {
	f := st.fold
	if f.done {
		return never
	}
	due := f.head.due()
	if all := st.held.all(); len(all) > 0 && all[len(all)-1].at >= f.to {
		due = min(due, all[st.held.since(f.to)].at+st.track.plan.delay)
	}
	if due >= never {
		return never
	}
	return due + 1
}

// sameTime is the index after the alerts that have the time of number i.
func sameTime(all []item, i int) int {
	j := i + 1
	for j < len(all) && all[j].at == all[i].at {
		j++
	}
	return j
}
