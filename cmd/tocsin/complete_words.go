package main

import (
	"maps"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
)

// completeScales completes what the scales name: those of the configuration that the command reads, else the shipped ones.
func completeScales(cmd *cobra.Command) {
	for _, flag := range []string{"category", "urgency"} {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completions(typed, scaleWords(cmd, flag)), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func scaleWords(cmd *cobra.Command, flag string) []string {
	file := ""
	if f := cmd.Flags().Lookup("config"); f != nil && f.Value.String() != "" {
		if cfg, err := config.Load(f.Value.String(), os.Environ()); err == nil {
			file = cfg.Scales
		}
	}
	scales, _, err := app.LoadScales(file, "")
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
		return nil
	}
	if flag == "urgency" {
		return scales.Vocabularies().Urgency
	}
	return scales.Vocabularies().Categories
}

// completeTeams completes the teams that work on the incidents which changed last.
func completeTeams(cmd *cobra.Command) {
	for _, flag := range []string{"team", "the-team"} {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			teams := map[string]bool{}
			for _, i := range latest(cmd) {
				for _, t := range i.Teams {
					teams[t.Name] = true
				}
			}
			return completions(typed, slices.Sorted(maps.Keys(teams))), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

// latest are the 100 incidents that changed last; none where nobody can be asked in time.
func latest(cmd *cobra.Command) []tocsin.Incident {
	return asks[tocsin.Page[tocsin.Incident]](cmd, "/incidents", url.Values{"sort": {"updated"}, "limit": {"100"}}).Items
}
