package classify

import (
	"slices"
	"strings"
	"testing"

	"tocsin"
)

// Clause by clause what this package claims of ISO/IEC 27035-1:2023.

// 4.1: "not all information security events are classified as incidents".
func TestISO27035Clause4_1EventsNeedNotBeIncidents(t *testing.T) {
	states := map[tocsin.AssessmentState]bool{}
	for _, level := range []string{"low", "high"} {
		for _, category := range []string{"information-gathering/scanner", "information-gathering/sniffing", "intrusions/burglary"} {
			a := New(Default(), nil).Assess(tocsin.Event{Rule: tocsin.RuleRef{Level: level, Category: category}})
			states[a.State] = true
		}
	}
	for _, want := range []tocsin.AssessmentState{tocsin.Pending, tocsin.Promoted, tocsin.NotIncident} {
		if !states[want] {
			t.Errorf("no event is %s", want)
		}
	}
}

// 4.1: incidents are deliberate, accidental or environmental, by technical or non-technical means.
func TestISO27035Clause4_1Causes(t *testing.T) {
	c := Default().Vocabularies().Causes
	for _, word := range []string{"deliberate", "accidental", "environmental"} {
		if !slices.Contains(c.Intent, word) {
			t.Errorf("intent lacks %s", word)
		}
	}
	if !slices.Equal(c.Means, []string{"technical", "non_technical"}) {
		t.Errorf("means %v", c.Means)
	}
}

// 4.2: documented in a consistent manner, using categorization, classification and prioritization: every assessment
// has all three and names the version of the scale that gave them.
func TestISO27035Clause4_2Consistent(t *testing.T) {
	a := New(Default(), nil).Assess(tocsin.Event{})
	if a.Category == "" || a.CategoryISO == "" || a.Class == "" || a.Severity == "" || a.Priority == "" || a.Scale != "tocsin-default@2026.1" {
		t.Errorf("an event of nothing is %+v", a)
	}
}

// 4.5.1: decision-making is transparent and accountable: the trace holds the condition that decided and its values.
func TestISO27035Clause4_5_1Transparent(t *testing.T) {
	a := New(Default(), nil).Assess(tocsin.Event{Rule: tocsin.RuleRef{Level: "high", Category: "intrusions/burglary"}})
	last := a.Why[len(a.Why)-1]
	for _, part := range []string{"serious", "risk >= 50", "risk=75", "severity=2", "promoted"} {
		if !strings.Contains(last, part) {
			t.Errorf("the trace lacks %q: %s", part, last)
		}
	}
}

// 4.5.3 c: the coordinator evaluates the event and declares the incident: by default the machine proposes.
func TestISO27035Clause4_5_3Proposes(t *testing.T) {
	s := Default()
	a := New(s, nil).Assess(tocsin.Event{Rule: tocsin.RuleRef{Level: "critical", Category: "intrusions/burglary"}})
	if a.State != tocsin.Promoted || a.Mode != tocsin.ModePropose {
		t.Errorf("%s, %s", a.State, a.Mode)
	}
	if s.ConfirmAutoWithin() == 0 {
		t.Error("what a policy declares needs no confirmation")
	}
}
