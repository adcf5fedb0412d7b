package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
	"tocsin/rules/sigma"
)

// Limits on rule files.
const (
	maxFile  = 16 << 20 // bytes: all public rules in one file are some 6 MB
	maxList  = 32 << 20 // bytes of a reference list: some two million addresses
	maxDepth = 40       // nesting of YAML
	maxDocs  = 20_000   // documents of one file
)

// A reader takes one file apart and gathers all its faults and lints.
type reader struct {
	file   string // its name in faults
	path   string // in its source
	src    []byte
	found  int  // faults, told or not
	unread bool // the last fault is that the file, or what is left of it, could not be read
	faults fault.List
	lints  fault.List
	linted int   // lints that were noted with lint, told or not
	lines  []int // where each line of src begins; made when first asked for
}

// at is a fault at a place of the file.
func (r *reader) at(line, column int, message, remedy string) fault.Fault {
	f := fault.At(r.file, r.from(line), 1, column, message, remedy)
	f.Line = line
	return f
}

// maxFaults is how many faults of one file are told: beyond it the file is no rule file.
const maxFaults = 200

func (r *reader) fault(n *yaml.Node, remedy, format string, args ...any) {
	r.faultAt(n.Line, n.Column, fmt.Sprintf(format, args...), remedy)
}

func (r *reader) faultAt(line, column int, message, remedy string) {
	r.found++
	switch {
	case len(r.faults) < maxFaults:
		r.faults = append(r.faults, r.at(line, column, message, remedy))
	case len(r.faults) == maxFaults:
		r.faults = append(r.faults, fault.Fault{File: r.file, Line: line, Column: column, Message: "and more faults, which are not told"})
	}
}

func (r *reader) lint(n *yaml.Node, remedy, format string, args ...any) {
	switch r.linted++; {
	case r.linted <= maxFaults:
		r.note(n, remedy, fmt.Sprintf(format, args...))
	case r.linted == maxFaults+1:
		r.lints = append(r.lints, fault.Fault{File: r.file, Line: n.Line, Column: n.Column, Message: "and more of it, which is not told"})
	}
}

// note is a lint that is told however many there are.
func (r *reader) note(n *yaml.Node, remedy, message string) {
	r.lints = append(r.lints, r.at(n.Line, n.Column, message, remedy))
}

// documents parses the file: the roots of its documents, empty ones left out.
func (r *reader) documents() []*yaml.Node {
	if int64(len(r.src)) > mostBytes(r.path) {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: fmt.Sprintf("file of %d bytes: the limit is %d", len(r.src), mostBytes(r.path))})
		return nil
	}
	if !utf8.Valid(r.src) {
		line, column := notText(r.src)
		r.faults, r.unread = append(r.faults, fault.At(r.file, r.src, line, column, "file is not valid UTF-8", "")), true
		return nil
	}
	var roots []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(r.src))
	for n := 0; ; n++ {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return roots
		}
		if err == nil && n == maxDocs {
			r.fault(&doc, "part it", "more than %d documents in one file: this one and what follows it are not read", maxDocs)
			r.unread = true
			return roots
		}
		if err != nil {
			r.syntax(err)
			return roots
		}
		for _, root := range doc.Content {
			if root.ShortTag() == "!!null" {
				continue
			}
			if sigma.Is(root) || r.plain(root, 0) { // of Sigma's the loader refuses what is not plain
				roots = append(roots, root)
			}
		}
	}
}

func (r *reader) syntax(err error) {
	f := fault.Fault{File: r.file, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if le, ok := errors.AsType[*yaml.LoadError](err); ok {
		f = fault.At(r.file, r.src, le.Mark.Line, le.Mark.Column, "broken YAML: "+le.Message, "")
	}
	r.faults, r.unread = append(r.faults, f), true
}

// notText is where a text stops being UTF-8.
func notText(src []byte) (line, column int) {
	line = 1
	for len(src) > 0 {
		c, n := utf8.DecodeRune(src)
		column++
		switch {
		case c == utf8.RuneError && n == 1:
			return line, column
		case c == '\n':
			line, column = line+1, 0
		}
		src = src[n:]
	}
	return line, column
}

// plain refuses what a rule file has no use for: anchors, aliases and deep nesting.
func (r *reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		r.fault(n, "", "YAML nests deeper than %d", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fault(n, "write it out", "anchors and aliases are not available")
		return false
	}
	for _, k := range n.Content {
		if !r.plain(k, depth+1) {
			return false
		}
	}
	return true
}

// A key is what a mapping may hold: read takes its value.
type key struct {
	name      string
	mandatory bool
	read      func(v *yaml.Node)
}

// mapping reads a mapping by its keys, in the order of keys. Unknown, double and missing ones are faults.
func (r *reader) mapping(n *yaml.Node, what string, keys ...key) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "write key: value lines", "%s is %s, not a mapping", what, describe(n))
		return
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	values := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.fault(k, "", "a key of %s is %s", what, describe(k))
		case values[k.Value] != nil:
			r.fault(k, "keep one of the two", "%s says %s twice", what, k.Value)
		default:
			values[k.Value] = v
			if !slices.Contains(names, k.Value) {
				r.fault(k, fault.DidYouMean(k.Value, names), "unknown key %q in %s", k.Value, what)
			}
		}
	}
	for _, k := range keys {
		v := values[k.name]
		switch {
		case v != nil && v.ShortTag() == "!!null":
			r.fault(v, "give it a value or leave it out", "%s is empty", k.name)
		case v != nil:
			k.read(v)
		case k.mandatory:
			r.fault(n, "add "+k.name+":", "%s has no %s", what, k.name)
		}
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		switch n.ShortTag() {
		case "!!null":
			return "empty"
		case "!!int", "!!float":
			return "a number"
		case "!!bool":
			return "true or false"
		default:
			return "a string"
		}
	}
}

// text reads any scalar as it is written.
func (r *reader) text(into *string) func(*yaml.Node) {
	return func(v *yaml.Node) {
		if v.Kind != yaml.ScalarNode || v.ShortTag() == "!!null" {
			r.fault(v, "", "a string is wanted here, not %s", describe(v))
			return
		}
		*into = v.Value
	}
}

// word reads one of some words.
func (r *reader) word(into *string, words ...string) func(*yaml.Node) {
	return func(v *yaml.Node) {
		switch {
		case v.Kind != yaml.ScalarNode:
			r.fault(v, "write one of "+strings.Join(words, ", "), "a word is wanted here, not %s", describe(v))
		case !slices.Contains(words, v.Value):
			r.fault(v, fault.DidYouMean(v.Value, words), "unknown word %q", v.Value)
		default:
			*into = v.Value
		}
	}
}

func (r *reader) boolean(into *bool) func(*yaml.Node) {
	return func(v *yaml.Node) {
		b, err := strconv.ParseBool(v.Value)
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!bool" || err != nil {
			r.fault(v, "write true or false", "true or false is wanted here")
			return
		}
		*into = b
	}
}

// whole reads a whole number between least and most.
func (r *reader) whole(into *int, least, most int) func(*yaml.Node) {
	return func(v *yaml.Node) {
		n, err := strconv.Atoi(v.Value)
		if v.Kind != yaml.ScalarNode || err != nil || n < least || n > most {
			r.fault(v, "", "a whole number from %d to %d is wanted here", least, most)
			return
		}
		*into = n
	}
}

// list reads a list member by member.
func (r *reader) list(read func(v *yaml.Node)) func(*yaml.Node) {
	return func(v *yaml.Node) {
		if v.Kind != yaml.SequenceNode {
			r.fault(v, "write [ … ] or lines that start with -", "a list is wanted here, not %s", describe(v))
			return
		}
		for _, n := range v.Content {
			read(n)
		}
	}
}

// texts reads a list of strings.
func (r *reader) texts(into *[]string) func(*yaml.Node) {
	return r.list(func(v *yaml.Node) {
		var s string
		r.text(&s)(v)
		*into = append(*into, s)
	})
}

// duration reads 90s, 10m, 1h30m, 7d.
func (r *reader) duration(into *time.Duration) func(*yaml.Node) {
	return func(v *yaml.Node) {
		d, ok := ParseDuration(v.Value)
		if v.Kind != yaml.ScalarNode || !ok {
			r.fault(v, "write a number and its unit, ten years at most: 30s, 10m, 24h, 7d", "%q is no duration", v.Value)
			return
		}
		*into = d
	}
}

// maxDuration is ten years: beyond it a span is a mistake.
const maxDuration = 10 * 365 * 24 * time.Hour

// ParseDuration reads a duration as rule files have it: a number and its unit, such as 90s, 10m, 1h30m or 7d. It may be
// zero and is at most ten years; false stands for anything else.
func ParseDuration(s string) (time.Duration, bool) {
	days := time.Duration(0)
	if head, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.Atoi(head)
		if err != nil || n < 0 || n > 3650 {
			return 0, false
		}
		days, s = time.Duration(n)*24*time.Hour, rest
		if s == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(s)
	if s == "0" || err != nil || d < 0 || d > maxDuration-days {
		return 0, false
	}
	return days + d, true
}
