package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/rules"
	kafkasink "tocsin/sinks/kafka"
)

// whyNot asks the engine that owns a group key how it stands.
func (a *App) whyNot(rule, tenant string, given map[string]string) (tocsin.Standing, error) {
	set := a.sets.Current()
	r := set.Rule(rule)
	if r == nil {
		return tocsin.Standing{}, fmt.Errorf("rule %s: %w", rule, tocsin.ErrNotFound)
	}
	key, err := r.GroupKey(given)
	if err != nil {
		return tocsin.Standing{}, err
	}
	s, ok := a.engines.WhyNot(rule, tenant, key)
	if !ok || s.State == tocsin.StandingUnknown {
		if err := a.elsewhere(tenant, rule, key); err != nil {
			return tocsin.Standing{}, err
		}
	}
	if !ok && r.Status != rules.Deprecated { // it will be there in a moment: behind a start, or a reload
		return tocsin.Standing{}, fmt.Errorf("rule %s: %w", rule, tocsin.ErrStarting)
	}
	if !ok {
		return tocsin.Standing{}, fmt.Errorf("rule %s is not in the engine, its status is %s: %w", rule, r.Status, tocsin.ErrNotFound)
	}
	nameParts(&s, r)
	for _, state := range set.States() {
		if state.Rule == rule {
			s.Counts.Suppressed += state.Hidden
			s.Counts.Errors, s.Counts.Quarantined, s.Counts.Absent = state.Errors, state.Quarantined, state.Absent
		}
	}
	return s, nil
}

// novelHosts is how the hosts of a name stand in the engines that run here, for every rule of kind novelty.
func (a *App) novelHosts(tenant, host string) (all []tocsin.NoveltyHost) {
	for _, r := range a.sets.Current().Rules() {
		if r.Correlate.Kind == rules.NoveltyKind {
			all = append(all, a.engines.NoveltyHosts(r.ID, tenant, host)...)
		}
	}
	return all
}

// nameParts names steps and conditions by what stands in the rule.
func nameParts(s *tocsin.Standing, r *rules.Rule) {
	texts := r.Conditions()
	if len(r.Correlate.Steps) == 0 || len(s.Parts) != len(texts) {
		return
	}
	const shown = 80 // of a condition that may be a page long
	for i := range s.Parts {
		text := strings.Join(strings.Fields(texts[i]), " ")
		if cut := []rune(text); len(cut) > shown {
			text = string(cut[:shown]) + "…"
		}
		s.Parts[i].Name += ", " + text
	}
}

// elsewhere says which partitions of the matches topic a key may be in whose engines do not run here; nil for none.
func (a *App) elsewhere(tenant, rule string, key []tocsin.Value) error {
	if a.cfg.Mode != "kafka" {
		return nil
	}
	here := a.engines.Partitions()
	var missing []string
	for _, k := range tocsin.Spellings(key) {
		n := kafkasink.PartitionOf(tenant, rule, k, a.sets.Current().Chained(rule), a.cfg.Kafka.Partitions)
		if text := strconv.Itoa(int(n)); !slices.Contains(here, n) && !slices.Contains(missing, text) {
			missing = append(missing, text)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("partition %s of %smatches is not read here: %w; ask the daemon whose health lists that shard",
		strings.Join(missing, " or "), a.cfg.Kafka.Prefix, tocsin.ErrElsewhere)
}
