package correlate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tocsin"
)

// A Plan is what the engine needs of one rule.
type plan struct {
	id       string
	ref      *tocsin.RuleRef // what events say of the rule
	kind     string
	groupBy  []string
	requires []string // fields without which the rule is blind
	span     int64    // nanoseconds; 0 for kind match
	quiet    int64    // nanoseconds: alerts of a burst lie closer than this
	maxOpen  int64    // nanoseconds
	leak     int64    // nanoseconds in which a bucket loses one alert; kind leaky only, whose span follows from it
	atLeast  int
	few      int   // kind distinct only, else beyond all: so many values a key keeps in a plain list
	decay    int64 // kind risk only; nanoseconds in which a score halves, 0 for never
	points   int64 // kind risk only; thousandths of a point for each event, where no field says them
	tactics  int   // kind risk only
	history  int64 // kind first_seen only; nanoseconds
	learn    int64 // kind first_seen only; nanoseconds
	delay    int64 // folds only, see [fold.ahead]
	forward  int64 // likewise; nanoseconds
	memory   int64 // kinds silence and spike only: how long after its newest alert a key is known
	baseline int64 // kind spike only: slots
	ratio    float64
	gauge    gauge    // kind measure only
	expect   []string // kind silence only: the keys that are waited for, sorted; nil for those that were heard of
	steps    []step   // kind sequence only; at_least is their number
	rank     int      // 0 and 1: the rule reads alerts alone; else events of lower ranks too
	heard    bool     // a rule of a higher rank may read its events
	calms    bool     // alerts of a burst can be left for later, see [calm]
	sequenceEnds
	novel    novelPlan // kind novelty only
	maxKeys  int
	maxBytes int64
	shape    string // state carries over a reload where it is the same
}

// A planSet is the engine's view of one rule set.
type planSet struct {
	hash   string
	plans  []plan
	opener opener // nil where no rule reads events
}

// The defaults of a plan and of its limits.
const (
	defaultQuiet    = int64(time.Hour)      // of kind match, which has no span
	defaultMaxOpen  = int64(24 * time.Hour) // ruling 12
	defaultMaxKeys  = 1_000_000             // about 400 MB with one alert each
	defaultMaxBytes = 512 << 20             // per rule and engine
)

// normal returns p with defaults in place of zeros and with durations that event-time arithmetic cannot overflow.
func (p plan) normal() plan {
	p.rank = max(p.rank, 1)
	p.atLeast = max(p.atLeast, 1)
	if p.kind != "match" && p.kind != "first_seen" {
		p.span = min(max(p.span, 1), longest)
	}
	if p.few = cmp.Or(p.few, defaultFew); p.kind != "distinct" {
		p.few = math.MaxInt
	}
	if p.kind != "silence" && p.kind != "spike" {
		p.memory, p.baseline, p.ratio, p.expect = 0, 0, 0, nil
	}
	if p.kind != "measure" {
		p.gauge = gauge{}
	}
	p = p.normalKind()
	if p.quiet <= 0 {
		p.quiet = p.span
	}
	if p.maxOpen <= 0 {
		p.maxOpen = defaultMaxOpen
	}
	p.quiet, p.maxOpen = min(p.quiet, longest), min(p.maxOpen, longest)
	if p.kind == "count" && p.atLeast == 1 {
		p.quiet = max(p.quiet, p.span) // any two alerts inside the span share a window
	}
	if f, ok := p.family().(fold); ok {
		p.delay, p.forward = f.ahead(&p)
	}
	p.calms = p.calmable()
	if p.maxKeys <= 0 {
		p.maxKeys = defaultMaxKeys
	}
	if p.maxBytes <= 0 {
		p.maxBytes = defaultMaxBytes
	}
	return p
}

// normalKind is what normal does for one kind alone.
func (p plan) normalKind() plan {
	switch p.kind {
	case "match", "first_seen":
		p.span, p.atLeast = 0, 1
		if p.quiet == 0 {
			p.quiet = defaultQuiet
		}
	case "absence":
		p.atLeast = 2
	case "leaky", leakyDistinct:
		p.leak = min(max(p.leak, 1), longest)
		p.atLeast = max(p.atLeast, 2)
		p.span = max(p.leak*min(int64(p.atLeast-1), longest/p.leak), p.leak)
		p.quiet = max(p.quiet, p.span) // an event goes on while the bucket could hold an alert of it
	case "silence":
		p.quiet, p.maxOpen = 1, longest // each silence is an event of its own
		p.memory = min(max(p.memory, p.span), longest)
	case "spike":
		p.span = min(p.span, longest/8)
		p.baseline = min(max(p.baseline, 1), min(longest/4/p.span, maxSlots))
		p.memory = (p.baseline + 2) * p.span
	case "sequence":
		p.trailing = min(p.trailing, longest/2)
	}
	return p
}

// maxSlots bounds the slots of a baseline: a key may keep a number for each.
const maxSlots = 5000

// linger is how long after its last alert a burst can still grow.
func (p *plan) linger() int64 {
	if p.forward > 0 {
		return p.quiet + p.forward // an alert closer than quiet, and the moment that decides it
	}
	return max(p.quiet, p.span)
}

// useful is how long after an alert another can be in one window with it, or the moment that decides over it.
func (p *plan) useful() int64 {
	if p.forward > 0 {
		return max(p.forward, p.memory) + 1
	}
	return max(p.span, 1)
}

// sameTuning reports whether p and q build the same bursts from the same alerts.
func (p *plan) sameTuning(q *plan) bool {
	return p.rank == q.rank && p.heard == q.heard && p.quiet == q.quiet && p.maxOpen == q.maxOpen && p.atLeast == q.atLeast &&
		p.decay == q.decay && p.points == q.points && p.tactics == q.tactics && slices.Equal(p.steps, q.steps) && p.sequenceEnds == q.sequenceEnds &&
		p.memory == q.memory && p.baseline == q.baseline && p.ratio == q.ratio && p.gauge == q.gauge
}

// sequenceEnds is what a sequence must not see. Conditions are bits of [tocsin.Match.Conditions].
type sequenceEnds struct {
	until    uint64 // conditions that end what is pending
	trail    uint64 // conditions of which none may follow the last step
	trailing int64  // for so long
}

// family is the kind of the rule; a sequence that asks for absence, or until something comes, is of another.
func (p *plan) family() kind {
	if p.kind == "sequence" && (p.until|p.trail != 0 || slices.ContainsFunc(p.steps, func(s step) bool { return s.absent != 0 })) {
		return patternKind{}
	}
	return kindOf(p.kind)
}

// valued reports whether a step asks for different values.
func (p *plan) valued() bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return s.value > 0 })
}
