package correlate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"tocsin"
	"tocsin/rules"
)

// Chaining (engine.md, ruling 11): an event that opens is an alert to the rules that read events, which an engine of the
// next rank correlates. The rank above hears of an event what is a function of its alerts alone: it stands at the alert
// that completed its first window, and names the entities of the alerts up to that one. Where a late alert changes this,
// what was heard before is taken back, so that every arrival order within lateness ends with the same.

// An opener makes matches of an event that opened, for the rules that read events.
type opener interface {
	Opened(o rules.Opening) []tocsin.Match
}

// A sent is what the rank above was last told of an event.
type sent struct {
	opening order    // the alert at which it opened, had all come in order
	digest  [32]byte // of it
	content id128    // hash of all that was told
}

// A telling is what the rank above is to hear of one event.
type telling struct {
	gone    *order         // what it heard before is no longer so
	opening *rules.Opening // nil: the event is gone
	link    *link
}

// A link is what an event that became an alert brings with it.
type link struct {
	event string
	refs  []item // its alerts up to its opening, by order: at most endRefs at either end
	cut   bool   // there were more
}

func (l *link) size() int { return 80 + len(l.event) + (itemSize+8)*len(l.refs) }

// sourceOfEvents is the source of alerts that are events.
const sourceOfEvents = "tocsin"

// owner is the engine whose rank the rule is of; e itself for one that none has.
func (e *Engine) owner(rule string) *Engine {
	for n := e; n != nil; n = n.next {
		if n.tracks[rule] != nil {
			return n
		}
	}
	return e
}

// opening is where an event of b opens when its alerts come in order.
func (b *burst) opening(ev *event) order {
	switch {
	case b.fired.before(ev.body.first):
		return ev.body.first // the burst goes on in it
	case ev.body.last.before(b.fired):
		return ev.body.last
	default:
		return b.fired
	}
}

// firedBy is the alert that completes the first window of a burst, of which old are parts and x is the new alert.
func (st *state) firedBy(old []*burst, x order) order {
	all := st.held.all()
	if len(old) == 0 && all[len(all)-1].order == x {
		return x
	}
	limit := order{at: never}
	for _, b := range old {
		limit = earlier(limit, b.fired)
	}
	if limit.before(x) {
		return limit
	}
	if first, ok := st.completes(x, limit); ok {
		return first
	}
	return limit
}

// completes is the first alert from x on, and before limit, that completes a window.
func (st *state) completes(x, limit order) (order, bool) {
	all, k := st.held.all(), st.track.kind
	from := min(st.held.since(x.at-st.track.plan.span+1), st.held.from(x))
	if st.track.plan.kind == "leaky" {
		from = st.emptyBefore(st.held.from(x))
	}
	trial := newState(st.track)
	for i := from; i < len(all) && all[i].before(limit); i++ {
		trial.held.insert(i-from, all[i])
		k.note(trial, &all[i])
		_, missing := k.newest(trial)
		if missing == 0 && !all[i].before(x) {
			return all[i].order, true
		}
		trial.missing = int32(missing)
	}
	return order{}, false
}

// tell notes what the rank above is to hear of ev, where that is not what it heard last; again says that ev was made anew.
func (e *Engine) tell(st *state, b *burst, ev *event, again bool) {
	if e.next == nil || ev.id == "" || ev.sent == nil && ev.revision > 1 {
		return // it opened before anybody heard of its rule
	}
	at := b.opening(ev)
	if ev.sent != nil && ev.sent.opening == at && e.cause > at.at && !again {
		return
	}
	now := &sent{opening: at}
	var known bool
	if now.digest, known = st.derivedDigest(ev, at); !known && ev.sent != nil && ev.sent.opening == at {
		now.digest = ev.sent.digest
	}
	o := &rules.Opening{Event: ev.id, Tenant: st.tenant(), Rule: st.track.plan.id, Group: st.group(ev)}
	parts := []string{"opening", ev.id, at.id.hex(), instant(at.at).Format(time.RFC3339Nano), hex.EncodeToString(now.digest[:])}
	for i := range ev.entities {
		if n := &ev.entities[i]; !at.before(n.order) {
			o.Entities = append(o.Entities, n.Entity)
			parts = append(parts, n.Field, n.Value, n.Role)
		}
	}
	hexInto(&now.content, tocsin.Hash(parts...))
	if ev.sent != nil && ev.sent.content == now.content {
		return
	}
	e.told++
	o.Alert = tocsin.AlertRef{
		ID: ev.id, Source: sourceOfEvents, Time: instant(at.at), Received: instant(ev.detected), Digest: now.digest,
		Ref: tocsin.Ref{Topic: sourceOfEvents, Partition: int32(e.rank), Offset: e.told},
	}
	t := telling{opening: o, link: ev.linkTo(at)}
	if ev.sent != nil {
		t.gone = ev.derived()
	}
	ev.sent = now
	e.tells = append(e.tells, t)
}

// tellAll tells what has changed of all events of a burst: where an earlier window was completed, others than those with
// the new alert open elsewhere.
func (e *Engine) tellAll(st *state, b *burst) {
	if e.next == nil || e.mute || !st.track.plan.heard {
		return
	}
	for _, ev := range b.events {
		if ev.sent != nil && ev.sent.opening != b.opening(ev) {
			e.tell(st, b, ev, true)
		}
	}
}

// untell takes back what the rank above heard of ev.
func (e *Engine) untell(ev *event) {
	if ev.sent != nil && e.next != nil {
		e.tells = append(e.tells, telling{gone: ev.derived()})
	}
	ev.sent = nil
}

// derived is where ev stands among the alerts of the rank above.
func (ev *event) derived() *order {
	return &order{at: ev.sent.opening.at, id: idOf([16]byte(ev.sent.digest[:16]))}
}

// derivedDigest is the content of the alert that ev is: its rule, its key and the alert at which it opens. The event's id is
// not in it, as it may differ with the order of arrival. Known says that the alert is still held.
func (st *state) derivedDigest(ev *event, at order) (sum [32]byte, known bool) {
	what := at.id.hex()
	for _, all := range [][]item{ev.head.all(), ev.tail.all(), st.held.all()} {
		if i, ok := slices.BinarySearchFunc(all, at, func(x item, o order) int { return x.compare(o) }); ok {
			what, known = all[i].digestText(), true
			break
		}
	}
	text := tocsin.Hash("event", st.tenant(), st.track.plan.id, tocsin.KeyText(st.key()), instant(at.at).Format(time.RFC3339Nano), what)
	return sha256.Sum256([]byte(text)), known
}

// digestText is the digest of the alert's content, or its id where there is none.
func (x *item) digestText() string {
	if x.digest == [32]byte{} {
		return cmp.Or(x.p.digest, x.id.hex())
	}
	return hex.EncodeToString(x.digest[:])
}

// linkTo is what ev brings with it when it opens at an alert.
func (ev *event) linkTo(at order) *link {
	l := &link{event: ev.id, cut: int64(ev.head.len()+ev.tail.len()) < ev.count}
	var upTo []item
	for _, all := range [][]item{ev.head.all(), ev.tail.all()} {
		for _, x := range all {
			if !at.before(x.order) {
				upTo = append(upTo, x)
			}
		}
	}
	var cut bool
	l.refs, cut = expand(upTo, endRefs)
	l.cut = l.cut || cut
	return l
}

// expand puts the alerts of events in their place, sorts all and leaves the first and the last n.
func expand(items []item, n int) (out []item, cut bool) {
	for _, x := range items {
		if x.p.link == nil {
			out = append(out, x)
			continue
		}
		out = append(out, x.p.link.refs...)
		cut = cut || x.p.link.cut
	}
	slices.SortFunc(out, func(a, b item) int { return a.compare(b.order) })
	out = slices.CompactFunc(out, func(a, b item) bool { return a.order == b.order })
	if n < math.MaxInt/2 && len(out) > 2*n {
		return slices.Concat(out[:n], out[len(out)-n:]), true
	}
	return out, cut
}

// chained reports whether an event is among the alerts that g names.
func (g *body) chained() bool {
	is := func(x item) bool { return x.p.link != nil }
	return slices.ContainsFunc(g.head.all(), is) || slices.ContainsFunc(g.tail.all(), is)
}

// expanded is the evidence of an event that events led to: it names them, and their alerts.
func (g *body) expanded(all bool) tocsin.Evidence {
	items := slices.Concat(g.head.all(), g.tail.all())
	ev := tocsin.Evidence{Alerts: []tocsin.AlertRef{}, Events: []string{}}
	for _, x := range items {
		if x.p.link != nil {
			ev.Events = append(ev.Events, x.p.link.event)
		}
	}
	n := endRefs
	if all {
		n = math.MaxInt
	}
	base, cut := expand(items, n)
	for i := range base {
		ev.Alerts = append(ev.Alerts, base[i].ref(base[i].alertID()))
	}
	ev.Truncated = cut || int64(len(items)) < g.count
	return ev
}

// rise hands what the engine of one rank has to tell to those above it, and gathers what they say.
func (e *Engine) rise(from *Engine) {
	if from != e {
		e.out = append(e.out, from.out...)
	}
	recorded := e.recorded() // which the ranks above do not know before the first marker that is handed up to them
	for n := from; n != nil; n = n.next {
		tells := n.tells
		n.tells = nil
		for i := range tells {
			for above := n.next; above != nil; above = above.next {
				above.begin()
				above.hear(&tells[i])
				for k := range above.out {
					above.out[k].Recorded = above.out[k].Recorded || recorded
				}
				e.out = append(e.out, above.out...)
				above.out = nil
			}
		}
	}
}

// lift moves the rank above on to where nothing that this one can still open, but for late alerts, lies before. It is
// called once all that opened up to the watermark was told.
func (e *Engine) lift() {
	if e.watermark == unset {
		return
	}
	var lag, reach int64
	for _, tk := range e.tracks { // maxima: the order does not matter
		reach = max(reach, tk.plan.reach())
		if tk.plan.waits() {
			lag = max(lag, tk.plan.reach())
		}
	}
	n := e.next
	n.begin()
	n.mark(tocsin.Marker{
		SourcePartition: tocsin.SourcePartition{Source: sourceOfEvents}, Greatest: instant(e.watermark),
		Disorder: time.Duration(lag), Lateness: time.Duration(min(e.lateness+reach, longest)),
		Recorded: e.recorded(), Ended: e.ended,
	})
	e.out = append(e.out, n.out...)
	n.out = nil
}

// reach is how far before an alert that comes late the events that it changes may stand.
func (p *plan) reach() int64 {
	n := max(p.span, p.forward)
	for _, s := range p.steps {
		n = max(n, min(p.span+s.within, longest))
	}
	return n
}

// waits reports whether events of the rule open when the watermark passes a time, not with an alert.
func (p *plan) waits() bool { return p.forward > 0 }

// takesBack reports whether alerts of the rule may prove wrong, so that bursts keep theirs. Folds keep what they need.
func (p *plan) takesBack() bool {
	return p.forward == 0 && (p.rank > 1 || p.kind == "first_seen")
}

// useAbove puts the set in force for the ranks above, of which there are as many as it needs.
func (e *Engine) useAbove(set planSet) {
	wanted := slices.ContainsFunc(set.plans, func(p plan) bool { return p.rank > e.rank })
	if e.next == nil && wanted {
		e.next = e.above()
	}
	if e.next != nil {
		e.next.begin()
		e.next.use(set)
		e.out = append(e.out, e.next.out...)
		e.next.out = nil
	}
}

// above is an engine without state for the rank above.
func (e *Engine) above() *Engine {
	n := newRank(e.cfg, planSet{}, e.rank+1)
	n.origins, n.sights = e.origins, e.sights
	return n
}

// layoutNext is the rank above, where there is one.
func (e *Engine) layoutNext(c *coder, origins *originTable) {
	c.num(&e.told)
	there := e.next != nil
	c.bool(&there)
	if !there || c.err != nil {
		return
	}
	if c.reading {
		if e.rank > 8 {
			c.fail("more ranks than there can be")
			return
		}
		e.next = e.above()
	}
	e.next.layout(c, origins)
}

func (c *trackCoder) sent(s **sent) {
	there := *s != nil
	if c.bool(&there); !there {
		return
	}
	if c.reading {
		*s = &sent{}
	}
	c.order(&(*s).opening)
	c.raw((*s).digest[:])
	c.id(&(*s).content)
}

func (c *trackCoder) link(l **link) {
	there := *l != nil
	if c.bool(&there); !there {
		return
	}
	if c.reading {
		*l = &link{}
	}
	c.text(&(*l).event)
	c.bool(&(*l).cut)
	last := c.last
	if c.depth++; c.depth > 2 {
		c.fail("an event within an event within an event")
		return
	}
	c.items(&(*l).refs)
	c.depth--
	c.last = last
}
