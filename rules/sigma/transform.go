package sigma

// A UserPipeline is a processing pipeline in pySigma's form.
type UserPipeline struct {
	Name     string
	Priority int // lower ones are applied first
	vars     map[string][]string
	steps    []*step
}

// added is a condition that a pipeline adds to a rule.
type added struct {
	detection *detection
	negated   bool
}

// named is a field after pipelines: final where they have put it in its place.
type named struct {
	field string
	final bool
}

// adapt is the rule as the users' pipelines leave it, and where they put the fields that were asked for. The rule
// itself is not changed.
func (p *Pipelines) adapt(r *Rule, fields []string) (*Rule, [][]named, *Refusal) {
	asked := &detection{}
	for _, f := range fields {
		asked.kids = append(asked.kids, &detection{item: &item{field: f}})
	}
	if len(p.users) > 0 {
		r = r.clone()
		for _, u := range p.users {
			run := &run{pipeline: u, rule: r, asked: asked, state: map[string]string{}, applied: map[string]bool{}}
			if err := run.all(u.steps); err != nil {
				return nil, nil, refusalOf("pipeline "+u.Name+": ", err, r.detection)
			}
		}
	}
	out := make([][]named, len(asked.kids))
	for i, k := range asked.kids {
		k.walk(func(it *item) { out[i] = append(out[i], named{it.field, it.final}) })
	}
	return r, out, nil
}

// clone is a copy of the rule whose detections may be changed.
func (r *Rule) clone() *Rule {
	out := *r
	out.parts = cloneParts(r.parts)
	out.added = nil
	out.filters = nil
	for _, f := range r.filters {
		g := *f
		g.parts = cloneParts(f.parts)
		out.filters = append(out.filters, &g)
	}
	return &out
}

func cloneParts(parts map[string]*detection) map[string]*detection {
	out := make(map[string]*detection, len(parts))
	for name, d := range parts {
		out[name] = d.clone()
	}
	return out
}

// detections are all that the rule asks, in the order of their names.
func (r *run) detections() []*detection {
	var out []*detection
	for _, name := range r.rule.names {
		out = append(out, r.rule.parts[name])
	}
	for _, f := range r.rule.filters {
		for _, name := range f.names {
			out = append(out, f.parts[name])
		}
	}
	for _, a := range r.rule.added {
		out = append(out, a.detection)
	}
	return out
}
