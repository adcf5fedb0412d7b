package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

// A letter is a dead letter as the API tells it.
type letter struct {
	tocsin.Rejection
	Dispositions []tocsin.Disposition `json:"dispositions"`
}

// state is what was done with it last.
func (l *letter) state() string {
	if n := len(l.Dispositions); n > 0 {
		return string(l.Dispositions[n-1].Action)
	}
	return "waits"
}

func newDeadLetterRedrive() *cobra.Command {
	r := reach{}
	var source, reason, since, why string
	var rate float64
	var again bool
	cmd := &cobra.Command{
		Use:   "redrive [ID…]",
		Short: "Send records to the intake again, with their identity",
		Long: "Sends the records of the dead letters that are named, or of those that wait and that the flags select, to the intake again: with the place, the time and the source\n" +
			"that they had, so that each becomes the alert that it would have been. To do it twice changes nothing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := selection(source, reason, since)
			if err != nil {
				return coded(exitUnusable, err)
			}
			if len(args) == 0 && len(q) == 0 {
				return coded(exitUnusable, errors.New("name dead letters, or select them by --source, --reason or --since"))
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				if len(args) == 0 {
					if args, err = selected(ctx, c, q, again); err != nil {
						return err
					}
				}
				return redrive(ctx, cmd, c, args, why, rate)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&source, "source", "", "those of this `source`")
	cmd.Flags().StringVar(&reason, "reason", "", "those of this `reason`: json, format, refused, …")
	cmd.Flags().StringVar(&since, "since", "", "those received at or after this `time`, RFC 3339")
	cmd.Flags().BoolVar(&again, "again", false, "of those selected also what was redriven or discarded before")
	cmd.Flags().StringVar(&why, "why", "", "`text` to keep, such as what was mended")
	cmd.Flags().Float64Var(&rate, "rate", 100, "at most so many a second; 0: as fast as they go")
	return cmd
}

// selection is the query of the flags, empty where none is given.
func selection(source, reason, since string) (url.Values, error) {
	q := url.Values{}
	for name, value := range map[string]string{"source": source, "reason": reason, "since": since} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if since == "" {
		return q, nil
	}
	if _, err := time.Parse(time.RFC3339, since); err != nil {
		return nil, fmt.Errorf("--since: %q is no time such as 2026-11-22T08:00:00Z", since)
	}
	return q, nil
}

// selected are the ids of the dead letters of a query, oldest first: those that wait, or again all.
func selected(ctx context.Context, c *client.Client, q url.Values, again bool) ([]string, error) {
	all, err := client.All[letter](ctx, c, "/dead-letters", q, 0)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, l := range slices.Backward(all) {
		if again || len(l.Dispositions) == 0 {
			ids = append(ids, l.ID)
		}
	}
	return ids, nil
}

// redrive sends one after the other; what cannot be sent is told and left.
func redrive(ctx context.Context, cmd *cobra.Command, c *client.Client, ids []string, why string, rate float64) error {
	sent := 0
	var refused error
	for _, id := range ids {
		err := c.Post(ctx, "/dead-letters/"+url.PathEscape(id)+"/redrive", nil, map[string]string{"reason": why}, nil)
		if p, ok := errors.AsType[*client.Problem](err); ok && p.Status == http.StatusConflict {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", id, err)
			refused = errFindings
			continue
		}
		if err != nil {
			return err
		}
		sent++
		if rate > 0 {
			select {
			case <-time.After(time.Duration(float64(time.Second) / rate)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d sent to the intake again\n", sent)
	return coded(exitFindings, refused)
}

func newDeadLetterDiscard() *cobra.Command {
	r := reach{}
	var why string
	cmd := &cobra.Command{
		Use:   "discard ID… --why TEXT",
		Short: "Say that nothing more is to be done with records; they are kept",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				for _, id := range args {
					if err := c.Post(ctx, "/dead-letters/"+url.PathEscape(id)+"/discard", nil, map[string]string{"reason": why}, nil); err != nil {
						return err
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s is discarded\n", id)
				}
				return nil
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&why, "why", "", "`text` to keep: why nothing more is to be done")
	_ = cmd.MarkFlagRequired("why")
	return cmd
}
