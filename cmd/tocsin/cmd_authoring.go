package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/authoring"
	"tocsin/internal/replay"
)

// ruleTests are the flags of `rules test`.
type ruleTests struct {
	recorded
	only    []string
	output  string
	verbose bool
	mutate  bool
	score   int
}

func newRulesTest() *cobra.Command {
	f := ruleTests{}
	cmd := &cobra.Command{
		Use:   "test [FOLDER|FILE...]",
		Short: "Run the tests that stand in the rules",
		Long:  "Ends with 1 where a test fails, or where a rule of status stable lacks a test that expects an event or one that expects none.",
		RunE:  func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), cmd.OutOrStdout(), args) },
	}
	f.ruleFlags(cmd)
	cmd.Flags().StringVar(&f.scales, "scales", "", "scales `file` instead of the shipped scale")
	cmd.Flags().StringVar(&f.assets, "assets", "", "assets `file`")
	cmd.Flags().StringArrayVar(&f.only, "only", nil, "test the rules with this `word` as id or in file name or title; may be repeated")
	cmd.Flags().StringVarP(&f.output, "output", "o", "text", "text, json or junit")
	cmd.Flags().BoolVar(&f.mutate, "mutate", false, "change each rule as a mistake would, and name the changes that its tests do not notice")
	cmd.Flags().IntVar(&f.score, "score", 0, "with --mutate: end with 1 where fewer `percent` of the changes are noticed")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "a line for each rule, with the time that its tests took")
	return cmd
}

// options loads what the tests run with.
func (f *ruleTests) options(args []string) (replay.TestOptions, error) {
	scales, assets, err := app.LoadScales(f.scales, f.assets)
	if err != nil {
		return replay.TestOptions{}, coded(exitUnusable, err)
	}
	dirs := folders(&f.recorded, args)
	set, err := app.LoadRules(dirs, len(dirs) == 0, scales, f.pipeline...)
	if err == nil {
		err = hollow(dirs, set)
	}
	if err != nil {
		return replay.TestOptions{}, coded(exitUnusable, err)
	}
	choose, err := authoring.Selecting(set, f.only)
	if err != nil {
		return replay.TestOptions{}, coded(exitUnusable, err)
	}
	return replay.TestOptions{Set: set, Scales: scales, Assets: assets, Select: choose}, nil
}

func (f *ruleTests) run(ctx context.Context, w io.Writer, args []string) error {
	write := map[string]func(authoring.Report) error{
		"text":  func(r authoring.Report) error { return r.WriteText(w, f.verbose) },
		"json":  func(r authoring.Report) error { return r.WriteJSON(w) },
		"junit": func(r authoring.Report) error { return r.WriteJUnit(w) },
	}[f.output]
	if write == nil {
		return coded(exitUnusable, fmt.Errorf("--output %s: text, json or junit", f.output))
	}
	o, err := f.options(args)
	if err != nil {
		return err
	}
	report, err := authoring.Test(ctx, o, nil)
	if err != nil {
		return err
	}
	if f.mutate {
		return f.mutants(ctx, w, o, report)
	}
	if err := write(report); err != nil {
		return err
	}
	if !report.Sound() {
		return coded(exitFindings, errFindings)
	}
	return nil
}

// mutants runs the tests against the rules' mutants.
func (f *ruleTests) mutants(ctx context.Context, w io.Writer, o replay.TestOptions, report authoring.Report) error {
	mutants, err := authoring.Mutate(ctx, o, report)
	if err != nil {
		return err
	}
	switch f.output {
	case "text":
		err = mutants.WriteText(w, o.Set, f.verbose)
	case "json":
		err = mutants.WriteJSON(w)
	default:
		err = coded(exitUnusable, fmt.Errorf("--output %s: --mutate has text and json", f.output))
	}
	if err != nil {
		return err
	}
	if _, failed := report.Passed(); failed > 0 || mutants.Percent() < f.score {
		return coded(exitFindings, errFindings)
	}
	return nil
}

func newRulesSchema() *cobra.Command {
	var scales string
	cmd := &cobra.Command{
		Use:       "schema [rule|exceptions|scales|assets|regimes]",
		Short:     "Print the JSON Schema from which editors complete a file",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: []string{"rule", "exceptions", "scales", "assets", "regimes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, err := app.LoadScales(scales, "")
			if err != nil {
				return coded(exitUnusable, err)
			}
			text, err := authoring.Schema(append(args, "rule")[0], s)
			if err != nil {
				return coded(exitUnusable, err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&scales, "scales", "", "scales `file` whose categories a rule's schema names, instead of the shipped scale")
	return cmd
}

func newRulesCoverage() *cobra.Command {
	r := recorded{}
	var output string
	cmd := &cobra.Command{
		Use:   "coverage [FOLDER|FILE...]",
		Short: "Tell which ATT&CK techniques the rules name, and which categories of the scale have no rule",
		RunE: func(cmd *cobra.Command, args []string) error {
			scales, _, err := app.LoadScales(r.scales, "")
			if err != nil {
				return coded(exitUnusable, err)
			}
			dirs := folders(&r, args)
			set, err := app.LoadRules(dirs, len(dirs) == 0, scales, r.pipeline...)
			if err != nil {
				return coded(exitUnusable, err)
			}
			c, w := authoring.Cover(set, scales), cmd.OutOrStdout()
			switch output {
			case "text":
				return c.WriteText(w)
			case "json":
				return c.WriteJSON(w)
			case "layer":
				return c.WriteLayer(w)
			}
			return coded(exitUnusable, fmt.Errorf("--output %s: text, json or layer", output))
		},
	}
	r.ruleFlags(cmd)
	cmd.Flags().StringVar(&r.scales, "scales", "", "scales `file` instead of the shipped scale")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json, or layer for the ATT&CK Navigator")
	return cmd
}
