package demo

import (
	"io/fs"
	"os"
	"testing"

	"tocsin"
	"tocsin/classify"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/rules"
)

// The shipped rules see most of the attack, raise little from the noise, and declare nothing by themselves.
func TestShippedRulesSeeTheAttack(t *testing.T) {
	folder := os.DirFS("../../rules.d")
	if _, err := fs.Stat(folder, "."); err != nil {
		t.Skipf("the shipped rules are not there: %v", err)
	}
	records := Scenario(1, end)
	events := detect(t, folder, records)
	var promoted []tocsin.Event
	for _, e := range events {
		if e.Assessment.State == tocsin.Promoted {
			promoted = append(promoted, e)
		}
		if e.Assessment.Mode == tocsin.ModeAuto {
			t.Errorf("event of %q was declared by the policy: %v", e.Rule.Title, e.Assessment.Why)
		}
	}
	seen := 0
	for _, s := range Sightings(records, Outcome{Alerts: len(records), Events: promoted}) {
		switch {
		case s.Stage == "" && s.Events > 2:
			t.Errorf("%d events of noise alone were promoted", s.Events)
		case s.Stage != "" && s.Events > 0:
			seen++
		}
	}
	if seen < 8 {
		t.Errorf("%d of %d stages have a promoted event", seen, len(Stages()))
	}
	if t.Failed() || testing.Verbose() {
		t.Log("\n" + Summary(records, Outcome{Alerts: len(records), Events: events}))
		for _, e := range events {
			t.Logf("%s %q count %d: %s %s %s", e.First.Format("15:04:05"), e.Rule.Title, e.Count, e.Assessment.State, e.Assessment.Priority, e.Assessment.Category)
		}
	}
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
