package notify

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// maxFile is how large a file of routes may be.
const maxFile = 1 << 20

// A reader reads one YAML document strictly and gathers all that is wrong with it.
type reader struct {
	file   string
	src    []byte
	faults fault.List
}

func (r *reader) add(n *yaml.Node, remedy, format string, args ...any) {
	r.faults = append(r.faults, fault.At(r.file, r.src, n.Line, n.Column, fmt.Sprintf(format, args...), remedy))
}

// root parses the file; nil where there is nothing to read.
func (r *reader) root() *yaml.Node {
	if len(r.src) > maxFile {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: fmt.Sprintf("the file is larger than %d bytes", maxFile)})
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(r.src, &doc); err != nil {
		line, column := 1, 1
		if load, ok := errors.AsType[*yaml.LoadError](err); ok && load.Mark.Line > 0 {
			line, column = load.Mark.Line, max(load.Mark.Column, 1)
		}
		r.faults = append(r.faults, fault.At(r.file, r.src, line, column, "not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "), "mend the YAML; the other faults show once it can be read"))
		return nil
	}
	if len(doc.Content) != 1 {
		r.faults = append(r.faults, fault.Fault{File: r.file, Message: "the file is empty"})
		return nil
	}
	return doc.Content[0]
}

// keys reads a mapping of known keys, each once; a missing one of the required is a fault.
func (r *reader) keys(n *yaml.Node, what string, known map[string]func(*yaml.Node), required ...string) {
	if n.Kind != yaml.MappingNode {
		r.add(n, "", "%s must be a mapping", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		read, ok := known[key.Value]
		switch {
		case seen[key.Value]:
			r.add(key, "keep one of the two", "%s: the key %q is there twice", what, key.Value)
		case !ok:
			r.add(key, fault.DidYouMean(key.Value, slices.Sorted(maps.Keys(known))), "%s: unknown key %q", what, key.Value)
		default:
			read(n.Content[i+1])
		}
		seen[key.Value] = true
	}
	for _, key := range required {
		if !seen[key] {
			r.add(n, "add "+key+":", "%s: the key %s is missing", what, key)
		}
	}
}

// named reads a mapping whose keys are names of the file's own.
func (r *reader) named(n *yaml.Node, what string, read func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.add(n, "", "%s must be a mapping of names", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.add(key, "keep one of the two", "%s: %q is there twice", what, key.Value)
			continue
		}
		seen[key.Value] = true
		read(key, n.Content[i+1])
	}
}

// nameForm is what receivers, routes and windows are called: they stand in addresses and metric labels.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func (r *reader) name(n *yaml.Node, what string) string {
	text := r.text(n, what)
	if text != "" && !nameForm.MatchString(text) {
		r.add(n, "use letters, digits, - _ and . (at most 64)", "%s %q is no name", what, text)
	}
	return text
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || n.Value == "" {
		r.add(n, "", "%s must be text", what)
		return ""
	}
	return n.Value
}

func (r *reader) flag(n *yaml.Node, what string) bool {
	v, err := strconv.ParseBool(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		r.add(n, "", "%s must be true or false", what)
	}
	return v
}

func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.add(n, "write ["+n.Value+"]", "%s must be a list", what)
		return nil
	}
	return n.Content
}

// words reads a list of words, of valid where that is not nil.
func (r *reader) words(n *yaml.Node, what string, valid []string) []string {
	var all []string
	for _, item := range r.list(n, what) {
		word := r.text(item, what)
		if word != "" && valid != nil && !slices.Contains(valid, word) {
			r.add(item, fault.DidYouMean(word, valid), "%s: unknown word %q", what, word)
			continue
		}
		all = append(all, word)
	}
	return all
}

func (r *reader) oneOf(n *yaml.Node, what string, valid []string) string {
	word := r.text(n, what)
	if word != "" && !slices.Contains(valid, word) {
		r.add(n, fault.DidYouMean(word, valid), "%s: unknown word %q", what, word)
	}
	return word
}

func (r *reader) duration(n *yaml.Node, what string, least time.Duration) time.Duration {
	text := r.text(n, what)
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var number int
		number, err = strconv.Atoi(days)
		d = time.Duration(number) * 24 * time.Hour
	}
	if text != "" && (err != nil || d < least) {
		r.add(n, "", "%s must be a time such as 15m or 2h, %v or more", what, least)
	}
	return d
}

func (r *reader) moment(n *yaml.Node, what string) time.Time {
	text := r.text(n, what)
	t, err := time.Parse(time.RFC3339, text)
	if text != "" && err != nil {
		r.add(n, "write 2026-11-28T20:00:00Z", "%s %q is no time", what, text)
	}
	return t
}
