package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	rulesd "tocsin/rules.d"
)

// shippedRule is the rule whose features are left out one at a time.
const shippedRule = "novelty/rare-alerts.yml"

// A variant is the shipped rule without a feature: keys that are added to its correlation.
type variant struct{ name, keys string }

// variants are what is left out. Each says in the words of the rule language what takes its place.
var variants = []variant{
	{"as shipped", ""},
	{"no learning ramp", "  learn: 0s\n"},
	{"a ramp of 6 h", "  learn: 6h\n"},
	{"never heard of, or nothing", "  rare: {above: 13, most: 14}\n  novel: {risk: 7.5}\n  join: {member: 0.6, host: 0.6}\n  chain: {risk: 1.5, strong: 3.75}\n"},
	{"no tactics", "  cold: {risk: 10000}\n"},
	{"no links", "  links: []\n"},
	{"no joining of other hosts", "  join: {host: 10000}\n"},
	{"no chain", "  chain: {risk: 10000, strong: 10000, within: 1s}\n"},
	{"no decay", "  decay: 365d\n"},
	{"half the bar", "  novel: {risk: 37.5}\n  cold: {risk: 15}\n"},
	{"twice the bar", "  novel: {risk: 150}\n  cold: {risk: 60}\n"},
	{"fewer pairs and rules", "  novel: {pairs: 2, rules: 2}\n"},
}

// ablations prints what novelty alone makes of the campaigns with each variant of the rule.
func (o *options) ablations(ctx context.Context, campaigns []campaign, out io.Writer) error {
	for _, c := range campaigns {
		var rows []row
		for _, v := range variants {
			if !strings.Contains(v.name, o.only) {
				continue
			}
			folder, err := o.write(v)
			if err != nil {
				return err
			}
			found, err := o.replay(ctx, c, []string{folder})
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			r, err := o.judge(ctx, c, found.novelty(), c.name)
			if err != nil {
				return err
			}
			r.name = v.name
			rows = append(rows, r)
		}
		if err := printRows(out, "variant", rows); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out); err != nil {
			return err
		}
	}
	return nil
}

// write makes a folder that holds the variant and its words.
func (o *options) write(v variant) (string, error) {
	folder, err := os.MkdirTemp(o.scratch, "rules")
	if err != nil {
		return "", err
	}
	text, err := fs.ReadFile(rulesd.FS(), shippedRule)
	if err != nil {
		return "", err
	}
	rule, _, _ := strings.Cut(string(text), "\ntests:")
	if strings.Contains(v.keys, "links:") {
		rule = strings.Replace(rule, "  links: [source.ip]\n", "", 1)
	}
	rule = strings.Replace(rule, "  kind: novelty\n", "  kind: novelty\n"+v.keys, 1)
	if err := os.WriteFile(filepath.Join(folder, "rule.yml"), []byte(rule+"\n"), 0o600); err != nil {
		return "", err
	}
	words, err := fs.ReadFile(rulesd.FS(), "lists/tactic-words.csv")
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(folder, "lists"), 0o700); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "lists", "tactic-words.csv"), words, 0o600)
}
