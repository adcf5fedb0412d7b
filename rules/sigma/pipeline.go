package sigma

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
)

//go:embed pipelines/*.yml
var shipped embed.FS

// Pipelines say where the records of log sources and their fields stand in alerts. They are immutable.
type Pipelines struct {
	all   []*pipeline
	users []*UserPipeline // by priority
	lists Lists
}

// With are the pipelines with those of users, which are applied first, and the values of placeholders. Neither may be
// changed afterwards.
func (p *Pipelines) With(users []*UserPipeline, lists Lists) *Pipelines {
	users = slices.Clone(users)
	slices.SortStableFunc(users, func(a, b *UserPipeline) int { return cmp.Compare(a.Priority, b.Priority) })
	return &Pipelines{all: p.all, users: users, lists: lists}
}

// routesOf are the kinds of record that a rule may mean. A rule that a user's pipeline has changed and that no shipped
// pipeline knows is tried on every alert: what it adds restricts it, and its fields are the alerts' own.
func (p *Pipelines) routesOf(r *Rule) []*route {
	routes := p.routes(r.LogSource)
	if len(routes) == 0 && r.touched {
		return []*route{{when: expression.All(), fields: &fieldSet{name: "own", Rest: names{""}}, pipeline: &pipeline{}}}
	}
	return routes
}

// A pipeline is one file of them.
type pipeline struct {
	Name     string               `yaml:"name"`
	GroupBy  []string             `yaml:"group_by"` // of rules without correlation
	Entities []Entity             `yaml:"entities"`
	Fields   map[string]*fieldSet `yaml:"fields"`
	Routes   []*route             `yaml:"routes"`
}

// An Entity is a field whose values an event names, with their role.
type Entity struct {
	Field string `yaml:"field"`
	Role  string `yaml:"role"`
}

// A fieldSet is where Sigma's fields stand.
type fieldSet struct {
	Map    map[string]names     `yaml:"map"`
	Rest   names                `yaml:"rest"` // prefixes of all other fields; none: a field that is not mapped is unknown
	Values map[string]*valueMap `yaml:"values"`
	Like   string               `yaml:"like"` // the set that this one extends
	name   string
}

// names is one name or several.
type names []string

// UnmarshalYAML reads a scalar as a list of one.
func (n *names) UnmarshalYAML(v *yaml.Node) error {
	if v.Kind == yaml.ScalarNode {
		*n = names{v.Value}
		return nil
	}
	return v.Decode((*[]string)(n))
}

// A valueMap says how sources spell a value beside Sigma's spelling, by the value in lower case.
type valueMap map[string]names

// of are all spellings of a value.
func (m *valueMap) of(s string) []string {
	return append([]string{s}, (*m)[strings.ToLower(s)]...)
}

// A route is one kind of record that a log source may mean.
type route struct {
	Product  string         `yaml:"product"`
	Category string         `yaml:"category"`
	Service  string         `yaml:"service"`
	When     map[string]any `yaml:"when"` // field -> value, values, "*" for any or null for none; values may hold null
	Any      names          `yaml:"any"`  // fields of which one at least is there
	Use      string         `yaml:"use"`  // the field set
	when     expression.Tree
	fields   *fieldSet
	pipeline *pipeline
}

// Shipped are the pipelines that come with the program.
func Shipped() (*Pipelines, error) {
	files, err := fs.Glob(shipped, "pipelines/*.yml")
	if err != nil {
		return nil, fmt.Errorf("list pipelines: %w", err)
	}
	p := &Pipelines{}
	for _, name := range files {
		data, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read pipeline: %w", err)
		}
		if err := p.add(data); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

// add reads one file.
func (p *Pipelines) add(data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	one := &pipeline{}
	if err := dec.Decode(one); err != nil {
		return err
	}
	for name := range one.Fields { // each is completed once: the order does not matter
		if err := one.complete(name); err != nil {
			return err
		}
	}
	for i, r := range one.Routes {
		r.pipeline, r.when = one, expression.All(whenOf(r.When), anyOf(r.Any))
		if r.fields = one.Fields[r.Use]; r.fields == nil {
			return fmt.Errorf("route %d uses fields %q, which are not there", i, r.Use)
		}
	}
	p.all = append(p.all, one)
	return nil
}

// complete lets a set of fields take over what the sets that it is like have, the one that they are like first.
func (one *pipeline) complete(name string) error {
	set := one.Fields[name]
	if set.name != "" {
		return nil
	}
	if set.name = name; set.Like == "" {
		return nil
	}
	if one.Fields[set.Like] == nil {
		return fmt.Errorf("fields %q are like %q, which are not there", name, set.Like)
	}
	if err := one.complete(set.Like); err != nil {
		return err
	}
	set.extend(one.Fields[set.Like])
	return nil
}

// extend takes what the base has and the set has not.
func (s *fieldSet) extend(base *fieldSet) {
	merged := maps.Clone(base.Map)
	if merged == nil {
		merged = map[string]names{}
	}
	maps.Copy(merged, s.Map)
	s.Map = merged
	if s.Rest == nil {
		s.Rest = base.Rest
	}
	if s.Values == nil {
		s.Values = base.Values
	}
}

func whenOf(when map[string]any) expression.Tree {
	var kids []expression.Tree
	for _, field := range slices.Sorted(maps.Keys(when)) {
		switch v := when[field].(type) {
		case nil:
			kids = append(kids, expression.IsAbsent(field))
		case []any:
			var some []expression.Tree
			for _, one := range v {
				if one == nil {
					some = append(some, expression.IsAbsent(field))
					continue
				}
				some = append(some, expression.Covers(field, glob(fmt.Sprint(one)), false))
			}
			kids = append(kids, expression.Some(some...))
		default:
			if v == "*" {
				kids = append(kids, expression.Negate(expression.IsAbsent(field)))
				continue
			}
			kids = append(kids, expression.Covers(field, glob(fmt.Sprint(v)), false))
		}
	}
	return expression.All(kids...)
}

func anyOf(fields []string) expression.Tree {
	if len(fields) == 0 {
		return expression.All()
	}
	some := make([]expression.Tree, len(fields))
	for i, f := range fields {
		some[i] = expression.Negate(expression.IsAbsent(f))
	}
	return expression.Some(some...)
}

// A LogSource is what a rule says of the records that it is for.
type LogSource struct{ Product, Category, Service string }

// String writes the parts that are given.
func (l LogSource) String() string {
	var parts []string
	for _, p := range [][2]string{{"product", l.Product}, {"category", l.Category}, {"service", l.Service}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	return strings.Join(parts, ", ")
}

// routes are those that the log source names; where none is exactly so, those that it names a part of.
func (p *Pipelines) routes(l LogSource) []*route {
	var exact, wider []*route
	for _, one := range p.all {
		for _, r := range one.Routes {
			same := func(given, has string) bool { return given == "" || strings.EqualFold(given, has) }
			if !same(l.Product, r.Product) || !same(l.Category, r.Category) || !same(l.Service, r.Service) {
				continue
			}
			wider = append(wider, r)
			if (l.Product == "") == (r.Product == "") && (l.Category == "") == (r.Category == "") && (l.Service == "") == (r.Service == "") {
				exact = append(exact, r)
			}
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return wider
}

// unmapped is a field that a set does not know.
type unmapped struct{ remedied }

// Unwrap makes it a [remedied] too.
func (u *unmapped) Unwrap() error { return &u.remedied }

// unknown is the error of a field that a set does not know.
func (s *fieldSet) unknown(field string) error {
	remedy := "let a pipeline map it with field_name_mapping, if records have it"
	if near := fault.Nearest(field, slices.Sorted(maps.Keys(s.Map))); near != "" {
		remedy = "did you mean " + near + "? Else " + remedy
	}
	return &unmapped{remedied{reason: fmt.Sprintf("field %q has no place in %s records", field, s.name), remedy: remedy}}
}

// find is where a field stands: in one of the targets.
func (s *fieldSet) find(field string) (targets []string, values *valueMap, err error) {
	if to, ok := s.Map[field]; ok {
		return to, s.Values[field], nil
	}
	if len(s.Rest) == 0 {
		return nil, nil, s.unknown(field)
	}
	for _, prefix := range s.Rest {
		targets = append(targets, prefix+field)
	}
	return targets, s.Values[field], nil
}
