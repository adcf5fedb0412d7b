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
	var o register.Options
	Rescale(&o, s)
	return o
}

// Rescale replaces what a register's options have of the scales.
func Rescale(o *register.Options, s *classify.Scales) {
	v := s.Vocabularies()
	targets := map[string]register.Targets{}
	for _, t := range s.Targets() {
		targets[t.Priority] = register.Targets{Assess: t.Assess, Acknowledge: t.Ack, Contain: t.Contain, Resolve: t.Resolve, Calendar: t.Calendar, Review: t.Review}
	}
	o.Targets, o.Calendars, o.HoldStops, o.Escalation = targets, calendars(s), s.HoldStops(), escalation(s)
	o.ReopenWindow, o.ConfirmWithin, o.CategoryISO = s.ReopenWindow(), s.ConfirmAutoWithin(), s.ISO
	o.Vocabulary = register.Vocabulary{
		Categories: v.Categories, Urgency: v.Urgency, Priorities: v.Priorities,
		Impact: map[string][]string{
			"functional": v.Functional, "information": v.Information, "recoverability": v.Recoverability,
			"business_loss": v.BusinessLoss, "social": v.Social,
		},
	}
	o.Rate = func(impact tocsin.Impact, urgency string, asset int) (register.Rating, error) {
		r, err := s.Rate(classify.Input{Impact: impact, Urgency: urgency, Asset: asset})
		return register.Rating{Severity: r.Severity, Class: r.Class, Priority: r.Priority}, err
	}
}
