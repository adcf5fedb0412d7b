package correlate

import (
	"crypto/sha256"
	"encoding/binary"

	"tocsin"
)

// firstSeenKind: each alert whose values its key did not show within the history before it. A key's other alerts leave
// nothing but the time of their values; a first sighting is held like an alert of kind match, and given up where an
// earlier one comes late. For learn from the rule's first alert on nothing fires.
type firstSeenKind struct{ matchKind }

// values are the hash of the tenant, the key and the values.
func (firstSeenKind) values(_ *track, m *tocsin.Match) []string {
	var text [8]byte
	binary.BigEndian.PutUint64(text[:], sightingHash(nil, m))
	return []string{string(text[:])}
}

func (firstSeenKind) newest(st *state) (lo, missing int) {
	all := st.held.all()
	if st.track.learns(all[len(all)-1].at) {
		return len(all) - 1, 1
	}
	return len(all) - 1, 0
}

func (firstSeenKind) around(st *state, pos int) (lo, hi int, ok bool) {
	return pos, pos, !st.track.learns(st.held.all()[pos].at)
}

// blind implements [blinder]: the table is full, and values that are not in it stay unknown.
func (firstSeenKind) blind(tk *track) []Blindness {
	if tk.seen == nil || !tk.seen.full {
		return nil
	}
	return []Blindness{{Reason: blindFull}}
}

// sightingHash is SHA-256 over the unambiguous texts of tenant, key and values, cut to 64 bits.
func sightingHash(buf []byte, m *tocsin.Match) uint64 {
	buf = appendName(buf[:0], m.Tenant, m.Key)
	for _, v := range m.Values {
		for _, one := range v.Items() {
			buf = appendValue(buf, one)
		}
		buf = append(buf, ';')
	}
	sum := sha256.Sum256(buf)
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

// behold decides what the sighting in hand is, however late it comes.
func (e *Engine) behold(tk *track, at int64, from *seenOrigin) {
	m, p, s := e.firing, &tk.plan, tk.seen
	if tk.began == unset || at < tk.began {
		waiting := tk.began != unset && p.learn > 0
		if tk.began = at; waiting {
			e.awaken(tk)
		}
	}
	s.sweep(e.horizon, e.lateness, p.history)
	e.name = e.name[:0]
	v, ok := s.see(sightingHash(e.name, m), at, p.history, e.horizon, int(min(int64(p.maxKeys), p.maxBytes/sightedSize)))
	if !ok || !v.first && !v.next && !v.same {
		return
	}
	st := tk.states.find(e.addressOf(m))
	x, pay := e.itemOf(m, at, &from.origin)
	pay.values = tk.kind.values(tk, m)
	var was *item
	if st != nil && v.same {
		if was = st.sightedAt(at, pay.values[0]); was == nil || !x.before(was.order) {
			if was != nil && was.order == x.order {
				tk.counts.duplicates++
			}
			return // another of the same time was the first, or none
		}
	} else if v.same {
		return
	} else if st != nil && v.next {
		was = st.sightedAt(v.after, pay.values[0])
	}
	switch {
	case was != nil && !v.first && !v.same:
		e.firing = nil
		e.retract(st, was.order)
	case was != nil:
		e.replace(st, was.order)
	case !v.first:
	case tk.learns(at) && e.horizon > tk.began: // it is known since when the rule learns
	default:
		st = e.state(tk, m)
		before := st.bytes
		if !e.hold(st, &x, &pay) {
			tk.counts.duplicates++
		}
		e.settle(st, before, at)
	}
}

// learns reports whether the rule is silent at a time.
func (tk *track) learns(at int64) bool { return at-tk.began < tk.plan.learn }

// awaken looks at the first sightings that were held in silence again: the rule's first alert came late, so that it has
// learned earlier.
func (e *Engine) awaken(tk *track) {
	m := e.firing
	e.firing = nil
	for _, st := range tk.sorted() {
		before := st.bytes
		e.refold(st, order{}, order{})
		tk.bytes += st.bytes - before
		tk.place(st)
	}
	e.firing = m
}

// sightedSize is what a settled value takes, the table's own overhead included.
const sightedSize = 20

// sightedAt is the first sighting of a value that is held at a time, nil for none.
func (st *state) sightedAt(at int64, value string) *item {
	all := st.held.all()
	for i := st.held.since(at); i < len(all) && all[i].at == at; i++ {
		if all[i].p.values[0] == value {
			return &all[i]
		}
	}
	return nil
}
