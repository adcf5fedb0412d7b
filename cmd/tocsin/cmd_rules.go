package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/replay"
)

func newRules() *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "Check, test, list, match, explain and compare rules, and see what they cover"}
	cmd.AddCommand(newRulesImport(), newRulesCheck(), newRulesTest(), newRulesList(), newRulesMatch(), newRulesExplain(), newRulesSchema(), newRulesCoverage(), newRulesWhyNot(), newRulesBacktest(), newRulesException())
	return cmd
}

// folders are the rule folders given as arguments or by --rules; none means the shipped rules.
func folders(r *recorded, args []string) []string { return append(r.rules, args...) }

func loadRules(r *recorded, args []string) (*app.RuleSet, error) {
	scales, _, err := app.LoadScales(r.scales, "")
	if err != nil {
		return nil, coded(exitUnusable, err)
	}
	dirs := folders(r, args)
	return app.LoadRules(dirs, len(dirs) == 0, scales, r.pipeline...)
}

// hollow reports named folders and files without a rule or an exception: whoever checks them has named others than were meant.
func hollow(names []string, set *app.RuleSet) error {
	if len(names) == 0 || len(set.Rules()) > 0 || len(set.Exceptions()) > 0 || len(set.Refused) > 0 {
		return nil
	}
	return fmt.Errorf("%s: no rule is in there: rules stand in files that end in .yml or .yaml", strings.Join(names, ", "))
}

func newRulesCheck() *cobra.Command {
	r, costs := recorded{}, costFlags{}
	var verbose bool
	cmd := &cobra.Command{
		Use:   "check [FOLDER|FILE...]",
		Short: "Name every fault of rules, exceptions and lists",
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := loadRules(&r, args)
			if err == nil {
				err = hollow(folders(&r, args), set)
			}
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return coded(exitFindings, errFindings)
			}
			for _, lint := range set.Lints {
				fmt.Fprintf(cmd.ErrOrStderr(), "lint: %s\n", lint)
			}
			if costs.wanted {
				return costs.print(cmd, &r, set)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d rules are sound, set %s\n", len(set.Rules()), set.Hash)
			printRefused(cmd.OutOrStdout(), set, verbose)
			return err
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "count the Sigma documents that are refused by reason")
	costs.add(cmd)
	r.ruleFlags(cmd)
	cmd.Flags().StringVar(&r.scales, "scales", "", "scales `file` whose taxonomy the categories are checked against")
	return cmd
}

// printRefused tells how many Sigma documents are not used, and for what reasons.
func printRefused(w io.Writer, set *app.RuleSet, verbose bool) {
	if len(set.Refused) == 0 {
		return
	}
	fmt.Fprintf(w, "%d Sigma documents are refused\n", set.RefusedDocuments)
	if !verbose {
		return
	}
	for _, r := range set.RefusedFor() {
		fmt.Fprintf(w, "%6d  %s\n", r.Count, r.Reason)
	}
}

// listed is one row of `rules list`.
type listed struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Version  string `json:"version"`
	Status   string `json:"status"`
	Level    string `json:"level"`
	Kind     string `json:"kind"`
	Category string `json:"category"`
}

func newRulesList() *cobra.Command {
	r, from := recorded{}, reach{}
	var output string
	var stats bool
	var days int
	cmd := &cobra.Command{
		Use:   "list [FOLDER|FILE...]",
		Short: "List the rules, with --stats how those in force do",
		RunE: func(cmd *cobra.Command, args []string) error {
			if stats {
				if len(folders(&r, args)) > 0 {
					return coded(exitUnusable, errors.New("--stats is of the rules in force: it takes no folder"))
				}
				return listStats(cmd, &from, output, days)
			}
			set, err := loadRules(&r, args)
			if err != nil {
				return coded(exitUnusable, err)
			}
			rows := make([]listed, 0, len(set.Rules()))
			for _, rule := range set.Rules() {
				rows = append(rows, listed{rule.ID, rule.Title, rule.Version, rule.Status, rule.Level, string(rule.Correlate.Kind), rule.Category})
			}
			return printRows(cmd.OutOrStdout(), output, rows, "ID\tLEVEL\tKIND\tSTATUS\tTITLE", func(l listed) string {
				return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", l.ID, l.Level, l.Kind, l.Status, l.Title)
			})
		},
	}
	r.ruleFlags(cmd)
	from.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().BoolVar(&stats, "stats", false, "ask the daemon, or the register where none runs, how the rules in force do")
	cmd.Flags().IntVar(&days, "days", 90, "with --stats: events detected in so many days")
	return cmd
}

// outputFlag adds --output, which every listing command has.
func outputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", "table", "table, json (one array) or ndjson (one object a line)")
}

// printRows writes a listing in the form that --output asks for.
func printRows[T any](w io.Writer, output string, rows []T, header string, row func(T) string) error {
	switch output {
	case "json":
		if rows == nil {
			rows = []T{}
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	case "ndjson":
		enc := json.NewEncoder(w)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	case "table":
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(tw, header)
		for _, r := range rows {
			fmt.Fprintln(tw, row(r))
		}
		return tw.Flush()
	default:
		return coded(exitUnusable, fmt.Errorf("--output %s: table, json or ndjson", output))
	}
}

func newRulesMatch() *cobra.Command {
	r := recorded{}
	cmd := &cobra.Command{
		Use:   "match FILE...",
		Short: "Print which rules' own expressions match each record, correlation aside",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := r.options(cmd, true)
			if err != nil {
				return err
			}
			return report(cmd, false, func(ctx context.Context, w io.Writer) (replay.Summary, error) { return replay.Match(ctx, o, args, w) })
		},
	}
	r.inputFlags(cmd)
	r.ruleFlags(cmd)
	return cmd
}

func newRulesExplain() *cobra.Command {
	r := recorded{}
	cmd := &cobra.Command{
		Use:   "explain RULE FILE...",
		Short: "Show, leaf by leaf, what a rule's expression saw on each record",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := r.options(cmd, true)
			if err != nil {
				return err
			}
			if o.Set.Rule(args[0]) == nil {
				return coded(exitUnusable, fmt.Errorf("no rule %s; `tocsin rules list` shows them", args[0]))
			}
			return report(cmd, false, func(ctx context.Context, w io.Writer) (replay.Summary, error) {
				return replay.Explain(ctx, o, args[0], args[1:], w)
			})
		},
	}
	r.inputFlags(cmd)
	r.ruleFlags(cmd)
	return cmd
}
