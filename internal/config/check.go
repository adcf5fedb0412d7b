package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// A checker holds a configuration file against the shape of [Config] and remembers where each key stands.
type checker struct {
	file    string
	src     []byte
	conceal []string // texts that no fault may show: what stands under keys that look like secrets
	sound   []byte   // src without what is at fault, so that faults of meaning are found in the same go
	faults  fault.List
	places  map[string]place // key path -> where its value stands
}

type place struct{ line, column int }

func (c *checker) fault(n *yaml.Node, message, remedy string) {
	c.faults = append(c.faults, fault.At(c.file, c.src, n.Line, n.Column, message, remedy))
}

// checkFile reports every key that is unknown, doubled or of the wrong type, and keeps the rest in c.sound.
func (c *checker) checkFile() {
	var doc yaml.Node
	err := yaml.Unmarshal(c.src, &doc)
	switch {
	case errors.Is(err, io.EOF):
		return
	case err != nil:
		line, message := yamlError(err)
		c.faults = append(c.faults, fault.At(c.file, c.src, line, 1, message, "mend the YAML; the other faults show once it can be read"))
		return
	case len(doc.Content) == 0:
		return
	}
	var secrets []string
	secretsIn(doc.Content[0], &secrets)
	c.checkStruct(doc.Content[0], reflect.TypeFor[Config](), "")
	c.conceal = secrets
	if len(c.faults) > 0 {
		c.sound, _ = yaml.Marshal(doc.Content[0]) // a tree just read can be written
	}
}

// secretsIn collects the texts that stand under keys that look like secrets, known ones or misspelt.
func secretsIn(n *yaml.Node, found *[]string) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			key := strings.ToLower(n.Content[i-1].Value)
			looks := slices.ContainsFunc([]string{"pass", "pasw", "secret", "key", "token"}, func(part string) bool { return strings.Contains(key, part) })
			if looks && !strings.HasSuffix(key, "_file") && child.Kind == yaml.ScalarNode && child.Value != "" {
				*found = append(*found, child.Value)
			}
		}
		secretsIn(child, found)
	}
}

// told is what is wrong, in the order of the places, with nothing in it that looks like a secret.
func (c *checker) told() error {
	for i := range c.faults {
		for _, secret := range c.conceal {
			c.faults[i].Excerpt = strings.ReplaceAll(c.faults[i].Excerpt, secret, "***")
			c.faults[i].Message = strings.ReplaceAll(c.faults[i].Message, secret, "***")
		}
	}
	return c.faults.Err()
}

// yamlError takes the line out of a YAML error's text, 1 where it has none.
func yamlError(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, after, ok := strings.Cut(text, "line "); ok {
		digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		if n, convErr := strconv.Atoi(digits); convErr == nil {
			return n, "not YAML: " + text
		}
	}
	return 1, "not YAML: " + text
}

// checkStruct reports whether n as a whole can be kept; its faulty members are taken out of it.
func (c *checker) checkStruct(n *yaml.Node, t reflect.Type, path string) bool {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return true
	}
	if n.Kind != yaml.MappingNode {
		c.fault(n, orTop(path)+" must be a block of keys", fault.DidYouMean("", fieldNames(t)))
		return false
	}
	seen := map[string]int{}
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if line, ok := seen[key.Value]; ok {
			c.fault(key, fmt.Sprintf("%s is set twice, first in line %d", join(path, key.Value), line), "keep one of them")
			continue
		}
		seen[key.Value] = key.Line
		f, ok := fieldOf(t, key.Value)
		if !ok {
			c.fault(key, "unknown key "+join(path, key.Value), unknownKey(path, key.Value, t))
			continue
		}
		if c.checkValue(value, f, join(path, key.Value)) {
			kept = append(kept, key, value)
		}
	}
	n.Content = kept
	return true
}

// unknownKey is the remedy for a key that is not there: the nearest of its block, else the keys that the block has; of one at the
// top the same name in a block.
func unknownKey(path, name string, t reflect.Type) string {
	if near := fault.Nearest(name, fieldNames(t)); near != "" {
		return "did you mean " + join(path, near) + "?"
	}
	if path != "" {
		return "known are: " + strings.Join(fieldNames(t), ", ")
	}
	for _, p := range allPaths() {
		if strings.HasSuffix(p, "."+name) {
			return "did you mean " + p + "?"
		}
	}
	return fault.DidYouMean(name, fieldNames(t))
}

func (c *checker) checkValue(n *yaml.Node, f field, path string) bool {
	c.places[path] = place{n.Line, n.Column}
	switch {
	case f.typ.Kind() == reflect.Struct:
		return c.checkStruct(n, f.typ, path)
	case isSources(f.typ):
		return c.checkList(n, path, func(item *yaml.Node, p string) bool {
			c.places[p] = place{item.Line, item.Column}
			return c.checkStruct(item, f.typ.Elem(), p)
		})
	case f.typ.Kind() == reflect.Slice:
		return c.checkList(n, path, func(item *yaml.Node, p string) bool {
			c.places[p] = place{item.Line, item.Column}
			return c.checkScalar(item, reflect.TypeFor[string](), f.enum, p)
		})
	case f.typ == reflect.TypeFor[Secret]() && n.Value == "":
		return true // as `config show` writes a secret that is not set
	case f.typ == reflect.TypeFor[Secret]():
		message := path + " stands in a file; secrets come from the environment or from a file of their own"
		c.faults = append(c.faults, fault.Fault{
			File: c.file, Line: n.Line, Column: n.Column, Message: message,
			Remedy: fmt.Sprintf("set %s, or %s_file", envName(path), path),
		}) // no excerpt: it would show the secret
		return false
	default:
		return c.checkScalar(n, f.typ, f.enum, path)
	}
}

func (c *checker) checkList(n *yaml.Node, path string, item func(*yaml.Node, string) bool) bool {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return true
	}
	if n.Kind != yaml.SequenceNode {
		c.fault(n, path+" must be a list", "write ["+n.Value+"], or one item a line after a dash")
		return false
	}
	whole := true
	for i, entry := range n.Content {
		whole = item(entry, fmt.Sprintf("%s[%d]", path, i)) && whole
	}
	return whole
}

func (c *checker) checkScalar(n *yaml.Node, t reflect.Type, enum []string, path string) bool {
	if n.Kind != yaml.ScalarNode {
		c.fault(n, path+" must be one value", "")
		return false
	}
	message, remedy := wrongScalar(n.Value, t, enum)
	if message != "" {
		c.fault(n, path+": "+message, remedy)
	}
	return message == ""
}

// wrongScalar says what is wrong with a setting's text, "" for nothing.
func wrongScalar(text string, t reflect.Type, enum []string) (message, remedy string) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		if _, err := ParseDuration(text); err != nil {
			return err.Error(), ""
		}
	case t == reflect.TypeFor[Bytes]():
		if _, err := ParseBytes(text); err != nil {
			return err.Error(), ""
		}
	case t.Kind() == reflect.Bool:
		if _, err := strconv.ParseBool(text); err != nil {
			return fmt.Sprintf("%q is neither true nor false", text), ""
		}
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Sprintf("%q is no whole number", text), ""
		}
	case enum != nil && !slices.Contains(enum, text):
		return fmt.Sprintf("%q is not known here", text), fault.DidYouMean(text, slices.DeleteFunc(slices.Clone(enum), func(word string) bool { return word == "" }))
	}
	return "", ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func orTop(path string) string {
	if path == "" {
		return "the configuration"
	}
	return path
}
