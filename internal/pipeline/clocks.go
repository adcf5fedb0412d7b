package pipeline

import (
	"time"

	"tocsin/classify"
	"tocsin/register"
)

// calendars are the scale's as the register follows them.
func calendars(s *classify.Scales) map[string]register.Calendar {
	out := map[string]register.Calendar{}
	for name, c := range s.Calendars() {
		off := map[classify.Holiday]bool{}
		for _, h := range c.Holidays {
			off[h] = true
		}
		out[name] = register.Calendar{
			Days: c.Days, From: c.From, To: c.To, Location: c.Zone,
			Holiday: func(y int, m time.Month, d int) bool {
				return off[classify.Holiday{Year: y, Month: m, Day: d}] || off[classify.Holiday{Month: m, Day: d}]
			},
		}
	}
	return out
}

func escalation(s *classify.Scales) map[string][]register.Escalation {
	out := map[string][]register.Escalation{}
	for name, steps := range s.Escalation() {
		for _, step := range steps {
			out[name] = append(out[name], register.Escalation{Offset: step.Offset, Tell: step.Tell, Priorities: step.Priorities})
		}
	}
	return out
}

// Regimes are regulatory regimes as the register keeps their clocks.
func Regimes(all []classify.Regime) []register.Regime {
	out := make([]register.Regime, 0, len(all))
	for _, g := range all {
		r := register.Regime{
			ID: g.ID, Title: g.Title, Source: g.Source, Note: g.Note, Effective: g.Effective, Checked: g.Checked, ReviewedBy: g.ReviewedBy,
			Anchor: g.Anchor, Stages: []register.Stage{},
		}
		for _, s := range g.Stages {
			r.Stages = append(r.Stages, register.Stage{
				ID: s.ID, Title: s.Title, Source: s.Source, Within: s.Within, WithinS: int64(s.Within / time.Second), Months: s.Months,
				Calendar: s.Calendar, Anchor: s.Anchor, After: s.After,
			})
		}
		out = append(out, r)
	}
	return out
}
