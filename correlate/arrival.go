package correlate

import (
	"unsafe"

	"tocsin"
)

// An arrival is the alert of the match in hand as one rule's state is to hold it.
type arrival struct {
	at   int64
	from *seenOrigin
	x    item // without its payload
	p    saying
	of   fingerprint // of its key, where that was looked for
}

// read reads the alert of the match in hand, of whose key st is the state; where that is nil it asks for it meanwhile: for
// its place, for what stands there, and for what that leads to, each while something else of the alert is read.
func (e *Engine) read(a *arrival, tk *track, st *state) {
	if st == nil {
		a.of = e.addressOf(e.firing)
		tk.states.prefetch(a.of)
	}
	e.readItem(&a.x, &a.p, e.firing, a.at, &a.from.origin)
	a.p.values = tk.kind.values(tk, e.firing)
	var near *state
	if st == nil {
		near = tk.states.near(a.of)
		prefetch(unsafe.Pointer(near))
	}
	if a.p.common() {
		e.memo.hear(&e.pool, &a.p)
	}
	if st == nil && (near == nil || near.calm == nil) {
		e.pool.prefetch(e.memo.hash)
	}
	switch {
	case near != nil && !e.foresight.told(e.firing):
		near.prefetch(e.memo.hash)
	case near != nil:
		near.calm.prefetchSaid(e.memo.hash)
	case st != nil:
		st.calm.prefetchSaid(e.memo.hash)
	}
	if a.x.digest != [32]byte{} {
		e.memo.digestOf(&a.x)
	}
}

// Release lets go of what the matches so far refer to: from now on their keys, values and entities may be written over. The
// texts of these may not.
func (e *Engine) Release() {
	for n := e; n != nil; n = n.next {
		n.address, n.foresight, n.left, n.memo.said = address{}, foresight{}, leaving{}, saying{}
		n.kin, n.kinFamily, n.kinKey = nil, nil, nil
		n.match, n.firing = tocsin.Match{}, nil
	}
}
