package correlate

import (
	"slices"
	"strconv"
	"strings"

	"tocsin"
)

// Rare is what few keys of a rule have. Those without share one that is never written: [track.none].
type rare struct {
	track   *track
	odd     []tocsin.Value // the key, where its name does not tell it exactly
	seen    []sighting     // kinds distinct, set and sequence only, but where there is lately
	lately  *recent        // kind distinct only; nil for few values
	level   *bucketLevel   // kind leaky only; nil for nothing known
	fold    *folded        // folds only
	bursts  []*burst       // disjoint, by time; those that an accepted alert can still change
	retired []string       // ids of merged events: they are not given out anew
	own     int64          // no alert before it is held any more, though lateness would allow it: the key was flooded
	until   int64          // the watermark when an id was last retired: it is remembered for lateness more
}

const (
	rareSize  = 144 // bytes
	levelSize = 80  // likewise, of the level of a key of kind leaky
)

func newState(tk *track) *state { return &state{rare: &tk.none} }

// apart is the key's own rare, to be written.
func (st *state) apart() *rare {
	if none := &st.track.none; st.rare == none {
		own := *none
		st.rare = &own
	}
	return st.rare
}

// abate lets go of a rare that says nothing any more.
func (st *state) abate() {
	r := st.rare
	if len(r.seen) == 0 && r.lately == nil && len(r.bursts) == 0 && len(r.retired) == 0 && r.own == unset && r.until == unset && r.level == nil && r.fold == nil && r.odd == nil {
		st.rare = &r.track.none
	}
}

// unseen forgets the values that were seen lately.
func (st *state) unseen() {
	if len(st.seen) > 0 {
		st.apart().seen = st.seen[:0]
	}
}

// lack notes how much the newest window lacks.
func (st *state) lack(_, missing int) { st.missing = int32(missing) }

// ownBytes is what the state is accounted with beside its alerts and events. An event's account has room for the rare
// of its key.
func (st *state) ownBytes() int64 {
	n := stateSize + 2*int64(len(st.name))
	switch st.track.plan.kind {
	case "distinct", "set", "sequence", "leaky", "absence", "silence", "spike", "measure", leakyDistinct: // each of their keys has one
		n += rareSize
	}
	if st.track.plan.kind == "leaky" {
		n += levelSize
	}
	return n
}

// tenant is whose key it is.
func (st *state) tenant() string {
	_, text, _ := cutValue(st.name)
	return text
}

// key is the values of the group fields. Their texts are those of the name.
func (st *state) key() []tocsin.Value {
	if st.odd != nil {
		return st.odd
	}
	return keyOf(st.name)
}

// keyOf reads a key out of what [appendName] made.
func keyOf(name string) []tocsin.Value {
	_, _, rest := cutValue(name)
	key := []tocsin.Value{}
	for rest != "" {
		var text string
		var kind tocsin.Kind
		kind, text, rest = cutValue(rest)
		key = append(key, scalarOf(kind, text))
	}
	return key
}

// keep keeps the values of the key where its name does not tell them exactly: of a list it tells the text alone.
func (st *state) keep(key []tocsin.Value) {
	for _, v := range key {
		if v.Kind() == tocsin.String {
			continue
		}
		if told := scalarOf(v.Kind(), v.Text()); told.Kind() != v.Kind() || told.Text() != v.Text() {
			st.apart().odd = slices.Clone(key)
			return
		}
	}
}

// cutValue takes the first value off a name.
func cutValue(name string) (kind tocsin.Kind, text, rest string) {
	size, after, found := strings.Cut(name, ":")
	if !found || size == "" {
		return tocsin.Absent, "", ""
	}
	n, _ := strconv.Atoi(size[1:])
	n = min(max(n, 0), len(after))
	return tocsin.Kind(size[0] - '0'), after[:n], after[n:]
}
