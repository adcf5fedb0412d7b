package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/ecs"
	"tocsin/internal/expression"
)

// An Imported is a Sigma rule as a native rule, or the reason why there is none.
type Imported struct {
	ID, Title string
	Source    string // file and line of the Sigma document
	Name      string // of a file for it, without folder
	YAML      []byte // nil where Reason is not ""
	Reason    string
}

// ImportSigma writes the Sigma rules of sources, and of single files beside them, as native rules that match the same alerts. Each is read back and
// compared before it is returned: a rule whose text would mean anything else has a reason instead. Set is what was
// loaded, with the documents that were refused. The error is of type [Faults].
func ImportSigma(sources []Source, files []File, opts Options) (imported []Imported, set *Set, err error) {
	l := newLoader(opts)
	l.trees = map[string][]expression.Tree{}
	files = slices.Clone(files)
	for _, s := range sources {
		files = append(files, l.read(s)...)
	}
	set, err = l.load(l.withPipelines(files))
	if err != nil {
		return nil, nil, err
	}
	names := map[string]int{}
	for _, r := range set.rules {
		if !r.Sigma {
			continue
		}
		one := l.native(r)
		names[one.Name]++
		if n := names[one.Name]; n > 1 {
			one.Name = fmt.Sprintf("%s-%d", one.Name, n)
		}
		one.Name += ".yml"
		imported = append(imported, one)
	}
	slices.SortStableFunc(imported, func(a, b Imported) int { return cmp.Compare(a.Source, b.Source) })
	return imported, set, nil
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// native writes one rule.
func (l *loader) native(r *Rule) Imported {
	out := Imported{ID: r.ID, Title: r.Title, Source: fmt.Sprintf("%s:%d", r.File, r.Line), Name: strings.Trim(notSlug.ReplaceAllString(strings.ToLower(r.Title), "-"), "-")}
	out.Name = cmp.Or(out.Name[:min(len(out.Name), 80)], r.ID)
	if r.variants != nil {
		out.Reason = "its rules keep the group key or the value in different fields; a native rule has one place for each"
		return out
	}
	w := &nativeWriter{rule: r, texts: map[string]string{}}
	node, err := w.document(l.trees[r.ID])
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err = enc.Encode(node); err == nil {
		err = enc.Close()
	}
	if err == nil {
		err = l.same(r, b.Bytes())
	}
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	out.YAML = b.Bytes()
	return out
}

// same reads a native rule back and compares it with the Sigma rule that it was made of.
func (l *loader) same(r *Rule, data []byte) error {
	set, err := LoadFiles([]File{{Name: "rule.yml", Path: "rule.yml", Data: data}}, Options{Custom: l.opts.Custom})
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fmt.Errorf("a native rule cannot say it: %s", first)
	}
	if len(set.rules) != 1 {
		return fmt.Errorf("a native rule cannot say it: it is read as %d rules", len(set.rules))
	}
	back := set.rules[0]
	if len(back.conditions) != len(r.conditions) {
		return fmt.Errorf("read back it has %d conditions instead of %d", len(back.conditions), len(r.conditions))
	}
	for i, x := range r.conditions {
		if a, b := x.Canonical(), back.conditions[i].Canonical(); a != b {
			return fmt.Errorf("read back its condition is another one: %.200s instead of %.200s", b, a)
		}
	}
	a, b := r.Correlate, back.Correlate
	for i := range a.Steps {
		a.Steps[i].When, b.Steps[i].When = "", ""
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("read back it correlates otherwise: %+v instead of %+v", b, a)
	}
	return nil
}

// nativeWriter writes one rule as YAML.
type nativeWriter struct {
	rule  *Rule
	names []string // of let, in their order
	texts map[string]string
}

func (w *nativeWriter) document(trees []expression.Tree) (*yaml.Node, error) {
	r, doc := w.rule, &yaml.Node{Kind: yaml.MappingNode}
	put := func(key string, v *yaml.Node) { doc.Content = append(doc.Content, textNode(key), v) }
	w.head(put)
	texts := make([]string, len(trees))
	for i, tree := range trees {
		if len(trees) > 1 || kinds[r.Correlate.Kind].steps {
			tree = expression.Named(stepName(r, i), tree)
		}
		text, err := tree.Define(w.define)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	if len(w.names) > 0 {
		let := &yaml.Node{Kind: yaml.MappingNode}
		for _, name := range w.names {
			let.Content = append(let.Content, textNode(name), conditionNode(w.texts[name]))
		}
		put("let", let)
	}
	if kinds[r.Correlate.Kind].steps {
		put("correlate", w.correlate(texts))
	} else {
		put("when", conditionNode(texts[0]))
		put("correlate", w.correlate(nil))
	}
	w.outcome(put)
	return doc, nil
}

// head says what the rule is.
func (w *nativeWriter) head(put func(key string, v *yaml.Node)) {
	r := w.rule
	for _, pair := range [][2]string{{"id", r.ID}, {"title", r.Title}, {"version", r.Version}, {"status", r.Status}, {"level", r.Level}, {"description", r.Description}, {"author", r.Author}} {
		if pair[1] != "" {
			put(pair[0], textNode(pair[1]))
		}
	}
	for _, list := range []struct {
		key    string
		values []string
	}{{"references", r.References}, {"falsepositives", r.FalsePositives}, {"tags", r.Tags}} {
		if len(list.values) > 0 {
			put(list.key, listNode(list.values, 0))
		}
	}
	put("category", textNode(r.Category))
}

// outcome says whom the rule's events are about, and what makes one incident of them.
func (w *nativeWriter) outcome(put func(key string, v *yaml.Node)) {
	r := w.rule
	if len(r.Entities) > 0 {
		entities := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range r.Entities {
			entities.Content = append(entities.Content, flowNode("field", textNode(e.Field), "role", textNode(e.Role)))
		}
		put("entities", entities)
	}
	if len(r.Incident.GroupBy) > 0 {
		put("incident", flowNode("group_by", listNode(r.Incident.GroupBy, yaml.FlowStyle), "window", textNode(spanText(r.Incident.Window))))
	}
}

// stepName is what let calls a condition of a correlation.
func stepName(r *Rule, i int) string {
	if i < len(r.Correlate.Steps) {
		return r.Correlate.Steps[i].When
	}
	return "condition"
}

func (w *nativeWriter) correlate(steps []string) *yaml.Node {
	c := w.rule.Correlate
	n := flowNode("kind", textNode(string(c.Kind)), "group_by", listNode(c.GroupBy, yaml.FlowStyle))
	put := func(key string, v *yaml.Node) { n.Content = append(n.Content, textNode(key), v) }
	if c.Kind != Match {
		put("span", textNode(spanText(c.Span)))
	}
	switch c.Kind {
	case Count:
		put("at_least", numberNode(c.AtLeast))
	case Distinct:
		put("field", textNode(c.Field))
		put("at_least", numberNode(c.AtLeast))
	case Measure:
		put("field", textNode(c.Field))
		put("measure", textNode(c.Measure))
		if c.Percentile != "" {
			put("percentile", decimalNode(c.Percentile))
		}
		bounds := flowNode()
		for _, b := range c.Bounds {
			bounds.Content = append(bounds.Content, textNode(b.Is), decimalNode(b.Than))
		}
		put("bounds", bounds)
	case SetOf:
		put("of", listNode(steps, yaml.FlowStyle))
	case Sequence:
		n.Style = 0
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, s := range steps {
			list.Content = append(list.Content, flowNode("when", textNode(s)))
		}
		put("steps", list)
	default:
	}
	return n
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// define gives a part of a condition a name of let; parts of the same text share one.
func (w *nativeWriter) define(name, text string) string {
	name = strings.Trim(notName.ReplaceAllString(name, "_"), "_")
	if _, known := ecs.Lookup(name); known || name == "" || name[0] <= '9' || expression.Reserved(name) {
		name = "sel_" + name
	}
	free := name
	for i := 2; ; i++ {
		before, taken := w.texts[free]
		if taken && before == text {
			return free
		}
		if !taken {
			w.names, w.texts[free] = append(w.names, free), text
			return free
		}
		free = fmt.Sprintf("%s_%d", name, i)
	}
}

// spanText is a duration as rule files write it.
func spanText(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d%unit.of == 0 {
			return fmt.Sprintf("%d%s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.Contains(s, "\n") {
		n.Style = yaml.LiteralStyle
	}
	return n
}

// conditionNode is a condition on lines of its own where one line would be long.
func conditionNode(s string) *yaml.Node {
	n := textNode(s)
	if len(s) > 70 {
		n.Style = yaml.LiteralStyle
	}
	return n
}

func numberNode(i int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(i)}
}

// decimalNode is a number as it is written.
func decimalNode(s string) *yaml.Node {
	tag := "!!int"
	if strings.Contains(s, ".") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

func listNode(values []string, style yaml.Style) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: style}
	for _, v := range values {
		n.Content = append(n.Content, textNode(v))
	}
	return n
}

func flowNode(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, textNode(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}
