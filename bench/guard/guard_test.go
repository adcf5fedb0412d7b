package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "results") // it is not there yet
	var out strings.Builder
	if err := run([]string{"-rounds", "1", "-scale", "0.01", "-results", folder, "-accept"}, &out); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(folder, "guard-*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v; want one file", kept, err)
	}
	out.Reset()
	if err := run([]string{"-rounds", "1", "-scale", "0.01", "-results", folder}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "accepted: ") {
		t.Errorf("it does not name the accepted run:\n%s", out.String())
	}
}
