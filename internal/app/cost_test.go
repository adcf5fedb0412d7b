package app

import (
	"fmt"
	"testing"
	"time"

	"tocsin/rules"
)

func TestCostliest(t *testing.T) {
	var states []rules.State
	for i := range 300 {
		states = append(states, rules.State{Rule: fmt.Sprintf("r%03d", i), Cost: time.Duration(i % 250)})
	}
	got := costliest(states)
	if len(got) != mostCosted || got[0].Rule != "r249" || got[mostCosted-1].Cost != 150 {
		t.Errorf("%d rules, from %v to %v", len(got), got[0], got[len(got)-1])
	}
	if got := costliest(states[:1]); len(got) != 0 {
		t.Errorf("%v cost nothing", got)
	}
}
