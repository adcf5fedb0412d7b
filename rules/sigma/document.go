package sigma

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxDepth bounds the nesting of a document.
const maxDepth = 40

// Looks reports whether the text of a file that is no YAML was meant as Sigma's, by the keys at the start of its lines.
func Looks(src []byte) bool {
	is := false
	for line := range bytes.Lines(src) {
		key, _, _ := bytes.Cut(line, []byte(":"))
		switch string(key) {
		case "correlate":
			return false
		case "detection", "logsource", "correlation", "filter":
			is = true
		}
	}
	return is
}

// Plain refuses a document that uses YAML's anchors or nests too deep.
func Plain(n *yaml.Node) *Refusal { return plain(n, 0) }

func plain(n *yaml.Node, depth int) *Refusal {
	switch {
	case depth > maxDepth:
		return &Refusal{Node: n, Reason: fmt.Sprintf("YAML nests deeper than %d", maxDepth)}
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return &Refusal{Node: n, Reason: "anchors and aliases are not available", Remedy: "write it out"}
	}
	for _, k := range n.Content {
		if refusal := plain(k, depth+1); refusal != nil {
			return refusal
		}
	}
	return nil
}

// Expand resolves the old form of files with several documents: what stands in one with action: global is part of
// all that follow it until action: reset, and action: repeat takes over the document before. Documents of any other
// kind stay as they are. An id is of the first document that has it: others that only take it over have none.
func Expand(roots []*yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	var global, before *yaml.Node
	seen := map[string]bool{}
	for _, root := range roots {
		own := member(root, "id") != nil
		switch scalar(root, "action") {
		case "global":
			global = merged(global, root)
			continue
		case "reset":
			global = nil
		case "repeat":
			root = merged(before, root)
		}
		if global != nil && root.Kind == yaml.MappingNode {
			root = merged(global, root)
		}
		id := scalar(root, "id")
		if !own && seen[id] {
			root = without(root, "id")
		}
		seen[id] = true
		before = root
		out = append(out, root)
	}
	return out
}

// merged is a mapping with the members of both, mappings among them likewise; where both have one it is over's.
func merged(base, over *yaml.Node) *yaml.Node {
	if base == nil || base.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := *over
	out.Content = nil
	for i := 0; i+1 < len(base.Content); i += 2 {
		k, v := base.Content[i], base.Content[i+1]
		if k.Value == "action" {
			continue
		}
		if w := member(over, k.Value); w != nil {
			v = merged(v, w)
		}
		out.Content = append(out.Content, k, v)
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		if k := over.Content[i]; k.Value != "action" && member(base, k.Value) == nil {
			out.Content = append(out.Content, k, over.Content[i+1])
		}
	}
	return &out
}

// without is a mapping that lacks a key.
func without(n *yaml.Node, key string) *yaml.Node {
	out := *n
	out.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	return &out
}

// written is all that a node says, as one text: two nodes of the same text say the same.
func written(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %q", n.Kind, n.ShortTag(), n.Value)
	for _, k := range n.Content {
		b.WriteString("(" + written(k) + ")")
	}
	return b.String()
}
