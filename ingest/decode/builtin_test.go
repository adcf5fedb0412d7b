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

// TestBuiltinPatterns compiles what the daemon compiles only when a line needs it.
func TestBuiltinPatterns(t *testing.T) {
	patterns := 0
	for format, m := range builtins() {
		for i := range m.parse {
			for j := range m.parse[i].groks {
				patterns++
				if g, err := m.parse[i].groks[j].compiled(); err != nil || !g.HasCaptureGroups() {
					t.Errorf("%s: pattern %d of step %d: %v; it keeps something: %t", format, j+1, i+1, err, err == nil && g.HasCaptureGroups())
				}
			}
		}
	}
	if patterns == 0 {
		t.Error("no mapping has a pattern")
	}
}
