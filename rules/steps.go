package rules

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
)

// maxConditions bounds the conditions of one rule: they are bits of [tocsin.Match.Conditions].
const maxConditions = 64

// readOf reads the conditions of kind set: names of let or expressions.
func (d *draft) readOf(v *yaml.Node) {
	d.list(func(n *yaml.Node) {
		d.steps = append(d.steps, n)
		d.rule.Correlate.Steps = append(d.rule.Correlate.Steps, Step{When: n.Value})
	})(v)
	d.rule.Correlate.AtLeast = len(d.steps)
	switch n := len(d.steps); {
	case v.Kind != yaml.SequenceNode:
	case n < 2:
		d.fault(v, "kind match and count have one condition", "a set of %d: two conditions are the least", n)
	case n > maxConditions:
		d.fault(v, "", "a set of %d conditions: the limit is %d", n, maxConditions)
	}
}

// readCondition reads one condition of kind absence: a name of let or an expression.
func (d *draft) readCondition(absent bool) func(*yaml.Node) {
	return func(v *yaml.Node) {
		d.steps = append(d.steps, v)
		d.rule.Correlate.Steps = append(d.rule.Correlate.Steps, Step{When: v.Value, Absent: absent})
	}
}

// maxStep bounds the alerts of one step: a window is looked through for them.
const maxStep = 10_000

// A sequenceDraft is a sequence while its steps are read: the conditions that must not be met stand after those of the
// steps, so that step i is bit i.
type sequenceDraft struct {
	absent []Step
	nodes  []*yaml.Node // of absent
	read   int          // steps of both sorts that were read, faulty ones too
	until  *yaml.Node
}

// readSteps reads the steps of kind sequence.
func (d *draft) readSteps(v *yaml.Node) {
	steps := &d.rule.Correlate.Steps
	d.list(d.readStep)(v)
	d.rule.Correlate.AtLeast = len(*steps)
	switch n := len(*steps); {
	case v.Kind != yaml.SequenceNode:
	case len(v.Content) < 2:
		d.fault(v, "kinds match, count and distinct have one condition", "a sequence of %d: two steps are the least", len(v.Content))
	case n == 0 && len(d.sequence.absent) > 0:
		d.fault(v, "add the step that the absence follows", "a sequence of absent steps alone")
	case len(v.Content) > maxSteps:
		d.fault(v, "", "a sequence of %d steps: the limit is %d", len(v.Content), maxSteps)
	}
	for i, s := range d.sequence.absent {
		switch node := d.sequence.nodes[i]; {
		case i > 0 && s.After == len(*steps) && d.sequence.absent[i-1].After == s.After:
			d.fault(node, "join them with or", "two absent steps at the end")
		case s.After == 0:
			d.fault(node, "begin with the step that it follows", "the first step is absent")
		case s.After < len(*steps) && s.Within > 0:
			d.fault(node, "leave it out: the within of the next step bounds it", "an absent step that another follows has no within")
		case s.After == len(*steps) && s.Within == 0:
			d.fault(node, "add within: and for how long nothing may come", "the last step is absent and has no within")
		}
	}
}

// readStep reads one step.
func (d *draft) readStep(n *yaml.Node) {
	s := Step{AtLeast: 1}
	var when, absent, many *yaml.Node
	count := d.whole(&s.AtLeast, 1, maxStep)
	d.by(n, "the step", stepKeys(), map[string]func(*yaml.Node){
		"when":     func(k *yaml.Node) { when = k },
		"absent":   func(k *yaml.Node) { absent = k },
		"within":   d.positive(&s.Within),
		"at_least": func(k *yaml.Node) { many = k; count(k) },
		"distinct": d.field(&s.Distinct),
	})
	steps := &d.rule.Correlate.Steps
	d.sequence.read++
	switch {
	case n.Kind != yaml.MappingNode: // its fault has been told
	case when != nil && absent != nil:
		d.fault(absent, "make two steps of them", "a step is there or absent, not both")
	case when == nil && absent == nil:
		d.fault(n, "add when: and a condition, or absent: and what must not come", "the step has no when")
	case absent != nil && (many != nil || s.Distinct != ""):
		d.fault(n, "leave at_least and distinct out", "an absent step is not counted")
	case absent != nil:
		s.When, s.AtLeast, s.Absent, s.After = absent.Value, 0, true, len(*steps)
		d.sequence.absent, d.sequence.nodes = append(d.sequence.absent, s), append(d.sequence.nodes, absent)
	case s.Within > 0 && d.sequence.read == 1:
		d.fault(n, "the span bounds the whole sequence", "the first step has a within, but there is no step before it")
	default:
		if s.Distinct != "" && many == nil {
			d.fault(n, "add at_least: and how many values", "a step of different values does not say how many")
		}
		s.When = when.Value
		*steps, d.steps = append(*steps, s), append(d.steps, when)
	}
}

// readUntil reads what ends a pending sequence.
func (d *draft) readUntil(v *yaml.Node) { d.sequence.until = v }

// ends puts what a sequence must not see after its steps.
func (d *draft) ends() {
	c := &d.rule.Correlate
	c.Steps, d.steps = append(c.Steps, d.sequence.absent...), append(d.steps, d.sequence.nodes...)
	if v := d.sequence.until; v != nil {
		c.Steps, d.steps = append(c.Steps, Step{When: v.Value, Until: true}), append(d.steps, v)
	}
}

// maxSteps bounds the steps of a sequence.
const maxSteps = 16

// within notes a step that may take longer than all of them.
func (d *draft) within(v *yaml.Node) {
	c := &d.rule.Correlate
	for _, s := range c.Steps {
		if c.Span > 0 && s.Within >= c.Span && !s.Absent {
			d.lint(v, "leave within out", "a step within %s is no limit: the whole sequence lasts less than %s", s.Within, c.Span)
		}
	}
}

// bucket works out the span of a leaky bucket: the time in which a full one runs empty.
func (d *draft) bucket(v *yaml.Node) {
	c := &d.rule.Correlate
	if c.Capacity == 0 || c.LeakSpeed == 0 {
		return // their faults have been told
	}
	if c.LeakSpeed > maxDuration/time.Duration(c.Capacity) {
		d.fault(v, "", "a bucket of %d that loses one every %s needs more than ten years to run empty", c.Capacity, c.LeakSpeed)
		return
	}
	c.AtLeast, c.Span = c.Capacity+1, c.LeakSpeed*time.Duration(c.Capacity)
	if d.quiet && c.Quiet < c.Span {
		d.fault(v, "leave quiet out, or use suppress for more", "quiet %s is less than capacity times leakspeed, %s: in that time the bucket runs empty", c.Quiet, c.Span)
	}
}

// conditions compiles what decides over alerts: the condition when, or those of the kind's steps.
func (d *draft) conditions() {
	spec, ok := kinds[d.rule.Correlate.Kind]
	nodes := d.conditionNodes()
	switch {
	case d.when == nil:
		if ok && !spec.steps {
			d.fault(d.node, "add when: and a condition; true if every alert counts", "the rule has no when")
		}
	case spec.steps:
		d.fault(d.when, "write the condition into each of them, or name it below let", "a rule of kind %s has its conditions in correlate", d.rule.Correlate.Kind)
		return
	default:
	}
	for _, n := range nodes {
		if x := d.expression(n, d.names); x != nil {
			d.use(x)
			d.rule.conditions = append(d.rule.conditions, x)
		}
	}
}

// conditionNodes are where the rule's conditions stand, in the order of the bits of a match.
func (d *draft) conditionNodes() []*yaml.Node {
	if d.when == nil {
		return d.steps
	}
	return append(slices.Clone(d.steps), d.when)
}

// defaultForget is after which silence a key is forgotten (engine.md, ruling 10).
const defaultForget = 7 * 24 * time.Hour

// silence checks what only a silence can get wrong.
func (d *draft) silence(v *yaml.Node) {
	c := &d.rule.Correlate
	if c.Forget == 0 {
		c.Forget = max(defaultForget, c.Span)
	}
	if c.Span > 0 && c.Forget < c.Span {
		d.fault(v, "make forget as long as the span at least", "a key is forgotten after %s, before it is silent for %s", c.Forget, c.Span)
	}
	if len(c.Expect) > 0 && len(c.GroupBy) != 1 {
		d.fault(v, "group by the field whose values are listed", "expect names values of one field, and the group key has %d", len(c.GroupBy))
	}
	if d.quiet {
		d.fault(v, "leave quiet out", "each silence is an event of its own")
	}
	c.AtLeast = 1
	if c.Fold {
		for i, key := range c.Expect {
			c.Expect[i] = strings.ToLower(key)
		}
		slices.Sort(c.Expect)
		c.Expect = slices.Compact(c.Expect)
	}
}

// maxSlots bounds the spans of a baseline: a key keeps a number for each that has alerts.
const maxSlots = 5000

// spike checks what only a spike can get wrong.
func (d *draft) spike(v *yaml.Node) {
	c := &d.rule.Correlate
	switch {
	case c.Span <= 0 || c.Baseline <= 0: // their faults have been told
	case c.Baseline < c.Span:
		d.fault(v, "make it a multiple of the span", "the baseline of %s is shorter than the span of %s", c.Baseline, c.Span)
	case c.Baseline/c.Span > maxSlots:
		d.fault(v, "take a longer span or a shorter baseline", "the baseline has %d spans: the limit is %d", c.Baseline/c.Span, maxSlots)
	case c.Baseline%c.Span != 0:
		d.lint(v, "make it a multiple of the span", "the baseline is counted in whole spans: %s of %s", c.Baseline/c.Span*c.Span, c.Baseline)
	}
}

func (d *draft) readRatio(v *yaml.Node) {
	n, ok := tocsin.NumberValue(v.Value)
	f, _ := n.Float()
	if v.Kind != yaml.ScalarNode || !ok || f <= 0 || f > maxAtLeast {
		d.fault(v, "5 is five times the key's own rate", "ratio is a number above 0")
		return
	}
	d.rule.Correlate.Ratio = f
}

// maxExpect bounds the keys that a silence waits for.
const maxExpect = 100_000

// readExpect reads the keys of a silence: list:NAME or the values themselves.
func (d *draft) readExpect(v *yaml.Node) {
	var values []string
	name, listed := strings.CutPrefix(v.Value, "list:")
	switch list := d.l.lists[name]; {
	case v.Kind == yaml.SequenceNode:
		d.texts(&values)(v)
	case !listed:
		d.fault(v, "write list:NAME, or [ … ] with the values", "expect names no list")
	case list == nil:
		d.fault(v, "put the values into lists/"+name+".txt", "there is no list %q", name)
	default:
		values = list.Values()
	}
	slices.Sort(values)
	d.rule.Correlate.Expect = slices.Compact(values)
	if n := len(d.rule.Correlate.Expect); n > maxExpect {
		d.fault(v, "", "%d keys are expected: the limit is %d", n, maxExpect)
	}
}

// expects reports whether a silence waits for the key: for any, or one that it names.
func (c *Correlate) expects(key []tocsin.Value) bool {
	if len(c.Expect) == 0 || len(key) != 1 {
		return true
	}
	_, ok := slices.BinarySearch(c.Expect, key[0].Text())
	return ok
}
