package main

import (
	"bytes"
	"strings"
	"testing"
)

// The bench runs, small.
func TestBench(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-incidents", "250", "-entries", "3", "-rounds", "1"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sqlite: 250 incidents, 750 log entries", "queue", "its log", "trend: time to resolve", "the queue, first page", "an entity", "health"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

// Where incidents are restricted, a lead asks and an analyst does, and the analyst is shown none of them.
func TestBenchOfWhoMayKnow(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-incidents", "250", "-entries", "3", "-rounds", "1", "-restricted", "25"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"question, as the lead", "question, as the analyst", "page, as the lead", "page, as the analyst"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}
