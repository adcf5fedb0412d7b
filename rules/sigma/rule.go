package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// A Rule is one Sigma rule as its document says it.
type Rule struct {
	ID, Name, Title, Status, Level, Description, Author string
	Date, Modified                                      string
	References, FalsePositives, Tags                    []string
	LogSource                                           LogSource
	Conditions                                          []string // as written; one of them must hold

	Taxonomy string // of its field names; "" is Sigma's own

	detection *yaml.Node
	names     []string // of its selections
	parts     map[string]*detection
	added     []added // by pipelines
	filters   []*Filter
	touched   bool // a user's pipeline has changed it
}

// A Refusal says why a document is not used: what it says cannot be said exactly here.
type Refusal struct {
	Node   *yaml.Node // where
	Reason string
	Remedy string
}

// Is reports whether a document is Sigma's: a rule, a correlation or a filter.
func Is(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || member(n, "correlate") != nil {
		return false
	}
	for _, key := range []string{"detection", "correlation", "logsource"} {
		if member(n, key) != nil {
			return true
		}
	}
	return false
}

// member is the value of a key of a mapping, nil where it is not there.
func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(n *yaml.Node, key string) string {
	if v := member(n, key); v != nil && v.Kind == yaml.ScalarNode && v.ShortTag() != "!!null" {
		return v.Value
	}
	return ""
}

func list(n *yaml.Node, key string) []string {
	v := member(n, key)
	if v == nil {
		return nil
	}
	if v.Kind == yaml.ScalarNode && v.ShortTag() != "!!null" {
		return []string{v.Value}
	}
	var out []string
	for _, m := range v.Content {
		if m.Kind == yaml.ScalarNode {
			out = append(out, m.Value)
		}
	}
	return out
}

// Read reads the document of one rule.
func Read(n *yaml.Node) (*Rule, *Refusal) {
	r := head(n)
	r.detection = member(n, "detection")
	if r.detection == nil || r.detection.Kind != yaml.MappingNode {
		return nil, &Refusal{Node: n, Reason: "the rule has no detection"}
	}
	if refusal := r.read(); refusal != nil {
		return nil, refusal
	}
	r.detection = place(r.detection)
	return r, nil
}

// place is where a node stands, without what it holds: thousands of documents need not be kept for their places.
func place(n *yaml.Node) *yaml.Node { return &yaml.Node{Kind: n.Kind, Line: n.Line, Column: n.Column} }

// Forget gives back what only [Pipelines.Compile] and its kin need: the rule cannot be compiled again.
func (r *Rule) Forget() { r.names, r.parts, r.added, r.filters = nil, nil, nil, nil }

// head is what a document says of itself.
func head(n *yaml.Node) *Rule {
	return &Rule{
		ID: strings.ToLower(scalar(n, "id")), Name: scalar(n, "name"), Title: scalar(n, "title"), Status: scalar(n, "status"), Level: scalar(n, "level"),
		Description: scalar(n, "description"), Author: scalar(n, "author"), Date: scalar(n, "date"), Modified: scalar(n, "modified"),
		Taxonomy:   scalar(n, "taxonomy"),
		References: list(n, "references"), FalsePositives: list(n, "falsepositives"), Tags: list(n, "tags"), LogSource: logSource(n),
	}
}

func logSource(n *yaml.Node) LogSource {
	l := member(n, "logsource")
	return LogSource{Product: scalar(l, "product"), Category: scalar(l, "category"), Service: scalar(l, "service")}
}

// read takes the detection apart.
func (r *Rule) read() *Refusal {
	var refusal *Refusal
	r.names, r.parts, r.Conditions, refusal = parts(r.detection)
	if refusal == nil && member(r.detection, "timeframe") != nil {
		refusal = &Refusal{Node: member(r.detection, "timeframe"), Reason: "timeframe is the old form of aggregation", Remedy: "write a Sigma correlation"}
	}
	return refusal
}

// parts are the selections and the conditions of a detection or filter.
func parts(n *yaml.Node) (names []string, by map[string]*detection, conditions []string, refusal *Refusal) {
	by = map[string]*detection{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, v := n.Content[i].Value, n.Content[i+1]
		switch name {
		case "condition":
			conditions = list(n, name)
		case "timeframe", "rules":
		default:
			if by[name] != nil {
				return nil, nil, nil, refuse(n.Content[i], "detection says %s twice", name)
			}
			d, refusal := readDetection(v, 0)
			if refusal != nil {
				return nil, nil, nil, refusal
			}
			names = append(names, name)
			by[name] = d
		}
	}
	if len(conditions) == 0 {
		return nil, nil, nil, refuse(n, "detection has no condition")
	}
	return names, by, conditions, nil
}

// A Compiled is what a rule comes to.
type Compiled struct {
	Tree     expression.Tree
	Text     string // the condition as people read it
	GroupBy  []string
	Entities []Entity
}

// Compile compiles the rule for every kind of record that its log source may mean. Kinds that lack a field of the
// rule are left out; if all do, or the rule says what cannot be said exactly, it is refused.
func (p *Pipelines) Compile(r *Rule) (*Compiled, *Refusal) {
	variants, refusal := p.variants(r, nil)
	if refusal != nil {
		return nil, refusal
	}
	out := &Compiled{Text: strings.Join(r.Conditions, " or ")}
	out.GroupBy, out.Entities = p.About(r)
	kids := make([]expression.Tree, len(variants))
	for i, v := range variants {
		kids[i] = v.tree
	}
	out.Tree = expression.Some(kids...)
	return out, nil
}

// About is what the pipeline of a rule's records says of events: how to group them and what they concern.
func (p *Pipelines) About(r *Rule) (groupBy []string, entities []Entity) {
	if routes := p.routes(r.LogSource); len(routes) > 0 {
		return routes[0].pipeline.GroupBy, routes[0].pipeline.Entities
	}
	return nil, nil
}

// variant is a rule on one kind of record.
type variant struct {
	route  *route
	tree   expression.Tree
	fields [][]string // where the fields that were asked for stand
}

// variants compiles the rule for every kind of record that has all its fields and those asked for.
func (p *Pipelines) variants(r *Rule, fields []string) ([]variant, *Refusal) {
	r, asked, refusal := p.adapt(r, fields)
	if refusal != nil {
		return nil, refusal
	}
	routes := p.routesOf(r)
	if len(routes) == 0 {
		return nil, refuse(r.detection, "no pipeline for logsource %s", r.LogSource)
	}
	if r.Taxonomy != "" && r.Taxonomy != "sigma" && !r.touched {
		return nil, refuse(r.detection, "taxonomy %s: its names are not known here", r.Taxonomy)
	}
	var out []variant
	var missing error
	for _, route := range routes {
		v := variant{route: route}
		c := &compiler{fields: route.fields, lists: p.lists}
		tree, err := r.tree(c)
		for _, names := range asked {
			var all []string
			for _, name := range names {
				if err == nil {
					var targets []string
					targets, _, err = c.find(name.field, name.final)
					all = append(all, targets...)
				}
			}
			v.fields = append(v.fields, all)
		}
		if _, ok := errors.AsType[*unmapped](err); ok {
			missing = err
			continue
		}
		if err != nil {
			return nil, refusalOf(err, r.detection)
		}
		v.tree = expression.Named(cmpText(route.fields.name, r.Name), expression.All(route.when, tree))
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, refusalOf(missing, r.detection)
	}
	return out, nil
}

// refusalOf is the error as a refusal, at its own place where it has one.
func refusalOf(err error, at *yaml.Node) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok && r.Node != nil {
		return &Refusal{Node: r.Node, Reason: err.Error(), Remedy: r.Remedy}
	}
	return &Refusal{Node: at, Reason: err.Error()}
}

// tree is the rule's condition with its filters and what pipelines have added.
func (r *Rule) tree(c *compiler) (expression.Tree, error) {
	tree, err := c.conditions(r.Conditions, r.names, r.parts)
	if err != nil {
		return tree, err
	}
	var kids []expression.Tree
	for _, a := range r.added {
		kid, err := c.tree(a.detection)
		if err != nil {
			return kid, err
		}
		if a.negated {
			kid = expression.Negate(kid)
		}
		kids = append(kids, kid)
	}
	kids = append(kids, tree)
	for _, f := range r.filters {
		kid, err := c.conditions(f.conditions, f.names, f.parts)
		if err != nil {
			return kid, fmt.Errorf("filter %s: %w", f.Title, err)
		}
		kids = append(kids, kid)
	}
	return expression.All(kids...), nil
}

func (c *compiler) conditions(texts, names []string, parts map[string]*detection) (expression.Tree, error) {
	kids := make([]expression.Tree, len(texts))
	for i, text := range texts {
		kid, err := parseCondition(text, names, func(name string) (expression.Tree, bool, error) {
			d := parts[name]
			if d.empty() {
				return expression.Tree{}, true, nil
			}
			tree, err := c.tree(d)
			return expression.Named(name, tree), false, err
		})
		if err != nil {
			return kid, err
		}
		kids[i] = kid
	}
	return expression.Some(kids...), nil
}

// A Filter narrows the rules that it names.
type Filter struct {
	ID, Title  string
	LogSource  LogSource
	Rules      []string // ids or names
	conditions []string
	names      []string
	parts      map[string]*detection
	used       bool
}

// ReadFilter reads the document of a filter; nil and no refusal where the document is none.
func ReadFilter(n *yaml.Node) (*Filter, *Refusal) {
	at := member(n, "filter")
	if at == nil {
		return nil, nil //nolint:nilnil // no filter and nothing wrong
	}
	f := &Filter{ID: scalar(n, "id"), Title: scalar(n, "title"), LogSource: logSource(n), Rules: list(at, "rules")}
	var refusal *Refusal
	f.names, f.parts, f.conditions, refusal = parts(at)
	if refusal == nil && len(f.Rules) == 0 {
		refusal = &Refusal{Node: at, Reason: "the filter names no rules"}
	}
	return f, refusal
}

// Apply adds the filter to the rule if it is for it.
func (f *Filter) Apply(r *Rule) {
	named := slices.ContainsFunc(f.Rules, func(s string) bool {
		return strings.EqualFold(s, r.ID) || r.Name != "" && s == r.Name || strings.EqualFold(s, "any")
	})
	same := func(given, has string) bool { return given == "" || strings.EqualFold(given, has) }
	l, of := f.LogSource, r.LogSource
	if named && same(l.Product, of.Product) && same(l.Category, of.Category) && same(l.Service, of.Service) {
		r.filters = append(r.filters, f)
		f.used = true
	}
}
