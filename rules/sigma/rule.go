package sigma

import (
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
	Asked    string // of one without an id: all that it asks for, to tell it from others of its title

	detection *yaml.Node
	checks
	places  map[string]*yaml.Node // of what the document says of itself
	added   []added               // by pipelines
	filters []*Filter
	touched bool // a user's pipeline has changed it
}

// Is reports whether a document is Sigma's: a rule, a correlation or a filter.
func Is(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || member(n, "correlate") != nil {
		return false
	}
	for _, key := range []string{"detection", "correlation", "filter", "logsource"} {
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
	var found refusals
	r := head(n)
	r.detection = member(n, "detection")
	if r.detection == nil || r.detection.Kind != yaml.MappingNode {
		return nil, &Refusal{Node: cmpNode(r.detection, n), Reason: "the rule has no detection", Remedy: "add detection: with selections and a condition"}
	}
	if len(r.LogSource.String()) == 0 {
		found.say(cmpNode(member(n, "logsource"), n), "add logsource: {product: windows, category: process_creation}, or what it is for", "the rule has no logsource")
	}
	r.checks = readChecks(&found, r.detection)
	r.Conditions = r.texts
	if at := member(r.detection, "timeframe"); at != nil {
		found.say(at, "write a Sigma correlation", "timeframe is the old form of aggregation")
	}
	if refusal := found.joined(); refusal != nil {
		return nil, refusal
	}
	r.detection = place(r.detection)
	return r, nil
}

// Place is where a key of the document stands, or where the document does.
func (r *Rule) Place(key string, other *yaml.Node) *yaml.Node { return cmpNode(r.places[key], other) }

// Forget gives back what only [Pipelines.Compile] and its kin need: the rule cannot be compiled again.
func (r *Rule) Forget() { r.checks, r.added, r.filters, r.places = checks{}, nil, nil, nil }

// head is what a document says of itself.
func head(n *yaml.Node) *Rule {
	places := map[string]*yaml.Node{}
	for _, key := range []string{"id", "status", "level", "logsource", "taxonomy"} {
		if v := member(n, key); v != nil {
			places[key] = place(v)
		}
	}
	r := &Rule{
		places: places,
		ID:     strings.ToLower(scalar(n, "id")), Name: scalar(n, "name"), Title: scalar(n, "title"),
		Status: strings.ToLower(scalar(n, "status")), Level: strings.ToLower(scalar(n, "level")),
		Description: scalar(n, "description"), Author: scalar(n, "author"), Date: scalar(n, "date"), Modified: scalar(n, "modified"),
		Taxonomy:   scalar(n, "taxonomy"),
		References: list(n, "references"), FalsePositives: list(n, "falsepositives"), Tags: list(n, "tags"), LogSource: logSource(n),
	}
	if r.ID == "" {
		r.Asked = written(member(n, "detection")) + written(member(n, "correlation"))
	}
	return r
}

// ownField reports whether a key that Sigma has for another kind of document is a field of the rule's own: a text beside a
// detection.
func ownField(n, at *yaml.Node) bool {
	return at.Kind == yaml.ScalarNode && member(n, "detection") != nil
}

func logSource(n *yaml.Node) LogSource {
	l := member(n, "logsource")
	return LogSource{Product: scalar(l, "product"), Category: scalar(l, "category"), Service: scalar(l, "service")}
}

// checks are the selections and the conditions of a detection or filter.
type checks struct {
	names []string // of the selections, in their order
	parts map[string]*detection
	texts []string     // of the conditions; one of them must hold
	nodes []*yaml.Node // where they stand
}

func readChecks(found *refusals, n *yaml.Node) checks {
	c := checks{parts: map[string]*detection{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, v := n.Content[i].Value, n.Content[i+1]
		switch name {
		case "condition":
			c.readConditions(v)
		case "timeframe", "rules":
		default:
			if c.parts[name] != nil {
				found.say(n.Content[i], "give one of them another name", "detection says %s twice", name)
				continue
			}
			c.names = append(c.names, name)
			c.parts[name] = readDetection(found, v, 0)
		}
	}
	if len(c.texts) == 0 {
		found.say(n, "add condition: and the name of a selection", "detection has no condition")
	}
	for i, text := range c.texts {
		if _, err := parseCondition(text, c.names, func(string) (expression.Tree, bool, error) { return expression.All(), false, nil }); err != nil {
			found.fault(c.nodes[i], "", err)
		}
	}
	return c
}

func (c *checks) readConditions(v *yaml.Node) {
	values := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		values = v.Content
	}
	for _, one := range values {
		if one.Kind == yaml.ScalarNode && one.ShortTag() != "!!null" {
			c.texts, c.nodes = append(c.texts, one.Value), append(c.nodes, textPlace(one))
		}
	}
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
		return nil, &Refusal{
			Node: r.Place("logsource", r.detection), Reason: fmt.Sprintf("no pipeline for logsource %s", r.LogSource),
			Remedy: "let a pipeline map its fields and say which alerts are meant, see docs/sigma.md",
		}
	}
	if r.Taxonomy != "" && r.Taxonomy != "sigma" && !r.touched {
		return nil, &Refusal{
			Node: r.Place("taxonomy", r.detection), Reason: fmt.Sprintf("taxonomy %s: its names are not known here", r.Taxonomy),
			Remedy: "let a pipeline map them with field_name_mapping",
		}
	}
	var out []variant
	var lacks refusals // of the kind of record that lacks least
	for _, route := range routes {
		c := &compiler{fields: route.fields, lists: p.lists, at: r.detection}
		v := variant{route: route, tree: r.tree(c), fields: c.places(r.detection, asked)}
		switch {
		case len(c.found) > 0:
			return nil, c.found.joined()
		case len(c.lacks) == 0:
			v.tree = expression.Named(cmpText(route.fields.name, r.Name), expression.All(route.when, v.tree))
			out = append(out, v)
		case lacks == nil || len(c.lacks) < len(lacks):
			lacks = c.lacks
		}
	}
	if len(out) == 0 {
		return nil, lacks.joined()
	}
	return out, nil
}

// tree is the rule's condition with its filters and what pipelines have added. What is wrong with it is left with c.
func (r *Rule) tree(c *compiler) expression.Tree {
	var kids []expression.Tree
	for _, a := range r.added {
		var kid expression.Tree
		c.elsewhere("", func() { kid = c.tree(a.detection) })
		if a.negated {
			kid = expression.Negate(kid)
		}
		kids = append(kids, kid)
	}
	kids = append(kids, c.conditions(&r.checks))
	for _, f := range r.filters {
		c.elsewhere("filter "+f.Title+": ", func() { kids = append(kids, c.conditions(&f.checks)) })
	}
	return expression.All(kids...)
}

// elsewhere compiles what stands in another file: what is wrong there is wrong with the rule at its detection.
func (c *compiler) elsewhere(prefix string, compile func()) {
	found, lacks := len(c.found), len(c.lacks)
	compile()
	for _, r := range slices.Concat(c.found[found:], c.lacks[lacks:]) {
		r.Node, r.Offset, r.Reason = c.at, 0, prefix+r.Reason
	}
}

func (c *compiler) conditions(s *checks) expression.Tree {
	kids := make([]expression.Tree, len(s.texts))
	for i, text := range s.texts {
		kid, err := parseCondition(text, s.names, func(name string) (expression.Tree, bool, error) {
			d := s.parts[name]
			if d.empty() {
				return expression.Tree{}, true, nil
			}
			return expression.Named(name, c.tree(d)), false, nil
		})
		if err != nil {
			c.found.fault(s.nodes[i], "", err)
		}
		kids[i] = kid
	}
	return expression.Some(kids...)
}

// A Filter narrows the rules that it names.
type Filter struct {
	ID, Title string
	LogSource LogSource
	Rules     []string // ids or names
	checks
	used bool
}

// ReadFilter reads the document of a filter; nil and no refusal where the document is none.
func ReadFilter(n *yaml.Node) (*Filter, *Refusal) {
	at := member(n, "filter")
	if at == nil || ownField(n, at) {
		return nil, nil //nolint:nilnil // no filter and nothing wrong
	}
	f := &Filter{ID: scalar(n, "id"), Title: scalar(n, "title"), LogSource: logSource(n), Rules: list(at, "rules")}
	var found refusals
	if at.Kind != yaml.MappingNode {
		found.say(at, "write rules, selections and a condition below it", "the filter is no mapping")
		return f, found.joined()
	}
	if f.LogSource.String() == "" {
		found.say(n, "add the logsource of the rules that it is for", "the filter has no logsource")
	}
	f.checks = readChecks(&found, at)
	if len(f.Rules) == 0 {
		found.say(at, "add rules: with ids or names, or any", "the filter names no rules")
	}
	return f, found.joined()
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
