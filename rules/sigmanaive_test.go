package rules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"tocsin"
)

// naive evaluates one Sigma rule on one alert straight from its YAML, a rule at a time: what the compiled rules must
// agree with. It shares with them the files that say where fields stand, and no code.
type naive struct {
	id         string
	selections map[string]any
	order      []string
	conditions []string
	routes     []naiveRoute
}

type naiveRoute struct {
	When       map[string]any
	Any        []string
	fields     map[string][]string
	rest       []string
	values     map[string]map[string][]string
	unmappable bool
}

// naivePipelines reads the shipped pipelines as plain data.
type naivePipelines []struct {
	Fields map[string]struct {
		Map    map[string]any
		Rest   any
		Like   string
		Values map[string]map[string]any
	}
	Routes []struct {
		Product, Category, Service, Use string
		When                            map[string]any
		Any                             []string
	}
}

func readNaivePipelines(t *testing.T) naivePipelines {
	files, err := filepath.Glob("sigma/pipelines/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no pipelines", err)
	}
	out := make(naivePipelines, len(files))
	for i, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, &out[i]); err != nil {
			t.Fatal(name, err)
		}
	}
	return out
}

func strs(v any) []string {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		var out []string
		for _, one := range x {
			out = append(out, fmt.Sprint(one))
		}
		return out
	default:
		return []string{fmt.Sprint(x)}
	}
}

// routesFor finds the kinds of record of a log source, the exact ones where there are such.
func (p naivePipelines) routesFor(source map[string]any) []naiveRoute {
	get := func(k string) string { return strings.ToLower(strings.Join(strs(source[k]), "")) }
	var exact, wider []naiveRoute
	for _, one := range p {
		for _, r := range one.Routes {
			has := [3]string{r.Product, r.Category, r.Service}
			given := [3]string{get("product"), get("category"), get("service")}
			fits, same := true, true
			for i := range has {
				fits = fits && (given[i] == "" || given[i] == strings.ToLower(has[i]))
				same = same && (given[i] == "") == (has[i] == "")
			}
			if !fits {
				continue
			}
			n := naiveRoute{When: r.When, Any: r.Any, fields: map[string][]string{}, values: map[string]map[string][]string{}}
			var take func(name string)
			take = func(name string) {
				set := one.Fields[name]
				if set.Like != "" {
					take(set.Like)
				}
				for k, v := range set.Map {
					n.fields[k] = strs(v)
				}
				if set.Rest != nil {
					n.rest = strs(set.Rest)
				}
				for field, m := range set.Values {
					n.values[field] = map[string][]string{}
					for k, v := range m {
						n.values[field][k] = strs(v)
					}
				}
			}
			take(r.Use)
			wider = append(wider, n)
			if same {
				exact = append(exact, n)
			}
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return wider
}

func (r *naiveRoute) places(field string) ([]string, bool) {
	if to, ok := r.fields[field]; ok {
		return to, true
	}
	var out []string
	for _, prefix := range r.rest {
		out = append(out, prefix+field)
	}
	return out, len(out) > 0
}

// readNaive reads a rule; nil for what is none, or none that is loaded.
func readNaive(t *testing.T, p naivePipelines, data []byte) *naive {
	var doc struct {
		ID        string
		Logsource map[string]any
		Detection map[string]any
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Detection == nil {
		return nil
	}
	n := &naive{id: strings.ToLower(doc.ID), selections: doc.Detection, conditions: strs(doc.Detection["condition"]), routes: p.routesFor(doc.Logsource)}
	delete(n.selections, "condition")
	for name := range n.selections {
		n.order = append(n.order, name)
	}
	slices.Sort(n.order)
	for i := range n.routes { // a kind of record without one of the rule's fields is left out
		for _, s := range n.selections {
			n.routes[i].unmappable = n.routes[i].unmappable || n.unmappable(&n.routes[i], s)
		}
	}
	return n
}

func (n *naive) unmappable(r *naiveRoute, s any) bool {
	switch x := s.(type) {
	case []any:
		return slices.ContainsFunc(x, func(one any) bool { return n.unmappable(r, one) })
	case map[string]any:
		for key, v := range x {
			field, modifiers, _ := strings.Cut(key, "|")
			if _, ok := r.places(field); field != "" && !ok {
				return true
			}
			if strings.Contains(modifiers, "fieldref") {
				if _, ok := r.places(fmt.Sprint(v)); !ok {
					return true
				}
			}
		}
	}
	return false
}

// record is an alert as the naive evaluator reads it.
type record struct {
	fields map[string]tocsin.Value
	texts  []string
}

func readRecord(a *tocsin.Alert, raw []byte) record {
	r := record{fields: maps.Collect(a.Fields.All())}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if raw[0] != '{' || d.Decode(&v) != nil {
		r.texts = []string{strings.TrimSpace(string(raw))}
		return r
	}
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			for _, one := range x {
				walk(one)
			}
		case []any:
			for _, one := range x {
				walk(one)
			}
		case string:
			r.texts = append(r.texts, x)
		case json.Number:
			r.texts = append(r.texts, x.String())
		}
	}
	walk(v)
	return r
}

// texts are the values of a field as text; of name[n] the member n.
func (r record) values(name string) []string {
	name, rest, indexed := strings.Cut(name, "[")
	v, ok := r.fields[name]
	if !ok {
		return nil
	}
	var out []string
	for _, one := range v.Items() {
		if one.Kind() != tocsin.Null && one.Kind() != tocsin.Absent {
			out = append(out, one.Text())
		}
	}
	if i, err := strconv.Atoi(strings.TrimSuffix(rest, "]")); indexed && err == nil {
		if i >= len(out) {
			return nil
		}
		return out[i : i+1]
	}
	return out
}

// below reports whether there are fields below one: it is an object.
func (r record) below(name string) bool {
	for field := range r.fields {
		if strings.HasPrefix(field, name+".") {
			return true
		}
	}
	return false
}

func (n *naive) fires(r record) bool {
	for i := range n.routes {
		route := &n.routes[i]
		if route.unmappable || !route.admits(r) {
			continue
		}
		for _, c := range n.conditions {
			p := &naiveParser{n: n, route: route, record: r, words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(c))}
			if p.or() {
				return true
			}
		}
	}
	return false
}

func (r *naiveRoute) admits(rec record) bool {
	for field, want := range r.When {
		has := rec.values(field)
		list, ok := want.([]any)
		if !ok {
			list = []any{want}
		}
		if !slices.ContainsFunc(list, func(w any) bool {
			if w == nil {
				return len(has) == 0
			}
			return w == "*" && len(has) > 0 || slices.ContainsFunc(has, func(h string) bool { return strings.EqualFold(h, fmt.Sprint(w)) })
		}) {
			return false
		}
	}
	return len(r.Any) == 0 || slices.ContainsFunc(r.Any, func(f string) bool { return len(rec.values(f)) > 0 })
}

// naiveParser evaluates a condition as it reads it.
type naiveParser struct {
	n      *naive
	route  *naiveRoute
	record record
	words  []string
}

func (p *naiveParser) take(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *naiveParser) or() bool {
	ok := p.and()
	for p.take("or") {
		right := p.and()
		ok = ok || right
	}
	return ok
}

func (p *naiveParser) and() bool {
	ok := p.not()
	for p.take("and") {
		right := p.not()
		ok = ok && right
	}
	return ok
}

func (p *naiveParser) not() bool {
	if p.take("not") {
		return !p.not()
	}
	if p.take("(") {
		ok := p.or()
		p.take(")")
		return ok
	}
	word := p.words[0]
	p.words = p.words[1:]
	if !p.take("of") {
		return p.selection(p.n.selections[word])
	}
	pattern := p.words[0]
	p.words = p.words[1:]
	all := strings.EqualFold(word, "all")
	for _, name := range p.n.order {
		if pattern == "them" && name[0] == '_' || name[0] == '_' && pattern[0] != '_' {
			continue
		}
		if ok, _ := path.Match(pattern, name); pattern != "them" && !ok {
			continue
		}
		if p.selection(p.n.selections[name]) != all {
			return !all
		}
	}
	return all
}

func (p *naiveParser) selection(s any) bool {
	switch x := s.(type) {
	case []any:
		return slices.ContainsFunc(x, p.selection)
	case map[string]any:
		for key, v := range x {
			if !p.item(key, v) {
				return false
			}
		}
		return true
	default:
		return p.item("", s)
	}
}
