package correlate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// settled is a settled event as ruling 19 compares it, and what else follows from its alerts alone.
type settled struct {
	Tenant, Rule, Key string
	First, Last       string
	Count             int64
	Digest            string
	Alerts            string // evidence, by order
	Entities          string
	Risk              float64
	Truncated         bool
}

// reference evaluates one rule over all the accepted alerts at once. It is slow and follows engine.md word for word:
//
//  1. The alerts of one tenant and key are a set: the same id at the same time is one alert. They are sorted by time,
//     equal times by id.
//  2. A window is any run of neighbours whose last lies less than span after its first (ruling 6). It satisfies the rule
//     when it holds at_least alerts (count), alerts with at_least different values (distinct) or of each condition one
//     (set) or a sequence (ruling 8); for kind match each single alert does. For kind leaky a window has no span: it satisfies when its first
//     alert begins a bucket that its last one overflows.
//  3. All alerts of a satisfying window belong to one burst, and so do windows that share an alert. An alert that lies
//     less than quiet after its predecessor belongs to the predecessor's burst, where that has one (ruling 12). So two
//     neighbours are linked when one satisfying window holds both, or when the first is in a burst and the second
//     follows closer than quiet; a burst is a maximal linked run that holds a satisfying window.
//  4. A burst's event number n holds its alerts at or after first + n × max_open and before first + (n+1) × max_open.
//  5. An event's count, first, last, digest, evidence, entities and facts are those of its alerts.
func reference(p plan, accepted []tocsin.Match) []settled {
	keys := make(map[string][]tocsin.Match)
	if p.kind == "first_seen" {
		if accepted = firstOnes(p, accepted); len(accepted) == 0 {
			return nil
		}
	}
	for _, m := range accepted {
		k := m.Tenant + "|" + tocsin.KeyText(m.Key)
		keys[k] = append(keys[k], m)
	}
	end := slices.MaxFunc(accepted, func(a, b tocsin.Match) int { return a.Alert.Time.Compare(b.Alert.Time) }).Alert.Time
	var all []settled
	for _, ms := range keys {
		all = append(all, referenceKey(p.normal(), ms, end)...)
	}
	sortSettled(all)
	return all
}

func referenceKey(p plan, ms []tocsin.Match, end time.Time) []settled {
	if folds(p) {
		slices.SortFunc(ms, compareAlerts)
		ms = slices.CompactFunc(ms, func(a, b tocsin.Match) bool { return compareAlerts(a, b) == 0 })
		return referenceFold(p, ms, end)
	}
	var out []settled
	for _, burst := range referenceBursts(p, ms) {
		out = append(out, referenceBurst(p, burst)...)
	}
	return out
}

// referenceBursts are the bursts of one key's alerts, each by order.
func referenceBursts(p plan, ms []tocsin.Match) [][]tocsin.Match {
	slices.SortFunc(ms, compareAlerts)
	ms = slices.CompactFunc(ms, func(a, b tocsin.Match) bool { return compareAlerts(a, b) == 0 })
	n := len(ms)
	in, linked := make([]bool, n), make([]bool, n+1) // linked[i]: i-1 and i
	for i := range ms {
		for j := i; j < n; j++ {
			if satisfies(p, ms[i:j+1]) {
				for k := i; k <= j; k++ {
					in[k] = true
					linked[k] = linked[k] || k > i
				}
			}
		}
	}
	for k := 1; k < n; k++ {
		if in[k-1] && int64(ms[k].Alert.Time.Sub(ms[k-1].Alert.Time)) < p.quiet {
			in[k], linked[k] = true, true
		}
	}
	var out [][]tocsin.Match
	for i := 0; i < n; i++ {
		if !in[i] {
			continue
		}
		j := i + 1
		for j < n && in[j] && linked[j] {
			j++
		}
		out = append(out, ms[i:j])
		i = j - 1
	}
	return out
}

func satisfies(p plan, window []tocsin.Match) bool {
	width := int64(window[len(window)-1].Alert.Time.Sub(window[0].Alert.Time))
	switch p.kind {
	case "match", "first_seen":
		return len(window) == 1
	case "count":
		return width < p.span && len(window) >= p.atLeast
	case "risk":
		return width < p.span && scores(p, window)
	case "leaky":
		return overflows(p, window)
	case "sequence":
		return width < p.span && follows(p.steps, window)
	case "set":
		var met uint64
		for _, m := range window {
			met |= m.Conditions
		}
		return width < p.span && bits.OnesCount64(met) == p.atLeast
	}
	values := make(map[string]bool)
	for _, m := range window {
		for _, v := range m.Values {
			for _, one := range v.Items() {
				values[tocsin.KeyText([]tocsin.Value{one})] = true
			}
		}
	}
	return width < p.span && len(values) >= p.atLeast
}

// overflows says of a bucket that the first alert of the window finds empty, whether it is never empty from then on and
// overflows at the window's last alert. Tokens are those of a limiter that refuses: a full bucket has none, at_least - 1
// is the most there can be, one comes back every leak, and an alert that finds less than one is refused. The unit is
// a token's leak-th part.
func overflows(p plan, window []tocsin.Match) bool {
	most := int64(p.atLeast-1) * p.leak
	tokens, refused := most, false
	for i, m := range window {
		if i > 0 {
			tokens += int64(m.Alert.Time.Sub(window[i-1].Alert.Time))
			if tokens >= most {
				return false
			}
		}
		if refused = tokens < p.leak; refused {
			tokens = 0
		} else {
			tokens -= p.leak
		}
	}
	return refused
}

// follows says whether the window holds a sequence: some choice of times at which the steps are complete, and of
// disjoint alerts: for each step one at its time and at_least - 1 from the time of the step before to that.
func follows(steps []step, window []tocsin.Match) bool {
	times := make([]time.Time, 0, len(window))
	for _, m := range window {
		if n := len(times); n == 0 || !times[n-1].Equal(m.Alert.Time) {
			times = append(times, m.Alert.Time)
		}
	}
	var places []func(m tocsin.Match) bool
	var choose func(k, from int) bool
	choose = func(k, from int) bool {
		if k == len(steps) {
			return seated(places, window)
		}
		for i := from; i < len(times); i++ {
			start, end := times[0], times[i]
			if k > 0 {
				if start = times[from]; steps[k].within > 0 && int64(end.Sub(start)) > steps[k].within {
					return false
				}
			}
			before := len(places)
			var ok bool
			if places, ok = referencePlaces(places, steps[k], k, window, start, end); !ok {
				places = places[:before]
				continue
			}
			if choose(k+1, i) {
				return true
			}
			places = places[:before]
		}
		return false
	}
	return choose(0, 0)
}

// seated says whether every place can have an alert of its own that fits it.
func seated(places []func(tocsin.Match) bool, window []tocsin.Match) bool {
	holder := make([]int, len(window)) // place and one, by alert
	var seat func(p int, asked []bool) bool
	seat = func(p int, asked []bool) bool {
		for i, m := range window {
			if asked[i] || !places[p](m) {
				continue
			}
			asked[i] = true
			if holder[i] == 0 || seat(holder[i]-1, asked) {
				holder[i] = p + 1
				return true
			}
		}
		return false
	}
	for p := range places {
		if !seat(p, make([]bool, len(window))) {
			return false
		}
	}
	return true
}

func referenceBurst(p plan, burst []tocsin.Match) []settled {
	var out []settled
	for _, part := range referenceParts(p, burst) {
		out = append(out, referenceEvent(p, part))
	}
	return out
}

// referenceParts cuts a burst where max_open does.
func referenceParts(p plan, burst []tocsin.Match) [][]tocsin.Match {
	var out [][]tocsin.Match
	start := burst[0].Alert.Time
	for len(burst) > 0 {
		part := int64(burst[0].Alert.Time.Sub(start)) / p.maxOpen
		n := 0
		for n < len(burst) && int64(burst[n].Alert.Time.Sub(start))/p.maxOpen == part {
			n++
		}
		out = append(out, burst[:n])
		burst = burst[n:]
	}
	return out
}

func referenceEvent(p plan, ms []tocsin.Match) settled {
	ev := settled{
		Tenant: ms[0].Tenant, Rule: p.id, Key: tocsin.KeyText(ms[0].Key), Count: int64(len(ms)),
		First: stamp(ms[0].Alert.Time), Last: stamp(ms[len(ms)-1].Alert.Time), Digest: referenceDigest(ms),
	}
	var ids, entities []string
	roles := make(map[string]int)
	for i, m := range ms {
		if i < 100 || i >= len(ms)-100 {
			ids = append(ids, m.Alert.ID)
		} else {
			ev.Truncated = true
		}
		ev.Risk = max(ev.Risk, m.Facts.Risk)
		for _, e := range m.Entities {
			text := fmt.Sprint(e)
			if !slices.Contains(entities, text) && roles[e.Role] < 100 {
				roles[e.Role]++
				entities = append(entities, text)
			}
		}
	}
	ev.Alerts, ev.Entities = strings.Join(ids, " "), strings.Join(entities, " ")
	return ev
}

// referenceDigest is the digest of a set of alerts: SHA-256 over each one's time and content digest, added up
// modulo 2^256.
func referenceDigest(ms []tocsin.Match) string {
	sum := new(big.Int)
	for _, m := range ms {
		at := binary.BigEndian.AppendUint64(nil, uint64(m.Alert.Time.UnixNano()))
		one := sha256.Sum256(append(slices.Clone(at), m.Alert.Digest[:]...))
		if m.Alert.Digest.IsZero() {
			one = sha256.Sum256(append(append(slices.Clone(at), '#'), m.Alert.ID...))
		}
		slices.Reverse(one[:]) // little-endian words, the least first
		sum.Add(sum, new(big.Int).SetBytes(one[:]))
	}
	sum.Mod(sum, new(big.Int).Lsh(big.NewInt(1), 256))
	buf := sum.FillBytes(make([]byte, 32))
	slices.Reverse(buf)
	return tocsin.Hash("alerts", string(buf))
}

// compareAlerts orders alerts by time, then by id; an id of another form than 32 hex digits stands by its hash.
func compareAlerts(a, b tocsin.Match) int {
	if c := a.Alert.Time.Compare(b.Alert.Time); c != 0 {
		return c
	}
	return strings.Compare(hexID(a.Alert.ID), hexID(b.Alert.ID))
}

func hexID(id string) string {
	if raw, err := hex.DecodeString(id); err == nil && len(raw) == 16 && strings.ToLower(id) == id {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func sortSettled(all []settled) {
	slices.SortFunc(all, func(a, b settled) int {
		return strings.Compare(a.Tenant+a.Key+a.First+a.Last+a.Digest+a.Rule, b.Tenant+b.Key+b.First+b.Last+b.Digest+b.Rule)
	})
}

// settledOf are the settled events among emissions: the last word on each id, those merged or withdrawn left out.
// It checks on the way that the revisions of each id count 1, 2, 3 and that nothing follows a merge.
func settledOf(emitted []tocsin.Event) ([]settled, error) {
	last := make(map[string]tocsin.Event)
	var ids []string
	for _, ev := range emitted {
		before, known := last[ev.ID]
		if !known {
			ids = append(ids, ev.ID)
		}
		if ev.Revision != before.Revision+1 {
			return nil, fmt.Errorf("event %s: revision %d after %d", ev.ID, ev.Revision, before.Revision)
		}
		last[ev.ID] = ev
	}
	var all []settled
	for _, id := range ids {
		ev := last[id]
		switch ev.Activity {
		case tocsin.Merged:
			if into, ok := last[ev.MergedInto]; !ok || into.Activity == tocsin.Merged && into.MergedInto == ev.ID {
				return nil, fmt.Errorf("event %s: merged into %q, which is not there", ev.ID, ev.MergedInto)
			}
			continue
		case tocsin.Withdrawn:
			continue
		case tocsin.Open:
			return nil, fmt.Errorf("event %s: still open", ev.ID)
		}
		all = append(all, settledEvent(ev))
	}
	sortSettled(all)
	return all, nil
}

func settledEvent(ev tocsin.Event) settled {
	key := make([]tocsin.Value, len(ev.Group))
	for i, g := range ev.Group {
		key[i] = g.Value
	}
	s := settled{
		Tenant: ev.Tenant, Rule: ev.Rule.ID, Key: tocsin.KeyText(key), Count: ev.Count, Risk: ev.Facts.Risk,
		First: stamp(ev.First), Last: stamp(ev.Last), Digest: ev.Digest, Truncated: ev.Evidence.Truncated,
	}
	var ids, entities []string
	for _, a := range ev.Evidence.Alerts {
		ids = append(ids, a.ID)
	}
	for _, e := range ev.Entities {
		entities = append(entities, fmt.Sprint(e))
	}
	s.Alerts, s.Entities = strings.Join(ids, " "), strings.Join(entities, " ")
	return s
}
