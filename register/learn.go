package register

import (
	"fmt"
	"slices"
	"strings"

	"tocsin"
)

// Findings are what people found out about how an incident came about: part of what set, resolve, close and review
// carry.
type findings struct {
	Intent          string                 `json:"intent,omitempty"`
	Means           string                 `json:"means,omitempty"`
	FailedControls  []string               `json:"failed_controls,omitempty"`
	Vulnerabilities []tocsin.Vulnerability `json:"vulnerabilities,omitempty"`
}

// A reviewed is the payload of review.
type reviewed struct {
	findings
	RootCause string `json:"root_cause,omitempty"`
}

func (c Command) findings() findings {
	f := findings{Intent: c.Intent, Means: c.Means, FailedControls: c.FailedControls}
	for _, v := range c.Vulnerabilities {
		if v.ID != tocsin.NoneFound {
			v.State = or(v.State, "open")
		}
		f.Vulnerabilities = append(f.Vulnerabilities, v)
	}
	return f
}

// find takes findings in: what is said again replaces, what is new is added, and something found ends `none`.
func (s *state) find(f findings) {
	i := &s.incident
	i.Intent, i.Means = or(f.Intent, i.Intent), or(f.Means, i.Means)
	i.FailedControls = union(i.FailedControls, f.FailedControls...)
	if len(i.FailedControls) > 1 {
		i.FailedControls = slices.DeleteFunc(i.FailedControls, func(c string) bool { return c == tocsin.NoneFound })
	}
	for _, v := range f.Vulnerabilities {
		if n := slices.IndexFunc(i.Vulnerabilities, func(has tocsin.Vulnerability) bool { return has.ID == v.ID && has.Asset == v.Asset }); n >= 0 {
			i.Vulnerabilities[n] = v
		} else {
			i.Vulnerabilities = append(i.Vulnerabilities, v)
		}
	}
	if len(i.Vulnerabilities) > 1 {
		i.Vulnerabilities = slices.DeleteFunc(i.Vulnerabilities, func(v tocsin.Vulnerability) bool { return v.ID == tocsin.NoneFound })
	}
}

// review takes a post-incident review in: its text is a lesson.
func (s *state) review(e tocsin.LogEntry, r reviewed) {
	i := &s.incident
	i.Review = "done"
	i.RootCause = or(r.RootCause, i.RootCause)
	s.find(r.findings)
	if e.Text != "" && len(i.Lessons) < maxFollowUps {
		i.Lessons = append(i.Lessons, e.Text)
	}
}

// unlearnt lists what is still to be said of an incident before it is closed (ISO/IEC 27035-1, 4.2 e, 4.3 g and 5.6).
// It is asked of what was harmful: the means of P1 to P3, the failed controls and the vulnerabilities where the priority
// requires a review.
func (r *Register) unlearnt(i tocsin.Incident, cmd Command) []string {
	var missing []string
	for n, f := range i.FollowUps {
		switch {
		case f.Done:
		case f.Owner == "":
			missing = append(missing, fmt.Sprintf("an owner of follow-up %d (%.60s): name one or mark it done", n+1, f.Text))
		case f.Due.IsZero():
			missing = append(missing, fmt.Sprintf("a due date of follow-up %d (%.60s): set one or mark it done", n+1, f.Text))
		}
	}
	if i.Crisis.State == tocsin.CrisisHandedOver {
		missing = append(missing, "the return from crisis management, which "+i.Crisis.Owner+" leads: record it with return")
	}
	if unfounded(or(cmd.Disposition, i.Disposition)) {
		return missing
	}
	if i.Priority != "" && i.Priority <= "P3" && or(cmd.Means, i.Means) == "" {
		missing = append(missing, "the means by which it came about, which P1 to P3 need: one of "+strings.Join(tocsin.Means(), ", "))
	}
	if r.opts.Targets[i.Priority].Review != "required" {
		return missing
	}
	if len(i.FailedControls)+len(cmd.FailedControls) == 0 {
		missing = append(missing, "the controls that failed, or none, which "+i.Priority+" requires: give failed_controls with review, set or close")
	}
	if len(i.Vulnerabilities)+len(cmd.Vulnerabilities) == 0 {
		missing = append(missing, "the vulnerabilities that were found, or none, which "+i.Priority+" requires: give vulnerabilities with review, set or close")
	}
	return missing
}

// concluded completes what closing an incident says of its cause: an intent that nobody stated is the root cause's, as
// far as one implies it.
func concluded(m *move, i tocsin.Incident) {
	if m.Intent == "" && i.Intent == "" {
		m.Intent = tocsin.IntentOf(or(m.RootCause, i.RootCause))
	}
}

// words lists what is wrong with the words and lists that a command brings.
func (c Command) words() []string {
	missing := slices.Concat(oneOf("intent", c.Intent, tocsin.Intents()), oneOf("means", c.Means, tocsin.Means()),
		oneOf("pap", c.PAP, tocsin.PAPs()), oneOf("step", c.Step, tocsin.TeamSteps()))
	if c.FollowUp != nil {
		missing = append(missing, oneOf("state", c.FollowUp.State, tocsin.FollowUpStates())...)
		missing = append(missing, tooLong("follow-up", c.FollowUp.Text, maxText)...)
		missing = append(missing, tooLong("owner", c.FollowUp.Owner, maxName)...)
	}
	for n, v := range c.Vulnerabilities {
		if v.ID == "" {
			missing = append(missing, fmt.Sprintf("an id of vulnerability %d: a CVE, a name of your own, or none", n+1))
		}
		missing = append(missing, oneOf("state", v.State, tocsin.VulnerabilityStates())...)
		missing = append(missing, tooLong("vulnerability", v.ID+v.Asset+v.Owner, maxLine)...)
		if v.ID == tocsin.NoneFound && len(c.Vulnerabilities) > 1 {
			missing = append(missing, "either none or vulnerabilities, not both")
		}
	}
	for _, control := range c.FailedControls {
		missing = append(missing, tooLong("failed control", control, maxName)...)
		if control == tocsin.NoneFound && len(c.FailedControls) > 1 {
			missing = append(missing, "either none or failed controls, not both")
		}
	}
	for name, n := range map[string]int{"failed_controls": len(c.FailedControls), "vulnerabilities": len(c.Vulnerabilities)} {
		if n > maxList {
			missing = append(missing, fmt.Sprintf("a shorter list of %s: it may have %d items", name, maxList))
		}
	}
	if len(c.Events) > maxEvents {
		missing = append(missing, fmt.Sprintf("fewer events: %d may be moved at once", maxEvents))
	}
	return slices.Concat(missing, tooLong("team", c.Team, maxName), tooLong("owner", c.Owner, maxName))
}

func tooLong(name, text string, most int) []string {
	if len(text) <= most {
		return nil
	}
	return []string{fmt.Sprintf("a shorter %s: it may have %d bytes", name, most)}
}

// ended brings a follow-up's state and its end together: either may be given.
func ended(f tocsin.FollowUp) tocsin.FollowUp {
	switch {
	case f.State == "" && f.Done:
		f.State = "done"
	case f.State == "":
		f.State = "open"
	}
	f.Done = f.State == "done" || f.State == "dropped"
	return f
}
