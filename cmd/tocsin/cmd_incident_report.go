package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/client"
)

func newIncidentReport() *cobra.Command {
	r := reach{}
	cmd := &cobra.Command{
		Use:   "report ID",
		Short: "Write what happened, and what was done, as Markdown",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				d, err := dossier(ctx, c, args[0])
				if err != nil {
					return err
				}
				return writeReport(cmd.OutOrStdout(), d)
			})
		},
	}
	r.flags(cmd)
	return cmd
}

func newIncidentExport() *cobra.Command {
	r := reach{}
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write an incident and its log as one JSON object, for `tocsin verify --from`",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				d, err := dossier(ctx, c, args[0])
				if err != nil {
					return err
				}
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(app.Export{Incident: d.incident, Log: d.log})
			})
		},
	}
	r.flags(cmd)
	return cmd
}

// A file is all that is known of one incident.
type file struct {
	incident tocsin.Incident
	log      []tocsin.LogEntry
	events   []tocsin.Event
}

func dossier(ctx context.Context, c *client.Client, name string) (d file, err error) {
	if d.incident, err = readIncident(ctx, c, name); err != nil {
		return d, err
	}
	if d.log, err = readLog(ctx, c, d.incident.ID); err != nil {
		return d, err
	}
	for _, id := range d.incident.Events {
		var e tocsin.Event
		switch err := c.Get(ctx, "/events/"+url.PathEscape(id), nil, &e); {
		case errors.Is(err, tocsin.ErrNotFound): // past its retention
		case err != nil:
			return d, err
		default:
			d.events = append(d.events, e)
		}
	}
	return d, nil
}

// markdown makes a text of an alert or a person harmless: one line, no markup, nothing that a terminal acts on.
func markdown(s string) string {
	s = printable(strings.Join(strings.Fields(s), " "))
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "|", "\\|", "#", "\\#", "://", "[:]//").Replace(s)
}

// writeReport writes the synthesis: what happened, how it was judged, what was done and when, how long it took.
func writeReport(w io.Writer, d file) error {
	i := d.incident
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s: %s\n", i.Number, markdown(i.Title))
	line("%s\n", markdown(or(i.Summary, i.Title)))
	line("| | |\n|---|---|")
	for _, f := range [][2]string{
		{"Status", string(i.Status)},
		{"Priority", i.Priority},
		{"Severity", strings.TrimSpace("class " + i.Class + " " + i.Severity)},
		{"Category", i.Category},
		{"ISO/IEC 27035-2", i.CategoryISO},
		{"Impact, functional", i.Impact.Functional},
		{"Impact, information", i.Impact.Information},
		{"Recoverability", i.Impact.Recoverability},
		{"Urgency", i.Urgency},
		{"Platform", i.Platform},
		{"Coordinator", i.Coordinator},
		{"Assignee", i.Assignee},
		{"Declared by", i.DeclaredBy},
		{"Disposition", i.Disposition},
		{"Root cause", i.RootCause},
		{"TLP", i.TLP},
	} {
		if f[1] != "" {
			line("| %s | %s |", f[0], markdown(f[1]))
		}
	}
	line("\n## Why it is an incident\n")
	for n, why := range i.Why {
		line("%d. %s", n+1, markdown(why))
	}
	line("\n## Who and what is concerned\n")
	for _, e := range i.Entities {
		line("- %s: %s %s", markdown(e.Role), markdown(e.Field), markdown(e.Value))
	}
	line("\n## Events\n\n| Event | First | Last | Alerts |\n|---|---|---|---|")
	for _, e := range d.events {
		line("| %s (rule %s, version %s) | %s | %s | %d |", markdown(e.Rule.Title), markdown(e.Rule.ID), markdown(e.Rule.Version), stamp(e.First), stamp(e.Last), e.Count)
	}
	if n := len(i.Events) - len(d.events); n > 0 {
		line("\n%d further events are not stored any more.", n)
	}
	line("\n## Timeline\n\n| Happened | Recorded | What | By | |\n|---|---|---|---|---|")
	for _, e := range d.log {
		line("| %s | %s | %s | %s | %s |", stamp(e.Effective), stamp(e.Recorded), markdown(step(e)), markdown(e.By.ID), markdown(strings.TrimSpace(e.Reason+" "+e.Text)))
	}
	line("\n## Durations and targets\n")
	for _, name := range slices.Sorted(keys(i.Durations)) {
		line("- %s: %d s", markdown(strings.TrimSuffix(name, "_s")), i.Durations[name])
	}
	for _, name := range slices.Sorted(keys(i.Targets)) {
		t := i.Targets[name]
		state := "undecided"
		if t.Met != nil && *t.Met {
			state = "met"
		} else if t.Met != nil {
			state = fmt.Sprintf("missed by %d s", t.BreachedS)
		}
		line("- target %s, due %s: %s", name, stamp(t.Due), state)
	}
	for n, f := range i.FollowUps {
		line("- follow-up %d: %s, owner %s, done: %t", n+1, markdown(f.Text), markdown(or(f.Owner, "none")), f.Done)
	}
	line("\nFrom the log of incident %s, %d entries, last hash %s.", i.ID, len(d.log), i.Head)
	_, err := io.WriteString(w, b.String())
	return err
}

// step is what an entry did, with the change of status where there was one.
func step(e tocsin.LogEntry) string {
	text := strings.ReplaceAll(string(e.Action), "_", " ")
	if e.To != "" {
		text += ", now " + string(e.To)
	}
	return text
}
