package main

import (
	"os"
	"strings"
	"testing"

	"tocsin/rules"
)

func TestWithoutDataNothingIsMeasured(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-data", t.TempDir(), "-score", "x"}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "nothing is measured") {
		t.Error(out.String())
	}
}

// Each variant is a sound rule, and another one than the shipped one.
func TestVariantsAreRules(t *testing.T) {
	o := options{scratch: t.TempDir()}
	seen := map[string]string{}
	for _, v := range variants {
		folder, err := o.write(v)
		if err != nil {
			t.Fatal(err)
		}
		set, err := rules.Load([]rules.Source{{FS: os.DirFS(folder)}}, rules.Options{})
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		if other, known := seen[set.Hash]; known {
			t.Errorf("%q and %q are the same", v.name, other)
		}
		seen[set.Hash] = v.name
	}
}

func TestReadScore(t *testing.T) {
	r, err := readScore("alerts 10 -> incidents 2; strict true 1/2; opened before the attack 1; delay 5 s\n" +
		"stages 3/4, of reachable 3/3; best incident 2/4, of reachable 2/3; missing ['x']\n" +
		"noise in true incidents: 1 of 10 alerts (10.00 %); 1 of 3 distinct (rule, host) pairs\n")
	if err != nil || r.incidents != "2" || r.strict != "1" || r.delay != "5" || r.best != "2/4" || r.noisePairs != "1/3" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := readScore("Traceback"); err == nil {
		t.Error("what is no score was read")
	}
}
