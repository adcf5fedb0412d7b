package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// qualityDays is how far back the page of a rule looks: a quarter.
const qualityDays = 90

// A ruleView is the page of one rule.
type ruleView struct {
	Rule
	Days       int
	Quality    *register.Quality  // of the version in force; nil where it found no event
	Older      []register.Quality // of other versions
	Cut        bool               // there is more in the register than was looked at
	Unreadable bool               // the register does not answer
	Counting   bool               // how its events turned out is being worked out
	Fields     []keyField
	Asked      bool
	Refused    string // why the question could not be answered
	Peers      []link // where it may be answered
	Standing   *tocsin.Standing
	Lines      []string // of the standing, but the first and those of other keys
	Headline   string
	Near       []nearLink
	Source     *RuleSource // nil where there is no workshop
	Tested     bool        // the tests were run
	Tests      []RuleTest
	Untested   string // why they were not
	Events     []tocsin.Event
	EventsN    int64
	Drafts     bool // the reader's role may draft changes
	Risk       riskChart
	Numbers    map[string]string // of the incidents that lowered pairs, by id; of one that cannot be read, its id
}

// A keyField is one field of the form that asks how a key stands.
type keyField struct{ Name, Param, Value string }

// A nearLink asks the same of another key.
type nearLink struct {
	tocsin.NearKey
	Text, URL string
}

// keyParam stands before the fields of a group key in an address.
const keyParam = "key."

func (p *pages) rule(w http.ResponseWriter, r *http.Request) error {
	rule, found := p.ruleOf(r.PathValue("id"))
	if !found {
		return tocsin.ErrNotFound
	}
	v := ruleView{Rule: rule, Days: qualityDays, Drafts: p.Workshop != nil && enough(auth.From(r.Context()).Actor.Role, "analyst")}
	p.grade(r, &v)
	p.ask(r, &v)
	p.fill(r, &v)
	if v.Standing != nil && v.Standing.Novelty != nil {
		v.Risk = riskOf(v.Standing.Novelty.Hours)
		v.Numbers = p.numbersOf(r, v.Standing.Novelty.Lowered)
	}
	p.render(w, r, http.StatusOK, "rule", v.Title, "rules", v)
	return nil
}

// numbersOf are the numbers of the incidents that lowered pairs. Few did of those that are told.
func (p *pages) numbersOf(r *http.Request, lowered []tocsin.NoveltyLowered) map[string]string {
	numbers := map[string]string{}
	for _, l := range lowered {
		if numbers[l.Incident] != "" {
			continue
		}
		numbers[l.Incident] = l.Incident
		if i, err := p.visibleIncident(r.Context(), l.Incident); err == nil {
			numbers[l.Incident] = i.Number
		}
	}
	return numbers
}

// ruleEvents is how many events the page of a rule lists: the newest.
const ruleEvents = 10

// fill puts in the rule's text, its exceptions, its newest events and, where the address asks for it, the outcome of its tests.
func (p *pages) fill(r *http.Request, v *ruleView) {
	ctx := r.Context()
	if events, err := p.Search.EventsBy(ctx, tocsin.EventQuery{Tenant: auth.From(ctx).Tenant, Rule: v.ID, Limit: ruleEvents}); err == nil {
		v.Events, v.EventsN = events.Items, events.Total
	} else {
		v.Unreadable = true
		p.Log.WarnContext(ctx, "events of a rule cannot be listed", "err", err)
	}
	if p.Workshop == nil {
		return
	}
	if s, ok := p.Workshop.Source(v.ID); ok {
		v.Source = &s
	}
	if !r.URL.Query().Has("tests") {
		return
	}
	var err error
	if v.Tests, err = p.Workshop.Test(ctx, v.ID); err != nil {
		v.Untested = err.Error()
	}
	v.Tested = true
}

// grade fills in how the rule's events turned out. A register that is away leaves the rest of the page.
func (p *pages) grade(r *http.Request, v *ruleView) {
	all, counting, err := p.qualityNow(r)
	if v.Counting = counting; err != nil {
		v.Unreadable = true
		return
	}
	v.Cut = all.Cut
	for i := range all.Rules {
		switch q := &all.Rules[i]; {
		case q.Rule != v.ID:
		case q.Version == v.Version:
			v.Quality = q
		default:
			v.Older = append(v.Older, *q)
		}
	}
}

// ask answers the form: how a group key stands.
func (p *pages) ask(r *http.Request, v *ruleView) {
	q := r.URL.Query()
	v.Asked = q.Has("ask") || v.Kind == "novelty" && len(v.GroupBy) == 0 // there is one scope to show
	given := map[string]string{}
	for _, name := range v.GroupBy {
		value := q.Get(keyParam + name)
		v.Fields = append(v.Fields, keyField{name, keyParam + name, value})
		if value != "" {
			given[name] = value
		}
	}
	if !v.Asked {
		return
	}
	tenant := cmp.Or(auth.From(r.Context()).Tenant, q.Get("tenant"), "default")
	s, err := p.WhyNot(v.ID, tenant, given)
	switch {
	case errors.Is(err, tocsin.ErrKey), errors.Is(err, tocsin.ErrElsewhere):
		v.Refused = err.Error()
		if errors.Is(err, tocsin.ErrElsewhere) {
			v.Peers = p.peers(r)
		}
		return
	case errors.Is(err, tocsin.ErrStarting):
		v.Refused = "the engine is starting, or takes the rule in: ask again in a second"
		return
	case err != nil:
		v.Refused = "the engine does not have this rule: its status is " + v.Status
		return
	}
	near := s.Near
	s.Near = nil
	lines := s.Lines()
	v.Standing, v.Headline, v.Lines = &s, lines[0], lines[1:]
	for _, n := range near {
		address := url.Values{"ask": {"1"}}
		for _, g := range n.Group {
			address.Set(keyParam+g.Field, g.Value.Text())
		}
		v.Near = append(v.Near, nearLink{n, tocsin.GroupText(n.Group), "/rules/" + url.PathEscape(v.ID) + "?" + address.Encode() + "#why-not"})
	}
}
