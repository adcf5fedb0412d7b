package register_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/memory"
)

// TestRuleQuality counts every event once, by the disposition of its incident or the reason a person dismissed it for.
func TestRuleQuality(t *testing.T) {
	s := memory.New()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	n := 0
	verdict := func(rule, version string, state tocsin.AssessmentState, incident, reason, by string) {
		t.Helper()
		n++
		v := tocsin.Verdict{
			Event: fmt.Sprintf("202611-%d", n), Tenant: "default", Version: 1, Detected: at.Add(time.Duration(n) * time.Minute),
			Rule: rule, RuleVersion: version, Title: "T", Incident: incident, By: tocsin.Actor{Kind: by, ID: "x"},
			Assessment: tocsin.Assessment{State: state, Reason: reason},
		}
		if err := s.PutVerdict(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	incident := func(id, disposition, into string) {
		t.Helper()
		i := tocsin.Incident{ID: id, Tenant: "default", Revision: 1, Opened: at, Disposition: disposition, Into: into}
		if into != "" {
			i.Status = tocsin.MergedIncident
		}
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	incident("i1", "true_positive_impact", "")
	incident("i2", "false_positive", "")
	incident("i3", "", "")
	incident("i4", "", "i5")
	incident("i5", "", "i1")
	incident("i6", "benign_true_positive", "")
	verdict("r1", "1.0.0", tocsin.Promoted, "i1", "", "policy")
	verdict("r1", "1.0.0", tocsin.Promoted, "i1", "", "policy")
	verdict("r1", "1.0.0", tocsin.Promoted, "i2", "", "policy")
	verdict("r1", "1.0.0", tocsin.Promoted, "i3", "", "policy")
	verdict("r1", "1.0.0", tocsin.Promoted, "i4", "", "policy") // merged twice
	verdict("r1", "1.0.0", tocsin.Promoted, "i6", "", "policy")
	verdict("r1", "1.0.0", tocsin.NotIncident, "", "false_positive", "person")
	verdict("r1", "1.0.0", tocsin.NotIncident, "", "benign_true_positive", "policy") // no person's word
	verdict("r1", "1.0.0", tocsin.Pending, "", "", "system")
	verdict("r1", "1.0.0", tocsin.Expired, "", "", "system")
	verdict("r1", "1.1.0", tocsin.Pending, "", "", "system")
	got, err := register.RuleQuality(t.Context(), s, "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	low, high := 0.2307, 0.8824 // Wilson's interval of 3 of 5
	want := []register.Quality{
		{
			Rule: "r1", Title: "T", Version: "1.0.0", Events: 10, Promoted: 6, Pending: 1, Dismissed: 2, Expired: 1, Yield: 0.6, Undecided: 0.4,
			Dispositions: map[string]int64{"true_positive_impact": 3, "false_positive": 2, "benign_true_positive": 1},
			Precision:    new(0.6), N: 5, Low: low, High: high, LastFired: at.Add(10 * time.Minute),
		},
		{Rule: "r1", Title: "T", Version: "1.1.0", Events: 1, Pending: 1, Undecided: 1, Dispositions: map[string]int64{}, High: 1, LastFired: at.Add(11 * time.Minute)},
	}
	if diff := cmp.Diff(want, got.Rules, cmpopts.EquateApprox(0, 0.0005)); diff != "" {
		t.Error(diff)
	}
	if later, err := register.RuleQuality(t.Context(), s, "", at.Add(11*time.Minute)); err != nil || len(later.Rules) != 1 {
		t.Errorf("since: %+v, %v", later, err)
	}
	if none, err := register.RuleQuality(t.Context(), s, "other", time.Time{}); err != nil || len(none.Rules) != 0 || none.Cut {
		t.Errorf("of another tenant: %+v, %v", none, err)
	}
	if math.IsNaN(got.Rules[1].Low) {
		t.Error("no interval")
	}
}

// TestRuleQualityIsThatOfEachEvent follows every event by itself, from its verdict through the incidents that its own was
// merged into, and gets the same counts.
func TestRuleQualityIsThatOfEachEvent(t *testing.T) {
	dispositions := []string{"", "", "true_positive_impact", "true_positive_no_impact", "false_positive", "benign_true_positive"}
	rapid.Check(t, func(rt *rapid.T) {
		s := memory.New()
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		count := rapid.IntRange(1, 8).Draw(rt, "incidents")
		for n := range count {
			i := tocsin.Incident{ID: fmt.Sprint("i", n), Tenant: "default", Revision: 1, Opened: at, Disposition: rapid.SampledFrom(dispositions).Draw(rt, "disposition")}
			if n > 0 && rapid.Bool().Draw(rt, "merged") {
				i.Status, i.Into = tocsin.MergedIncident, fmt.Sprint("i", rapid.IntRange(0, n-1).Draw(rt, "into"))
			}
			if err := s.PutIncident(t.Context(), i); err != nil {
				rt.Fatal(err)
			}
		}
		want := map[string]int64{}
		for n := range rapid.IntRange(0, 20).Draw(rt, "events") {
			v := tocsin.Verdict{Event: fmt.Sprint("e", n), Tenant: "default", Version: 1, Detected: at, Rule: "r", By: tocsin.Actor{Kind: rapid.SampledFrom([]string{"policy", "person", "token"}).Draw(rt, "by")}}
			if v.Assessment.State = rapid.SampledFrom([]tocsin.AssessmentState{tocsin.Pending, tocsin.Promoted, tocsin.NotIncident, tocsin.Expired}).Draw(rt, "state"); v.Assessment.State == tocsin.NotIncident {
				v.Assessment.Reason = rapid.SampledFrom(dispositions).Draw(rt, "reason")
			}
			if v.Assessment.State == tocsin.Promoted {
				v.Incident = fmt.Sprint("i", rapid.IntRange(0, count-1).Draw(rt, "incident"))
			}
			if err := s.PutVerdict(t.Context(), v); err != nil {
				rt.Fatal(err)
			}
			if d := turned(t, s, &v); d != "" {
				want[d]++
			}
		}
		got, err := register.RuleQuality(t.Context(), s, "", time.Time{})
		if err != nil {
			rt.Fatal(err)
		}
		for _, q := range got.Rules {
			if diff := cmp.Diff(want, q.Dispositions); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

// turned is how one event turned out: as the incident in which its own ended, or as the person said who dismissed it.
func turned(t *testing.T, s *memory.Store, v *tocsin.Verdict) string {
	t.Helper()
	if v.Assessment.State == tocsin.NotIncident && v.By.Kind != "policy" {
		return v.Assessment.Reason
	}
	for id := v.Incident; id != ""; {
		i, err := s.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if i.Into == "" {
			return i.Disposition
		}
		id = i.Into
	}
	return ""
}
