package authoring

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin/internal/fault"
	"tocsin/internal/replay"
)

// testJSON is one test in the JSON report.
type testJSON struct {
	Rule         string      `json:"rule"`
	Title        string      `json:"title"`
	File         string      `json:"file"`
	Line         int         `json:"line"`
	Test         string      `json:"test"`
	Passed       bool        `json:"passed"`
	Shuffled     bool        `json:"shuffled"`
	Milliseconds float64     `json:"milliseconds"`
	Faults       fault.List  `json:"faults"`
	Events       []eventJSON `json:"events"`
	Hints        []string    `json:"hints"`
}

type eventJSON struct {
	Group    map[string]string `json:"group"`
	First    string            `json:"first"`
	Last     string            `json:"last"`
	Count    int64             `json:"count"`
	Activity string            `json:"activity"`
	State    string            `json:"state"`
	Priority string            `json:"priority"`
	Category string            `json:"category"`
	Expected bool              `json:"expected"`
}

// WriteJSON writes the report as one object: passed, failed, tests and findings.
func (r Report) WriteJSON(w io.Writer) error {
	passed, failed := r.Passed()
	out := struct {
		Passed   int        `json:"passed"`
		Failed   int        `json:"failed"`
		Tests    []testJSON `json:"tests"`
		Findings fault.List `json:"findings"`
	}{passed, failed, []testJSON{}, append(fault.List{}, r.Findings...)}
	for _, rule := range r.Rules {
		for _, t := range rule.Tests {
			out.Tests = append(out.Tests, jsonOf(t))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func jsonOf(t replay.TestResult) testJSON {
	j := testJSON{
		Rule: t.Rule.ID, Title: t.Rule.Title, File: t.Test.File, Line: t.Test.Line, Test: t.Test.Name, Passed: len(t.Faults) == 0,
		Shuffled: t.Test.Shuffle, Milliseconds: float64(t.Took.Microseconds()) / 1000,
		Faults: append(fault.List{}, t.Faults...), Events: []eventJSON{}, Hints: append([]string{}, t.Hints...),
	}
	for _, e := range t.Events {
		group := map[string]string{}
		for _, g := range e.Group {
			group[g.Field] = g.Value.Text()
		}
		j.Events = append(j.Events, eventJSON{
			Group: group, First: replay.Offset(e.First), Last: replay.Offset(e.Last), Count: e.Count, Activity: string(e.Activity),
			State: string(e.State), Priority: e.Priority, Category: e.Category, Expected: e.Expected,
		})
	}
	return j
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	File     string      `xml:"file,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML: a suite for each rule, and one for the findings where there are any.
func (r Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: "tocsin rules test"}
	var total float64
	for _, rule := range r.Rules {
		if len(rule.Tests) == 0 {
			continue
		}
		total += rule.Took.Seconds()
		suite := junitSuite{
			Name: xmlText(rule.Rule.Title), Tests: len(rule.Tests), Failures: rule.Failed(), Time: seconds(rule.Took.Seconds()), File: xmlText(rule.Rule.File),
		}
		for _, t := range rule.Tests {
			c := junitCase{Name: xmlText(t.Test.Name), Class: rule.Rule.ID, Time: seconds(t.Took.Seconds())}
			if len(t.Faults) > 0 {
				c.Failure = &junitFailure{Message: xmlText(t.Faults[0].Message), Type: "expectation", Text: xmlText(failure(t))}
			}
			suite.Cases = append(suite.Cases, c)
		}
		all.Suites = append(all.Suites, suite)
	}
	if len(r.Findings) > 0 {
		all.Suites = append(all.Suites, r.findingsSuite())
	}
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
	}
	all.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// findingsSuite tells each finding as a case that failed.
func (r Report) findingsSuite() junitSuite {
	suite := junitSuite{Name: "findings", Tests: len(r.Findings), Failures: len(r.Findings), Time: seconds(0)}
	for _, f := range r.Findings {
		suite.Cases = append(suite.Cases, junitCase{
			Name: xmlText(f.File), Class: "findings", Time: seconds(0),
			Failure: &junitFailure{Message: xmlText(f.Message), Type: "finding", Text: xmlText(f.String())},
		})
	}
	return suite
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// xmlText keeps out what XML 1.0 has no place for.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r != '\t' && r != '\n' && unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, s)
}
