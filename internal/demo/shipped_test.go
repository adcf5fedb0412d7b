package demo

import (
	"io/fs"
	"os"
	"testing"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/rules"
	"tocsin/sinks/memory"
)

// The shipped rules see most of the attack and raise little from the noise; what they make of it are a few incidents,
// all of them proposed.
func TestShippedRulesSeeTheAttack(t *testing.T) {
	folder := os.DirFS("../../rules.d")
	if _, err := fs.Stat(folder, "."); err != nil {
		t.Skipf("the shipped rules are not there: %v", err)
	}
	records := Scenario(1, end)
	events := detect(t, folder, records)
	o := Outcome{Alerts: len(records), Events: events, Incidents: apply(t, events)}
	seen := 0
	for _, s := range Sightings(records, o) {
		switch {
		case s.Stage == "" && len(s.Incidents) > 1:
			t.Errorf("the noise alone made %v", s.Incidents)
		case s.Stage != "" && len(s.Incidents) > 0:
			seen++
		}
	}
	if seen < 8 {
		t.Errorf("%d of %d stages are in an incident", seen, len(Stages()))
	}
	if n := len(o.Incidents); n < 3 || n > 20 {
		t.Errorf("%d incidents", n)
	}
	for _, i := range o.Incidents {
		if i.Status != tocsin.Proposed {
			t.Errorf("%s %q is %s", i.Number, i.Title, i.Status)
		}
	}
	t.Log("\n" + Summary(records, o))
}

// apply gives the events to the register and returns its incidents.
func apply(t *testing.T, events []tocsin.Event) []tocsin.Incident {
	t.Helper()
	store := memory.New()
	if err := store.StoreEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	o := pipeline.RegisterOptions(classify.Default())
	o.Store, o.Now = store, func() time.Time { return end }
	r := register.New(o)
	for _, e := range events {
		a := *e.Assessment
		e.Assessment = nil
		if _, err := r.Apply(t.Context(), e, a); err != nil {
			t.Fatal(err)
		}
	}
	page, err := store.Incidents(t.Context(), tocsin.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// detect takes the records through the stages and returns the events at their last revision, each with its assessment.
func detect(t *testing.T, folder fs.FS, records []Record) []tocsin.Event {
	t.Helper()
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load([]rules.Source{{FS: folder}}, rules.Options{Categories: classify.Default().Categories()})
	if err != nil {
		t.Fatal(err)
	}
	engine, matcher, classifier := correlate.New(correlate.Config{}, set), set.Matcher(), classify.New(classify.Default(), nil)
	last, order := map[string]tocsin.Event{}, []string{}
	keep := func(events []tocsin.Event) {
		for _, e := range events {
			if _, known := last[e.ID]; !known {
				order = append(order, e.ID)
			}
			last[e.ID] = e
		}
	}
	for i, r := range records {
		a, rejection := d.Decode(ingest.Record{Source: "demo", Tenant: "default", Ref: tocsin.Ref{File: "demo", Line: int64(i)}, Received: end, Value: r.Line})
		if rejection != nil {
			t.Fatal(rejection.Detail)
		}
		for _, m := range matcher.Match(&a) {
			if m.Suppressed == "" {
				keep(engine.Step(m))
			}
		}
	}
	keep(engine.Finish())
	var settled []tocsin.Event
	for _, id := range order {
		e := last[id]
		if e.Activity == tocsin.Merged || e.Activity == tocsin.Withdrawn {
			continue
		}
		assessment := classifier.Assess(e)
		e.Assessment = &assessment
		settled = append(settled, e)
	}
	return settled
}
