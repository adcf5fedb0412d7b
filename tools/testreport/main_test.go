package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	passed = `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	failed = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:1: boom\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}
`
	skipped = `{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: set TOCSIN_TEST_ES to run it\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"skip","Package":"no test files"}
`
)

func TestRun(t *testing.T) {
	t.Setenv("TOCSIN_REPORT_SET", "1")
	for name, test := range map[string]struct{ in, allow, wantErr, wantOut string }{
		"passed":                  {passed, "", "", "ok  \tp\t0.1s\n1 tests in 1 packages: 0 failed, 0 skipped"},
		"failed":                  {passed + failed, "", "2 tests or packages failed", "=== p.TestB failed:\n    b_test.go:1: boom"},
		"not built":               {passed + `{"Action":"build-fail","ImportPath":"q"}` + "\n", "", "1 did not build", ""},
		"nothing":                 {"", "", "no package was tested", ""},
		"skipped":                 {passed + skipped, "", "1 tests were skipped", "SKIPPED, and should have run: p.TestC: c_test.go:1: set TOCSIN_TEST_ES"},
		"skipped as allowed":      {passed + skipped, "# why\nalways TOCSIN_TEST_ES", "", "skipped: p.TestC"},
		"allowed for another":     {passed + skipped, "always other", "1 tests were skipped", ""},
		"allowed when unset":      {passed + skipped, "unset=TOCSIN_REPORT_UNSET TestC", "", ""},
		"but it is set":           {passed + skipped, "unset=TOCSIN_REPORT_SET TestC", "1 tests were skipped", ""},
		"allowed when set":        {passed + skipped, "set=TOCSIN_REPORT_SET TestC", "", ""},
		"but it is unset":         {passed + skipped, "set=TOCSIN_REPORT_UNSET TestC", "1 tests were skipped", ""},
		"allowed when absent":     {passed + skipped, "absent=no/such/path TestC", "", ""},
		"but it is there":         {passed + skipped, "absent=main.go TestC", "1 tests were skipped", ""},
		"allowed without command": {passed + skipped, "lacks=no-such-command TestC", "", ""},
		"unknown condition":       {passed + skipped, "perhaps TestC", "1 tests were skipped", ""},
		"no pattern":              {passed, "always", "is not a condition and a regular expression", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "skips")
			if err := os.WriteFile(file, []byte(test.allow), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := run(strings.NewReader(test.in), &out, file, "")
			if (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("error %v, want %q", err, test.wantErr)
			}
			if !strings.Contains(out.String(), test.wantOut) {
				t.Errorf("printed %q, want %q in it", out.String(), test.wantOut)
			}
		})
	}
}

// The end of what failed is kept, of several runs; what only says that a test below it failed is not.
func TestFailures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "failures")
	long := `{"Action":"output","Package":"p","Test":"TestD","Output":"=== RUN   TestD\n"}
{"Action":"output","Package":"p","Test":"TestD/x","Output":"first\n"}
` + strings.Repeat(`{"Action":"output","Package":"p","Test":"TestD/x","Output":"more\n"}
`, linesKept) + `{"Action":"output","Package":"p","Test":"TestD/x","Output":"last\n"}
{"Action":"fail","Package":"p","Test":"TestD/x"}
{"Action":"fail","Package":"p","Test":"TestD"}
{"Action":"fail","Package":"p"}
{"ImportPath":"q","Action":"build-output","Output":"q.go:1: no such thing\n"}
{"ImportPath":"q","Action":"build-fail"}
`
	for _, in := range []string{passed, failed, long} {
		_ = run(strings.NewReader(in), &strings.Builder{}, "", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "\n=== p.TestB failed, and ended with:\n    b_test.go:1: boom\n\n=== did not build:\nq.go:1: no such thing\n\n=== p.TestD/x failed, and ended with:\n" +
		strings.Repeat("more\n", linesKept-1) + "last\n"
	if string(text) != want {
		t.Errorf("kept:\n%s\nwant:\n%s", text, want)
	}
}
