package config

import (
	"fmt"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// YAML writes the configuration in the form of its file, secrets redacted, every key present.
func (c Config) YAML() ([]byte, error) { return yaml.Marshal(node(reflect.ValueOf(c), "")) }

// node builds the YAML of one setting or block.
func node(v reflect.Value, name string) *yaml.Node {
	switch {
	case v.Kind() == reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for f := range fields(v.Type()) {
			n.Content = append(n.Content, scalar(f.name), node(valueOf(v, f.name), f.name))
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if !isSources(v.Type()) {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i), name))
		}
		return n
	case v.Kind() == reflect.String && v.Type() == reflect.TypeFor[string]():
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v.String()}
	default:
		return scalar(text(v.Interface()))
	}
}

func text(value any) string {
	switch x := value.(type) {
	case bool:
		return strconv.FormatBool(x)
	case fmt.Stringer:
		return x.String()
	default:
		return fmt.Sprint(x)
	}
}

func scalar(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

func valueOf(v reflect.Value, name string) reflect.Value {
	for f, value := range v.Fields() {
		if f.Tag.Get("mapstructure") == name {
			return value
		}
	}
	return reflect.Value{}
}
