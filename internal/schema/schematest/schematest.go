// Package schematest tries JSON Schemas of YAML files against what their loaders take. Tests import it.
package schematest

import (
	"bytes"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// A Schema validates YAML.
type Schema struct{ compiled *jsonschema.Schema }

// Compile reads a schema; a broken one ends the test.
func Compile(t testing.TB, text []byte) *Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return &Schema{compiled: s}
}

// Validate says what of a document the schema does not take, nil for nothing.
func (s *Schema) Validate(root *yaml.Node) error { return s.compiled.Validate(plain(root)) }

// plain is a node as an editor's validator sees it.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(c))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

// candidates are values of every kind, as YAML.
var candidates = []string{
	"x", `""`, "5", `"5"`, "0", "-1", "0.5", "99999999999", "true", "null", "[]", "[x]", "[x, y]", "[5]", "[{}]", "{}", "{x: y}", "{x: [1]}",
	"10m", "1d", "1h30m", "10 minutes", "2027-01-01", "P1", "high", "closed", "source.ip", "[source.ip]", "a/b", "1.2.3",
}

// Change tells each of every document that text becomes when a value is replaced, or a key is left out, misspelt or added.
func Change(text []byte, each func(what string, data []byte)) {
	var doc yaml.Node
	if yaml.Load(text, &doc) != nil {
		return
	}
	walk(&doc, doc.Content[0], "", each)
}

func walk(doc, n *yaml.Node, path string, each func(what string, data []byte)) {
	say := func(what string) {
		if data, err := yaml.Marshal(doc); err == nil {
			each(path+what, data)
		}
	}
	old := *n
	for _, c := range candidates {
		var other yaml.Node
		if path == "" || yaml.Load([]byte(c), &other) != nil {
			continue
		}
		*n = *other.Content[0]
		say(": " + c)
	}
	*n = old
	switch n.Kind {
	case yaml.MappingNode:
		content := n.Content
		for i := 0; i+1 < len(content); i += 2 {
			n.Content = append(append([]*yaml.Node{}, content[:i]...), content[i+2:]...)
			say(" without " + content[i].Value)
		}
		n.Content = append(append([]*yaml.Node{}, content...), &yaml.Node{Kind: yaml.ScalarNode, Value: "misspelt"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "x"})
		say(" with misspelt: x")
		n.Content = content
		for i := 0; i+1 < len(content); i += 2 {
			walk(doc, content[i+1], path+"/"+content[i].Value, each)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			walk(doc, c, path+"/"+strconv.Itoa(i), each)
		}
	}
}

// Kept holds that a file has the text, or writes it there.
func Kept(t *testing.T, file string, want []byte, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // a document of the repository
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file) //nolint:gosec // a test's own argument
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the tables say; go test -run Schema -update writes it (-want +got):\n%.2000s", file, diff)
	}
}
