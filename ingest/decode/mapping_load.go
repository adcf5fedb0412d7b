package decode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/ecs"
	"tocsin/internal/fault"
)

// LoadMapping reads a mapping file. name is what its faults call it. The error is a [fault.List] of everything that is
// wrong with it, each with its place and remedy.
func LoadMapping(name string, data []byte) (*Mapping, error) { return loadMapping(name, data, false) }

func loadMapping(name string, data []byte, builtIn bool) (*Mapping, error) {
	const most = 256 << 10 // bytes of a mapping file
	l := mappingLoader{file: name, src: data, m: &Mapping{}, builtIn: builtIn, tables: map[string]map[string]tocsin.Value{}}
	if len(data) > most {
		return nil, fault.List{{File: name, Message: fmt.Sprintf("the file is larger than %d bytes", most)}}
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		line, column, message := 0, 0, err.Error()
		if e, ok := errors.AsType[*yaml.LoadError](err); ok {
			line, column, message = e.Mark.Line, e.Mark.Column, strings.TrimPrefix(e.Message, "yaml: ")
		}
		return nil, fault.List{fault.At(name, data, line, column, message, "")}
	}
	if len(doc.Content) != 1 {
		return nil, fault.List{{File: name, Message: "the file is empty"}}
	}
	l.mapping(doc.Content[0])
	if err := l.faults.Err(); err != nil {
		return nil, err
	}
	return l.m, nil
}

// A mappingLoader gathers what is wrong with one mapping file.
type mappingLoader struct {
	file    string
	src     []byte
	m       *Mapping
	builtIn bool // it may bear a name of the table of formats
	tables  map[string]map[string]tocsin.Value
	grok    *grokSet
	faults  fault.List
}

func (l *mappingLoader) add(n *yaml.Node, remedy, format string, args ...any) {
	l.faults = append(l.faults, fault.At(l.file, l.src, n.Line, n.Column, fmt.Sprintf(format, args...), remedy))
}

// members calls read for every member of a mapping, each key once.
func (l *mappingLoader) members(n *yaml.Node, what string, read func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		l.add(n, "", "%s must be a mapping", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			l.add(key, "", "a key of %s must be text", what)
		case seen[key.Value]:
			l.add(key, "keep one of the two", "%s has %q twice", what, key.Value)
		default:
			seen[key.Value] = true
			read(key, n.Content[i+1])
		}
	}
}

// mapping reads the members of the file in an order of its own: fields name tables, steps name patterns.
func (l *mappingLoader) mapping(root *yaml.Node) {
	order := []string{"format", "namespace", "when", "text", "patterns", "parse", "time", "layouts", "zone", "id", "inside", "named", "guess", "never", "tables", "fields", "otherwise", "tests"}
	readers := map[string]func(*yaml.Node){
		"format":    func(n *yaml.Node) { l.m.Format = l.word(n, "format") },
		"namespace": l.namespace,
		"when":      l.when,
		"text":      l.textSigns,
		"patterns":  l.patterns,
		"parse":     l.steps,
		"time":      func(n *yaml.Node) { l.m.times = l.texts(n, "time") },
		"layouts":   l.layouts,
		"zone":      l.zone,
		"id":        func(n *yaml.Node) { l.m.id = l.text(n, "id") },
		"inside":    func(n *yaml.Node) { l.m.inside = l.texts(n, "inside") },
		"named":     func(n *yaml.Node) { l.m.named = l.texts(n, "named") },
		"guess":     func(n *yaml.Node) { l.m.guess = l.flag(n, "guess") },
		"never":     func(n *yaml.Node) { l.m.never = l.texts(n, "never") },
		"tables":    l.wordTables,
		"fields":    func(n *yaml.Node) { l.m.fields = l.fieldSet(n, "fields") },
		"otherwise": func(n *yaml.Node) { l.m.otherwise = l.fieldSet(n, "otherwise") },
		"tests":     l.mappingTests,
	}
	given := map[string]*yaml.Node{}
	l.members(root, "a mapping file", func(key, value *yaml.Node) {
		if _, ok := readers[key.Value]; !ok {
			l.add(key, fault.DidYouMean(key.Value, order), "unknown key %q", key.Value)
			return
		}
		given[key.Value] = value
	})
	l.grok = newGrokSet()
	for _, key := range order {
		if value := given[key]; value != nil {
			readers[key](value)
		}
	}
	if root.Kind == yaml.MappingNode {
		l.whole(root, given)
	}
	if l.m.namespace == "" {
		l.m.namespace = "json." + l.m.Format
	}
}

// whole says what is missing, and what the parts have against each other.
func (l *mappingLoader) whole(root *yaml.Node, given map[string]*yaml.Node) {
	for _, key := range []string{"format", "fields"} {
		if given[key] == nil {
			l.add(root, "add "+key+":", "the key %q is missing", key)
		}
	}
	if given["when"] == nil && given["text"] == nil {
		l.add(root, "add when: for records of JSON, or text: for lines", `the key "when" is missing`)
	}
	if text := given["text"]; text != nil && given["parse"] == nil && l.m.lines.none() {
		l.add(text, "add has:, begins: or program: to it, or parse:", "every line would be of this format")
	}
	if !l.builtIn && slices.ContainsFunc(formats(), func(f format) bool { return f.name == l.m.Format }) {
		l.add(root, "choose another name", "the format %q is built in", l.m.Format)
	}
}

// namespace must be one that rules may read.
func (l *mappingLoader) namespace(n *yaml.Node) {
	l.m.namespace = l.text(n, "namespace")
	if l.m.namespace != "" && !ecs.IsCustom(l.m.namespace+".x") {
		remedy := fault.DidYouMean(l.m.namespace, ecs.Namespaces())
		if remedy == "" {
			remedy = "leave it out: json." + l.m.Format + " is the default"
		}
		l.add(n, remedy, "%q is no namespace outside ECS", l.m.namespace)
	}
}

// word reads a name of small letters, digits and low lines.
func (l *mappingLoader) word(n *yaml.Node, what string) string {
	s := l.text(n, what)
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || s == "auto" {
		l.add(n, "use small letters, digits and _", "%s %q is no name", what, s)
	}
	return s
}

func (l *mappingLoader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		l.add(n, "", "%s must be text", what)
		return ""
	}
	return n.Value
}

// flag reads true or false.
func (l *mappingLoader) flag(n *yaml.Node, what string) bool {
	if n.Value != "true" && n.Value != "false" {
		l.add(n, "write true or false", "%s cannot be %q", what, n.Value)
	}
	return n.Value == "true"
}

// texts reads one text or a list of them.
func (l *mappingLoader) texts(n *yaml.Node, what string) []string {
	if n.Kind != yaml.SequenceNode {
		if s := l.text(n, what); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for _, item := range n.Content {
		if s := l.text(item, "a member of "+what); s != "" {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		l.add(n, "", "%s is empty", what)
	}
	return all
}

// when reads a set of conditions, or a list of sets of which one must hold.
func (l *mappingLoader) when(n *yaml.Node) {
	sets := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		sets = n.Content
	}
	for _, one := range sets {
		var set []condition
		l.members(one, "when", func(key, value *yaml.Node) { set = append(set, l.condition(key, value)) })
		if one.Kind == yaml.MappingNode && len(one.Content) == 0 {
			l.add(one, "name a path that only this format has", "when is empty: every record would be of this format")
			continue
		}
		l.m.when = append(l.m.when, set)
	}
	if len(sets) == 0 {
		l.add(n, "name a path that only this format has", "when is empty: every record would be of this format")
	}
}

// condition reads a path and the value, or one of the values, that it must have.
func (l *mappingLoader) condition(key, value *yaml.Node) condition {
	c := condition{path: key.Value}
	if value.Kind == yaml.SequenceNode {
		c.values = l.texts(value, key.Value)
		return c
	}
	if value.Kind != yaml.ScalarNode {
		l.add(value, `write a value, a list of values, or "*" for any`, "when %s must be one value", key.Value)
		return c
	}
	c.values, c.any = []string{value.Value}, value.Value == "*"
	return c
}

// layouts are Go's: how the moment of 2 January 2006, 15:04:05, would be written.
func (l *mappingLoader) layouts(n *yaml.Node) {
	l.m.layouts = l.texts(n, "layouts")
	for _, layout := range l.m.layouts {
		if sample := time.Date(2017, 11, 23, 21, 38, 49, 0, time.UTC).Format(layout); sample == layout {
			l.add(n, "write how 2 January 2006, 15:04:05 would look: 2006-01-02 15:04:05", "the layout %q holds no part of a time", layout)
		}
	}
}

// constant reads a scalar or a list of them.
func (l *mappingLoader) constant(n *yaml.Node) tocsin.Value {
	if n.Kind == yaml.SequenceNode {
		var items []tocsin.Value
		for _, item := range n.Content {
			items = append(items, l.constant(item))
		}
		return tocsin.ListValue(items...)
	}
	if n.Kind != yaml.ScalarNode {
		l.add(n, "", "a value must be text, a number, true or false")
		return tocsin.NullValue()
	}
	switch n.Tag {
	case "!!int", "!!float":
		if v, ok := tocsin.NumberValue(n.Value); ok {
			return v
		}
	case "!!bool":
		return tocsin.BoolValue(strings.EqualFold(n.Value, "true"))
	}
	return tocsin.StringValue(n.Value)
}
