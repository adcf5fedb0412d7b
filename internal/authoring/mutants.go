package authoring

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// A Mutant is a rule with one thing about it changed, as a mistake would change it.
type Mutant struct {
	Line   int    // of the rule's file where the change is
	Column int    //
	Change string // what was changed: "drops `event.outcome == \"failure\"`"
	Text   string // the changed line of the rule, as it would be written: "when: …"
	Remedy string // which test would tell the mutant from the rule
	file   []byte // the document with the change
}

// maxMutants bounds the mutants of one rule.
const maxMutants = 250

// Mutants are the changes of a rule that its tests should notice, in the order of the file: a term, step, exclusion, group
// field or limit of time dropped, a span doubled and halved, neighbouring steps swapped, a threshold lowered and raised.
// The error is of a file that does not hold the rule.
func Mutants(set *rules.Set, rule *rules.Rule) ([]Mutant, error) {
	root, src, err := document(set, rule)
	if err != nil {
		return nil, err
	}
	m := &mutation{root: root, src: src, table: expression.New(expression.Options{
		Lookup: func(string) (expression.Type, bool) { return expression.Any, true },
	})}
	if rule.Correlate.OnMissing == rules.Drop {
		m.present = slices.Clone(rule.Correlate.GroupBy)
	}
	m.present = append(m.present, rule.Correlate.Field)
	m.rule()
	slices.SortStableFunc(m.all, func(a, b Mutant) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return m.all, nil
}

// document finds the rule's document in its file.
func document(set *rules.Set, rule *rules.Rule) (*yaml.Node, []byte, error) {
	for _, f := range set.Files {
		if f.Name != rule.File {
			continue
		}
		dec := yaml.NewDecoder(bytes.NewReader(f.Data))
		for {
			var doc yaml.Node
			if err := dec.Decode(&doc); err != nil {
				break
			}
			if len(doc.Content) == 1 && scalarOf(doc.Content[0], "id") == rule.ID {
				return doc.Content[0], f.Data, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("rule %s is not found in %s", rule.ID, rule.File)
}

// A mutation makes the mutants of one document. It changes a node, writes the document and changes the node back.
type mutation struct {
	root  *yaml.Node
	src   []byte // of the whole file
	table *expression.Table
	all   []Mutant
	// present are fields without which an alert counts for nothing: of the group key, and whose values are counted.
	present []string
}

// try adds the mutant that the document is between do and undo.
func (m *mutation) try(at *yaml.Node, change, text, remedy string, do, undo func()) *Mutant {
	do()
	file, err := yaml.Marshal(m.root)
	undo()
	if err != nil || len(m.all) == maxMutants {
		return &Mutant{} // a document that was read can be written
	}
	m.all = append(m.all, Mutant{Line: at.Line, Column: at.Column, Change: change, Text: text, Remedy: remedy, file: file})
	return &m.all[len(m.all)-1]
}

// value tries another text for a scalar.
func (m *mutation) value(n *yaml.Node, key, change, text, remedy string) *Mutant {
	old := *n
	return m.try(n, change, key+": "+text, remedy, func() {
		n.Value = text
		if !strings.Contains(old.Tag, "int") { // an expression is quoted as it needs
			n.Style = yaml.DoubleQuotedStyle
		}
	}, func() { *n = old })
}

// without tries a sequence without its member i.
func (m *mutation) without(n *yaml.Node, i int, change, text, remedy string) {
	old := n.Content
	m.try(n.Content[i], change, text, remedy,
		func() { n.Content = slices.Delete(slices.Clone(old), i, i+1) }, func() { n.Content = old })
}

// keyless tries a mapping without one of its keys.
func (m *mutation) keyless(n *yaml.Node, key, change, remedy string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			old := n.Content
			m.try(old[i], change, "no "+key, remedy, func() { n.Content = slices.Delete(slices.Clone(old), i, i+2) }, func() { n.Content = old })
			return
		}
	}
}

// rule goes through the parts of the rule that its tests can tell of.
func (m *mutation) rule() {
	if lets := child(m.root, "let"); lets != nil && lets.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(lets.Content); i += 2 {
			m.condition(lets.Content[i+1], lets.Content[i].Value)
		}
	}
	m.condition(child(m.root, "when"), "when")
	m.except(child(m.root, "except"))
	if c := child(m.root, "correlate"); c != nil && c.Kind == yaml.MappingNode {
		m.correlate(c)
	}
}

// condition drops the terms of an expression.
func (m *mutation) condition(n *yaml.Node, key string) {
	if n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() == "!!bool" {
		return
	}
	for _, v := range m.table.Variants(n.Value) {
		if field, ok := strings.CutSuffix(v.Dropped, " != nil"); ok && v.From == "and" && slices.Contains(m.present, field) {
			continue // it means the same: an alert without the field counts for nothing
		}
		term := "`" + v.Dropped + "`"
		change, remedy := "drops "+term, ""
		switch v.From {
		case "and":
			remedy = "a test whose alerts meet all but " + term + " and are not meant"
		case "or":
			remedy = "a test whose alerts meet " + term + " and none of its alternatives"
		case "not":
			change, remedy = "drops the not before "+term, "a test whose alerts differ in "+term+" alone"
		default:
			remedy = "a test whose alerts do not meet " + term
		}
		mutant, at := m.value(n, key, change, v.Text, remedy), rules.Within(m.src, n, v.Offset)
		mutant.Line, mutant.Column = at.Line, at.Column
	}
}

func (m *mutation) except(n *yaml.Node) {
	if n == nil {
		return
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for i, item := range items {
		change, remedy := "drops the exclusion `"+item.Value+"`", "a test whose alerts would fire but for `"+item.Value+"`, with expect: []"
		if n.Kind == yaml.SequenceNode {
			m.without(n, i, change, "except: without it", remedy)
		} else {
			m.keyless(m.root, "except", change, remedy)
		}
		m.condition(item, "except")
	}
}

// novelty drops what ties alerts together for kind novelty, and what stands in for history that is not there yet.
func (m *mutation) novelty(c *yaml.Node) {
	m.keyless(c, "links", "drops links", "a test in which hosts have nothing but a value of links in common and are one event")
	m.keyless(c, "words", "drops words", "a test in which nothing is known of the past and the alerts' names speak of tactics")
	if hosts := child(c, "hosts"); hosts != nil && hosts.Kind == yaml.SequenceNode && len(hosts.Content) > 1 {
		for i := range hosts.Content {
			m.without(hosts, i, "drops a field of hosts", "hosts: without it", "a test whose alerts name their host there alone")
		}
	}
}

func (m *mutation) correlate(c *yaml.Node) {
	if g := child(c, "group_by"); g != nil && g.Kind == yaml.SequenceNode {
		for i, f := range g.Content {
			remedy := "a test whose alerts have different values of " + f.Value + " and only together reach the condition, with expect: []"
			if scalarOf(c, "kind") == string(rules.Match) {
				remedy = "a test whose alerts have different values of " + f.Value + " and are an event each"
			}
			m.without(g, i, "drops "+f.Value+" from group_by", "group_by: without it", remedy)
		}
	}
	for _, key := range []string{"span", "leakspeed", "baseline", "history", "within"} {
		m.span(child(c, key), key)
	}
	for _, key := range []string{"at_least", "capacity"} {
		m.threshold(child(c, key), key)
	}
	for _, key := range []string{"after", "without", "until"} {
		m.condition(child(c, key), key)
	}
	m.novelty(c)
	if u := scalarOf(c, "until"); u != "" {
		m.keyless(c, "until", "drops until: "+u, "a test in which `"+u+"` comes between the steps, with expect: []")
	}
	if of := child(c, "of"); of != nil && of.Kind == yaml.SequenceNode {
		for i, n := range of.Content {
			m.without(of, i, "drops the condition `"+n.Value+"`", "of: without it", "a test whose alerts meet every condition but `"+n.Value+"`, with expect: []")
			m.condition(n, "of")
		}
	}
	if steps := child(c, "steps"); steps != nil && steps.Kind == yaml.SequenceNode {
		m.steps(steps)
	}
}

// span doubles and halves a duration.
func (m *mutation) span(n *yaml.Node, key string) {
	d, ok := rules.ParseDuration(textOf(n))
	if !ok || d <= 0 {
		return
	}
	twice, half := replay.Offset(2*d), replay.Offset(d/2)
	m.value(n, key, "doubles "+key+" to "+twice, twice, "a test whose alerts would fire but lie "+n.Value+" or more and less than "+twice+" apart, with expect: []")
	m.value(n, key, "halves "+key+" to "+half, half, "a test whose alerts lie "+half+" or more and less than "+n.Value+" apart and fire")
}

// threshold lowers and raises a number.
func (m *mutation) threshold(n *yaml.Node, key string) {
	v, err := strconv.Atoi(textOf(n))
	if err != nil {
		return
	}
	less, more := strconv.Itoa(v-1), strconv.Itoa(v+1)
	m.value(n, key, "lowers "+key+" to "+less, less, "a test that comes up to "+less+" and no further, with expect: []")
	m.value(n, key, "raises "+key+" to "+more, more, "a test that comes up to exactly "+n.Value+" and fires")
}

func (m *mutation) steps(steps *yaml.Node) {
	for i, s := range steps.Content {
		if s.Kind != yaml.MappingNode {
			continue
		}
		name := fmt.Sprintf("step %d", i+1)
		m.without(steps, i, "drops "+name+" (`"+scalarOf(s, "when")+scalarOf(s, "absent")+"`)", "steps: without it", "a test whose alerts make every step but "+name+", with expect: []")
		if i > 0 {
			old := steps.Content
			m.try(s, fmt.Sprintf("swaps step %d and %s", i, name), fmt.Sprintf("steps: %s, then step %d", name, i),
				fmt.Sprintf("a test in which %s comes before step %d, with expect: []", name, i),
				func() {
					steps.Content = slices.Clone(old)
					steps.Content[i-1], steps.Content[i] = old[i], old[i-1]
				}, func() { steps.Content = old })
		}
		if w := scalarOf(s, "within"); w != "" {
			m.keyless(s, "within", "drops within: "+w+" of "+name, "a test in which "+name+" comes more than "+w+" after the step before, inside the span, with expect: []")
		}
		m.threshold(child(s, "at_least"), "at_least")
		for _, key := range []string{"when", "absent"} {
			m.condition(child(s, key), key)
		}
	}
}

// child is the value of a mapping's key, nil for none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func textOf(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func scalarOf(n *yaml.Node, key string) string { return textOf(child(n, key)) }

// A Verdict is what became of a mutant.
type Verdict struct {
	Mutant
	KilledBy string // the first test that told it from the rule; "" where all let it live
	Took     time.Duration
}
