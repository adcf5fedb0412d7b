package main

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
	"tocsin/internal/config"
)

// A completer is what a flag's value or an argument may be, by what was given before it. A word may have a tab and what it
// means behind it.
type completer func(cmd *cobra.Command, given []string) []string

// completeAsked completes, for all commands, the values that the daemon knows: people, rules, regimes, receivers, names.
func completeAsked(cmd *cobra.Command) {
	for flag, words := range askedFlags() {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completions(typed, words(cmd, given)), cobra.ShellCompDirectiveNoFileComp
		}) // it fails for a flag that has one already
	}
	if words, ok := askedArguments()[cmd.CommandPath()]; ok && cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = func(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 && !strings.Contains(cmd.Use, "…") {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completions(typed, words(cmd, given)), cobra.ShellCompDirectiveNoFileComp
		}
	}
	for _, sub := range cmd.Commands() {
		completeAsked(sub)
	}
}

// askedFlags are the completers of flags by their names.
func askedFlags() map[string]completer {
	fixed := func(words ...string) completer { return func(*cobra.Command, []string) []string { return words } }
	return map[string]completer{
		"role": fixed(config.RoleNames()...), "outcome": fixed(string(tocsin.AuditShown), string(tocsin.AuditBegun), string(tocsin.AuditDone), string(tocsin.AuditRefused), string(tocsin.AuditFailed)),
		"state": fixed(noticeStates()...), "assignee": peopleAtWork, "coordinator": peopleAtWork, "regime": regimeIDs, "stage": regimeStages, "event": eventsOf, "proposal": proposalsOf,
		"rule":     field("/rules", "rules", "id", "title"),
		"receiver": field("/receivers", "", "receiver", "kind"),
		"source":   field("/sources", "items", "name", ""),
		"incident": func(cmd *cobra.Command, _ []string) []string { return numbers(cmd, "") },
	}
}

// askedArguments are the completers of arguments by the commands that take them.
func askedArguments() map[string]completer {
	letters, tokens, users := field("/dead-letters", "items", "id", "reason"), field("/tokens", "items", "name", "role"), field("/users", "items", "name", "role")
	rules, events := field("/rules", "rules", "id", "title"), field("/events", "items", "id", "detected")
	return map[string]completer{
		"tocsin deadletter show": letters, "tocsin deadletter redrive": letters, "tocsin deadletter discard": letters,
		"tocsin token revoke": tokens, "tocsin user passwd": users, "tocsin user remove": users, "tocsin rules why-not": rules, "tocsin rules explain": rules,
		"tocsin incident promote": pending, "tocsin incident dismiss": pending,
		"tocsin event show": events, "tocsin event evidence": events, "tocsin alert show": field("/alerts", "items", "id", "at"),
	}
}

// asks is what the API has at a path; the zero value where nobody can be asked in time.
func asks[T any](cmd *cobra.Command, path string, query url.Values) (out T) {
	ctx, cancel := context.WithTimeout(cmd.Context(), numbersWithin)
	defer cancel()
	cmd.SetContext(ctx)
	r := reach{}
	for flag, into := range map[string]*string{"config": &r.config, "url": &r.url, "token-file": &r.tokenFile} {
		if f := cmd.Flags().Lookup(flag); f != nil {
			*into = f.Value.String()
		}
	}
	err := r.with(cmd, func(ctx context.Context, c *client.Client) error { return c.Get(ctx, path, query, &out) })
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
	}
	return out
}

// field completes what a listing calls a member of its items, with another member as what it means; list is the member of
// the answer that holds the items, "" the answer itself.
func field(path, list, name, meaning string) completer {
	return func(cmd *cobra.Command, _ []string) (words []string) {
		answer := asks[json.RawMessage](cmd, path, nil)
		if list != "" {
			var whole map[string]json.RawMessage
			_ = json.Unmarshal(answer, &whole) // what cannot be read completes nothing
			answer = whole[list]
		}
		var items []map[string]any
		_ = json.Unmarshal(answer, &items)
		for _, item := range items {
			if word, ok := item[name].(string); ok {
				text, _ := item[meaning].(string)
				words = append(words, strings.TrimSuffix(word+"\t"+printable(text), "\t"))
			}
		}
		return words
	}
}

// peopleAtWork are those who coordinate or work on the incidents that changed last.
func peopleAtWork(cmd *cobra.Command, _ []string) (words []string) {
	for _, i := range latest(cmd) {
		words = append(words, i.Assignee, i.Coordinator)
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return w == "" })
}

func noticeStates() (words []string) {
	for _, s := range tocsin.NoticeStates() {
		words = append(words, string(s))
	}
	return words
}

func regimeIDs(cmd *cobra.Command, _ []string) (words []string) {
	for _, g := range asks[[]regime](cmd, "/regimes", nil) {
		words = append(words, g.ID+"\t"+printable(g.Title))
	}
	return words
}

// regimeStages are the reports of the regime that --regime names, or of all.
func regimeStages(cmd *cobra.Command, _ []string) (words []string) {
	of := ""
	if f := cmd.Flags().Lookup("regime"); f != nil {
		of = f.Value.String()
	}
	for _, g := range asks[[]regime](cmd, "/regimes", nil) {
		for _, s := range g.Stages {
			if of == "" || of == g.ID {
				words = append(words, s.ID+"\t"+printable(s.Title))
			}
		}
	}
	return words
}

// incidentGiven is the incident that a command names by its number or its id.
func incidentGiven(cmd *cobra.Command, given []string) (i tocsin.Incident) {
	if len(given) == 0 {
		return i
	}
	all := latest(cmd)
	n := slices.IndexFunc(all, func(i tocsin.Incident) bool { return i.Number == given[0] || i.ID == given[0] })
	if n < 0 {
		return i
	}
	return all[n]
}

func eventsOf(cmd *cobra.Command, given []string) []string { return incidentGiven(cmd, given).Events }

func proposalsOf(cmd *cobra.Command, given []string) []string {
	return incidentGiven(cmd, given).Proposals
}

// pending are the events that wait for a verdict.
func pending(cmd *cobra.Command, _ []string) (words []string) {
	for _, v := range asks[tocsin.Page[tocsin.Verdict]](cmd, "/assessments", nil).Items {
		words = append(words, v.Event+"\t"+v.Assessment.Priority+" "+printable(v.Assessment.Category))
	}
	return words
}
