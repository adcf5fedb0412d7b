package decode

import (
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/ecs"
	"tocsin/internal/fault"
)

func (l *mappingLoader) mappingTests(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		l.add(n, "write - before each test", "tests must be a list")
		return
	}
	for _, item := range n.Content {
		l.m.tests = append(l.m.tests, l.mappingTest(item))
	}
}

// mappingTest reads {name, record, received, want, format, rejected}.
func (l *mappingLoader) mappingTest(n *yaml.Node) mappingTest {
	t := mappingTest{line: n.Line}
	keys := []string{"format", "name", "received", "record", "rejected", "want"}
	l.members(n, "a test", func(key, value *yaml.Node) {
		switch key.Value {
		case "name":
			t.name = l.text(value, "name")
		case "record":
			t.record = l.record(value)
		case "received":
			at, err := time.Parse(time.RFC3339Nano, value.Value)
			if err != nil {
				l.add(value, "write 2026-11-22T08:00:00Z", "received is no time")
			}
			t.received = at
		case "want":
			t.want = l.wanted(value)
		case "format":
			t.format = l.text(value, "format")
		case "rejected":
			t.rejected = l.text(value, "rejected")
		default:
			l.add(key, fault.DidYouMean(key.Value, keys), "unknown key %q", key.Value)
		}
	})
	if len(t.record) == 0 {
		l.add(n, "add record:", "the test has no record")
	}
	if len(t.want) == 0 && t.format == "" && t.rejected == "" {
		l.add(n, "add want:, format: or rejected:", "the test wants nothing, so it cannot fail")
	}
	return t
}

// record is text as it is, or a mapping that stands for a JSON object.
func (l *mappingLoader) record(n *yaml.Node) []byte {
	if n.Kind == yaml.ScalarNode {
		return []byte(n.Value)
	}
	var v map[string]any
	err := n.Decode(&v)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(v); err == nil {
			return text
		}
	}
	l.add(n, "write the record as text", "the record is no JSON: %v", err)
	return nil
}

func (l *mappingLoader) wanted(n *yaml.Node) []wantedField {
	var all []wantedField
	l.members(n, "want", func(key, value *yaml.Node) {
		if _, known := ecs.Lookup(key.Value); !known && key.Value != "@timestamp" {
			l.add(key, "", "unknown field %q", key.Value)
		}
		w := wantedField{field: key.Value, value: tocsin.NullValue()}
		if value.Tag != "!!null" {
			w.value = l.constant(value)
		}
		all = append(all, w)
	})
	return all
}
