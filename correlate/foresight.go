package correlate

import (
	"unsafe"

	"tocsin"
)

// Whoever has several matches at hand can say which will come. What each needs of its key is then asked of memory in steps, each
// a few matches before what it leads to is read: the key's place in the table, its state, its event. A processor that
// waits for one of these would otherwise do so for each match in turn. It changes no event, nor when it is said.

// Ahead is how many matches before its turn a match is best foreseen.
const Ahead = 4

// The steps, in matches after the first.
const (
	untilState = 1
	untilEvent = 2
	untilLooks = 3
)

// A foresight is the matches that were foreseen last. The zero value is none.
type foresight struct {
	all   [2 * Ahead]foreseen // by number; a power of two
	n     uint                // foreseen so far
	asked uint                // number of the one whose hash was asked for last
	last  *track              // of the rule of the match before
}

// A foreseen is one match's key.
type foreseen struct {
	address
	track *track
}

// ForeseeAlert is [Engine.Foresee] of all matches of one alert.
func (e *Engine) ForeseeAlert(all []tocsin.Match) {
	for i := range all {
		if i == 0 || !identical(all[i].Key, all[i-1].Key) {
			e.Foresee(&all[i])
		}
	}
}

// Foresee says that m will be taken soon, [Ahead] matches or alerts on. Its key may not change until then; a match that
// is foreseen and never taken does no harm, nor does one that is taken unforeseen.
func (e *Engine) Foresee(m *tocsin.Match) {
	f := &e.foresight
	if newest := f.at(f.n - 1); len(m.Key) == 0 || equalText(newest.tenant, m.Tenant) && identical(m.Key, newest.key) { // of the same alert
		return
	}
	if f.last == nil || !equalText(f.last.plan.id, m.Rule) {
		f.last = e.tracks[m.Rule]
	}
	tk := f.last
	if tk == nil || tk.novel != nil || tk.seen != nil {
		return
	}
	x := f.at(f.n)
	x.tenant, x.key, x.hash, x.track = m.Tenant, m.Key, e.hashName(m), tk // one by one: a copy would wait for what was just written
	f.n++
	x.slot()
	f.at(f.n - 1 - untilState).state()
	f.at(f.n - 1 - untilEvent).event()
	f.at(f.n - 1 - untilLooks).looks()
}

// slot asks for the place of the key in the table.
func (x *foreseen) slot() {
	if f := x.track.family; f != nil {
		f.kins.prefetch(x.hash)
		return
	}
	x.track.states.prefetch(x.hash)
}

// state asks for what stands there: the state, or what the rules of a family keep together.
func (x *foreseen) state() {
	if x.track == nil {
		return
	}
	if f := x.track.family; f != nil {
		if k := f.kins.near(x.hash); k != nil {
			k.prefetch()
		}
		return
	}
	if st := x.track.states.near(x.hash); st != nil {
		prefetch(unsafe.Pointer(st))
		prefetch(unsafe.Pointer(&st.calm)) // a state takes two lines of the processor's cache, see TestLines
	}
}

// event asks for what that leads to: the event, and where the next alert is put.
func (x *foreseen) event() {
	if x.track == nil {
		return
	}
	if f := x.track.family; f != nil {
		if k := f.kins.near(x.hash); k != nil {
			k.prefetchEnds()
		}
		return
	}
	if st := x.track.states.near(x.hash); st != nil {
		st.prefetch(fingerprint{})
	}
}

// looks asks for those of a family's rules that look at the alert by themselves.
func (x *foreseen) looks() {
	if x.track == nil || x.track.family == nil {
		return
	}
	k := x.track.family.kins.near(x.hash)
	if k == nil || k.count+1 < k.stop {
		return
	}
	for i, stop := range k.stops {
		if stop <= k.count+1 {
			prefetch(unsafe.Pointer(&k.berths[i]))
			prefetch(unsafe.Pointer(&k.berths[i].last))
		}
	}
}

// prefetch asks for what decides over an alert for all of the group, see TestLines.
func (k *kin) prefetch() {
	prefetch(unsafe.Pointer(k))
	prefetch(unsafe.Pointer(&k.count))
	prefetch(unsafe.Pointer(&k.said))
	prefetch(unsafe.Pointer(&k.name))
}

// prefetchEnds asks for where the next alert is put, and for who is to look at it.
func (k *kin) prefetchEnds() {
	if n := len(k.log); n > 0 && n < cap(k.log) {
		prefetch(unsafe.Pointer(&k.log[n-1]))
		next := k.log[:n+1]
		prefetch(unsafe.Pointer(&next[n]))
		prefetch(unsafe.Pointer(&next[n].place))
	}
	if len(k.ring) > 0 {
		prefetch(unsafe.Pointer(k.numbered(k.count)))
		prefetch(unsafe.Pointer(k.numbered(k.count + 1)))
	}
	if len(k.stops) > 0 {
		prefetch(unsafe.Pointer(&k.stops[0]))
	}
}

func (f *foresight) at(n uint) *foreseen { return &f.all[n%uint(len(f.all))] }

// hash is the hash of a match's key, where it was foreseen: mostly it is the one behind the last that was asked for.
func (f *foresight) hash(m *tocsin.Match) (h fingerprint, ok bool) {
	first := f.n - min(f.n, Ahead+1)
	if i := f.asked + 1; i-first < f.n-first && f.at(i).is(m) {
		f.asked = i
		return f.at(i).hash, true
	}
	for i := first; i != f.n; i++ {
		if f.at(i).is(m) {
			f.asked = i
			return f.at(i).hash, true
		}
	}
	return fingerprint{}, false
}

// told reports whether m is the match whose hash was asked for last, and was foreseen.
func (f *foresight) told(m *tocsin.Match) bool { return identical(m.Key, f.at(f.asked).key) }

func (x *foreseen) is(m *tocsin.Match) bool {
	return identical(m.Key, x.key) && equalText(x.tenant, m.Tenant)
}
