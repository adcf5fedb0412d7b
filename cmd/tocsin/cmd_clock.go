package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

func newClock() *cobra.Command {
	cmd := &cobra.Command{Use: "clock", Short: "Targets and regulatory clocks of incidents: what is due when"}
	cmd.AddCommand(newClockList(), newClockRegimes(), newClockStart(), newClockSubmit(), newClockWaive())
	completeIncidents(cmd)
	return cmd
}

// A due is one time by which something must have happened, as `clock list` prints it.
type due struct {
	Incident    string    `json:"incident"`
	Number      string    `json:"number"`
	Priority    string    `json:"priority"`
	Clock       string    `json:"clock"` // a target, or regime/stage
	State       string    `json:"state"` // running, late, met, missed, paused, waiting, waived
	Due         time.Time `json:"due,omitzero"`
	Pessimistic time.Time `json:"pessimistic,omitzero"`
	Anchor      string    `json:"anchor,omitempty"`
	Basis       string    `json:"basis,omitempty"`
	Reference   string    `json:"reference,omitempty"`
}

func newClockList() *cobra.Command {
	r := reach{}
	var output string
	var open bool
	cmd := &cobra.Command{
		Use:   "list [ID]",
		Short: "List the targets and clocks of an incident, or the running ones of all open incidents",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				all, err := clockIncidents(ctx, c, args)
				if err != nil {
					return err
				}
				rows := []due{}
				for _, i := range all {
					rows = append(rows, dues(i, open || len(args) == 0)...)
				}
				return printRows(cmd.OutOrStdout(), output, rows, "NUMBER\tPRIORITY\tCLOCK\tSTATE\tDUE\tFROM DETECTION\tREFERENCE", func(d due) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", d.Number, or(d.Priority, "-"), d.Clock, d.State, or(stamp(d.Due), "-"), or(stamp(d.Pessimistic), "-"), or(printable(d.Reference), "-"))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().BoolVar(&open, "open", false, "only what is not decided")
	return cmd
}

// clockIncidents are the incident named, or all on which work or a clock goes on.
func clockIncidents(ctx context.Context, c *client.Client, args []string) ([]tocsin.Incident, error) {
	if len(args) == 1 {
		i, err := readIncident(ctx, c, args[0])
		return []tocsin.Incident{i}, err
	}
	status := append(openOr([]string{"open"}), string(tocsin.Resolved))
	return client.All[tocsin.Incident](ctx, c, "/incidents", url.Values{"status": {strings.Join(status, ",")}}, 0)
}

// dues are the targets and clocks of an incident, the first due first among each.
func dues(i tocsin.Incident, open bool) []due {
	var rows []due
	add := func(d due) {
		d.Incident, d.Number, d.Priority = i.ID, i.Number, i.Priority
		if decided := d.State == "met" || d.State == "missed" || d.State == "waived"; !open || !decided {
			rows = append(rows, d)
		}
	}
	for _, name := range targetNames(i) {
		t := i.Targets[name]
		state := clockState(t.Met, t.Met != nil && (*t.Met || t.BreachedS > 0 || !i.Status.IsOpen()))
		if !t.Paused.IsZero() && t.Met == nil {
			state = "paused"
		}
		add(due{Clock: name, State: state, Due: t.Due})
	}
	for _, c := range i.Clocks {
		state := clockState(c.Met, !c.IsOpen())
		switch {
		case c.Waived:
			state = "waived"
		case c.Due.IsZero():
			state = "waiting"
		}
		add(due{Clock: c.Name(), State: state, Due: c.Due, Pessimistic: c.Pessimistic, Anchor: c.Anchor, Basis: c.Basis, Reference: c.Reference})
	}
	return rows
}

func clockState(met *bool, decided bool) string {
	switch {
	case met == nil:
		return "running"
	case *met:
		return "met"
	case decided:
		return "missed"
	}
	return "late"
}

// regime is what the API tells of a regulatory regime.
type regime struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Source     string `json:"source"`
	Note       string `json:"note,omitempty"`
	Effective  string `json:"effective"`
	Checked    string `json:"checked,omitempty"`
	ReviewedBy string `json:"reviewed_by"`
	Anchor     string `json:"anchor"`
	Stages     []struct {
		ID       string `json:"id"`
		Title    string `json:"title"`
		Source   string `json:"source"`
		WithinS  int64  `json:"within_s,omitempty"`
		Months   int    `json:"months,omitempty"`
		Calendar string `json:"calendar"`
		Anchor   string `json:"anchor,omitempty"`
		After    string `json:"after,omitempty"`
	} `json:"stages"`
}

func newClockRegimes() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use:   "regimes",
		Short: "List the regulatory regimes whose clocks can be started",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var rows []regime
				if err := c.Get(ctx, "/regimes", nil, &rows); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "REGIME\tANCHOR\tSTAGES\tSOURCE\tEFFECTIVE\tREVIEWED BY", func(g regime) string {
					var stages []string
					for _, s := range g.Stages {
						within := (time.Duration(s.WithinS) * time.Second).String()
						if s.Months > 0 {
							within = fmt.Sprintf("%dmo", s.Months)
						}
						text := s.ID + " " + strings.TrimSuffix(strings.TrimSuffix(within, "0s"), "0m")
						if s.After != "" {
							text += " after " + s.After
						}
						stages = append(stages, text)
					}
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", g.ID, g.Anchor, strings.Join(stages, ", "), printable(g.Source), g.Effective, printable(g.ReviewedBy))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

// A clockOrder is the body of a command on clocks.
type clockOrder struct {
	Effective string `json:"effective,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Text      string `json:"text,omitempty"`
	Regime    string `json:"regime,omitempty"`
	Stage     string `json:"stage,omitempty"`
	Anchored  string `json:"anchored,omitempty"`
	Basis     string `json:"basis,omitempty"`
	Reference string `json:"reference,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
}

// newClockAct is a command on the clocks of an incident; ready fills in what flags cannot.
func newClockAct(use, action, short string, o *clockOrder, flags func(*cobra.Command), ready func() error) *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for flag, text := range map[string]string{"--at": o.Effective, "--anchored": o.Anchored} {
				if _, err := time.Parse(time.RFC3339Nano, text); text != "" && err != nil {
					return coded(exitUnusable, fmt.Errorf("%s %s: write 2026-11-22T08:00:00Z", flag, text))
				}
			}
			if err := ready(); err != nil {
				return err
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				id, err := find(ctx, c, args[0])
				if err != nil {
					return err
				}
				i, err := c.Command(ctx, id, action, o)
				if err != nil {
					return err
				}
				return printIncident(cmd.OutOrStdout(), output, i)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	f := cmd.Flags()
	f.StringVar(&o.Regime, "regime", "", "`ID` of the regime; `tocsin clock regimes` lists them")
	f.StringVar(&o.Effective, "at", "", "`time` when it happened (RFC 3339), if not now")
	f.StringVar(&o.Reason, "reason", "", "why")
	f.StringVarP(&o.Text, "text", "m", "", "a note for the log")
	flags(cmd)
	return cmd
}

func newClockStart() *cobra.Command {
	o := &clockOrder{}
	return newClockAct("start ID", "clock-start", "Start the clocks of a regime, or correct their anchor", o, func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&o.Anchored, "anchored", "", "`time` of the anchor (RFC 3339); without it the incident's own mark, for aware the first acknowledgement or declaration")
		cmd.Flags().StringVar(&o.Basis, "basis", "", "by what that time is known")
	}, func() error { return nil })
}

func newClockSubmit() *cobra.Command {
	o := &clockOrder{}
	var file string
	return newClockAct("submit ID", "clock-submit", "Record that a report was made to the authority", o, func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&o.Stage, "stage", "", "which `report` of the regime")
		cmd.Flags().StringVar(&o.Reference, "reference", "", "under what the authority took it")
		cmd.Flags().StringVar(&o.SHA256, "sha256", "", "of the content, in hex")
		cmd.Flags().StringVar(&file, "file", "", "`file` that was submitted: its SHA-256 is recorded, the file stays here")
	}, func() error {
		if file == "" {
			return nil
		}
		if o.SHA256 != "" {
			return coded(exitUnusable, errors.New("--file and --sha256: give one of them"))
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return coded(exitInput, err)
		}
		sum := sha256.Sum256(text)
		o.SHA256 = hex.EncodeToString(sum[:])
		return nil
	})
}

func newClockWaive() *cobra.Command {
	o := &clockOrder{}
	return newClockAct("waive ID", "clock-waive", "Record that there is no duty to report", o, func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&o.Stage, "stage", "", "which `report`; without it all of the regime that are open")
	}, func() error { return nil })
}

// targetNames are an incident's targets, the first due first.
func targetNames(i tocsin.Incident) []string {
	return slices.SortedFunc(keys(i.Targets), func(a, b string) int {
		return cmp.Or(i.Targets[a].Due.Compare(i.Targets[b].Due), cmp.Compare(a, b))
	})
}

// showClocks writes an incident's regulatory clocks, each with the time it would have from the detection.
func showClocks(w io.Writer, i tocsin.Incident) {
	for _, d := range dues(i, false) {
		if !strings.Contains(d.Clock, "/") {
			continue
		}
		text := d.State
		if !d.Due.IsZero() {
			text = "due " + stamp(d.Due) + ", " + d.State
		}
		if !d.Pessimistic.IsZero() {
			text += " (from the detection: " + stamp(d.Pessimistic) + ")"
		}
		if d.Reference != "" {
			text += ", reference " + printable(d.Reference)
		}
		fmt.Fprintf(w, "clock %s\t%s\n", d.Clock, text)
	}
}
