package rules

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/schema"
)

// foreign is a key by which a document shows that it is no rule, nor meant to be one, such as those of files that repositories
// hold beside rules: it is not among the known keys of rules, and of the keys that a rule of ours can hardly be without the
// document has none. Nil for a rule.
func foreign(root *yaml.Node, known []schema.Key) *yaml.Node {
	if root.Kind != yaml.MappingNode {
		return nil
	}
	var alien *yaml.Node
	for i := 0; i < len(root.Content); i += 2 {
		key := root.Content[i]
		if slices.Contains([]string{"correlate", "when", "let", "version", "category"}, key.Value) {
			return nil
		}
		if alien == nil && !slices.ContainsFunc(known, func(k schema.Key) bool { return k.Name == key.Value }) {
			alien = key
		}
	}
	return alien
}
