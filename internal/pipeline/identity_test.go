package pipeline

import (
	"testing"
	"time"

	"tocsin"
)

func TestIdentity(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	all := Identities{
		"a": {Fields: []string{"event.id", "host.name"}, Shared: "siem"}, "b": {Fields: []string{"event.id", "host.name"}, Shared: "siem"},
		"own": {Fields: []string{"event.id", "host.name"}}, "soon": {Fields: []string{"event.id", "host.name"}, Within: time.Minute},
	}
	id := func(source string, at time.Time, fields ...string) string {
		var list []tocsin.Field
		for i := 0; i < len(fields); i += 2 {
			list = append(list, tocsin.Field{Name: fields[i], Value: tocsin.StringValue(fields[i+1])})
		}
		a := tocsin.Alert{ID: "as it was", Tenant: "default", Source: source, Time: at, Fields: tocsin.NewFields(list)}
		all.give(&a)
		if a.Shared != (a.ID != "as it was") {
			t.Errorf("%s: shared %v", source, a.Shared)
		}
		return a.ID
	}
	whole := []string{"event.id", "1", "host.name", "h"}
	for name, test := range map[string]struct {
		one, other string
		same       bool
	}{
		"two roads":             {id("a", noon, whole...), id("b", noon.Add(time.Hour), whole...), true},
		"another value":         {id("a", noon, whole...), id("b", noon, "event.id", "2", "host.name", "h"), false},
		"values that run on":    {id("a", noon, "event.id", "1h", "host.name", "x"), id("a", noon, "event.id", "1", "host.name", "hx"), false},
		"sources of their own":  {id("a", noon, whole...), id("own", noon, whole...), false},
		"the same stretch":      {id("soon", noon, whole...), id("soon", noon.Add(59*time.Second), whole...), true},
		"the next stretch":      {id("soon", noon, whole...), id("soon", noon.Add(60*time.Second), whole...), false},
		"a field that it lacks": {id("a", noon, "event.id", "1"), "as it was", true},
		"an empty field":        {id("a", noon, "event.id", "1", "host.name", ""), "as it was", true},
		"no identity":           {id("other", noon, whole...), "as it was", true},
	} {
		if (test.one == test.other) != test.same {
			t.Errorf("%s: %s and %s", name, test.one, test.other)
		}
	}
}
