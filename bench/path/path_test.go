package main

import (
	"strings"
	"testing"
)

// The measurement itself is tested with few records: it runs to its end and counts what it sent, on the
// servers of TOCSIN_TEST_KAFKA and TOCSIN_TEST_ES too where they are plain.
func TestWhole(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-records", "1200", "-within", "15m"}, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	if n := strings.Count(out.String(), "1200 alerts, 0 dead letters"); n == 0 {
		t.Error("the daemon did not store every record")
	}
}
