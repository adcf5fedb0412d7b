package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"

	"tocsin"
	"tocsin/register"
)

// A forger is a workshop whose texts, files and tests are all hostile.
type forger struct{ text string }

func (f forger) Source(string) (RuleSource, bool) {
	return RuleSource{File: f.text, Text: f.text, Tests: []string{f.text}, Exceptions: []RuleException{{Name: f.text, When: f.text, Reason: f.text, Owner: f.text}}}, true
}

func (f forger) Test(context.Context, string) ([]RuleTest, error) {
	return []RuleTest{{Name: f.text, Faults: f.text}}, nil
}

func (f forger) Draft(context.Context, DraftQuery) (RuleDraft, error) {
	return RuleDraft{Text: f.text, File: f.text, Folders: []string{f.text}, Faults: f.text}, nil
}

// hostileHealth has a text wherever the pipeline shows a name or what somebody else said.
func hostileHealth(text string) Health {
	return Health{
		Mode: text, Started: t0, Watermark: t0, Holder: text, Waiting: []string{text}, Troubles: []Trouble{{Part: text, Detail: text, Since: t0, Halted: true}},
		Rates: []Rate{{Name: text}}, Sources: []Source{{Name: text, Rejected: 1, Silent: t0}}, Rejected: []Count{{text, 1}}, Lags: []Lag{{Group: text, Topic: text, Halted: text}},
		Receivers: []Receiver{{Name: text, Kind: text, Failing: t0, Error: text}}, System: System{Version: text, Go: text, Rules: text, Engines: []Engine{{Holder: text, Waiting: []string{text}}}},
	}
}

// TestBrowserShowsHostileNamesAsText has the texts of the corpus as what people and files name: rules, their faults,
// tests and exceptions, sources, receivers of notices, peers, users, teams, assignees, titles, notes, root causes of a hold and follow-ups.
func TestBrowserShowsHostileNamesAsText(t *testing.T) {
	b := chromium(t)
	for n, text := range corpus {
		if n%3 != 0 || testing.Short() && n > 3 { // three at a time
			continue
		}
		mixed := text + corpus[(n+1)%len(corpus)] + corpus[(n+2)%len(corpus)]
		w := newWorld(t, func(o *Options) {
			o.Workshop, o.Peers = forger{mixed}, []string{mixed}
			o.Health = func(context.Context) Health { return hostileHealth(mixed) }
			o.Rules = func() Rules {
				return Rules{Set: mixed, Faults: mixed, Rules: []Rule{{
					ID: "r1", Title: mixed, Level: mixed, Version: mixed, Status: mixed, Kind: "count", Category: mixed, GroupBy: []string{"user.name"}, LastError: mixed, Quarantined: true,
					Blind: []string{mixed}, Degraded: []string{mixed}, Requires: []string{mixed}, Conditions: []string{mixed}, Absent: map[string]int64{mixed: 1},
				}}}
			}
		})
		i := w.incident(fmt.Sprintf("0f%02d", n), mixed, mixed)
		who := tocsin.Actor{Kind: "person", ID: cut(60, mixed), Role: "lead"}
		for k, cmd := range []register.Command{
			{Action: tocsin.ActDeclare, Text: mixed},
			{Action: tocsin.ActAssign, Assignee: cut(60, mixed)},
			{Action: tocsin.ActHandOver, Coordinator: cut(60, mixed), Text: mixed},
			{Action: tocsin.ActTeam, Team: cut(60, mixed), Step: "activated"},
			{Action: tocsin.ActSet, Title: cut(120, mixed)},
			{Action: tocsin.ActHold, Reason: cut(200, mixed)},
			{Action: tocsin.ActFollowUp, FollowUp: &tocsin.FollowUp{Text: cut(200, mixed), Owner: cut(60, mixed)}},
			{Action: tocsin.ActComment, Text: mixed},
		} {
			cmd.ID, cmd.Incident, cmd.By = fmt.Sprint("names", k), i.ID, who
			if _, err := w.register.Do(t.Context(), cmd); err != nil {
				t.Logf("%s: %v", cmd.Action, err) // a name that the register refuses is not shown
			}
		}
		server := httptest.NewServer(w.handler)
		b.as(leadToken)
		for _, path := range []string{"/?status=", "/incidents/" + i.ID + "?preview=1", "/rules", "/rules/r1?tests=1", "/rules/r1?ask=1&key.user.name=elsewhere", "/health", "/entities?value=" + url.QueryEscape(text), "/rules/r1/draft?kind=shadow", "/?title=" + url.QueryEscape(text) + "&team=" + url.QueryEscape(text), "/trends?metric=incidents&by=team"} {
			b.open(server.URL + path)
		}
		server.Close()
	}
}
