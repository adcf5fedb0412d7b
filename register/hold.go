package register

import (
	"maps"
	"slices"
	"time"

	"tocsin"
)

// stopped names the running targets that a hold stops. It goes into the hold's log entry, so that the log says what
// stood still, whatever the scale becomes.
func (r *Register) stopped(i tocsin.Incident) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(i.Targets)) {
		if t := i.Targets[name]; t.Met == nil && t.Paused.IsZero() && slices.Contains(r.opts.HoldStops, name) {
			names = append(names, name)
		}
	}
	return names
}

// resumed is when the targets that a hold stopped are due, once it ends at that time: what was left of their working
// time is left then. One that was late already stays late.
func (r *Register) resumed(i tocsin.Incident, at time.Time) map[string]time.Time {
	due := map[string]time.Time{}
	calendar := r.calendar(r.opts.Targets[i.Priority].Calendar)
	for name, t := range i.Targets {
		switch {
		case t.Paused.IsZero():
		case t.Met == nil && t.Due.After(t.Paused) && at.After(t.Paused):
			due[name] = calendar.Due(at, calendar.Between(t.Paused, t.Due))
		default:
			due[name] = t.Due
		}
	}
	return due
}

// A paused is the payload of hold: the targets whose time stops.
type paused struct {
	Stops []string `json:"stops,omitempty"`
}

// A going is the payload of release: when the targets that stood still are due now.
type going struct {
	Targets map[string]time.Time `json:"targets,omitempty"`
}

// holding is the payload of [working], with what a hold and its end do to the targets.
func (r *Register) holding(cmd Command, i tocsin.Incident) (any, []string) {
	payload, missing := working(cmd, i)
	switch cmd.Action {
	case tocsin.ActHold:
		payload = paused{Stops: r.stopped(i)}
	case tocsin.ActRelease:
		payload = going{Targets: r.resumed(i, cmd.Effective)}
	}
	return payload, missing
}

// pause stops targets.
func (s *state) pause(e tocsin.LogEntry, p paused) {
	for _, name := range p.Stops {
		if t, ok := s.incident.Targets[name]; ok && t.Met == nil {
			t.Paused = e.Effective
			s.incident.Targets[name] = t
		}
	}
}

// resume lets targets run again, with the due times that the end of the hold gave them.
func (s *state) resume(_ tocsin.LogEntry, p going) {
	for name, t := range s.incident.Targets {
		t.Paused = time.Time{}
		if at, ok := p.Targets[name]; ok && t.Met == nil && !t.Due.Equal(at) {
			t.Due, t.Escalated = at, 0
		}
		s.incident.Targets[name] = t
	}
}
