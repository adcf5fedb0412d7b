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

// Its month is no part of what makes it the same: told again with another time it is refused, and founds nothing.
func TestAReportIDIsOfOneReportInAnyMonth(t *testing.T) {
	w := newWorld(t)
	c := Command{ID: "once", Action: tocsin.ActCreate, Title: "The mail server encrypts its files", Priority: "P1", By: ann}
	i, err := w.Do(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, earlier := range []time.Duration{31 * 24 * time.Hour, 200 * 24 * time.Hour} {
		other := c
		other.Effective = w.now.Add(-earlier)
		if got, err := w.Do(t.Context(), other); err == nil || !strings.Contains(err.Error(), "a command id of its own") {
			t.Errorf("%v earlier: incident %q, %v", earlier, got.ID, err)
		}
	}
	old := c
	old.ID, old.Effective = "old", w.now.Add(-200*24*time.Hour)
	first, err := w.Do(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.AddDate(0, 1, 0) // the same comes again when the month is another one
	for was, c := range map[string]Command{i.ID: c, first.ID: old} {
		if again, err := w.Do(t.Context(), c); err != nil || again.ID != was {
			t.Errorf("again: incident %q, was %q (%v)", again.ID, was, err)
		}
	}
}

// So it is with a verdict on an event: it keeps who said what, and under its id nothing else is done.
func TestAVerdictIDIsOfOneVerdict(t *testing.T) {
	promote := Command{ID: "once", Action: tocsin.ActPromote, Event: "202611-e1", Text: "the badge is ours", By: ann}
	dismiss := Command{ID: "once", Action: tocsin.ActDismiss, Event: "202611-e1", Disposition: "false_positive", Text: "a test", By: ann}
	for name, c := range map[string]struct {
		first Command
		other func(*Command)
	}{
		"promoted with another text":         {promote, func(c *Command) { c.Text = "x" }},
		"promoted with another reason":       {promote, func(c *Command) { c.Reason = "x" }},
		"promoted at another time":           {promote, func(c *Command) { c.Effective = t0 }},
		"promoted by somebody else":          {promote, func(c *Command) { c.By.ID = "bert" }},
		"dismissed instead":                  {promote, func(c *Command) { *c = dismiss }},
		"dismissed with another text":        {dismiss, func(c *Command) { c.Text = "x" }},
		"dismissed with another disposition": {dismiss, func(c *Command) { c.Disposition = "duplicate" }},
		"promoted instead":                   {dismiss, func(c *Command) { *c = promote }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.apply(event("e1", 0, "203.0.113.7", "ann"), pending())
			first, other := c.first, c.first
			c.other(&other)
			i, err := w.Do(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			was := w.verdict(t, "e1")
			if n := len(was.Decisions); n != 1 || was.Decisions[0].Text != first.Text || was.Decisions[0].By != ann {
				t.Fatalf("decisions %+v", was.Decisions)
			}
			w.now = w.now.Add(time.Hour)
			if again, err := w.Do(t.Context(), first); err != nil || again.ID != i.ID || again.Revision != i.Revision {
				t.Errorf("again: %s at revision %d (%v)", again.ID, again.Revision, err)
			}
			if _, err := w.Do(t.Context(), other); err == nil || !strings.Contains(err.Error(), "a command id of its own") {
				t.Errorf("another command under its id: %v", err)
			}
			if now := w.verdict(t, "e1"); now.Version != was.Version {
				t.Errorf("verdict %+v, was %+v", now, was)
			}
		})
	}
}

// What was decided otherwise since is not decided again by a command that comes late, and what a person says of a
// promotion stands in the incident's log.
func TestAVerdictIsGivenOnce(t *testing.T) {
	w := newWorld(t)
	w.apply(event("e1", 0, "203.0.113.7", "ann"), pending())
	first := Command{ID: "first", Action: tocsin.ActDismiss, Event: "202611-e1", Disposition: "false_positive"}
	w.do(first)
	w.do(Command{ID: "second", Action: tocsin.ActDismiss, Event: "202611-e1", Disposition: "duplicate"})
	w.do(first)
	if v := w.verdict(t, "e1"); v.Assessment.Reason != "duplicate" || len(v.Decisions) != 2 {
		t.Errorf("verdict %+v", v)
	}
	i := w.do(Command{ID: "third", Action: tocsin.ActPromote, Event: "202611-e1", Text: "it was one after all", Reason: "the host answered"})
	w.do(first)
	if v := w.verdict(t, "e1"); v.Incident != i.ID || len(v.Decisions) != 3 {
		t.Errorf("verdict %+v", v)
	}
	entries, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil || !strings.HasSuffix(entries[0].Text, "; it was one after all") || entries[0].Reason != "the host answered" {
		t.Errorf("%v: %+v", err, entries[0])
	}
}

func (w *world) verdict(t *testing.T, event string) tocsin.Verdict {
	t.Helper()
	v, err := w.store.Verdict(t.Context(), "202611-"+event)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
