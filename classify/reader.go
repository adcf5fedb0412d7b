package classify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
)

// A reader reads one YAML document strictly and gathers all that is wrong with it. Its methods report what they could
// not read and return false or a zero value, so that the reading goes on.
type reader struct {
	file   string
	src    []byte
	faults fault.List
	more   int // faults beyond the first maxFaults
}

// maxFaults is how many faults of one file are told: more are a sign that it is another file than meant.
const maxFaults = 500

// err is all that was found wrong, nil for nothing.
func (r *reader) err() error {
	if r.more > 0 {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: fmt.Sprintf("%d more faults", r.more)})
	}
	return r.faults.Err()
}

// report adds a fault at a place in the file.
func (r *reader) report(line, column int, message, remedy string) {
	if len(r.faults) >= maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, fault.At(r.file, r.src, line, column, message, remedy))
}

// parse returns the document's root, nil where there is none to read.
func (r *reader) parse(limit int) *yaml.Node {
	if len(r.src) > limit {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: fmt.Sprintf("the file is larger than %d bytes", limit)})
		return nil
	}
	if !utf8.Valid(r.src) {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: "the file is not UTF-8", Remedy: "save it as UTF-8"})
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(r.src, &doc); err != nil {
		r.syntax(err)
		return nil
	}
	if len(doc.Content) != 1 {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: "the file is empty"})
		return nil
	}
	return doc.Content[0]
}

// syntax reports what the YAML parser stumbled over.
func (r *reader) syntax(err error) {
	load, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: err.Error()})
		return
	}
	message := strings.TrimPrefix(load.Message, "yaml: ")
	remedy := ""
	switch {
	case strings.Contains(message, "no documents"):
		message = "the file is empty"
	case strings.Contains(message, "found multiple"):
		message, remedy = "the file holds several documents", "keep one; remove the lines ---"
	case load.ContextMsg != "":
		message += " " + load.ContextMsg
	}
	if load.Mark.Line < 1 {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: message, Remedy: remedy})
		return
	}
	r.report(load.Mark.Line, load.Mark.Column, message, remedy)
}

// add reports a fault at a node.
func (r *reader) add(n *yaml.Node, remedy, format string, args ...any) {
	r.report(n.Line, n.Column, fmt.Sprintf(format, args...), remedy)
}

// A pair is one key of a mapping and its value.
type pair struct {
	key   *yaml.Node
	value *yaml.Node
}

// pairs are the members of a mapping whose keys are text, each once.
func (r *reader) pairs(n *yaml.Node, what string) []pair {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, what, "a mapping")
		return nil
	}
	first := make(map[string]int, len(n.Content)/2)
	var all []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			r.add(key, "write a word", "%s: a key must be text", what)
			continue
		}
		if line, again := first[key.Value]; again {
			r.add(key, "keep one of the two", "%s: the key %q stands in line %d already", what, key.Value, line)
			continue
		}
		first[key.Value] = key.Line
		all = append(all, pair{key, n.Content[i+1]})
	}
	return all
}

// keys reads a mapping of known keys: each is given to its function, and an unknown or missing one is a fault.
func (r *reader) keys(n *yaml.Node, what string, known map[string]func(*yaml.Node), required ...string) {
	pairs := r.pairs(n, what)
	if pairs == nil && n.Kind != yaml.MappingNode {
		return
	}
	given := make(map[string]bool, len(pairs))
	for _, p := range pairs {
		read, ok := known[p.key.Value]
		if !ok {
			r.unknown(p.key, what+": unknown key", slices.Sorted(maps.Keys(known)))
			continue
		}
		given[p.key.Value] = true
		read(p.value)
	}
	for _, key := range required {
		if !given[key] {
			r.add(n, "add "+key+":", "%s: the key %s is missing", what, key)
		}
	}
}

// unknown reports a word that is none of valid.
func (r *reader) unknown(n *yaml.Node, message string, valid []string) {
	r.add(n, fault.DidYouMean(n.Value, valid), "%s %q", message, n.Value)
}

// wrong reports a node of the wrong kind.
func (r *reader) wrong(n *yaml.Node, what, want string) {
	got := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.AliasNode: "an alias"}[n.Kind]
	remedy := ""
	switch {
	case n.Kind == yaml.AliasNode:
		remedy = "write it out; anchors and aliases are not read"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		got = "nothing"
	case n.Kind == yaml.ScalarNode:
		got = strconv.Quote(n.Value)
	}
	r.add(n, remedy, "%s must be %s, not %s", what, want, got)
}

// text reads a scalar that is not empty.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || n.Value == "" {
		r.wrong(n, what, "text")
		return "", false
	}
	return n.Value, true
}

// oneOf reads a word of a vocabulary.
func (r *reader) oneOf(n *yaml.Node, what string, valid []string) (string, bool) {
	s, ok := r.text(n, what)
	if ok && !slices.Contains(valid, s) {
		r.unknown(n, what+": unknown word", valid)
		return "", false
	}
	return s, ok
}

// whole reads a whole number between least and most.
func (r *reader) whole(n *yaml.Node, what string, least, most int) (int, bool) {
	want := fmt.Sprintf("a whole number from %d to %d", least, most)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.wrong(n, what, want)
		return 0, false
	}
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < least || v > most {
		r.wrong(n, what, want)
		return 0, false
	}
	return v, true
}

// flag reads true or false.
func (r *reader) flag(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.wrong(n, what, "true or false")
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// list are the members of a sequence.
func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, what, "a list")
		return nil
	}
	return n.Content
}

// words reads a list of different words, of valid where that is not nil.
func (r *reader) words(n *yaml.Node, what string, valid []string) []string {
	var all []string
	for _, item := range r.list(n, what) {
		w, ok := r.text(item, what)
		switch {
		case !ok:
		case slices.Contains(all, w):
			r.add(item, "remove one", "%s: %q is listed twice", what, w)
		case valid != nil && !slices.Contains(valid, w):
			r.unknown(item, what+": unknown word", valid)
		default:
			all = append(all, w)
		}
	}
	return all
}

// duration reads a positive duration; none, where that is allowed, is 0.
func (r *reader) duration(n *yaml.Node, what string, noneAllowed bool) time.Duration {
	want := "a duration such as 15m, 4h or 14d"
	if noneAllowed {
		want += ", or none"
	}
	s, ok := r.text(n, what)
	if !ok || (noneAllowed && s == "none") {
		return 0
	}
	d, ok := parseDuration(s)
	if !ok || d <= 0 {
		r.wrong(n, what, want)
		return 0
	}
	return d
}

// parseDuration is [time.ParseDuration] that also knows whole days (d).
func parseDuration(s string) (time.Duration, bool) {
	if days, isDays := strings.CutSuffix(s, "d"); isDays {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n < 36500
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

// condition compiles an expression and reports its faults at their places in the file.
func (r *reader) condition(n *yaml.Node, what string, names map[string]expression.EnvType) *expression.Condition {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" || n.Kind != yaml.ScalarNode {
		r.wrong(n, what, "an expression")
		return nil
	}
	c, err := expression.CompileEnv(n.Value, names)
	if err == nil {
		return c
	}
	faults, _ := errors.AsType[expression.EnvFaults](err)
	for _, f := range faults {
		line, column := r.inside(n, f.Line, f.Column)
		r.report(line, column, what+": "+f.Message, f.Remedy)
	}
	return nil
}

// inside turns a place in a scalar's value into its place in the file.
func (r *reader) inside(n *yaml.Node, line, column int) (int, int) {
	source := strings.Split(string(r.src), "\n")
	at, from := n.Line, n.Column // where the scalar's text starts
	switch {
	case n.Style&yaml.LiteralStyle != 0: // its lines are the file's, less the indent of the first
		if n.Line >= len(source) {
			return n.Line, n.Column
		}
		return n.Line + line, indent(source[n.Line]) + column
	case n.Style&yaml.FoldedStyle != 0:
		at, from = n.Line+1, 0
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		from++
	}
	for ; at <= len(source); at, from = at+1, 0 {
		text := strings.TrimRight(source[at-1], " \r")
		if from == 0 {
			from = 1 + indent(text)
		}
		length := utf8.RuneCountInString(text) - from + 1
		if column <= length {
			break
		}
		column -= length + 1 // a fold is a space
	}
	if at > len(source) {
		return n.Line, n.Column
	}
	if n.Style&yaml.SingleQuotedStyle != 0 { // a quote in the value is two in the file
		runes := []rune(n.Value)
		column += strings.Count(string(runes[:min(max(column-1, 0), len(runes))]), "'")
	}
	return at, from + column - 1
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
