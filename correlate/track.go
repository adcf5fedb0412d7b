package correlate

import (
	"math/bits"
	"slices"
	"strings"

	"tocsin"
)

// A track is what the engine keeps of one rule: its keys, and in which order they go when a limit is reached.
type track struct {
	plan    plan
	all     bool // every alert of an event is evidence
	kind    kind
	fold    fold // the same where it is one, else nil
	states  keyTable[*state]
	pool    *pool      // the engine's
	buckets [65]bucket // by how far from firing: 0 has a burst, b lacks 2^(b-1) to 2^b - 1 alerts
	bytes   int64
	open    int        // events
	chain   chain      // scratch of kind sequence
	seen    *sightings // kind first_seen only
	began   int64      // likewise: time of the rule's first alert
	doubts  []doubt
	awaited string // hash of the expected keys that are waited for
	counts  counts
	novel   *novelties // kind novelty only
	family  *family    // of rules that leave alerts for later together; nil for none
	member  int        // of the family
	nth     int        // by id, of the rules in force; 0 before they are counted
	then    *track     // whose match came after one of this rule last
	none    rare       // of the states that have nothing rare: never written
}

// A bucket lists states, the one that was touched longest ago first.
type bucket struct{ head, tail *state }

// A doubt marks the events that open up to a time as not surely whole.
type doubt struct {
	reason string
	until  int64
}

// The reasons that an event's completeness names.
const (
	reasonEvicted = "evicted" // a limit of the rule made it forget keys
	reasonFlood   = "flood"   // the key had more alerts within lateness than are held
	reasonReload  = "reload"  // the rule changed under its state
	reasonBlind   = "blind"   // the rule does not see all that it is for
)

// counts are what a track counted since the engine was new.
type counts struct {
	matches, duplicates, evicted, suppressed, stale int64
	late                                            map[string]int64 // by source
}

func newTrack(p plan, all bool, l *pool) *track {
	tk := &track{plan: p, all: all, kind: p.family(), states: newKeyTable[*state](), pool: l, counts: counts{late: make(map[string]int64)}}
	tk.fold, _ = tk.kind.(fold)
	tk.none = rare{track: tk, own: unset, until: unset}
	if p.kind == "first_seen" {
		tk.seen, tk.began = newSightings(), unset
	}
	if p.kind == kindNovelty {
		tk.novel = &novelties{scopes: make(map[string]*scope)}
	}
	return tk
}

// place puts st last in the bucket that fits it.
func (tk *track) place(st *state) {
	to := 0
	if len(st.bursts) == 0 {
		to = bits.Len32(uint32(max(st.missing, 1)))
	}
	if to == int(st.bucket) && (to == 0 || tk.buckets[to].tail == st) {
		st.touched = to == 0
		return
	}
	tk.unlink(st)
	tk.link(st, to)
}

func (tk *track) link(st *state, to int) {
	b := &tk.buckets[to]
	st.bucket, st.prev, st.next, st.touched = int8(to), b.tail, nil, false
	if b.tail != nil {
		b.tail.next = st
	} else {
		b.head = st
	}
	b.tail = st
}

func (tk *track) unlink(st *state) {
	b := &tk.buckets[st.bucket]
	if st.prev != nil {
		st.prev.next = st.next
	} else if b.head == st {
		b.head = st.next
	} else {
		return // in no list yet
	}
	if st.next != nil {
		st.next.prev = st.prev
	} else {
		b.tail = st.prev
	}
	st.prev, st.next = nil, nil
}

// victim is the state that goes first: furthest from firing, then touched longest ago. It is about the one touched
// longest ago: each that was touched is passed over once, and one that waited is looked at, since it may have come closer.
// It is never nil where the track has states.
func (tk *track) victim() *state {
	for i := len(tk.buckets) - 1; i >= 0; i-- {
		for st := tk.buckets[i].head; st != nil; st = tk.buckets[i].head {
			if st.unlag(); !st.touched {
				return st
			}
			to := 0
			if i > 0 {
				st.look()
				to = bits.Len32(uint32(max(st.missing, 1)))
			}
			tk.unlink(st)
			if tk.link(st, to); to > i {
				i = len(tk.buckets)
				break
			}
		}
	}
	return nil
}

// sorted are the track's states by name.
func (tk *track) sorted() []*state {
	all := make([]*state, 0, tk.states.len())
	for st := range tk.states.all() {
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b *state) int { return strings.Compare(a.name, b.name) })
	return all
}

// state returns the state of the match's key and makes it where there is none.
func (e *Engine) state(tk *track, m *tocsin.Match) *state { return e.stateAt(tk, m, e.addressOf(m)) }

// stateAt is state of a key whose name has that hash.
func (e *Engine) stateAt(tk *track, m *tocsin.Match, h fingerprint) *state {
	if st := tk.states.find(h); st != nil {
		return st
	}
	st := newState(tk)
	e.name = appendName(e.name[:0], m.Tenant, m.Key)
	st.name, st.due, st.missing = string(e.name), never, int32(tk.plan.atLeast)
	st.keep(m.Key)
	st.bytes = st.ownBytes()
	if tk.fold != nil {
		st.apart().fold = tk.newFolded()
		st.weigh()
	}
	tk.enter(st, h)
	tk.bytes += st.bytes
	tk.link(st, bits.Len32(uint32(st.missing)))
	e.queue.push(st)
	return st
}

// enter puts a state whose name has that hash among the track's.
func (tk *track) enter(st *state, h fingerprint) {
	st.hash = h.rest
	tk.states.put(h.at, st)
}

// appendName encodes a tenant and a key without ambiguity.
func appendName(buf []byte, tenant string, key []tocsin.Value) []byte {
	buf = appendValue(buf, tocsin.StringValue(tenant))
	for _, v := range key {
		buf = appendValue(buf, v)
	}
	return buf
}

// dismiss takes st out of the engine.
func (e *Engine) dismiss(st *state) {
	st.part()
	tk := st.track
	tk.states.remove(tk.pool.hashOfName(st.name).at, st)
	tk.bytes -= st.bytes
	tk.unlink(st)
	e.queue.remove(st)
}

// over reports whether a limit of the rule is passed.
func (tk *track) over() bool {
	return tk.states.len() > tk.plan.maxKeys || tk.bytes > tk.plan.maxBytes && tk.states.len() > 0
}

// enforce evicts while a limit of the rule is passed (ruling 16). Events of evicted keys close, and events of the
// rule that could have missed something say so.
func (e *Engine) enforce(tk *track, at int64) {
	for tk.over() {
		st := tk.victim()
		e.conclude(st, reasonEvicted)
		e.dismiss(st)
		tk.counts.evicted++
		tk.doubt(reasonEvicted, max(at, e.watermark)+tk.plan.linger()+e.lateness)
	}
}

// conclude closes the open events of st for a reason that makes them doubtful.
func (e *Engine) conclude(st *state, reason string) {
	st.catchUp()
	for _, b := range st.bursts {
		for _, ev := range b.events {
			if tk := st.track; tk.shut(ev) {
				ev.doubt(reason)
				e.say(st, b, ev, tocsin.MilestoneClosed)
			}
		}
	}
}

// shut ends ev's being open and reports whether it was.
func (tk *track) shut(ev *event) bool {
	if !ev.open {
		return false
	}
	ev.open = false
	tk.open--
	return true
}

// doubt marks the events of the track that open with alerts up to a time.
func (tk *track) doubt(reason string, until int64) {
	for i := range tk.doubts {
		if tk.doubts[i].reason == reason {
			tk.doubts[i].until = max(tk.doubts[i].until, until)
			return
		}
	}
	tk.doubts = append(tk.doubts, doubt{reason, until})
	slices.SortFunc(tk.doubts, func(a, b doubt) int { return strings.Compare(a.reason, b.reason) })
}

// doubts are the reasons to doubt an event of st that opens with an alert at time t.
func (e *Engine) doubts(st *state, t int64) []string { return e.doubtsOf(st.track, t) }

func (e *Engine) doubtsOf(tk *track, t int64) []string {
	var reasons []string
	for _, all := range [2][]doubt{tk.doubts, e.suspicions} {
		for _, d := range all {
			if t <= d.until && !slices.Contains(reasons, d.reason) {
				reasons = append(reasons, d.reason)
			}
		}
	}
	if e.isBlind(tk) {
		reasons = append(reasons, reasonBlind)
	}
	slices.Sort(reasons)
	return reasons
}
