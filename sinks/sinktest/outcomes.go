package sinktest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// testOutcomes tells how incidents and events turned out, and gets what reading all of them tells.
func testOutcomes(t *testing.T, u Suite, s Store) {
	if err := turnOut(t, s); err != nil {
		t.Fatal(err)
	}
	u.settle(t, s)
	for _, tenant := range []string{"", "other", "nobody"} {
		for _, since := range []time.Time{{}, morning.Add(5 * time.Minute)} {
			incidents, err := s.Incidents(t.Context(), tocsin.Query{Tenant: tenant, Sort: "opened", Limit: 500})
			if err != nil {
				t.Fatal(err)
			}
			outcomes := []tocsin.Outcome{}
			for _, i := range incidents.Items {
				if i.Disposition != "" || i.Into != "" {
					outcomes = append(outcomes, tocsin.Outcome{ID: i.ID, Opened: i.Opened, Disposition: i.Disposition, Into: i.Into})
				}
			}
			verdicts, err := s.Verdicts(t.Context(), tocsin.VerdictQuery{Tenant: tenant, Since: since, Limit: 500})
			if err != nil {
				t.Fatal(err)
			}
			findings := []tocsin.Finding{}
			for _, v := range verdicts.Items {
				findings = append(findings, v.Finding())
			}
			for _, most := range []int{100, 2} {
				got, err := s.Outcomes(t.Context(), tenant, most)
				if diff := cmp.Diff(outcomes[:min(len(outcomes), most)], append([]tocsin.Outcome{}, got...)); diff != "" || err != nil {
					t.Errorf("outcomes of %q, at most %d: %v\n%s", tenant, most, err, diff)
				}
				found, err := s.Findings(t.Context(), tenant, since, most)
				if diff := cmp.Diff(findings[:min(len(findings), most)], append([]tocsin.Finding{}, found...)); diff != "" || err != nil {
					t.Errorf("findings of %q since %s, at most %d: %v\n%s", tenant, since, most, err, diff)
				}
			}
		}
	}
}

// turnOut stores incidents and verdicts of which some are decided.
func turnOut(t *testing.T, s Store) error {
	for n := range 9 {
		i, v := incident(n), verdict(n, "default", []tocsin.AssessmentState{tocsin.Pending, tocsin.Promoted, tocsin.NotIncident}[n%3])
		switch n % 4 {
		case 0:
			i.Disposition, i.Status = "false_positive", tocsin.ClosedIncident
		case 1:
			i.Into, i.Status = incident(n-1).ID, tocsin.MergedIncident
		}
		v.RuleVersion, v.Detected, v.Incident, v.Assessment.Reason = "1.2.0", morning.Add(time.Duration(n)*time.Minute), i.ID, "benign_true_positive"
		if n > 6 {
			i.Tenant, v.Tenant, v.By = "other", "other", tocsin.Actor{Kind: "person", ID: "ann"}
		}
		if err := s.PutIncident(t.Context(), i); err != nil {
			return err
		}
		if err := s.PutVerdict(t.Context(), v); err != nil {
			return err
		}
	}
	return nil
}
