package simulator

import (
	"context"
	"slices"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/sinks/memory"
)

// An outcome is what a store holds in the end.
type outcome struct {
	alerts    map[string]bool
	dead      map[string]bool
	events    map[string]tocsin.Event
	incidents map[string]tocsin.Incident
	logs      map[string][]tocsin.LogEntry // by incident
}

// expected is what the produced records amount to: they are taken one after the other in the order of their times,
// without a log, a store that can fail, or a second daemon.
func (w *world) expected(ctx context.Context) (outcome, error) {
	out := outcome{alerts: map[string]bool{}, dead: map[string]bool{}, events: map[string]tocsin.Event{}}
	store := memory.New()
	reg := newRegister(w.kit, store)
	assessor := pipeline.Assessor{Classifier: w.kit.classifier, Register: reg}
	engine := correlate.NewOrdered(correlate.Config{Lateness: lateness}, w.kit.set)
	matcher := w.kit.set.Matcher()
	var sequence pipeline.Sequence
	emit := func(events []tocsin.Event) {
		for _, e := range events {
			out.events[e.ID] = e
			sequence.Add(e, 0)
		}
	}
	part := tocsin.SourcePartition{Source: "sim"}
	m := tocsin.Marker{SourcePartition: part, Recorded: true, Disorder: disorder, Lateness: lateness, Listed: []tocsin.SourcePartition{part}}
	for _, a := range w.alerts(&out) {
		for _, match := range matcher.Match(&a) {
			match.Recorded = true
			pipeline.Own(&match, nil)
			emit(engine.Step(match))
		}
		m.Offset++
		m.Greatest = a.Time
		emit(engine.Mark(m))
		if err := assessor.Apply(ctx, sequence.Until(engine.Watermark())); err != nil {
			return out, err
		}
	}
	m.Ended = true
	emit(engine.Mark(m))
	if err := assessor.Apply(ctx, sequence.Rest()); err != nil {
		return out, err
	}
	return out, out.read(ctx, store, store.Incidents)
}

// alerts are the produced records that are alerts, each content once, by time; what is no alert is noted.
func (w *world) alerts(out *outcome) []tocsin.Alert {
	dec := w.decoder()
	var all []tocsin.Alert
	for _, l := range w.logs["in"] {
		for offset, rec := range l.records {
			a, rejection := dec.Decode(ingest.Record{
				Source: "sim", Tenant: "default", Received: rec.at, Value: rec.value, Size: int64(len(rec.value)),
				Ref: tocsin.Ref{Topic: l.topic, Partition: l.id, Offset: int64(offset), Incarnation: "life"},
			})
			if rejection != nil {
				out.dead[rejection.ID] = true
				continue
			}
			out.alerts[a.ID] = true
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b tocsin.Alert) int { return a.Time.Compare(b.Time) })
	return all
}

// read fills in what the register holds.
func (o *outcome) read(ctx context.Context, s register.Log, list func(context.Context, tocsin.Query) (tocsin.Page[tocsin.Incident], error)) error {
	o.incidents, o.logs = map[string]tocsin.Incident{}, map[string][]tocsin.LogEntry{}
	page, err := list(ctx, tocsin.Query{Limit: 500})
	if err != nil {
		return err
	}
	for _, i := range page.Items {
		o.incidents[i.ID] = i
		if o.logs[i.ID], err = s.Entries(ctx, i.ID, 1); err != nil {
			return err
		}
	}
	return nil
}
