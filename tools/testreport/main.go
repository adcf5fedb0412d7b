// Command testreport reads the output of `go test -json` and prints what a person wants to see: a line for each
// package, the whole output of what failed, and every skipped test with its reason. It ends with 1 if anything
// failed, or if a test was skipped for which the file of allowed skips has no line, as a test that silently does not run proves nothing.
//
// The file of allowed skips has one line for each kind: a condition, then a regular expression that fits
// "package.Test: reason". Conditions: always; absent=PATH (no such path); unset=NAME and set=NAME (environment variable);
// lacks=COMMAND (not on the PATH).
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

func main() {
	allow := flag.String("allow", "", "`file` of allowed skips")
	failures := flag.String("failures", "", "`file` to append the end of what failed to, for the end of a longer run")
	flag.Parse()
	err := run(os.Stdin, os.Stdout, *allow, *failures)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

// An event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// A name is one test, or with an empty Test a whole package.
type name struct{ Package, Test string }

func (n name) String() string { return strings.TrimSuffix(n.Package+"."+n.Test, ".") }

type report struct {
	output               map[name]*strings.Builder
	failed, skipped      []name
	tests, packages      int
	broken, unstructured int
	build                strings.Builder // what the compiler said
}

func run(in io.Reader, out io.Writer, allowFile, failuresFile string) error {
	allowed, err := readAllowed(allowFile)
	if err != nil {
		return err
	}
	r := report{output: map[name]*strings.Builder{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line, out)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(r.end(out, allowed), r.keep(failuresFile))
}

func (r *report) line(line []byte, out io.Writer) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		r.unstructured++
		fmt.Fprintf(out, "%s", line)
		return
	}
	n := name{e.Package, e.Test}
	switch e.Action {
	case "output":
		if r.output[n] == nil {
			r.output[n] = &strings.Builder{}
		}
		r.output[n].WriteString(e.Output)
		if e.Test == "" && (strings.HasPrefix(e.Output, "ok  ") || strings.HasPrefix(e.Output, "FAIL\t")) {
			fmt.Fprint(out, e.Output)
		}
	case "build-output":
		fmt.Fprint(out, e.Output)
		r.build.WriteString(e.Output)
	case "build-fail":
		r.broken++
	case "pass":
		r.count(n)
	case "fail":
		r.count(n)
		r.failed = append(r.failed, n)
	case "skip":
		if e.Test != "" {
			r.skipped = append(r.skipped, n)
		}
	}
	if n.Test != "" && e.Action == "pass" {
		delete(r.output, n) // nobody will ask for it
	}
}

func (r *report) count(n name) {
	if n.Test == "" {
		r.packages++
	} else {
		r.tests++
	}
}

func (r *report) end(out io.Writer, allowed []skip) error {
	compare := func(a, b name) int { return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test)) }
	slices.SortFunc(r.failed, compare)
	slices.SortFunc(r.skipped, compare)
	for _, n := range r.failed {
		if output := r.output[n]; output != nil {
			fmt.Fprintf(out, "\n=== %v failed:\n%s", n, output)
		}
	}
	wrong := 0
	for _, n := range r.skipped {
		text := fmt.Sprintf("%v: %s", n, reason(r.output[n]))
		mark := "skipped"
		if !slices.ContainsFunc(allowed, func(s skip) bool { return s.covers(text) }) {
			mark = "SKIPPED, and should have run"
			wrong++
		}
		fmt.Fprintf(out, "%s: %s\n", mark, text)
	}
	fmt.Fprintf(out, "%d tests in %d packages: %d failed, %d skipped (%d of them must not be)\n",
		r.tests, r.packages, len(r.failed), len(r.skipped), wrong)
	switch {
	case len(r.failed) > 0 || r.broken > 0:
		return fmt.Errorf("%d tests or packages failed, %d did not build", len(r.failed), r.broken)
	case wrong > 0:
		return fmt.Errorf("%d tests were skipped that should have run", wrong)
	case r.packages == 0:
		return errors.New("no package was tested")
	}
	return nil
}

const (
	mostKept  = 10 // failures…
	linesKept = 40 // …and lines of each
)

// keep appends the end of what failed to a file. Of tests above others, and of packages, that said nothing themselves, those
// tell that did.
func (r *report) keep(file string) error {
	if file == "" || len(r.failed)+r.broken == 0 {
		return nil
	}
	var text strings.Builder
	if r.broken > 0 {
		fmt.Fprintf(&text, "\n=== did not build:\n%s", ending(r.build.String()))
	}
	kept := 0
	for _, n := range r.failed {
		if r.output[n] == nil || len(said(r.output[n].String())) == 0 {
			continue
		}
		if kept++; kept <= mostKept {
			fmt.Fprintf(&text, "\n=== %v failed, and ended with:\n%s", n, ending(r.output[n].String()))
		}
	}
	if kept > mostKept {
		fmt.Fprintf(&text, "\n=== and %d more failed\n", kept-mostKept)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}

// ending is the last lines of a text.
func ending(text string) string {
	lines := slices.Collect(strings.Lines(text))
	return strings.Join(lines[max(0, len(lines)-linesKept):], "")
}

// said are the lines of an output without those of the test runner.
func said(output string) (lines []string) {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") && !strings.HasPrefix(line, "FAIL") {
			lines = append(lines, line)
		}
	}
	return lines
}

// reason is what the test said when it skipped: its output without the lines of the test runner.
func reason(output *strings.Builder) string {
	if output == nil {
		return ""
	}
	return strings.Join(said(output.String()), "; ")
}

// A skip is one line of the file of allowed skips.
type skip struct {
	condition string
	pattern   *regexp.Regexp
}

func readAllowed(file string) ([]skip, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var skips []skip
	for line := range strings.Lines(string(text)) {
		condition, pattern, found := strings.Cut(strings.TrimSpace(line), " ")
		if condition == "" || strings.HasPrefix(condition, "#") {
			continue
		}
		expression, err := regexp.Compile(strings.TrimSpace(pattern))
		if !found || err != nil {
			return nil, fmt.Errorf("%s: %q is not a condition and a regular expression", file, strings.TrimSpace(line))
		}
		skips = append(skips, skip{condition, expression})
	}
	return skips, nil
}

// covers tells whether a skipped test with that text is all right on this machine.
func (s skip) covers(text string) bool {
	if !s.pattern.MatchString(text) {
		return false
	}
	kind, argument, _ := strings.Cut(s.condition, "=")
	switch kind {
	case "always":
		return true
	case "absent":
		_, err := os.Stat(argument)
		return errors.Is(err, os.ErrNotExist)
	case "unset":
		return os.Getenv(argument) == ""
	case "set":
		return os.Getenv(argument) != ""
	case "lacks":
		_, err := exec.LookPath(argument)
		return err != nil
	}
	return false
}
