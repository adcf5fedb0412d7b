package sigma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

func mapString(p *params) func(*run, *step) error {
	to := map[string][]string{}
	for s, n := range p.mapping("mapping") {
		to[s] = texts(n)
	}
	if len(to) == 0 {
		p.fault(p.node, "", "transformation map_string lacks a mapping")
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText || len(v.forms) != 1 {
				return nil, false, nil
			}
			mapped, ok := to[raw(v)]
			var out []value
			for _, m := range mapped {
				out = append(out, value{forms: []expression.Glob{glob(m)}, exact: v.exact})
			}
			return out, ok, nil
		})
	}
}

// placeholders replaces placeholders by the pipeline's variables, or by any text. A variable that is not there is left
// for the reference list of that name.
func placeholders(p *params, wild bool) func(*run, *step) error {
	include, exclude := p.take("include"), p.take("exclude")
	if include != nil && exclude != nil {
		p.fault(exclude, "leave one of them out", "include and exclude together")
	}
	handled := func(name string) bool {
		return (include == nil || slices.Contains(texts(include), name)) && (exclude == nil || !slices.Contains(texts(exclude), name))
	}
	return func(r *run, s *step) error {
		by := func(name string) ([]expression.Glob, bool) {
			if !handled(name) || !wild && r.pipeline.vars[name] == nil {
				return []expression.Glob{{{Text: name, Wild: placeholderMark}}}, true
			}
			if wild {
				return []expression.Glob{{star}}, true
			}
			var out []expression.Glob
			for _, text := range r.pipeline.vars[name] {
				out = append(out, glob(text))
			}
			return out, true
		}
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind == isPattern && v.expr {
				return r.patternPlaceholders(v, handled, wild), true, nil
			}
			if v.kind != isText {
				return nil, false, nil
			}
			var forms []expression.Glob
			for _, g := range v.forms {
				made, err := fill(g, by)
				if err != nil {
					return nil, false, err
				}
				for _, m := range made {
					forms = append(forms, joined(m))
				}
			}
			v.forms = forms
			return []value{v}, true, nil
		})
	}
}

// patternPlaceholders replaces them inside a regular expression.
func (r *run) patternPlaceholders(v value, handled func(string) bool, wild bool) []value {
	before, name, after, found := cutPlaceholder(v.text)
	with := r.pipeline.vars[name]
	if wild {
		with = []string{".*"}
	}
	if !found || !handled(name) || len(with) == 0 {
		return []value{v}
	}
	var out []value
	for _, w := range with[:min(len(with), maxForms)] {
		if !wild {
			w = regexp.QuoteMeta(w)
		}
		one := v
		one.text = before + w + after
		out = append(out, r.patternPlaceholders(one, handled, wild)...)
		if len(out) > maxForms {
			return []value{v} // too many: what is left is refused as a placeholder without values
		}
	}
	return out
}

// regexTransformation changes how a backend is told to compare; here only its regard for case means anything.
func regexTransformation(p *params) func(*run, *step) error {
	plain := p.word("method", "ignore_case_brackets", "plain", "ignore_case_flag", "ignore_case_brackets") == "plain"
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			v.exact = v.exact || plain
			return []value{v}, v.kind == isText && !v.plain, nil
		})
	}
}

func caseTransformation(p *params) func(*run, *step) error {
	to := strings.ToLower
	switch p.word("method", "lower", "lower", "upper", "snake_case") {
	case "upper":
		to = strings.ToUpper
	case "snake_case":
		to = snakeCase
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText {
				return nil, false, nil
			}
			forms := make([]expression.Glob, len(v.forms))
			for i, g := range v.forms {
				forms[i] = slices.Clone(g)
				for j := range g {
					if g[j].Wild == 0 {
						forms[i][j].Text = to(g[j].Text)
					}
				}
			}
			v.forms = forms
			return []value{v}, true, nil
		})
	}
}

// snakeCase is a text in lower case with a line below before each capital that it had, but the first character.
func snakeCase(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

func convertType(p *params) func(*run, *step) error {
	number := p.word("target_type", "", "str", "num") == "num"
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText || len(v.forms) != 1 || v.plain == number {
				return nil, false, nil
			}
			s, ok := text(v.forms[0])
			if number && (!ok || !isNumber(s)) {
				return nil, false, fmt.Errorf("%q is no number", raw(v))
			}
			v.plain = number
			return []value{v}, true, nil
		})
	}
}

var number = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)

func isNumber(s string) bool { return number.MatchString(s) }

func setValue(p *params) func(*run, *step) error {
	n := p.take("value")
	force := p.word("force_type", "", "", "str", "num")
	if n == nil || n.Kind != yaml.ScalarNode || force == "num" && !isNumber(n.Value) {
		p.fault(cmpNode(n, p.node), "", "transformation set_value lacks a value of its type")
		return nothing
	}
	v := value{forms: []expression.Glob{glob(n.Value)}, plain: n.ShortTag() != "!!str"}
	switch {
	case n.ShortTag() == "!!null":
		v = value{kind: isNull}
	case v.plain:
		v.forms = []expression.Glob{literal(numberText(n))}
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(*item, value) ([]value, bool, error) { return []value{v}, true, nil })
	}
}
