package tocsin

import (
	"slices"
	"time"
)

// A Feedback is a record of the matches log that tells a rule of kind novelty what people made of its events: pairs of a rule
// and a host that are no cause for concern. The same record again changes nothing.
type Feedback struct {
	Rule     string         `json:"rule"` // id, of kind novelty
	Tenant   string         `json:"tenant"`
	Key      []Value        `json:"key,omitempty"` // of the scope
	Incident string         `json:"incident"`      // id: what was lowered for it is lowered no more by Revoked
	Pairs    []FeedbackPair `json:"pairs,omitempty"`
	From     time.Time      `json:"from"`  // event time from which the pairs count for less
	Until    time.Time      `json:"until"` // and until when
	Revoked  bool           `json:"revoked,omitempty"`
}

// A FeedbackPair is one rule of the source on one host.
type FeedbackPair struct {
	Rule string `json:"rule"`
	Host string `json:"host"`
}

// A NoveltyLowered is a pair that counts for less.
type NoveltyLowered struct {
	FeedbackPair
	Incident string    `json:"incident"` // whose closing lowered it
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
}

// FeedbackFor is how long pairs count for less.
const FeedbackFor = 90 * 24 * time.Hour

// FeedbackOf is what an incident says about the pairs of one of its events of kind novelty: closed or rejected as a false
// or benign positive it lowers them, in any other state it revokes that. It is false for an event of another kind.
func FeedbackOf(i *Incident, e *Event) (Feedback, bool) {
	if e.Novelty == nil {
		return Feedback{}, false
	}
	f := Feedback{Rule: e.Rule.ID, Tenant: e.Tenant, Incident: i.ID, From: i.StatusSince, Until: i.StatusSince.Add(FeedbackFor)}
	for _, part := range e.Group {
		f.Key = append(f.Key, part.Value)
	}
	done := i.Status == ClosedIncident || i.Status == Rejected
	if f.Revoked = !done || !slices.Contains([]string{"false_positive", "benign_true_positive"}, i.Disposition); f.Revoked {
		return f, true
	}
	for _, m := range e.Novelty.Members {
		if p := (FeedbackPair{m.Rule, m.Host}); !slices.Contains(f.Pairs, p) {
			f.Pairs = append(f.Pairs, p)
		}
	}
	return f, true
}
