package sigma

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// A Refusal says why a document is not used: what it says cannot be said exactly here.
type Refusal struct {
	Node   *yaml.Node // where
	Offset int        // how many characters into the node's text
	Reason string
	Remedy string
	More   []*Refusal // what else is wrong with the document
}

// A Refusal is also an error, for those who pass it up.
func (r *Refusal) Error() string { return r.Reason }

// All are the refusal and those that came with it.
func (r *Refusal) All() []*Refusal { return append([]*Refusal{r}, r.More...) }

func refuse(n *yaml.Node, format string, args ...any) *Refusal {
	return &Refusal{Node: n, Reason: fmt.Sprintf(format, args...)}
}

// refusals are all that is wrong with a document, in the order in which it was found.
type refusals []*Refusal

// add notes one, unless it is nil or known already.
func (all *refusals) add(r *Refusal) {
	if r == nil {
		return
	}
	for _, other := range *all {
		if other.Node == r.Node && other.Offset == r.Offset && other.Reason == r.Reason {
			return
		}
	}
	*all = append(*all, r)
}

// fault notes an error at its own place, or at n where it has none.
func (all *refusals) fault(n *yaml.Node, prefix string, err error) {
	all.add(refusalOf(prefix, err, n))
}

func (all *refusals) say(n *yaml.Node, remedy, format string, args ...any) {
	all.add(&Refusal{Node: n, Reason: fmt.Sprintf(format, args...), Remedy: remedy})
}

// joined are all of them as one, nil for none.
func (all refusals) joined() *Refusal {
	if len(all) == 0 {
		return nil
	}
	first := *all[0]
	first.More = append(slices.Clip(first.More), all[1:]...)
	return &first
}

// remedied is an error that knows what helps, and in a text where it stands.
type remedied struct {
	reason, remedy string
	offset         int // in characters
}

func (e *remedied) Error() string { return e.reason }

// wrong is an error with a remedy.
func wrong(remedy, format string, args ...any) error {
	return &remedied{reason: fmt.Sprintf(format, args...), remedy: remedy}
}

// refusalOf is the error as a refusal: at its own place where it has one, else at n.
func refusalOf(prefix string, err error, n *yaml.Node) *Refusal {
	out := &Refusal{Node: n, Reason: prefix + err.Error()}
	if e, ok := errors.AsType[*remedied](err); ok {
		out.Remedy, out.Offset = e.remedy, e.offset
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		out.Remedy = r.Remedy
		if r.Node != nil {
			out.Node, out.Offset = r.Node, r.Offset
		}
	}
	return out
}

// place is where a node stands, without what it holds: thousands of documents need not be kept for their places.
func place(n *yaml.Node) *yaml.Node { return &yaml.Node{Kind: n.Kind, Line: n.Line, Column: n.Column} }

// textPlace is where a text stands, with the text itself: for places inside it.
func textPlace(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: n.Kind, Style: n.Style, Value: n.Value, Line: n.Line, Column: n.Column}
}
