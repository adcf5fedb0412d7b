package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// kindSpec says which keys a kind of correlation has beside those that all have, and which of them it must have.
type kindSpec struct {
	steps     bool // its conditions stand in correlate, not in when
	mandatory []string
	optional  []string
}

// kinds is the one place that knows the kinds.
var kinds = map[Kind]kindSpec{
	Match:     {},
	Count:     {mandatory: []string{"span", "at_least"}},
	Distinct:  {mandatory: []string{"span", "field", "at_least"}},
	SetOf:     {steps: true, mandatory: []string{"span", "of"}},
	Sequence:  {steps: true, mandatory: []string{"span", "steps"}, optional: []string{"until"}},
	Absence:   {steps: true, mandatory: []string{"after", "without", "within"}},
	Silence:   {mandatory: []string{"span"}, optional: []string{"forget", "expect"}},
	FirstSeen: {mandatory: []string{"values", "history"}, optional: []string{"learn"}},
	Leaky:     {mandatory: []string{"capacity", "leakspeed"}, optional: []string{"distinct"}},
	Spike:     {mandatory: []string{"span", "baseline", "ratio", "at_least"}},
	Measure:   {mandatory: []string{"span", "field", "measure", "bounds"}, optional: []string{"percentile"}},
	NoveltyKind: {
		mandatory: []string{"hosts", "field"},
		optional:  []string{"links", "words", "span", "decay", "learn", "forget", "rare", "novel", "cold", "join", "chain", "look_back"},
	},
	Risk: {mandatory: []string{"span", "score", "at_least"}, optional: []string{"decay", "tactics"}},
}

// kindNames are the kinds by name, sorted.
func kindNames() []string {
	var names []string
	for k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return names
}

// The defaults of a correlation (engine.md, rulings 9 and 12).
const (
	defaultQuiet   = time.Hour // of kind match; all others take their span
	defaultMaxOpen = 24 * time.Hour
)

// maxAtLeast bounds the times that a key keeps: a count of a million needs another kind of rule.
const maxAtLeast = 1_000_000

func (d *draft) readCorrelate(v *yaml.Node) {
	c := &d.rule.Correlate
	if !d.readKind(v) {
		return
	}
	c.OnMissing, c.MaxOpen = Drop, defaultMaxOpen
	switch c.Kind {
	case Match:
		c.OnMissing, c.AtLeast = Alone, 1
	case FirstSeen:
		c.AtLeast = 1
	case NoveltyKind:
		c.OnMissing = Null
	case Risk:
		c.Explode = true
	default:
	}
	d.by(v, "correlate of kind "+string(c.Kind), correlationKeys(c.Kind), d.correlationReaders())
	d.checkKind(v)
	if !d.quiet {
		c.Quiet = c.Span
		if c.Kind == Match || c.Kind == FirstSeen {
			c.Quiet = defaultQuiet
		}
	}
	if len(c.GroupBy) > maxGroup {
		d.fault(v, "", "a group key of %d fields: the limit is %d", len(c.GroupBy), maxGroup)
	}
	if c.Field != "" && slices.Contains(c.GroupBy, c.Field) {
		d.fault(v, "count the values of another field", "every group has one value of %s only: it is in group_by", c.Field)
	}
}

// correlationReaders read the keys of correlate, of whatever kind.
func (d *draft) correlationReaders() map[string]func(*yaml.Node) {
	c := &d.rule.Correlate
	all := map[string]func(*yaml.Node){
		"kind":       func(*yaml.Node) {},
		"span":       d.positive(&c.Span),
		"field":      d.field(&c.Field),
		"distinct":   d.field(&c.Field),
		"at_least":   d.whole(&c.AtLeast, 1, maxAtLeast),
		"of":         d.readOf,
		"steps":      d.readSteps,
		"until":      d.readUntil,
		"capacity":   d.whole(&c.Capacity, 1, maxAtLeast-1),
		"leakspeed":  d.positive(&c.LeakSpeed),
		"after":      d.readCondition(false),
		"without":    d.readCondition(true),
		"within":     d.positive(&c.Span),
		"values":     d.fields(&c.Values),
		"history":    d.positive(&c.History),
		"learn":      d.readLearn,
		"score":      d.readScore,
		"decay":      d.positive(&c.Decay),
		"tactics":    d.whole(&c.Tactics, 1, maxTactics),
		"forget":     d.positive(&c.Forget),
		"baseline":   d.positive(&c.Baseline),
		"ratio":      d.readRatio,
		"expect":     d.readExpect,
		"measure":    d.word(&c.Measure, measures...),
		"bounds":     d.readBounds,
		"percentile": d.readPercentile,
		"group_by":   d.fields(&c.GroupBy),
		"quiet":      d.readQuiet,
		"max_open":   d.positive(&c.MaxOpen),
		"on_missing": d.readMissing,
		"explode":    d.boolean(&c.Explode),
		"fold":       d.boolean(&c.Fold),
		"limits":     d.readLimits,
	}
	maps.Copy(all, d.noveltyReaders())
	return all
}

// checkKind checks what the keys of a kind say together, once all are read.
func (d *draft) checkKind(v *yaml.Node) {
	switch d.rule.Correlate.Kind {
	case Leaky:
		d.bucket(v)
	case Silence:
		d.silence(v)
	case Spike:
		d.spike(v)
	case Measure:
		d.measure(v)
	case Sequence:
		d.ends()
		d.within(v)
	case FirstSeen:
		d.history(v)
	case NoveltyKind:
		d.novelty(v)
	default:
	}
}

// maxGroup bounds the fields of a group key.
const maxGroup = 8

// readKind finds the kind before anything else, as it decides which keys there are.
func (d *draft) readKind(v *yaml.Node) bool {
	if v.Kind != yaml.MappingNode {
		d.fault(v, "write {kind: match, group_by: []}", "correlate is %s, not a mapping", describe(v))
		return false
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		if v.Content[i].Value != "kind" {
			continue
		}
		n := v.Content[i+1]
		kind := Kind(n.Value)
		if _, known := kinds[kind]; !known {
			d.fault(n, fault.DidYouMean(n.Value, kindNames()), "unknown kind %q", n.Value)
			return false
		}
		d.rule.Correlate.Kind = kind
		return true
	}
	d.fault(v, "add kind: one of "+strings.Join(kindNames(), ", "), "correlate has no kind")
	return false
}

func (d *draft) positive(into *time.Duration) func(*yaml.Node) {
	return func(v *yaml.Node) {
		faults := d.found
		d.duration(into)(v)
		if d.found == faults && *into <= 0 {
			d.fault(v, "", "more than nothing is wanted here")
		}
	}
}

func (d *draft) readQuiet(v *yaml.Node) {
	d.quiet = true
	d.positive(&d.rule.Correlate.Quiet)(v)
}

func (d *draft) readMissing(v *yaml.Node) {
	var word string
	d.word(&word, missings...)(v)
	d.rule.Correlate.OnMissing = Missing(word)
}

func (d *draft) readLimits(v *yaml.Node) {
	var keys, bytes int
	d.by(v, "limits", limitKeys(), map[string]func(*yaml.Node){
		"keys":  d.whole(&keys, 1, 100_000_000),
		"bytes": d.whole(&bytes, 1<<10, 1<<40),
	})
	d.rule.Correlate.Limits = Limits{Keys: keys, Bytes: int64(bytes)}
}
