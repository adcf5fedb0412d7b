package demo

import (
	"os"
	"strings"
	"testing"
	"time"
	"tocsin"
	"tocsin/classify"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/sinks/memory"
)

func TestScratch(t *testing.T) {
	records := Scenario(1, end)
	events := detect(t, os.DirFS("../../rules.d"), records)
	store := memory.New()
	o := pipeline.RegisterOptions(classify.Default())
	o.Store = store
	o.Now = func() time.Time { return end }
	r := register.New(o)
	store.StoreEvents(t.Context(), events)
	for _, e := range events {
		a := *e.Assessment
		e.Assessment = nil
		if _, err := r.Apply(t.Context(), e, a); err != nil {
			t.Log(err)
		}
	}
	page, err := store.Incidents(t.Context(), tocsin.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + Summary(records, Outcome{Alerts: len(records), Events: events, Incidents: page.Items}))
	for _, i := range page.Items {
		var es []string
		for _, x := range i.Entities {
			es = append(es, x.Value)
		}
		t.Log(i.Number, i.Status, i.Priority, i.Title, len(i.Events), strings.Join(es, " "))
	}
}
