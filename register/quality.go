package register

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"tocsin"
)

// A Quality is how the events of one version of a rule turned out. Each event counts once, whatever its alerts.
type Quality struct {
	Rule    string `json:"rule"` // id
	Title   string `json:"title"`
	Version string `json:"version" doc:"of the rule; empty for events of before it was kept"`

	Events    int64 `json:"events" doc:"assessed"`
	Promoted  int64 `json:"promoted"`
	Pending   int64 `json:"pending"`
	Dismissed int64 `json:"dismissed" doc:"no incident, by a person, a policy or the engine"`
	Expired   int64 `json:"expired" doc:"nobody assessed it in time"`
	// Yield is Promoted of Events.
	Yield float64 `json:"yield" doc:"promoted of events, 0 to 1"`

	Dispositions map[string]int64 `json:"dispositions" doc:"what people decided: the disposition of the event's incident, or the reason it was dismissed for"`
	Undecided    float64          `json:"undispositioned" doc:"share of the events, 0 to 1, that nobody has given a disposition"`
	// Precision is true positives of true and false ones; benign ones are neither. Nil where there are none of both.
	Precision *float64 `json:"precision" doc:"true positives of true and false ones; null where there are neither"`
	N         int64    `json:"n" doc:"true and false positives"`
	Low       float64  `json:"precision_low" doc:"of the 95 % interval of Wilson; 0 without n"`
	High      float64  `json:"precision_high" doc:"of the same; 1 without n"`

	LastFired time.Time `json:"last_fired,omitzero" doc:"event time at which the newest event was detected"`
}

// Qualities are how rules did in a span of time.
type Qualities struct {
	Since time.Time `json:"since" doc:"events detected since then"`
	Cut   bool      `json:"cut" doc:"there were more verdicts or incidents than are looked at: the oldest are left out"`
	Rules []Quality `json:"rules"` // by rule id, then version
}

// An Assessed is what quality is worked out from: every store of package sinks. It gives at most so many, the newest
// first, of all tenants where none is named.
type Assessed interface {
	// Outcomes are of the incidents that have a disposition or were merged.
	Outcomes(ctx context.Context, tenant string, most int) ([]tocsin.Outcome, error)
	// Findings are of the events that were detected since then and have a verdict.
	Findings(ctx context.Context, tenant string, since time.Time, most int) ([]tocsin.Finding, error)
}

// maxAssessed bounds the verdicts and the incidents that are looked at.
const maxAssessed = 200_000

// RuleQuality works out how the events that were detected since then turned out, by rule and version of the rule.
// Tenant "" is all tenants.
func RuleQuality(ctx context.Context, s Assessed, tenant string, since time.Time) (Qualities, error) {
	t := tally{by: map[[2]string]*Quality{}}
	out := Qualities{Since: since.UTC(), Rules: []Quality{}}
	outcomes, err := s.Outcomes(ctx, tenant, maxAssessed+1)
	if err != nil {
		return out, fmt.Errorf("outcomes of incidents: %w", err)
	}
	found, err := s.Findings(ctx, tenant, since, maxAssessed+1)
	if err != nil {
		return out, fmt.Errorf("verdicts: %w", err)
	}
	out.Cut = max(len(outcomes), len(found)) > maxAssessed
	dispositions := dispositionsOf(outcomes[:min(len(outcomes), maxAssessed)])
	for i := range found[:min(len(found), maxAssessed)] {
		t.add(&found[i], dispositions)
	}
	out.Rules = t.done()
	return out, nil
}

// dispositionsOf are the dispositions of incidents, by id. One that was merged has that of the incident it is in.
func dispositionsOf(outcomes []tocsin.Outcome) map[string]string {
	by, into := map[string]string{}, map[string]string{}
	for _, o := range outcomes {
		if o.Into != "" {
			into[o.ID] = o.Into
		} else {
			by[o.ID] = o.Disposition
		}
	}
	for id, survivor := range into { // each one by itself: the order does not matter
		for range maxHops {
			next, ok := into[survivor]
			if !ok {
				break
			}
			survivor = next
		}
		if d := by[survivor]; d != "" {
			by[id] = d
		}
	}
	return by
}

// A tally counts verdicts by rule and version.
type tally struct{ by map[[2]string]*Quality }

func (t *tally) add(v *tocsin.Finding, dispositions map[string]string) {
	key := [2]string{v.Rule, v.RuleVersion}
	q := t.by[key]
	if q == nil {
		q = &Quality{Rule: v.Rule, Title: v.Title, Version: v.RuleVersion, Dispositions: map[string]int64{}, High: 1}
		t.by[key] = q
	}
	q.Events++
	if v.Detected.After(q.LastFired) {
		q.LastFired = v.Detected.UTC()
	}
	disposition := dispositions[v.Incident]
	switch v.Assessment.State {
	case tocsin.Promoted:
		q.Promoted++
	case tocsin.NotIncident:
		q.Dismissed++
		if disposition == "" && isPerson(tocsin.Actor{Kind: v.By.Kind}) {
			disposition = v.Assessment.Reason
		}
	case tocsin.Expired:
		q.Expired++
	default:
		q.Pending++
	}
	if disposition != "" {
		q.Dispositions[disposition]++
	}
}

// done works out the shares.
func (t *tally) done() []Quality {
	all := make([]Quality, 0, len(t.by))
	for _, q := range t.by {
		var decided int64
		for n := range maps.Values(q.Dispositions) {
			decided += n
		}
		q.Yield = float64(q.Promoted) / float64(q.Events)
		q.Undecided = float64(q.Events-decided) / float64(q.Events)
		var right int64
		for d, n := range q.Dispositions {
			switch {
			case TruePositive(d):
				right += n
				q.N += n
			case d == falsePositive:
				q.N += n
			}
		}
		if q.N > 0 {
			q.Precision = new(float64(right) / float64(q.N))
			q.Low, q.High = wilson(right, q.N)
		}
		all = append(all, *q)
	}
	slices.SortFunc(all, func(a, b Quality) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Version, b.Version)) })
	return all
}

const falsePositive = "false_positive"

// TruePositive reports whether a disposition says that the event was what its rule looks for: a true positive, with or
// without impact. A benign one is neither a true nor a false positive.
func TruePositive(disposition string) bool {
	return disposition == "true_positive_impact" || disposition == "true_positive_no_impact"
}

// FalsePositive reports whether a disposition says that the event was not what its rule looks for.
func FalsePositive(disposition string) bool { return disposition == falsePositive }

// wilson is the 95 % interval of a share of n.
func wilson(right, n int64) (low, high float64) {
	const z = 1.959963984540054
	p, m := float64(right)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(centre-half, 0), min(centre+half, 1)
}
