package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

// An act is one command on an incident or an event: its name, what it does and the flags that it has.
type act struct {
	name, short string
	flags       []string
}

// incidentActions are the commands on an incident, in the order of its life.
func incidentActions() []act {
	found := []string{"intent", "means", "failed-control", "vulnerability"}
	return []act{
		{"declare", "Accept a proposed incident", []string{"as", "text"}},
		{"reject", "Refuse a proposed incident", []string{"reason", "disposition", "text"}},
		{"acknowledge", "Take note: somebody works on it", []string{"text"}},
		{"contain", "It does not spread any more", []string{"text"}},
		{"eradicate", "Its cause is removed", []string{"text"}},
		{"recover", "What it broke works again", []string{"text"}},
		{"resolve", "Nothing is left to do but to learn", slices.Concat([]string{"disposition", "root-cause", "text"}, found)},
		{"close", "End it", slices.Concat([]string{"disposition", "root-cause", "text"}, found)},
		{"reopen", "Work on it again", []string{"reason", "text"}},
		{"merge", "Let it go on as part of another", []string{"into", "text"}},
		{"assign", "Say who works on it", []string{"assignee", "coordinator", "team", "text"}},
		{"hand-over", "Give it to another coordinator", []string{"coordinator", "assignee", "text"}},
		{"comment", "Write into its log", []string{"text"}},
		{"set", "Change how it is classified", []string{"title", "summary", "category", "urgency", "priority", "platform", "tlp", "pap", "impact", "occurred", "intent", "means", "failed-control", "vulnerability", "text"}},
		{"confirm", "Confirm what a policy declared", []string{"text"}},
		{"visibility", "Say who may know of it", []string{"visible-to", "shared", "reason", "text"}},
		{"review", "Record the post-incident review: its text is what was learnt", slices.Concat([]string{"text", "root-cause"}, found)},
		{"follow-up", "Add or change work that outlives it", []string{"owner", "due", "state", "index", "text"}},
		{"team", "Activate a team, or say that it took note or is done", []string{"the-team", "step", "text"}},
		{"hold", "Nobody can work on it for a while", []string{"reason", "text"}},
		{"release", "The hold is over", []string{"text"}},
		{"crisis", "Hand it over to crisis management", []string{"owner", "text"}},
		{"return", "Crisis management gave it back", []string{"text"}},
		{"split", "Move events of it to an incident of their own", []string{"event", "title", "summary", "reason", "text"}},
		{"decline", "Turn a proposal down", []string{"proposal", "reason", "text"}},
	}
}

// eventActions are a person's verdicts on a pending event.
func eventActions() []act {
	return []act{
		{"promote", "Make an incident of a pending event", []string{"reason", "text"}},
		{"dismiss", "Decide that an event is no incident", []string{"disposition", "reason", "text"}},
	}
}

// orders are the members of a command, filled by flags.
type orders struct {
	Effective   string            `json:"effective,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Text        string            `json:"text,omitempty"`
	Disposition string            `json:"disposition,omitempty"`
	RootCause   string            `json:"root_cause,omitempty"`
	Into        string            `json:"into,omitempty"`
	Assignee    string            `json:"assignee,omitempty"`
	Coordinator string            `json:"coordinator,omitempty"`
	Teams       []string          `json:"teams,omitempty"`
	Title       string            `json:"title,omitempty"`
	Summary     string            `json:"summary,omitempty"`
	Category    string            `json:"category,omitempty"`
	Impact      map[string]string `json:"impact,omitempty"`
	Urgency     string            `json:"urgency,omitempty"`
	Priority    string            `json:"priority,omitempty"`
	Platform    string            `json:"platform,omitempty"`
	TLP         string            `json:"tlp,omitempty"`
	PAP         string            `json:"pap,omitempty"`
	work
	Occurred string          `json:"occurred,omitempty"`
	Entities []tocsin.Entity `json:"entities,omitempty"`

	entities []string
}

// add gives cmd the named flags and --at, which every command has.
func (o *orders) add(cmd *cobra.Command, names []string) {
	f := cmd.Flags()
	f.StringVar(&o.Effective, "at", "", "`time` when it happened (RFC 3339), if not now")
	for _, name := range names {
		switch name {
		case "as":
			f.StringVar(&o.Coordinator, "as", "", "`coordinator`; without it whose token it is, and by the token of the data folder whoever runs the command")
		case "reason":
			f.StringVar(&o.Reason, "reason", "", "why")
		case "text":
			f.StringVarP(&o.Text, "text", "m", "", "a note for the log")
		case "disposition":
			f.StringVar(&o.Disposition, "disposition", "", "how it turned out: "+strings.Join(tocsin.Dispositions(), ", "))
		case "root-cause":
			f.StringVar(&o.RootCause, "root-cause", "", "what caused it: "+strings.Join(tocsin.RootCauses(), ", "))
		case "into":
			f.StringVar(&o.Into, "into", "", "`ID` of the incident that goes on")
		case "assignee":
			f.StringVar(&o.Assignee, "assignee", "", "who works on it")
		case "coordinator":
			f.StringVar(&o.Coordinator, "coordinator", "", "who answers for it")
		case "team":
			f.StringSliceVar(&o.Teams, "team", nil, "`teams` that take part")
		case "impact":
			f.StringToStringVar(&o.Impact, "impact", nil, "axis=word, e.g. functional=high,information=privacy")
		case "entity":
			f.StringArrayVar(&o.entities, "entity", nil, "`role:field=value`, e.g. victim:host.name=web1; may be repeated")
		case "pap", "owner", "the-team", "step", "event", "proposal", "intent", "means", "failed-control", "vulnerability", "due", "state", "index", "visible-to", "shared":
			o.addWork(f, name)
		default:
			text := map[string]*string{
				"title": &o.Title, "summary": &o.Summary, "category": &o.Category, "urgency": &o.Urgency, "priority": &o.Priority,
				"platform": &o.Platform, "tlp": &o.TLP, "occurred": &o.Occurred,
			}[name]
			f.StringVar(text, name, "", map[string]string{
				"title": "what happened, in one line", "summary": "what happened", "category": "class/type, a word of the scale", "urgency": "a word of the scale",
				"priority": "P1 to P5", "platform": "what it runs on", "tlp": "CLEAR, GREEN, AMBER, AMBER+STRICT or RED",
				"occurred": "`time` of the first hostile act (RFC 3339)",
			}[name])
		}
	}
}

// check refuses what no API would understand.
func (o *orders) check() error {
	for flag, text := range map[string]string{"--at": o.Effective, "--occurred": o.Occurred, "--due": o.due} {
		if _, err := time.Parse(time.RFC3339Nano, text); text != "" && err != nil {
			return coded(exitUnusable, fmt.Errorf("%s %s: write 2026-11-22T08:00:00Z", flag, text))
		}
	}
	if err := o.checkWork(); err != nil {
		return err
	}
	for _, e := range o.entities {
		role, rest, ok := strings.Cut(e, ":")
		field, value, ok2 := strings.Cut(rest, "=")
		if !ok || !ok2 || field == "" || value == "" {
			return coded(exitUnusable, fmt.Errorf("--entity %s: write victim:host.name=web1", e))
		}
		o.Entities = append(o.Entities, tocsin.Entity{Field: field, Value: value, Role: role})
	}
	return nil
}

func newIncidentAct(a act) *cobra.Command {
	r, o := reach{}, &orders{}
	var output string
	cmd := &cobra.Command{
		Use:   a.name + " ID",
		Short: a.short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if a.name == "comment" && o.Text == "" {
				return coded(exitUnusable, errors.New("a comment needs --text"))
			}
			if a.name == "declare" && o.Coordinator == "" && !r.named() {
				o.Coordinator = userName()
			}
			if err := o.finish(a.name); err != nil {
				return err
			}
			if len(args) > 1 {
				return r.with(cmd, func(ctx context.Context, c *client.Client) error {
					return bulk(ctx, cmd.OutOrStdout(), c, a.name, args, o, output)
				})
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				id, err := find(ctx, c, args[0])
				if err == nil && o.Into != "" {
					o.Into, err = find(ctx, c, o.Into)
				}
				if err != nil {
					return err
				}
				i, err := c.Command(ctx, id, a.name, o)
				if err != nil {
					return err
				}
				return printIncident(cmd.OutOrStdout(), output, i)
			})
		},
	}
	if slices.Contains(bulkActions, a.name) {
		cmd.Use, cmd.Args = a.name+" ID…", cobra.MinimumNArgs(1)
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	o.add(cmd, a.flags)
	return cmd
}

func newIncidentCreate() *cobra.Command {
	r, o := reach{}, &orders{}
	var output string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Report an incident",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var i tocsin.Incident
				if err := c.Post(ctx, "/incidents", nil, o, &i); err != nil {
					return err
				}
				return printIncident(cmd.OutOrStdout(), output, i)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	o.add(cmd, []string{"title", "summary", "category", "urgency", "priority", "platform", "impact", "occurred", "entity", "text"})
	return cmd
}

func newEventAct(a act) *cobra.Command {
	r, o := reach{}, &orders{}
	var output string
	cmd := &cobra.Command{
		Use:   a.name + " EVENT",
		Short: a.short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var i tocsin.Incident
				if err := c.Post(ctx, "/events/"+url.PathEscape(args[0])+"/"+a.name, nil, o, &i); err != nil {
					return err
				}
				if a.name == "dismiss" {
					_, err := fmt.Fprintf(cmd.OutOrStdout(), "event %s is dismissed\n", args[0])
					return err
				}
				return printIncident(cmd.OutOrStdout(), output, i)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	o.add(cmd, a.flags)
	return cmd
}
