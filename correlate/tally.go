package correlate

import (
	"math"
	"slices"
	"strings"
)

// A tally is how often which rules fired on which hosts of a scope, in ten-minute spans, over the epoch at hand and the
// one before: an epoch is as long as the rule's forget, so that what did not fire for one to two of them is forgotten.
type tally struct {
	epoch  int64
	hosts  map[string]*novelHost // by name and what tells it apart
	names  map[string]*novelRule
	pairs  map[uint64]*pair
	firsts int64 // sum of the spans since when each host is known
	serial uint32
	swept  int64 // span of the last eviction

	waitingBytes int64
	among        map[order]struct{} // the alerts that wait
	textBytes    int64
}

type novelHost struct {
	name, apart string
	id          uint32
	began       int64 // time of its first alert
	first       int64 // span since when it is observed
	pairs       int
	sessions    []session
}

// named reports whether a value is the host's name or tells it apart from others of that name.
func (h *novelHost) named(value string) bool {
	return h.name == value || h.apart == value || slices.Contains(strings.Fields(h.apart), value)
}

type novelRule struct {
	name      string
	id        uint32
	cur, prev int64
	pairs     int
}

func (r *novelRule) fired() int64 { return r.cur + r.prev }

// A pair is one rule on one host.
type pair struct {
	host      *novelHost
	rule      *novelRule
	added     int64 // when it last counted towards risk
	rarity    int32 // of the span at hand, in thousandths of a bit
	points    int32 // likewise of a point: by rarity
	cold      int32 // by tactics
	bucket    int32 // the span at hand
	day       int32
	today     uint32 // alerts
	yesterday uint32
	cur, prev uint16 // spans in which it fired
}

// A grading is what a rarity was taken from.
type grading struct {
	of              *pair
	fired, observed int64
	fleet, spans    int64
	weight          int64 // by how much less its host is known than the scope is
}

func newTally() tally {
	return tally{
		epoch: math.MinInt64, hosts: make(map[string]*novelHost), names: make(map[string]*novelRule), pairs: make(map[uint64]*pair),
		among: make(map[order]struct{}),
	}
}

func (p *pair) id() uint64    { return uint64(p.rule.id)<<32 | uint64(p.host.id) }
func (p *pair) fired() int64  { return int64(p.cur) + int64(p.prev) }
func (p *pair) scores() bool  { return p.points > 500 || p.cold > 500 }
func (p *pair) tell(at int64) { p.tellDay(int32(floor(at, daySpan))) }

// tellDay counts an alert of a day.
func (p *pair) tellDay(day int32) {
	switch {
	case day == p.day:
		p.today = addUp(p.today)
	case day == p.day+1:
		p.yesterday, p.today, p.day = p.today, 1, day
	case day > p.day:
		p.yesterday, p.today, p.day = 0, 1, day
	case day == p.day-1:
		p.yesterday = addUp(p.yesterday)
	}
}

func addUp(n uint32) uint32 {
	if n == math.MaxUint32 {
		return n
	}
	return n + 1
}

// count notes that the pair fires in a span.
func (p *pair) count() {
	if p.cur < math.MaxUint16 {
		p.cur++
		p.rule.cur++
	}
}

// hostName is how a host is found.
func hostName(buf []byte, name, apart string) []byte {
	return append(append(append(buf, name...), 0), apart...)
}

// find is the pair of an alert, nil where it is new.
func (t *tally) find(w *noticed) *pair {
	var buf [128]byte
	h := t.hosts[string(hostName(buf[:0], w.host, w.apart))]
	r := t.names[w.rule]
	if h == nil || r == nil {
		return nil
	}
	return t.pairs[uint64(r.id)<<32|uint64(h.id)]
}

// add makes a pair of an alert.
func (t *tally) add(w *noticed) *pair {
	h := t.host(w)
	r := t.names[w.rule]
	if r == nil {
		t.serial++
		r = &novelRule{name: w.rule, id: t.serial}
		t.names[w.rule] = r
		t.textBytes += int64(len(w.rule))
	}
	p := &pair{host: h, rule: r, bucket: math.MinInt32, day: math.MinInt32, added: unset}
	h.pairs++
	r.pairs++
	t.pairs[p.id()] = p
	return p
}

func (t *tally) host(w *noticed) *novelHost {
	name := string(hostName(nil, w.host, w.apart))
	h := t.hosts[name]
	if h == nil {
		t.serial++
		h = &novelHost{name: w.host, apart: w.apart, id: t.serial, began: w.at, first: bucketOf(w.at)}
		t.hosts[name] = h
		t.firsts += h.first
		t.textBytes += int64(2 * len(name))
	}
	return h
}

// evict forgets the pairs that fired in one span only, not the one at hand, once in a span: a flood of names does not push
// out what was learned. It returns how many these were.
func (t *tally) evict(b int64) (n int64) {
	if t.swept == b {
		return 0
	}
	t.swept = b
	for _, p := range t.pairs { // a condition on each: the order does not matter
		if p.fired() <= 1 && int64(p.bucket) < b {
			t.drop(p)
			n++
		}
	}
	return n
}

func (t *tally) drop(p *pair) {
	delete(t.pairs, p.id())
	p.rule.cur -= int64(p.cur)
	p.rule.prev -= int64(p.prev)
	p.host.pairs--
	p.rule.pairs--
}

// turn begins a new epoch where time has come to it. What holdsHost and holdsRule say is in use stays.
func (t *tally) turn(at, forget int64, holdsHost func(*novelHost) bool, holdsRule func(*novelRule) bool) {
	epoch := floor(at, max(forget, 1))
	if epoch <= t.epoch {
		return
	}
	first := t.epoch == math.MinInt64
	gap := !first && epoch > t.epoch+1
	t.epoch = epoch
	if first {
		return
	}
	for _, p := range t.pairs { // each by itself: the order does not matter
		p.prev, p.cur = p.cur, 0
		if gap {
			p.prev = 0
		}
	}
	for _, r := range t.names {
		r.prev, r.cur = r.cur, 0
		if gap {
			r.prev = 0
		}
	}
	for _, p := range t.pairs {
		if p.fired() == 0 {
			t.drop(p)
		}
	}
	t.prune(bucketOf((epoch-1)*forget), holdsHost, holdsRule)
}

// prune forgets hosts and rules without pairs, and observes the others from a span on at the earliest.
func (t *tally) prune(from int64, holdsHost func(*novelHost) bool, holdsRule func(*novelRule) bool) {
	t.firsts = 0
	for name, h := range t.hosts {
		if h.pairs == 0 && !holdsHost(h) {
			delete(t.hosts, name)
			t.textBytes -= int64(2 * len(name))
			continue
		}
		h.first = max(h.first, from)
		t.firsts += h.first
	}
	for name, r := range t.names {
		if r.pairs == 0 && !holdsRule(r) {
			delete(t.names, name)
			t.textBytes -= int64(len(name))
		}
	}
}

// holdsHost reports whether a contribution or an event names the host.
func (sc *scope) holdsHost(h *novelHost) bool {
	if len(sc.byHost[h]) > 0 {
		return true
	}
	for _, ep := range sc.episodes {
		if ep.hosts[h] {
			return true
		}
	}
	return false
}

// holdsRule reports whether a contribution or an event names the rule.
func (sc *scope) holdsRule(r *novelRule) bool {
	if len(sc.byRule[r]) > 0 {
		return true
	}
	for _, ep := range sc.episodes {
		if _, ok := ep.ties[r]; ok || slices.ContainsFunc(ep.window, func(c *contribution) bool { return c.pair.rule == r }) {
			return true
		}
	}
	return false
}

// The bytes that parts of a scope are accounted with: what they take, and their share of the tables that hold them.
const (
	pairBytes         = 112
	hostBytes         = 240
	ruleBytes         = 160
	contributionBytes = 720
	noticedBytes      = 420
	mentionBytes      = 144
	episodeBytes      = 4096
	memberBytes       = 280
	loweredBytes      = 200
)

// bytes is about how much memory the scope takes.
func (sc *scope) bytes() int64 {
	n := 1024 + pairBytes*int64(len(sc.pairs)) + hostBytes*int64(len(sc.hosts)) + ruleBytes*int64(len(sc.names)) + sc.textBytes +
		contributionBytes*int64(len(sc.lately.all)) + sc.waitingBytes + loweredBytes*int64(len(sc.lowered))
	for _, ep := range sc.episodes {
		n += episodeBytes + mentionBytes*int64(len(ep.refs)+refsEach*(len(ep.heads)+len(ep.tails))) + memberBytes*int64(len(ep.order))
	}
	return n
}

// bytes is about how much memory an alert that waits takes.
func (w *noticed) bytes() int64 { return noticedBytes + int64(len(w.host)+len(w.rule)+len(w.apart)) }
