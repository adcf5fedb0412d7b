package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/client"
	"tocsin/internal/config"
	"tocsin/internal/integrity"
)

// evidenceCommands are those about the copies of alerts that an incident stands on.
func evidenceCommands() []*cobra.Command {
	return []*cobra.Command{newIncidentExport(), newIncidentEvidence(), newIncidentCustody(), newIncidentLegalHold(), newIncidentTransfer(), newIncidentErase()}
}

func newIncidentExport() *cobra.Command {
	r := reach{}
	var originals bool
	var reason string
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write an incident with its log, evidence and proofs as one JSON file, for `tocsin verify --from`; it is noted in the custody",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				q := url.Values{}
				if originals {
					q.Set("originals", "true")
				}
				if reason != "" {
					q.Set("reason", reason)
				}
				var file json.RawMessage
				if err := c.Get(ctx, path+"/export", q, &file); err != nil {
					return err
				}
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(file)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().BoolVar(&originals, "originals", false, "with the original bytes of the evidence")
	cmd.Flags().StringVar(&reason, "reason", "", "what it is exported for: kept in the custody")
	return cmd
}

func newIncidentEvidence() *cobra.Command {
	r := reach{}
	var output, reason string
	cmd := &cobra.Command{
		Use:   "evidence ID [EXHIBIT]",
		Short: "List the copies of alerts that an incident stands on, or write the original bytes of one: that is noted in the custody",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				if len(args) == 2 {
					var x tocsin.Exhibit
					if err := c.Get(ctx, path+"/evidence/"+url.PathEscape(args[1]), url.Values{"reason": {reason}}, &x); err != nil {
						return err
					}
					_, err := cmd.OutOrStdout().Write(x.Original)
					return err
				}
				var all []integrity.Listed
				if err := c.Get(ctx, path+"/evidence", nil, &all); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, all, "EXHIBIT\tAT\tSOURCE\tBYTES\tSHA-256\tORIGINAL", func(x integrity.Listed) string {
					original := "kept"
					if d := x.Disposed; d != nil {
						original = fmt.Sprintf("disposed of on %s by %s: %s", stamp(d.At), printable(d.By), printable(d.Reason))
					}
					return fmt.Sprintf("%s\t%s\t%s\t%d\t%s\t%s", x.ID, stamp(x.At), printable(x.Source), x.Size, x.SHA256, original)
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().StringVar(&reason, "reason", "", "why it is looked at: kept in the custody")
	return cmd
}

func newIncidentCustody() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use:   "custody ID",
		Short: "Print what was done with an incident's evidence",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				var entries []tocsin.LogEntry
				if err := c.Get(ctx, path+"/custody", nil, &entries); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, entries, "SEQ\tRECORDED\tACTION\tBY\tREASON\tWHAT", func(e tocsin.LogEntry) string {
					return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", e.Seq, stamp(e.Recorded), e.Action, printable(e.By.ID), printable(e.Reason), printable(or(e.Text, string(e.Data))))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

func newIncidentLegalHold() *cobra.Command {
	r := reach{}
	var output, reason string
	var off bool
	cmd := &cobra.Command{
		Use:   "legal-hold ID",
		Short: "Put what an incident refers to under legal hold, or take it off",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				var i tocsin.Incident
				name := "/legal-hold"
				if off {
					name = "/legal-release"
				}
				if err := c.Post(ctx, path+name, http.Header{}, map[string]string{"reason": reason}, &i); err != nil {
					return err
				}
				if output != "table" {
					return printIncident(cmd.OutOrStdout(), output, i)
				}
				words := "%s is under legal hold since %s: %s\n"
				if off {
					words = "%s is under no legal hold any more since %s: %s\n"
				}
				return noted(ctx, c, path+"/log", tocsin.ActLegalHold, func(e *tocsin.LogEntry) {
					fmt.Fprintf(cmd.OutOrStdout(), words, i.Number, stamp(e.Effective), printable(e.Reason))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().StringVar(&reason, "reason", "", "the matter that it is kept for, or why it need not be any more")
	cmd.Flags().BoolVar(&off, "off", false, "take it off")
	return cmd
}

// noted tells of the last entry of a log that is an action's, which was just done.
func noted(ctx context.Context, c *client.Client, log string, action tocsin.Action, tell func(*tocsin.LogEntry)) error {
	var entries []tocsin.LogEntry
	if err := c.Get(ctx, log, nil, &entries); err != nil {
		return fmt.Errorf("it is done; what is noted of it: %w", err)
	}
	for n := range slices.Backward(entries) {
		if entries[n].Action == action {
			tell(&entries[n])
			return nil
		}
	}
	return errors.New("it is done, and nothing is noted of it")
}

func newIncidentTransfer() *cobra.Command {
	r := reach{}
	var owner, reason string
	cmd := &cobra.Command{
		Use:   "transfer ID",
		Short: "Note in the custody that somebody else has the evidence now",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				var i tocsin.Incident
				if err := c.Get(ctx, path, nil, &i); err != nil {
					return err
				}
				if err := c.Post(ctx, path+"/transfer", http.Header{}, map[string]string{"owner": owner, "reason": reason}, nil); err != nil {
					return err
				}
				return noted(ctx, c, path+"/custody", tocsin.ActTransfer, func(e *tocsin.LogEntry) {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s has its evidence since %s, as its custody says: %s\n", i.Number, printable(owner), stamp(e.Effective), printable(e.Reason))
				})
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&owner, "owner", "", "who has it now")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

// keeper opens the store for what the daemon may not do, as who runs the command.
func keeper(cmd *cobra.Command, file string, do func(ctx context.Context, k *app.Keeper, by tocsin.Actor) error) error {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return coded(exitUnusable, err)
	}
	k, err := app.OpenKeeper(cmd.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return coded(exitInput, err)
	}
	defer k.Close()
	err = do(cmd.Context(), k, tocsin.Actor{Kind: "person", ID: or(userName(), "unknown"), Role: "admin"})
	if app.Refused(err) || errors.Is(err, tocsin.ErrNotFound) {
		return coded(exitUnusable, err)
	}
	return answered(err)
}

func newIncidentErase() *cobra.Command {
	var file, person, reason string
	cmd := &cobra.Command{
		Use:   "erase ID",
		Short: "Take a person's name out of an incident's log; the proofs hold without it (works on the store itself, with rights that the daemon does not have)",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return keeper(cmd, file, func(ctx context.Context, k *app.Keeper, by tocsin.Actor) error {
				id, err := findBy(ctx, args[0], k.IncidentOf)
				if err != nil {
					return err
				}
				n, err := k.Erase(ctx, app.Erasing{Incident: id, Person: person, Reason: reason, By: by})
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "erased %s\n", tocsin.Counted(n, "value"))
				}
				return err
			})
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&person, "person", "", "the `name`: every value that is or holds it goes")
	cmd.Flags().StringVar(&reason, "reason", "", "why; it stays in the log, so without the name")
	return cmd
}
