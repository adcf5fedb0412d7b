package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/client"
	"tocsin/internal/reports"
)

func newReport() *cobra.Command {
	r, b := reach{}, api.ReportBody{}
	var output string
	var kinds []string
	for _, k := range reports.Kinds() {
		kinds = append(kinds, k.Name)
	}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report something that happened, or write down what somebody reports",
		Long:  "Report something that happened, or write down what somebody reports. It becomes an event that is assessed as any other. Who reported it is kept apart: a lead alone sees it, and it can be erased.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var receipt api.ReportReceipt
				if err := c.Post(ctx, "/reports", nil, b, &receipt); err != nil {
					return err
				}
				if output != "table" {
					return printRows(cmd.OutOrStdout(), output, []api.ReportReceipt{receipt}, "", nil)
				}
				text := "event " + receipt.Event + " is " + strings.ReplaceAll(receipt.State, "_", " ")
				if receipt.Incident != "" {
					text += ", incident " + called(ctx, c, receipt.Incident)
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	f := cmd.Flags()
	f.StringVar(&b.What, "what", "", "what happened, in one's own words")
	f.StringVar(&b.When, "when", "", "a time (RFC 3339), a date, or words")
	f.StringVar(&b.Where, "where", "", "a place, a device, an address")
	f.StringVar(&b.Kind, "kind", "", "what it is most like: "+strings.Join(kinds, ", "))
	f.BoolVar(&b.Ongoing, "ongoing", false, "it goes on now")
	f.StringVar(&b.Name, "name", "", "who reports it")
	f.StringVar(&b.Contact, "contact", "", "how to reach them")
	f.StringVar(&b.Channel, "channel", "other", "how it came: "+strings.Join(tocsin.Channels(), ", "))
	completeWords(cmd, "kind", kinds)
	completeWords(cmd, "channel", tocsin.Channels())
	_ = cmd.MarkFlagRequired("what") // it is a flag of the command
	return cmd
}

// called is an incident's number, or its id where whoever asks may not look at it.
func called(ctx context.Context, c *client.Client, id string) string {
	var i tocsin.Incident
	if err := c.Get(ctx, "/incidents/"+url.PathEscape(id), nil, &i); err != nil {
		return id
	}
	return or(i.Number, id)
}

func newInformant() *cobra.Command {
	cmd := &cobra.Command{Use: "informant", Short: "Look up or erase who reported something"}
	cmd.AddCommand(newInformantAct("show", "Tell who it is; a lead's to ask, and audited"), newInformantAct("erase", "Forget who it is: the log keeps the token alone"))
	return cmd
}

func newInformantAct(name, short string) *cobra.Command {
	r := reach{}
	var output, reason string
	cmd := &cobra.Command{
		Use:   name + " TOKEN",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name == "erase" && reason == "" {
				return coded(exitUnusable, errors.New("an erasure needs --reason: why, and who asked for it"))
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) (err error) {
				var i tocsin.Informant
				path := "/informants/" + url.PathEscape(args[0])
				if name == "erase" {
					err = c.Post(ctx, path+"/erase", nil, map[string]string{"reason": reason}, &i)
				} else {
					err = c.Get(ctx, path, nil, &i)
				}
				if err != nil {
					return err
				}
				if output != "table" {
					return printRows(cmd.OutOrStdout(), output, []tocsin.Informant{i}, "", nil)
				}
				if !i.Erased.At.IsZero() {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s of event %s was erased %s by %s: %s\n", i.Token, i.Event, stamp(i.Erased.At), printable(i.Erased.By.ID), printable(i.Erased.Reason))
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s of event %s: %s, %s\n", i.Token, i.Event, printable(or(i.Name, "no name")), printable(or(i.Contact, "no contact")))
				return err
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	if name == "erase" {
		cmd.Flags().StringVar(&reason, "reason", "", "why it is erased, and who asked for it")
	}
	return cmd
}
