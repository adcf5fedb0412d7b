package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"tocsin"
	"tocsin/internal/dossier"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// An incidentView is one incident with all that is known of it.
type incidentView struct {
	tocsin.Incident
	Clocks   []Clock
	Next     Clock   // the target that is due first
	Spans    []named // durations
	Events   []eventRow
	Missing  int64 // events that are not shown: cut, or not stored any more
	Log      []passage
	Earlier  int // log entries before those shown
	Founder  *tocsin.Event
	Forms    []form
	Off      []unfit // commands that do not fit
	Kin      kinship
	Lacks    []string // what a report of it must say and it does not
	Preview  string   // the report as Markdown, where it was asked for
	People   bool     // the timeline shows what people did alone
	Key      string   // of a form: see formKey
	Refused  setback
	Done     *doneNote // the command that led here
	Chart    spansChart
	Exhibits []integrity.Listed // the first copies of alerts
	Intact   error              // what is wrong with the log, nil: its chain holds
}

type named struct{ Name, Value string }

// An eventRow is one event of an incident.
type eventRow struct {
	tocsin.Event
	Refs []toldRef // the first of its evidence
	Rest int
}

// refsShown is how many references an event has on the incident's page; all of them are on its own.
const refsShown = 5

// NoConcern reports whether people decided that it was nothing to worry about: then its rules can be made quieter.
func (v incidentView) NoConcern() bool {
	return v.Disposition == "false_positive" || v.Disposition == "benign_true_positive"
}

// A passage is a run of log entries that is shown as one: a single entry, or many revisions by the machine.
type passage struct {
	Entries []tocsin.LogEntry
	Folded  bool
}

// logShown bounds a page: an incident's log may hold thousands of revisions.
const logShown = 500

func (p *pages) incident(w http.ResponseWriter, r *http.Request) error {
	return p.showIncident(w, r, r.PathValue("id"), http.StatusOK, setback{})
}

func (p *pages) showIncident(w http.ResponseWriter, r *http.Request, id string, status int, refused setback) error {
	ctx := r.Context()
	i, err := p.visibleIncident(ctx, id)
	if err != nil {
		return err
	}
	entries, events, exhibits, err := p.contents(ctx, &i)
	if err != nil {
		return err
	}
	rows, err := p.eventRows(ctx, events)
	if err != nil {
		return err
	}
	v := incidentView{
		Exhibits: exhibits,
		Incident: i, Clocks: clocks(&i, p.Now()), Next: nextClock(&i, p.Now()), Spans: spans(&i), Missing: i.EventsCut + int64(len(i.Events)-len(events)),
		Events: rows, Key: formKey(), Chart: spansOf(&i, events), Refused: refused, Intact: register.VerifyChain(entries),
		Done: doneOf(r, entries),
		Kin:  p.kin(ctx, &i, events, entries), People: r.URL.Query().Get("log") == "people",
	}
	v.Forms, v.Off = p.forms(r, &i, events, &v.Kin)
	v.Refused.restore(v.Forms)
	if len(events) > 0 {
		v.Founder = &events[0]
	}
	if err := p.preview(r, &v, dossier.File{Incident: i, Events: events, Log: entries, Intact: v.Intact}); err != nil {
		return err
	}
	v.tell(entries)
	p.render(w, r, status, "incident", v.title(), "incidents", v)
	return nil
}

// contents are what an incident is made of: its log, its events and the copies of alerts, asked for at once.
func (p *pages) contents(ctx context.Context, i *tocsin.Incident) (entries []tocsin.LogEntry, events []tocsin.Event, exhibits []integrity.Listed, err error) {
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) { entries, err = p.Store.Entries(ctx, i.ID, 1); return err })
	all.Go(func() (err error) { events, err = p.Store.Events(ctx, i.Events); return err })
	all.Go(func() (err error) { exhibits, err = p.exhibits(ctx, *i); return err })
	err = all.Wait()
	return entries, events, exhibits, err
}

// eventRows are events, each with the first of its evidence.
func (p *pages) eventRows(ctx context.Context, events []tocsin.Event) (rows []eventRow, err error) {
	var refs []tocsin.AlertRef
	for _, e := range events {
		refs = append(refs, e.Evidence.Alerts[:min(len(e.Evidence.Alerts), refsShown)]...)
	}
	told, err := p.told(ctx, refs)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		n := min(len(e.Evidence.Alerts), refsShown)
		rows = append(rows, eventRow{Event: e, Refs: told[:n], Rest: len(e.Evidence.Alerts) - n})
		told = told[n:]
	}
	return rows, nil
}

// tell lays out the timeline.
func (v *incidentView) tell(entries []tocsin.LogEntry) {
	if v.People {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e tocsin.LogEntry) bool { return byMachine(e.By) })
	}
	if n := len(entries); n > logShown {
		v.Earlier, entries = n-logShown, entries[n-logShown:]
	}
	v.Log = fold(entries)
}

// visibleIncident reads an incident that the reader's tenant may see.
func (p *pages) visibleIncident(ctx context.Context, id string) (tocsin.Incident, error) {
	i, err := p.Register.Incident(ctx, id)
	if err == nil && hidden(ctx, i.Tenant) {
		return i, tocsin.ErrNotFound
	}
	return i, err
}

// fold joins three or more quiet entries in a row, and fewer where originals were copied meanwhile.
func fold(entries []tocsin.LogEntry) []passage {
	var out []passage
	for start := 0; start < len(entries); {
		end := start + 1
		for quiet(entries[start]) && end < len(entries) && quiet(entries[end]) {
			end++
		}
		if end-start < 3 && !(quiet(entries[start]) && slices.ContainsFunc(entries[start:end], copied)) {
			for _, e := range entries[start:end] {
				out = append(out, passage{Entries: []tocsin.LogEntry{e}})
			}
		} else {
			out = append(out, passage{Entries: entries[start:end], Folded: true})
		}
		start = end
	}
	return out
}

// quiet entries say that an event went on, or that its alerts were copied. One that has a reason says that an event was
// withdrawn.
func quiet(e tocsin.LogEntry) bool {
	return slices.Contains([]tocsin.Action{tocsin.ActRevise, tocsin.ActLate, tocsin.ActCollect}, e.Action) && byMachine(e.By) && e.To == "" && e.Reason == ""
}

// copied reports whether originals were copied into evidence.
func copied(e tocsin.LogEntry) bool { return e.Action == tocsin.ActCollect }

// spans are the durations in the order of the lifecycle.
func spans(i *tocsin.Incident) []named {
	var out []named
	for _, d := range []named{
		{"detect_s", "to detect, from the first hostile act"},
		{"assess_s", "to assess, from the detection"},
		{"acknowledge_s", "to acknowledge, from the declaration"},
		{"contain_s", "to contain, from the detection"},
		{"dwell_s", "in the network: from the first hostile act to containment"},
		{"resolve_s", "to resolve, from the declaration"},
		{"close_s", "to close, from the declaration"},
		{"active_s", "being worked on"},
	} {
		if n, ok := i.Durations[d.Name]; ok {
			out = append(out, named{d.Value, seconds(n)})
		}
	}
	return out
}

func (p *pages) event(w http.ResponseWriter, r *http.Request) error {
	e, err := p.Store.Event(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if hidden(r.Context(), e.Tenant) {
		return tocsin.ErrNotFound
	}
	view := eventView{Event: e}
	v, err := p.Store.Verdict(r.Context(), e.ID)
	switch {
	case err == nil:
		view.Verdict = &v
		if v.Incident != "" {
			if i, err := p.visibleIncident(r.Context(), v.Incident); err == nil {
				view.Incident = &i
			}
		}
	case !errors.Is(err, tocsin.ErrNotFound):
		return err
	}
	if view.Alerts, err = p.told(r.Context(), e.Evidence.Alerts); err != nil {
		return err
	}
	p.render(w, r, http.StatusOK, "event", e.Rule.Title, "incidents", view)
	return nil
}

// An eventView is one event with its verdict, where there is one, and its incident.
type eventView struct {
	tocsin.Event
	Verdict  *tocsin.Verdict
	Incident *tocsin.Incident
	Alerts   []toldRef
}

// evidenceShown is how many references an event's page shows before its fold.
const evidenceShown = 20

// Leading are the references that are shown at once.
func (v eventView) Leading() []toldRef { return v.Alerts[:min(evidenceShown, len(v.Alerts))] }

// Following are those behind the fold.
func (v eventView) Following() []toldRef { return v.Alerts[len(v.Leading()):] }
