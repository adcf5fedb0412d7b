package decode

import (
	"errors"
	"fmt"
	"maps"
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
func LoadMapping(name string, data []byte) (*Mapping, error) {
	const most = 256 << 10 // bytes of a mapping file
	l := mappingLoader{file: name, src: data, m: &Mapping{}}
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
	file   string
	src    []byte
	m      *Mapping
	faults fault.List
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

func (l *mappingLoader) mapping(root *yaml.Node) {
	readers := map[string]func(*yaml.Node){
		"format":    func(n *yaml.Node) { l.m.Format = l.word(n, "format") },
		"namespace": l.namespace,
		"when":      l.when,
		"time":      func(n *yaml.Node) { l.m.times = l.texts(n, "time") },
		"layouts":   l.layouts,
		"id":        func(n *yaml.Node) { l.m.id = l.text(n, "id") },
		"fields":    l.fields,
	}
	given := map[string]bool{}
	l.members(root, "a mapping file", func(key, value *yaml.Node) {
		read, ok := readers[key.Value]
		if !ok {
			l.add(key, fault.DidYouMean(key.Value, slices.Sorted(maps.Keys(readers))), "unknown key %q", key.Value)
			return
		}
		given[key.Value] = true
		read(value)
	})
	for _, key := range []string{"format", "when", "fields"} {
		if !given[key] && root.Kind == yaml.MappingNode {
			l.add(root, "add "+key+":", "the key %q is missing", key)
		}
	}
	if l.m.namespace == "" {
		l.m.namespace = "json." + l.m.Format
	}
	if slices.ContainsFunc(formats(), func(f format) bool { return f.name == l.m.Format }) {
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

func (l *mappingLoader) when(n *yaml.Node) {
	l.members(n, "when", func(key, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode {
			l.add(value, `write a value, or "*" for any`, "when %s must be one value", key.Value)
			return
		}
		l.m.when = append(l.m.when, condition{path: key.Value, value: value.Value, any: value.Value == "*"})
	})
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.add(n, "name a path that only this format has", "when is empty: every record would be of this format")
	}
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

func (l *mappingLoader) fields(n *yaml.Node) {
	l.members(n, "fields", func(key, value *yaml.Node) {
		kind, known := ecs.Lookup(key.Value)
		switch {
		case !known:
			remedy := ""
			if near := ecs.Nearest(key.Value); len(near) > 0 {
				remedy = "did you mean " + strings.Join(near, " or ") + "?"
			}
			l.add(key, remedy, "unknown field %q", key.Value)
		case kind == ecs.Object:
			l.add(key, "name a leaf below it", "the field %q holds other fields", key.Value)
		case key.Value == "@timestamp":
			l.add(key, "use time:", "the field @timestamp is not set here")
		}
		f := mapped{field: key.Value}
		switch value.Kind {
		case yaml.ScalarNode, yaml.SequenceNode:
			f.from = l.texts(value, key.Value)
		default:
			l.field(value, &f)
		}
		l.m.fields = append(l.m.fields, f)
	})
}

// field reads the long form: {from, as, words} or {value}.
func (l *mappingLoader) field(n *yaml.Node, f *mapped) {
	keys := []string{"as", "from", "value", "words"}
	l.members(n, f.field, func(key, value *yaml.Node) {
		switch key.Value {
		case "from":
			f.from = l.texts(value, "from")
		case "value":
			f.value = l.constant(value)
		case "as":
			f.as = value.Value
			if _, ok := conversions[f.as]; !ok {
				l.add(value, fault.DidYouMean(f.as, slices.Sorted(maps.Keys(conversions))), "unknown conversion %q", f.as)
			}
		case "words":
			f.words = map[string]tocsin.Value{}
			l.members(value, "words", func(word, to *yaml.Node) { f.words[word.Value] = l.constant(to) })
		default:
			l.add(key, fault.DidYouMean(key.Value, keys), "unknown key %q", key.Value)
		}
	})
	if f.value.IsAbsent() == (len(f.from) == 0) {
		l.add(n, "", "%s needs either from or value", f.field)
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
