package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"tocsin"
	"tocsin/rules"
)

// enforce puts a rule set in force in mode kafka: it is stored under its hash, numbered, and only then do matches name
// it, so that whoever reads them, now or in a replay, has the definitions that they were made by (engine.md, ruling 18).
// A daemon that detects nothing puts nothing in force: it follows what it reads.
func (k *kafkaStages) enforce(ctx context.Context, set *rules.Set) error {
	if !slices.Contains(k.cfg.Roles, "detect") {
		k.sets.Reload(set)
		return nil
	}
	text, err := json.Marshal(set.Files)
	if err != nil {
		return err
	}
	return k.retry.Do(ctx, "elasticsearch", func() error {
		if err := k.store.StoreRuleSet(ctx, set.Hash, text); err != nil {
			return err
		}
		order, err := k.store.Enforce(ctx, set.Hash)
		if err != nil {
			return err
		}
		k.sets.Enforce(set, order)
		return nil
	})
}

// fetchSet compiles a rule set that another daemon stored.
func (k *kafkaStages) fetchSet(ctx context.Context, hash string) (*rules.Set, error) {
	text, err := k.store.RuleSet(ctx, hash)
	if err != nil {
		return nil, err
	}
	var files []rules.File
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("rule set %s: %w", hash, err)
	}
	set, err := rules.LoadFiles(files, rules.Options{Categories: k.scales().Categories()})
	if err != nil { // another version of the daemon took them
		k.log.ErrorContext(ctx, "stored rule set has faults here", "set", hash, "err", err)
		return nil, fmt.Errorf("rule set %s: %w", hash, tocsin.ErrNotFound)
	}
	return set, nil
}
