package rulesd_test

import (
	"testing"

	rulesd "tocsin/rules.d"
	"tocsin/rules"
)

func TestShipped(t *testing.T) {
	set, err := rules.Load([]rules.Source{{Name: "rules.d", FS: rulesd.FS()}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range set.Lints {
		t.Error(l)
	}
	t.Log(len(set.Rules()))
}
