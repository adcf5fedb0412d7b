package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"tocsin"
)

// work are the members of the commands by which people work on an incident beside its steps.
type work struct {
	Team            string                 `json:"team,omitempty"`
	Step            string                 `json:"step,omitempty"`
	Owner           string                 `json:"owner,omitempty"`
	Events          []string               `json:"events,omitempty"`
	Proposal        string                 `json:"proposal,omitempty"`
	Intent          string                 `json:"intent,omitempty"`
	Means           string                 `json:"means,omitempty"`
	FailedControls  []string               `json:"failed_controls,omitempty"`
	Vulnerabilities []tocsin.Vulnerability `json:"vulnerabilities,omitempty"`
	FollowUp        *followUp              `json:"follow_up,omitempty"`
	Index           int                    `json:"index,omitempty"`
	Visibility      string                 `json:"visibility,omitempty"`
	Shared          []string               `json:"shared,omitempty"`

	vulnerabilities []string
	due, state      string
}

// A followUp is one as the API takes it.
type followUp struct {
	Text  string `json:"text"`
	Owner string `json:"owner,omitempty"`
	Due   string `json:"due,omitempty"`
	State string `json:"state,omitempty"`
}

func (o *orders) addWork(f *pflag.FlagSet, name string) {
	switch name {
	case "pap":
		f.StringVar(&o.PAP, name, "", strings.Join(tocsin.PAPs(), ", "))
	case "owner":
		f.StringVar(&o.Owner, name, "", "who leads, or answers for it")
	case "the-team":
		f.StringVar(&o.Team, "team", "", "which `team`")
	case "step":
		f.StringVar(&o.Step, name, "", strings.Join(tocsin.TeamSteps(), ", ")+"; without it activated")
	case "event":
		f.StringSliceVar(&o.Events, name, nil, "`ids` of the events that go; may be repeated")
	case "proposal":
		f.StringVar(&o.Proposal, name, "", "one of the incident's proposals, as `show --output json` lists them")
	case "intent":
		f.StringVar(&o.Intent, name, "", strings.Join(tocsin.Intents(), ", "))
	case "means":
		f.StringVar(&o.Means, name, "", strings.Join(tocsin.Means(), ", "))
	case "failed-control":
		f.StringSliceVar(&o.FailedControls, name, nil, "`controls` that failed, or none; may be repeated")
	case "vulnerability":
		f.StringArrayVar(&o.vulnerabilities, name, nil, "`id[,asset[,owner[,state]]]` of one that was involved or discovered, or none; may be repeated")
	case "due":
		f.StringVar(&o.due, name, "", "`time` by which it is to be done (RFC 3339)")
	case "state":
		f.StringVar(&o.state, name, "", strings.Join(tocsin.FollowUpStates(), ", "))
	case "visible-to":
		f.StringVar(&o.Visibility, "to", "", strings.Join(tocsin.Visibilities(), ", ")+": a lead, an admin, those at work on it and whom --shared names")
	case "shared":
		f.StringSliceVar(&o.Shared, name, nil, "`people` who may know of it while it is restricted, all of them; may be repeated")
	case "index":
		f.IntVar(&o.Index, name, 0, "which follow-up to change, from 1; without it one is added")
	}
}

// checkWork refuses what no API would understand.
func (o *orders) checkWork() error {
	for _, text := range o.vulnerabilities {
		parts := append(strings.Split(text, ","), "", "", "")
		if parts[0] == "" || len(parts) > 7 {
			return coded(exitUnusable, fmt.Errorf("--vulnerability %s: write id,asset,owner,state, or none", text))
		}
		o.Vulnerabilities = append(o.Vulnerabilities, tocsin.Vulnerability{ID: parts[0], Asset: parts[1], Owner: parts[2], State: parts[3]})
	}
	return nil
}

// finish puts together what an action takes as one.
func (o *orders) finish(action string) error {
	if action != "follow-up" {
		return nil
	}
	if o.Text == "" {
		return coded(exitUnusable, errors.New("a follow-up needs --text: what is to be done"))
	}
	o.FollowUp = &followUp{Text: o.Text, Owner: o.Owner, Due: o.due, State: o.state}
	o.Owner, o.Text = "", ""
	return nil
}

// showWork writes what people did about an incident beside its steps, and what it is tied to.
func showWork(w io.Writer, i tocsin.Incident) {
	if i.Visibility != "" {
		fmt.Fprintf(w, "visibility\t%s: a lead, an admin, those at work on it%s\n", i.Visibility, printable(strings.Join(append([]string{""}, i.Shared...), ", ")))
	}
	for _, t := range i.Teams {
		state := "activated " + stamp(t.Activated)
		switch {
		case !t.Done.IsZero():
			state = "done " + stamp(t.Done)
		case !t.Acknowledged.IsZero():
			state = "acknowledged " + stamp(t.Acknowledged)
		}
		fmt.Fprintf(w, "team\t%s, %s\n", printable(t.Name), state)
	}
	if n := len(i.Holds); i.Hold && n > 0 {
		fmt.Fprintf(w, "on hold\tsince %s: %s\n", stamp(i.Holds[n-1].From), printable(i.Holds[n-1].Reason))
	}
	if i.LegalHold != nil {
		fmt.Fprintf(w, "legal hold\tsince %s by %s: %s\n", stamp(i.LegalHold.Since), printable(i.LegalHold.By), printable(i.LegalHold.Reason))
	}
	if i.Crisis.State != "" {
		fmt.Fprintf(w, "crisis\t%s, owner %s\n", strings.ReplaceAll(i.Crisis.State, "_", " "), printable(i.Crisis.Owner))
	}
	for _, tie := range []struct {
		name string
		ids  []string
	}{
		{"recurs of", one(i.RecursOf)},
		{"came back as", i.Recurs},
		{"split off", one(i.SplitOf)},
		{"split into", i.SplitInto},
		{"merged into", one(i.Into)},
		{"holds merged", i.Children},
		{"related", i.Related},
		{"proposed", i.Proposals},
	} {
		if len(tie.ids) > 0 {
			fmt.Fprintf(w, "%s\t%s\n", tie.name, printable(strings.Join(tie.ids, " ")))
		}
	}
	for n, f := range i.FollowUps {
		fmt.Fprintf(w, "follow-up %d\t%s; %s, owner %s, due %s\n", n+1, printable(f.Text), or(f.State, map[bool]string{true: "done", false: "open"}[f.Done]), printable(or(f.Owner, "none")), or(stamp(f.Due), "none"))
	}
}

func one(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
