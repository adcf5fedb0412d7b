package decode

import "testing"

// TestBuiltins runs the tests that stand in the shipped mapping files.
func TestBuiltins(t *testing.T) {
	for format, m := range builtins() {
		tests, failures, err := m.Check()
		if err != nil {
			t.Fatal(err)
		}
		if tests < 1 {
			t.Errorf("%s has no tests", format)
		}
		for _, f := range failures {
			t.Errorf("builtin/%s.yaml:%d: %s: %s", format, f.Line, f.Test, f.Message)
		}
	}
}
