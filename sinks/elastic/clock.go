package elastic

import (
	"maps"
	"time"

	"tocsin"
)

// clockMapping is that of regulatory clocks: nested, so that a question about one report is about that one alone.
func clockMapping() object {
	fields := object{}
	for name, kind := range map[string]string{
		"regime": "keyword", "stage": "keyword", "anchor": "keyword", "reference": "keyword", "set_by": "keyword", "submitted_by": "keyword",
		"due": "date", "from": "date", "pessimistic": "date", "submitted": "date", "met": "boolean", "waived": "boolean", "open": "boolean", "breached_by_s": "long",
	} {
		fields[name] = property(kind)
	}
	return object{"type": "nested", "dynamic": false, "properties": fields}
}

// clockFields are the regulatory clocks of an incident. A time that has not come has no field.
func clockFields(clocks []tocsin.Clock) []object {
	out := make([]object, 0, len(clocks))
	for _, c := range clocks {
		o := object{
			"regime": c.Regime, "stage": c.Stage, "anchor": c.Anchor, "reference": c.Reference, "set_by": c.SetBy, "submitted_by": c.SubmittedBy,
			"waived": c.Waived, "open": c.IsOpen(), "breached_by_s": c.BreachedS,
		}
		if c.Met != nil {
			o["met"] = *c.Met
		}
		maps.Copy(o, dates(map[string]time.Time{"due": c.Due, "from": c.From, "pessimistic": c.Pessimistic, "submitted": c.Submitted}))
		out = append(out, o)
	}
	return out
}
