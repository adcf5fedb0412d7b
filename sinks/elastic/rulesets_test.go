package elastic

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"tocsin"
)

// Rule sets are kept by their hash, whatever their size, and are numbered in the order in which they came into force,
// whichever daemons put them there.
func TestRuleSets(t *testing.T) {
	s := server(t)
	big := make([]byte, 3<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range big { // that hardly packs
		big[i] = byte(rng.Uint32())
	}
	for hash, text := range map[string][]byte{"a": []byte("[]"), "b": big} {
		for range 2 {
			if err := s.StoreRuleSet(t.Context(), hash, text); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.RuleSet(t.Context(), hash); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %d bytes of %d, %v", hash, len(got), len(text), err)
		}
	}
	if err := s.StoreScales(t.Context(), "a", []byte("{}")); err != nil { // not the rule set of that hash
		t.Fatal(err)
	}
	if got, err := s.ScalesOf(t.Context(), "a"); err != nil || string(got) != "{}" {
		t.Errorf("scales: %q, %v", got, err)
	}
	if _, err := s.ScalesOf(t.Context(), "b"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.RuleSet(t.Context(), "unknown"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Error(err)
	}
	for i, step := range []struct {
		hash string
		want int64
	}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 3}, {"a", 3}} {
		if got, err := s.Enforce(t.Context(), step.hash); err != nil || got != step.want {
			t.Errorf("step %d: %d, %v", i, got, err)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got, err := s.Enforce(t.Context(), "c"); err != nil || got != 4 {
				t.Errorf("at once: %d, %v", got, err)
			}
		})
	}
	wg.Wait()
}
