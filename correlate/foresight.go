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
)

// A foresight is the matches that were foreseen last. The zero value is none.
type foresight struct {
	all  [2 * Ahead]foreseen // by number; a power of two
	n    uint                // foreseen so far
	last *track              // of the rule of the match before
}

// A foreseen is one match's key.
type foreseen struct {
	address
	track *track
}

// Foresee says that m will be taken soon, [Ahead] matches or alerts on. Its key may not change until then; a match that
// is foreseen and never taken does no harm, nor does one that is taken unforeseen.
func (e *Engine) Foresee(m *tocsin.Match) {
	f := &e.foresight
	if newest := f.at(f.n - 1); len(m.Key) == 0 || newest.tenant == m.Tenant && identical(m.Key, newest.key) { // of the same alert
		return
	}
	if f.last == nil || f.last.plan.id != m.Rule {
		f.last = e.tracks[m.Rule]
	}
	tk := f.last
	if tk == nil || tk.novel != nil || tk.seen != nil {
		return
	}
	e.name = appendName(e.name[:0], m.Tenant, m.Key)
	x := f.at(f.n)
	*x = foreseen{address{m.Tenant, m.Key, e.pool.hashOf(e.name)}, tk}
	f.n++
	tk.states.prefetch(x.hash)
	if x := f.at(f.n - 1 - untilState); x.track != nil {
		if st := x.track.states.near(x.hash); st != nil {
			prefetch(unsafe.Pointer(st))
			prefetch(unsafe.Pointer(&st.calm)) // a state takes two lines of the processor's cache, see TestLines
		}
	}
	if x := f.at(f.n - 1 - untilEvent); x.track != nil {
		if st := x.track.states.near(x.hash); st != nil {
			st.prefetch([2]uint64{})
		}
	}
}

func (f *foresight) at(n uint) *foreseen { return &f.all[n%uint(len(f.all))] }

// hash is the hash of a match's key, where it was foreseen.
func (f *foresight) hash(m *tocsin.Match) (h keyHash, ok bool) {
	for i := f.n - min(f.n, Ahead+1); i != f.n; i++ {
		if x := f.at(i); identical(m.Key, x.key) && x.tenant == m.Tenant {
			return x.hash, true
		}
	}
	return keyHash{}, false
}
