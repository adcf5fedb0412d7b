package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// An unfit command is one that cannot be given now: it is shown, and why.
type unfit struct {
	Label string
	Why   []string
}

// forms are the commands that the reader's role and the incident's status allow, the next step first, and those that
// they do not, with the reason.
func (p *pages) forms(r *http.Request, i *tocsin.Incident, events []tocsin.Event, kin *kinship) (forms []form, off []unfit) {
	role := auth.From(r.Context()).Actor.Role
	for _, f := range allForms() {
		if f.Action == tocsin.ActClockStart && len(p.regimes()) == 0 {
			continue // no law is configured
		}
		switch least, _ := register.RoleFor(f.Action); {
		case !f.fits(i):
			off = append(off, unfit{f.Label, p.obstacles(i, &f)})
		case !register.May(role, f.Action):
			off = append(off, unfit{f.Label, []string{"the role " + least + ": yours is " + role}})
		default:
			f.choose(i, p.regimes(), events, kin)
			f.warn(p.regimes())
			f.Asks = p.asks(i, &f)
			forms = append(forms, f)
		}
	}
	return forms, off
}

// choose fills in what depends on the incident.
func (f *form) choose(i *tocsin.Incident, regimes []register.Regime, events []tocsin.Event, kin *kinship) {
	for n := range f.Fields {
		switch in := &f.Fields[n]; in.Name {
		case "regime":
			for _, g := range regimes {
				in.Choices = append(in.Choices, g.ID)
			}
		case "clock":
			in.Choices = openClocks(i)
		case "event":
			in.Options = eventOptions(i, events)
		case "proposal":
			in.Options = proposalOptions(i, kin)
		case "into":
			for _, other := range kin.Incidents {
				if other.Merge {
					in.Hints = append(in.Hints, named{other.Number, cut(80, other.Title)})
				}
			}
		}
	}
}

// eventOptions are the incident's events by what they are and when they began.
func eventOptions(i *tocsin.Incident, events []tocsin.Event) (all []named) {
	for _, id := range i.Events {
		text := "event " + id
		if n := slices.IndexFunc(events, func(e tocsin.Event) bool { return e.ID == id }); n >= 0 {
			text = cut(80, events[n].Rule.Title) + ", " + events[n].First.UTC().Format("2006-01-02 15:04:05")
		}
		all = append(all, named{id, text})
	}
	return all
}

// proposalOptions are what the register proposes, in words.
func proposalOptions(i *tocsin.Incident, kin *kinship) (all []named) {
	for _, p := range i.Proposals {
		text := words(p)
		if event, ok := strings.CutPrefix(p, "reopen:"); ok {
			text = "to reopen it for event " + event
		} else if n := slices.IndexFunc(kin.Incidents, func(r relative) bool { return r.Proposal == p }); n >= 0 {
			text = "to merge it with " + kin.Incidents[n].Number + " " + cut(80, kin.Incidents[n].Title)
		}
		all = append(all, named{p, text})
	}
	return all
}

// warn tells of laws that nobody of counsel has checked as they stand in the file.
func (f *form) warn(regimes []register.Regime) {
	var unchecked []string
	for _, g := range regimes {
		if g.ReviewedBy == "nobody" {
			unchecked = append(unchecked, g.ID)
		}
	}
	if f.Action == tocsin.ActClockStart && len(unchecked) > 0 {
		f.Says += " No counsel has checked the times of " + strings.Join(unchecked, ", ") + "."
	}
}

// filled is a command as a form makes it of which every text was filled in: what it is refused for, the incident lacks.
func filled(i *tocsin.Incident, act tocsin.Action) register.Command {
	const some = "…"
	return register.Command{
		Action: act, Incident: i.ID, Text: some, Reason: some, Assignee: some, Coordinator: some, Owner: some, Team: some,
		Title: some, FollowUp: &tocsin.FollowUp{Text: some},
	}
}

// obstacles are why a command does not fit.
func (p *pages) obstacles(i *tocsin.Incident, f *form) []string {
	if refusal, ok := errors.AsType[*register.Refusal](p.Register.Foresee(*i, filled(i, f.Action))); ok {
		return refusal.Missing
	}
	switch f.Action {
	case tocsin.ActSplit:
		return []string{"more than one event: this incident would be left without any"}
	case tocsin.ActReview:
		return []string{"a review that is due, or a resolved incident: this one is " + string(i.Status)}
	}
	return []string{"an open incident: this one is " + string(i.Status)}
}

// asks are what a step that fits the status lacks beside what its own form asks for.
func (p *pages) asks(i *tocsin.Incident, f *form) []string {
	if len(f.Targets) == 0 {
		return nil
	}
	if refusal, ok := errors.AsType[*register.Refusal](p.Register.Foresee(*i, filled(i, f.Action))); ok {
		return refusal.Missing
	}
	return nil
}

// regimes are those whose clocks may be started now.
func (p *pages) regimes() []register.Regime {
	if p.Regimes == nil {
		return nil
	}
	return p.Regimes()
}
