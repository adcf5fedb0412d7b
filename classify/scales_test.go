package classify

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tocsin"
)

// What is no text of a sensible size is refused before it is parsed.
func TestLoadRefusesBeforeParsing(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"too large": {make([]byte, maxScales+1), "larger than 1048576 bytes"},
		"not UTF-8": {[]byte("scale: \xff"), "not UTF-8"},
		"a scalar":  {[]byte("hello"), `the scales file must be a mapping, not "hello"`},
		"a null":    {[]byte("~"), "the scales file must be a mapping, not nothing"},
		"deep":      {[]byte(strings.Repeat("[", 100_000)), "depth"},
	} {
		if _, err := LoadScales("s", c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.200v, want %q", name, err, c.want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"15m": 15 * time.Minute, "1h30m": 90 * time.Minute, "14d": 336 * time.Hour} {
		if got, ok := parseDuration(text); got != want || !ok {
			t.Errorf("%s is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "d", "15", "1 h", "1d12h", "99999999999d", "soon"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// What the scale gives away are copies: a caller cannot change it.
func TestScalesAreImmutable(t *testing.T) {
	s := Default()
	s.Targets()[0].Priority = "P9"
	s.PriorityChange().ReportBy[0] = "never"
	s.Sharing().ExportMax["public"] = "RED"
	s.AuxScores()["nciss"]["low"] = 0
	s.Vocabularies().Causes.Root[0] = "x"
	s.Categories()[0] = "x"
	if s.Targets()[0].Priority != "P1" || s.PriorityChange().ReportBy[0] != "final" || s.Sharing().ExportMax["public"] != "CLEAR" ||
		s.AuxScores()["nciss"]["low"] != 50 || s.Vocabularies().Causes.Root[0] != "system_failure" || s.Categories()[0] != "abusive-content/spam" {
		t.Error("a caller changed the scale")
	}
	if !slices.Equal(s.Vocabularies().Priorities, []string{"P1", "P2", "P3", "P4", "P5"}) {
		t.Errorf("priorities %v", s.Vocabularies().Priorities)
	}
}

// A trace stays readable whatever an alert says.
func TestTraceIsReadable(t *testing.T) {
	long := strings.Repeat("é", 5000) + "\n\x1b[31m"
	var entities []tocsin.Entity
	for range 50 {
		entities = append(entities, tocsin.Entity{Field: "host.ip", Value: "10.0.0.1"})
	}
	e := tocsin.Event{
		Rule: tocsin.RuleRef{ID: long, Category: long, Level: long, Tags: slices.Repeat([]string{long}, 100)}, Entities: entities,
		Facts: tocsin.Facts{Tactics: []string{long, long + "2"}},
	}
	for _, step := range New(Default(), exampleAssets(t)).Assess(e).Why {
		if len(step) > 1200 || strings.ContainsAny(step, "\n\x1b") || !utf8.ValidString(step) {
			t.Errorf("%d bytes: %.300q", len(step), step)
		}
	}
}

func TestStep(t *testing.T) {
	s := scale{[]word{{"none", 0}, {"a", 2}, {"b", 2}, {"c", 3}, {"d", 3}}}
	for _, c := range []struct {
		from string
		by   int
		want string
	}{{"none", 1, "a"}, {"none", -1, "none"}, {"a", 1, "c"}, {"b", 1, "c"}, {"b", -1, "none"}, {"c", 1, "c"}, {"d", 1, "d"}, {"d", -1, "a"}, {"odd", 1, "odd"}} {
		if got := s.step(c.from, c.by); got != c.want {
			t.Errorf("%s by %d is %s, want %s", c.from, c.by, got, c.want)
		}
	}
	if s.least() != "none" || (scale{}).least() != "" || s.name(9) != "" {
		t.Error("ends of the scale")
	}
}
