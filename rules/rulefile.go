package rules

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/mod/semver"

	"tocsin"
	"tocsin/internal/ecs"
	"tocsin/internal/expression"
	"tocsin/internal/fault"
	"tocsin/rules/sigma"
)

// draft is a rule while its file is read: nodes that can be judged only once all is known.
type draft struct {
	*reader
	l        *loader
	rule     *Rule
	node     *yaml.Node
	when     *yaml.Node
	steps    []*yaml.Node // conditions that stand in correlate
	sequence sequenceDraft
	except   []*yaml.Node
	lets     []letNode
	names    expression.Names
	quiet    bool // the file says quiet itself
	learn    bool // the file says learn itself
}

type letNode struct {
	name  string
	key   *yaml.Node
	value *yaml.Node
	used  bool
}

// ruleFile reads every rule of one file.
func (l *loader) ruleFile(f File) {
	r := &reader{file: f.Name, path: f.Path, src: f.Data}
	roots := r.documents()
	if r.unread && sigma.Looks(r.src) {
		l.refuseRest(r)
	}
	known := ruleKeys()
	for _, root := range sigma.Expand(roots) {
		if sigma.Is(root) {
			l.sigmaDocument(r, root)
			continue
		}
		if key := foreign(root, known); key != nil {
			r.lint(key, "", "no rule, and passed over: rules have no %.80q, and it has neither when nor correlate, neither detection nor correlation", key.Value)
			continue
		}
		faults := r.found
		d := &draft{reader: r, l: l, node: root, rule: &Rule{File: f.Name, Line: root.Line}}
		d.read()
		if r.found == faults {
			l.rules = append(l.rules, d.rule)
			l.chains[d.rule] = &chainDraft{reader: r, nodes: d.conditionNodes()}
		}
	}
	l.take(r)
}

// read takes the document apart and then judges it.
func (d *draft) read() {
	r := d.rule
	r.Confidence = 0.5
	r.Incident.Window = 24 * time.Hour
	d.by(d.node, "the rule", ruleKeys(), map[string]func(*yaml.Node){
		"id":             d.readID,
		"title":          d.text(&r.Title),
		"version":        d.readVersion,
		"status":         d.word(&r.Status, statuses...),
		"level":          d.word(&r.Level, levels...),
		"confidence":     d.readConfidence,
		"description":    d.text(&r.Description),
		"author":         d.text(&r.Author),
		"references":     d.texts(&r.References),
		"falsepositives": d.texts(&r.FalsePositives),
		"tags":           d.texts(&r.Tags),
		"category":       d.readCategory,
		"requires":       d.fields(&r.Requires),
		"let":            d.readLet,
		"when":           func(v *yaml.Node) { d.when = v },
		"except":         d.readExcept,
		"correlate":      d.readCorrelate,
		"suppress":       d.readSuppress,
		"entities":       d.list(d.readEntity),
		"incident":       d.readIncident,
		"tests":          d.list(d.readTest),
	})
	d.compile()
	d.review()
	r.Hash = r.hash()
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (d *draft) readID(v *yaml.Node) {
	d.text(&d.rule.ID)(v)
	id := strings.ToLower(d.rule.ID)
	if !uuid.MatchString(id) {
		d.fault(v, "make a new one with uuidgen", "id %q is no uuid", d.rule.ID)
		return
	}
	if d.rule.ID != id {
		d.fault(v, "write "+id, "a uuid is written in lower case")
		return
	}
	if first, ok := d.l.byID[id]; ok {
		d.fault(v, "make a new one with uuidgen", "the id is taken by %q (%s:%d)", first.Title, first.File, first.Line)
		return
	}
	d.l.byID[id] = d.rule
}

func (d *draft) readVersion(v *yaml.Node) {
	d.text(&d.rule.Version)(v)
	if s := "v" + d.rule.Version; !semver.IsValid(s) || strings.Count(d.rule.Version, ".") < 2 {
		d.fault(v, "write it like 1.0.0", "version %q is no semantic version", d.rule.Version)
	}
}

func (d *draft) readConfidence(v *yaml.Node) {
	n, ok := tocsin.NumberValue(v.Value)
	f, _ := n.Float()
	if v.Kind != yaml.ScalarNode || !ok || f < 0 || f > 1 {
		d.fault(v, "0.5 is the default", "confidence is a number from 0 to 1")
		return
	}
	d.rule.Confidence = f
}

func (d *draft) readCategory(v *yaml.Node) {
	d.text(&d.rule.Category)(v)
	class, typ, ok := strings.Cut(d.rule.Category, "/")
	if !ok || class == "" || typ == "" {
		d.fault(v, "write it like intrusion-attempts/brute-force", "category %q is not class/type", d.rule.Category)
		return
	}
	if known := d.l.opts.Categories; known != nil && !slices.Contains(known, d.rule.Category) {
		d.lint(v, fault.DidYouMean(d.rule.Category, known), "the scale has no category %q", d.rule.Category)
	}
}

// field reads a field's name; what is not known is a fault.
func (d *draft) field(into *string) func(*yaml.Node) {
	return func(v *yaml.Node) {
		faults := d.found
		d.text(into)(v)
		if d.found > faults {
			return
		}
		typ, ok := d.l.lookup(*into)
		switch {
		case !ok:
			d.fault(v, near(*into), "unknown field %q", *into)
		case typ == expression.Object:
			d.fault(v, near(*into), "%s is an object: it has fields but no value", *into)
		}
	}
}

func near(name string) string {
	names := ecs.Nearest(name)
	if len(names) == 0 {
		return "see the field list, or put your own fields under labels."
	}
	return "did you mean " + strings.Join(names[:min(len(names), 3)], ", ") + "?"
}

func (d *draft) fields(into *[]string) func(*yaml.Node) {
	return d.list(func(v *yaml.Node) {
		var name string
		d.field(&name)(v)
		if slices.Contains(*into, name) {
			d.fault(v, "", "%s is listed twice", name)
			return
		}
		*into = append(*into, name)
	})
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (d *draft) readLet(v *yaml.Node) {
	if v.Kind != yaml.MappingNode {
		d.fault(v, "write name: condition lines", "let is %s, not a mapping", describe(v))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, text := v.Content[i], v.Content[i+1]
		switch {
		case !identifier.MatchString(k.Value):
			d.fault(k, "letters, digits and _", "%q is no name", k.Value)
		case seen[k.Value]:
			d.fault(k, "keep one of the two", "let says %s twice", k.Value)
		case text.Kind != yaml.ScalarNode:
			d.fault(text, "", "a condition is wanted here, not %s", describe(text))
		default:
			seen[k.Value] = true
			d.lets = append(d.lets, letNode{name: k.Value, key: k, value: text})
		}
	}
}

func (d *draft) readExcept(v *yaml.Node) {
	if v.Kind == yaml.ScalarNode {
		d.except = []*yaml.Node{v}
		return
	}
	d.list(func(n *yaml.Node) { d.except = append(d.except, n) })(v)
}

func (d *draft) readSuppress(v *yaml.Node) {
	var s time.Duration
	d.duration(&s)(v)
	c := &d.rule.Correlate
	c.Quiet = max(c.Quiet, s)
}

func (d *draft) readEntity(v *yaml.Node) {
	e := EntityField{Role: "related"}
	d.by(v, "the entity", entityKeys(), map[string]func(*yaml.Node){
		"field": d.field(&e.Field),
		"role":  d.word(&e.Role, roles...),
	})
	d.rule.Entities = append(d.rule.Entities, e)
}

func (d *draft) readIncident(v *yaml.Node) {
	i := &d.rule.Incident
	d.by(v, "incident", incidentKeys(), map[string]func(*yaml.Node){
		"group_by": d.fields(&i.GroupBy),
		"window":   d.duration(&i.Window),
	})
}

// compile compiles the names, the condition and the exclusions.
func (d *draft) compile() {
	d.names = expression.Names{}
	for _, l := range d.lets {
		d.names[l.name] = l.value.Value
	}
	sound := expression.Names{}
	for _, l := range d.lets {
		sound[l.name] = l.value.Value
		if x := d.expression(l.value, d.names); x == nil {
			sound[l.name] = "true" // its faults have been told
		}
		d.rule.lets = append(d.rule.lets, Let{Name: l.name, Text: l.value.Value})
	}
	d.names = sound
	d.conditions()
	for _, n := range d.except {
		if x := d.expression(n, d.names); x != nil {
			d.use(x)
			d.rule.except = append(d.rule.except, exclusion{x, place(d.file, n.Line)})
		}
	}
}

func (d *draft) use(x *expression.Expr) {
	for i, l := range d.lets {
		if slices.Contains(x.Names(), l.name) {
			d.lets[i].used = true
		}
	}
}

// expression compiles a scalar and places its faults; nil after a fault.
func (d *draft) expression(n *yaml.Node, names expression.Names) *expression.Expr {
	return d.compileNode(d.l.table, n, names)
}

func (r *reader) compileNode(t *expression.Table, n *yaml.Node, names expression.Names) *expression.Expr {
	if n.Kind != yaml.ScalarNode {
		r.fault(n, "", "a condition is wanted here, not %s", describe(n))
		return nil
	}
	x, err := t.Compile(n.Value, names)
	if err == nil {
		return x
	}
	faults, _ := errors.AsType[expression.Errors](err)
	for _, f := range faults {
		line, column := r.place(n, f.Offset)
		if f.Remedy == "" && n.Style == 0 && strings.Contains(r.at(line, 1, "", "").Excerpt, " #") {
			f.Remedy = "a # after a space begins a YAML comment: put the expression in quotes or below a |"
		}
		r.faultAt(line, column, f.Message, f.Remedy)
	}
	return nil
}

// review adds the lints: what is allowed and probably not meant.
func (d *draft) review() {
	for _, l := range d.lets {
		if !l.used {
			d.lint(l.key, "", "%s is defined but not used", l.name)
		}
	}
	r := d.rule
	if len(r.Tests) == 0 {
		d.lint(d.node, "add tests: with one case that fires and one that does not", "the rule has no tests")
	} else if lacks := r.Untested(); len(lacks) > 0 {
		d.lint(d.node, "add it, or give the rule the status test", "the rule is stable and lacks %s", strings.Join(lacks, " and "))
	}
	if len(r.Entities) == 0 {
		d.lint(d.node, "add entities: so that its incidents name who and what", "the rule names no entities")
	}
	for _, f := range r.Incident.GroupBy {
		if !slices.ContainsFunc(r.Entities, func(e EntityField) bool { return e.Field == f }) && !slices.Contains(r.Correlate.GroupBy, f) {
			d.lint(d.node, "add it to entities or to group_by", "incident groups by %s, which events of the rule do not name", f)
		}
	}
}
