package web

import (
	"net/http"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// A doneNote tells the reader that a command of theirs was carried out.
type doneNote struct {
	Label string
	At    time.Time
}

// doneOf is the command that the address names, where the log has it as the reader's.
func doneOf(r *http.Request, log []tocsin.LogEntry) *doneNote {
	key, who := r.URL.Query().Get("done"), auth.From(r.Context()).Actor
	for _, e := range log {
		if key != "" && e.Command == key && e.By.Kind == who.Kind && e.By.ID == who.ID {
			f, _ := formOf(string(e.Action))
			return &doneNote{f.Label, e.Recorded}
		}
	}
	return nil
}

// title is what is read out first.
func (v *incidentView) title() string {
	switch {
	case len(v.Refused.Why) > 0:
		return "Not done, " + v.Number
	case v.Done != nil:
		return v.Done.Label + ": done, " + v.Number
	}
	return v.Number
}
