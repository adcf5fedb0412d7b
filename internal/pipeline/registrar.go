package pipeline

import (
	"context"

	"tocsin"
	"tocsin/classify"
	"tocsin/register"
)

// An Assessor is the registrar stage: it classifies events by the scales and applies the verdicts to the register.
type Assessor struct {
	Classifier *classify.Classifier
	Register   *register.Register
}

// Apply implements [Registrar].
func (a Assessor) Apply(ctx context.Context, events []tocsin.Event) error {
	all := make([]register.Emission, len(events))
	for n, e := range events {
		all[n] = register.Emission{Event: e, Assessment: a.Classifier.Assess(e)}
	}
	return a.Register.ApplyAll(ctx, all)
}

// RegisterOptions are what a register needs of the scales; its store and surroundings are the caller's to add.
func RegisterOptions(s *classify.Scales) register.Options {
	v := s.Vocabularies()
	targets := map[string]register.Targets{}
	for _, t := range s.Targets() {
		targets[t.Priority] = register.Targets{Assess: t.Assess, Acknowledge: t.Ack, Contain: t.Contain, Resolve: t.Resolve, Calendar: t.Calendar, Review: t.Review}
	}
	return register.Options{
		Targets: targets, Calendars: calendars(s), HoldStops: s.HoldStops(), Escalation: escalation(s), ReopenWindow: s.ReopenWindow(), ConfirmWithin: s.ConfirmAutoWithin(), CategoryISO: s.ISO,
		Vocabulary: register.Vocabulary{
			Categories: v.Categories, Urgency: v.Urgency, Priorities: v.Priorities,
			Impact: map[string][]string{
				"functional": v.Functional, "information": v.Information, "recoverability": v.Recoverability,
				"business_loss": v.BusinessLoss, "social": v.Social,
			},
		},
		Rate: func(impact tocsin.Impact, urgency string, asset int) (register.Rating, error) {
			r, err := s.Rate(classify.Input{Impact: impact, Urgency: urgency, Asset: asset})
			return register.Rating{Severity: r.Severity, Class: r.Class, Priority: r.Priority}, err
		},
	}
}
