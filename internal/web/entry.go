package web

import (
	"time"

	"tocsin"
)

// An entry is a log entry as the timeline shows it.
type entry struct {
	tocsin.LogEntry
	Machine   bool
	Effective When
	Recorded  When    // zero where it was recorded as it took effect
	Details   []named // what a person's command said
}

func newEntry(now time.Time, e tocsin.LogEntry) entry {
	out := entry{LogEntry: e, Machine: byMachine(e.By), Effective: when(now, e.Effective)}
	if d := e.Recorded.Sub(e.Effective); d > time.Minute || d < -time.Minute {
		out.Recorded = when(now, e.Recorded)
	}
	for _, s := range e.Said() {
		out.Details = append(out.Details, named{s.Name, cut(500, s.Text)})
	}
	return out
}

// byMachine reports whether nobody did it: a policy, a timer or the registrar.
func byMachine(by tocsin.Actor) bool { return by.Kind != "person" && by.Kind != "token" }
