package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
)

// Completion in the shell: incidents by number, statuses, and the words of the vocabulary. `tocsin completion bash` (zsh,
// fish, powershell) writes the script.

// completeWords completes a flag's value from a closed list, also after a comma. A flag that the command does not have
// is left out.
func completeWords(cmd *cobra.Command, flag string, words []string) {
	if cmd.Flags().Lookup(flag) == nil {
		return
	}
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return completions(typed, words), cobra.ShellCompDirectiveNoFileComp
	}) // it fails for a flag that has one already
}

// completions are the words that go on from what was typed, behind the last comma.
func completions(typed string, words []string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var out []string
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(before+w), strings.ToLower(typed)) {
			out = append(out, before+w)
		}
	}
	return out
}

// vocabulary are the closed lists by the flags that take one of their words.
func vocabulary() map[string][]string {
	statuses := []string{"open"}
	for _, s := range append(tocsin.Stages(), tocsin.Rejected, tocsin.MergedIncident) {
		statuses = append(statuses, string(s))
	}
	return map[string][]string{
		"status": statuses, "priority": {"P1", "P2", "P3", "P4", "P5"}, "disposition": tocsin.Dispositions(), "root-cause": tocsin.RootCauses(),
		"intent": tocsin.Intents(), "means": tocsin.Means(), "tlp": tocsin.TLPs(), "pap": tocsin.PAPs(), "to": tocsin.Visibilities(), "visibility": tocsin.Visibilities(), "step": tocsin.TeamSteps(),
		"state": tocsin.FollowUpStates(), "output": {"table", "json", "ndjson"}, "sort": {"opened", "priority", "updated"},
		"failed-control": {tocsin.NoneFound}, "vulnerability": {tocsin.NoneFound}, "format": {"md", "html"},
	}
}

// completeIncidents gives a command, and all below it, what its flags and its ids may be.
func completeIncidents(cmd *cobra.Command) {
	for flag, words := range vocabulary() {
		completeWords(cmd, flag, words)
	}
	completeScales(cmd)
	completeTeams(cmd)
	if strings.Contains(cmd.Use, " ID") || strings.Contains(cmd.Use, " [ID]") {
		cmd.ValidArgsFunction = func(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 && !strings.Contains(cmd.Use, "ID…") {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return numbers(cmd, typed), cobra.ShellCompDirectiveNoFileComp
		}
	}
	if cmd.Flags().Lookup("into") != nil {
		_ = cmd.RegisterFlagCompletionFunc("into", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return numbers(cmd, typed), cobra.ShellCompDirectiveNoFileComp
		})
	}
	for _, sub := range cmd.Commands() {
		completeIncidents(sub)
	}
}

// numbersWithin bounds how long the shell waits for what a daemon is asked.
const numbersWithin = 2 * time.Second

// numbers are those of the 100 incidents that changed last, with their titles; none where nobody can be asked.
func numbers(cmd *cobra.Command, typed string) []string {
	found := map[string]string{}
	for _, i := range latest(cmd) {
		found[i.Number] = string(i.Status) + ", " + printable(i.Title)
	}
	var out []string
	for _, number := range slices.Sorted(maps.Keys(found)) {
		if strings.HasPrefix(number, strings.ToUpper(typed)) {
			out = append(out, number+"\t"+found[number])
		}
	}
	return out
}
