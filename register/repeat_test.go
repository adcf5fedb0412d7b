package register

import (
	"strings"
	"testing"
	"time"

	"tocsin"
)

// A command that comes again under its id changes nothing and is answered; another one under it is refused, whatever it
// differs in, and changes nothing either.
func TestACommandIDIsOfOneCommand(t *testing.T) {
	due := t0.Add(48 * time.Hour)
	for name, c := range map[string]struct{ first, other Command }{
		"comment":     {Command{Action: tocsin.ActComment, Text: "a"}, Command{Action: tocsin.ActComment, Text: "b"}},
		"another":     {Command{Action: tocsin.ActComment, Text: "a"}, Command{Action: tocsin.ActReview, Text: "a"}},
		"assign":      {Command{Action: tocsin.ActAssign, Assignee: "ann"}, Command{Action: tocsin.ActAssign, Assignee: "bert"}},
		"more":        {Command{Action: tocsin.ActAssign, Assignee: "ann"}, Command{Action: tocsin.ActAssign, Assignee: "ann", Teams: []string{"irt"}}},
		"less":        {Command{Action: tocsin.ActAssign, Assignee: "ann", Teams: []string{"irt"}}, Command{Action: tocsin.ActAssign, Assignee: "ann"}},
		"team":        {Command{Action: tocsin.ActTeam, Team: "irt"}, Command{Action: tocsin.ActTeam, Team: "windows"}},
		"hand over":   {Command{Action: tocsin.ActHandOver, Coordinator: "dora", Text: "x"}, Command{Action: tocsin.ActHandOver, Coordinator: "carl", Text: "x"}},
		"follow-up":   {Command{Action: tocsin.ActFollowUp, FollowUp: &tocsin.FollowUp{Text: "x", Owner: "bert", Due: due}}, Command{Action: tocsin.ActFollowUp, FollowUp: &tocsin.FollowUp{Text: "x", Owner: "bert", Due: due.Add(time.Hour)}}},
		"set":         {Command{Action: tocsin.ActSet, Title: "a"}, Command{Action: tocsin.ActSet, Title: "a", TLP: "RED"}},
		"priority":    {Command{Action: tocsin.ActSet, Priority: "P1"}, Command{Action: tocsin.ActSet, Priority: "P3"}},
		"impact":      {Command{Action: tocsin.ActSet, Impact: tocsin.Impact{Functional: "high"}}, Command{Action: tocsin.ActSet, Impact: tocsin.Impact{Functional: "low"}}},
		"visibility":  {Command{Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Shared: []string{"ines"}, Reason: "x"}, Command{Action: tocsin.ActVisibility, Visibility: tocsin.VisibleToTeam, Reason: "x"}},
		"crisis":      {Command{Action: tocsin.ActCrisis, Owner: "carla", Text: "x"}, Command{Action: tocsin.ActCrisis, Owner: "dora", Text: "x"}},
		"resolve":     {Command{Action: tocsin.ActResolve, Disposition: "false_positive"}, Command{Action: tocsin.ActResolve, Disposition: "duplicate"}},
		"merge":       {Command{Action: tocsin.ActMerge, Into: "A"}, Command{Action: tocsin.ActMerge, Into: "B"}},
		"split":       {Command{Action: tocsin.ActSplit, Events: []string{"202611-e3"}}, Command{Action: tocsin.ActSplit, Events: []string{"202611-e2"}}},
		"said when":   {Command{Action: tocsin.ActComment, Text: "a", Effective: t0.Add(-time.Hour)}, Command{Action: tocsin.ActComment, Text: "a", Effective: t0.Add(-2 * time.Hour)}},
		"says when":   {Command{Action: tocsin.ActContain}, Command{Action: tocsin.ActContain, Effective: t0.Add(-2 * time.Hour)}},
		"when unsaid": {Command{Action: tocsin.ActComment, Text: "a", Effective: t0.Add(-2 * time.Hour)}, Command{Action: tocsin.ActComment, Text: "a"}},
		"acknowledge": {Command{Action: tocsin.ActAcknowledge}, Command{Action: tocsin.ActAcknowledge, Text: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			i := w.three()
			into := map[string]string{"A": "e8", "B": "e9"}
			for _, cmd := range []*Command{&c.first, &c.other} {
				cmd.ID, cmd.Incident, cmd.By = "once", i.ID, ann
				if e := into[cmd.Into]; e != "" {
					cmd.Into = w.apply(event(e, 1, "192.0.2."+e, e), proposed()).Incident.ID
				}
			}
			w.repeats(t, c.first, c.other)
		})
	}
}

// repeats gives a command, again, and another one under its id.
func (w *world) repeats(t *testing.T, first, other Command) {
	t.Helper()
	i, err := w.Do(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour) // as the same command comes later
	w.opts.Targets = nil         // and the scale is another one
	w.Register = New(w.opts)
	if again, err := w.Do(t.Context(), first); err != nil || again.Revision != i.Revision {
		t.Errorf("again: revision %d, was %d (%v)", again.Revision, i.Revision, err)
	}
	if _, err := w.Do(t.Context(), other); err == nil || !strings.Contains(err.Error(), "a command id of its own") {
		t.Errorf("another command under its id: %v", err)
	}
	if now := w.incident(i.ID); now.Revision != i.Revision {
		t.Errorf("revision %d, was %d", now.Revision, i.Revision)
	}
	w.store.verify(t)
}

// So it is with what is reported.
func TestAReportIDIsOfOneReport(t *testing.T) {
	report := func(change func(*Command)) Command {
		c := Command{ID: "once", Action: tocsin.ActCreate, Title: "The mail server encrypts its files", Priority: "P1", By: ann}
		change(&c)
		return c
	}
	for name, change := range map[string]func(*Command){
		"title": func(c *Command) { c.Title = "Another" }, "priority": func(c *Command) { c.Priority = "P2" }, "category": func(c *Command) { c.Category = "malicious-code" },
		"entities": func(c *Command) { c.Entities = []tocsin.Entity{{Field: "user.name", Value: "eve"}} }, "text": func(c *Command) { c.Text = "more" },
	} {
		t.Run(name, func(t *testing.T) { newWorld(t).repeats(t, report(func(*Command) {}), report(change)) })
	}
}
