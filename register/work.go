package register

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// What people do about an incident beside its steps: teams, holds, and the hand-over to crisis management and back.

// A teamStep is the payload of team.
type teamStep struct {
	Team string `json:"team"`
	Step string `json:"step"` // one of [tocsin.TeamSteps]
}

// A handOver is the payload of crisis.
type handOver struct {
	Owner string `json:"owner"` // who leads in crisis management
}

// working is the payload of hold, release, team, crisis and return, and what their guards miss.
func working(cmd Command, i tocsin.Incident) (any, []string) {
	var missing []string
	needs := func(have bool, what string) {
		if !have {
			missing = append(missing, what)
		}
	}
	needs(i.Status.IsOpen(), "an open incident: on this one no work goes on; reopen it first")
	switch cmd.Action {
	case tocsin.ActHold:
		needs(!i.Hold, "an incident that is not on hold: release it first")
		needs(cmd.Reason != "", "a reason: what is waited for, and until when")
	case tocsin.ActRelease:
		needs(i.Hold, "an incident that is on hold: this one is not")
	case tocsin.ActTeam:
		missing = append(missing, teamMissing(cmd, i)...)
		return teamStep{Team: cmd.Team, Step: or(cmd.Step, "activated")}, missing
	case tocsin.ActCrisis:
		needs(i.Status != tocsin.Proposed, "a declared incident: declare it first")
		needs(i.Crisis.State != tocsin.CrisisHandedOver, "an incident that crisis management does not have: it was handed over to "+i.Crisis.Owner)
		needs(cmd.Owner != "", "an owner: who leads in crisis management")
		needs(cmd.Text != "", "a text: all that crisis management must know")
		return handOver{Owner: cmd.Owner}, missing
	case tocsin.ActReturn:
		needs(i.Crisis.State == tocsin.CrisisHandedOver, "an incident that crisis management has: this one was not handed over")
		needs(cmd.Text != "", "a text: what crisis management decided and left to do")
	}
	return nil, missing
}

// teamMissing lists what a step of a team lacks: activated, then acknowledged, then done, each once.
func teamMissing(cmd Command, i tocsin.Incident) []string {
	if cmd.Team == "" {
		return []string{"a team: name the one that is meant"}
	}
	n := slices.IndexFunc(i.Teams, func(t tocsin.Team) bool { return t.Name == cmd.Team })
	step := or(cmd.Step, "activated")
	if n < 0 {
		switch {
		case step != "activated":
			return []string{"a team that was activated: " + cmd.Team + " was not; there are " + or(strings.Join(teamNames(i), ", "), "none")}
		case len(i.Teams) >= maxList:
			return []string{"fewer teams: an incident may have 100"}
		}
		return nil
	}
	t := i.Teams[n]
	switch {
	case step == "activated" && t.Done.IsZero():
		return []string{"a team that is not at work: " + cmd.Team + " was activated already"}
	case step == "acknowledged" && !t.Acknowledged.IsZero():
		return []string{"a team that did not take note yet: " + cmd.Team + " did"}
	case step != "activated" && !t.Done.IsZero():
		return []string{"a team that is at work: " + cmd.Team + " is done; activate it again"}
	}
	return nil
}

func teamNames(i tocsin.Incident) []string {
	names := make([]string, len(i.Teams))
	for n, t := range i.Teams {
		names[n] = t.Name
	}
	return names
}

// work takes an entry of working in.
func (s *state) work(e tocsin.LogEntry) error {
	i := &s.incident
	switch e.Action {
	case tocsin.ActHold:
		i.Hold = true
		if len(i.Holds) >= maxVisits {
			i.Degraded = union(i.Degraded, "holds_cut")
			i.Holds = slices.Delete(i.Holds, 0, 1)
		}
		i.Holds = append(i.Holds, tocsin.Hold{From: e.Effective, Reason: e.Reason, By: e.By.ID})
		return with(e, s.pause)
	case tocsin.ActRelease:
		s.release(e.Effective)
		return with(e, s.resume)
	case tocsin.ActTeam:
		return with(e, s.team)
	case tocsin.ActCrisis:
		return with(e, func(e tocsin.LogEntry, h handOver) {
			i.Crisis = tocsin.Crisis{State: tocsin.CrisisHandedOver, Owner: h.Owner, At: e.Effective}
		})
	case tocsin.ActReturn:
		i.Crisis.State, i.Crisis.Returned = tocsin.CrisisReturned, later(i.Crisis.At, e.Effective)
	}
	return nil
}

// release ends the hold, if the incident is on hold.
func (s *state) release(at time.Time) {
	i := &s.incident
	if n := len(i.Holds); i.Hold && n > 0 {
		i.Holds[n-1].To = later(i.Holds[n-1].From, at)
	}
	i.Hold = false
}

// team takes a team's step in. One that was done and is activated again begins anew: the log has what was.
func (s *state) team(e tocsin.LogEntry, t teamStep) {
	i := &s.incident
	n := slices.IndexFunc(i.Teams, func(has tocsin.Team) bool { return has.Name == t.Team })
	if n < 0 {
		i.Teams = append(i.Teams, tocsin.Team{Name: t.Team, Activated: e.Effective})
		return
	}
	team := &i.Teams[n]
	switch t.Step {
	case "activated":
		*team = tocsin.Team{Name: t.Team, Activated: e.Effective}
	case "acknowledged":
		team.Acknowledged = e.Effective
	case "done":
		team.Done = e.Effective
	}
}

// activate takes in the teams that an assignment names: those that are not at work are activated.
func (s *state) activate(e tocsin.LogEntry, names []string) {
	for _, name := range names {
		i := &s.incident
		if n := slices.IndexFunc(i.Teams, func(t tocsin.Team) bool { return t.Name == name }); n >= 0 && i.Teams[n].Done.IsZero() {
			continue
		}
		s.team(e, teamStep{Team: name, Step: "activated"})
	}
}

// onHold is how many seconds of a time the incident was on hold. Holds that overlap, as the times of one were corrected,
// count once.
func onHold(i *tocsin.Incident, from, to time.Time) int64 {
	held, counted := int64(0), from
	for _, h := range slices.SortedStableFunc(slices.Values(i.Holds), func(a, b tocsin.Hold) int { return a.From.Compare(b.From) }) {
		end := h.To
		if end.IsZero() || end.After(to) {
			end = to
		}
		held += seconds(later(counted, h.From), end)
		counted = later(counted, end)
	}
	return held
}

func (s *state) assign(e tocsin.LogEntry, a assignment) {
	i := &s.incident
	i.Assignee = or(a.Assignee, i.Assignee)
	i.Coordinator = or(a.Coordinator, i.Coordinator)
	s.activate(e, a.Teams)
}

func (s *state) followUp(_ tocsin.LogEntry, f followUp) {
	i := &s.incident
	switch {
	case f.Index >= 0 && f.Index < len(i.FollowUps):
		i.FollowUps[f.Index] = f.FollowUp
	default:
		i.FollowUps = append(i.FollowUps, f.FollowUp)
	}
}
