package dossier

import (
	"io"
	"strconv"
	"time"

	"tocsin"
)

func ordinal(n int) string { return strconv.Itoa(n) }

// An awarenessDoc is what the templates for teaching see: what happened and what was learnt, with nobody and nothing
// named. TLP:CLEAR.
type awarenessDoc struct {
	Title     string   `json:"title"`
	Summary   string   `json:"summary"`
	Category  string   `json:"category"`
	Priority  string   `json:"priority"`
	Cause     []fact   `json:"cause"`
	Concerned []string `json:"concerned"` // what took part, by role and kind
	Steps     []fact   `json:"steps"`     // what was done, how long after the detection
	Durations []fact   `json:"durations"`
	Controls  []string `json:"failed_controls"`
	Weak      int      `json:"vulnerabilities"`
	Lessons   []string `json:"lessons"`
	Month     string   `json:"month"`
	TLP       string   `json:"tlp"`
}

// Awareness writes an incident for people to learn from, without names.
func (p *Press) Awareness(w io.Writer, format string, f File, now time.Time) error {
	return p.write(w, nameAwareness, format, awarenessData(f))
}

func awarenessData(f File) awarenessDoc {
	i := f.Incident
	m := newMask(f)
	d := awarenessDoc{
		Title: m.hide(i.Title), Summary: m.hide(i.Summary), Category: i.Category, Priority: i.Priority, TLP: "CLEAR", Month: i.Opened.UTC().Format("January 2006"),
		Concerned: m.roles, Durations: durations(i), Controls: hideAll(m, i.FailedControls), Lessons: hideAll(m, i.Lessons), Steps: []fact{},
	}
	for _, v := range i.Vulnerabilities {
		if v.ID != tocsin.NoneFound {
			d.Weak++
		}
	}
	for _, c := range []fact{{"Root cause", i.RootCause}, {"Intent", i.Intent}, {"Means", i.Means}, {"How it turned out", i.Disposition}} {
		if c.Value != "" {
			d.Cause = append(d.Cause, c)
		}
	}
	detected := i.Timeline["detected"]
	for _, e := range f.Log {
		if e.To != "" {
			d.Steps = append(d.Steps, fact{string(e.To), after(detected, e.Effective)})
		}
	}
	return d
}

func after(from, to time.Time) string {
	if from.IsZero() || to.Before(from) {
		return "at once"
	}
	return duration(int64(to.Sub(from) / time.Second))
}
