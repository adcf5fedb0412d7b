package register

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Regime is a duty to report incidents by a time, as data.
type Regime struct {
	ID         string  `json:"id"`
	Title      string  `json:"title"`
	Source     string  `json:"source"`
	Note       string  `json:"note,omitempty"`
	Effective  string  `json:"effective" doc:"the day from which it applies"`
	Checked    string  `json:"checked,omitempty" doc:"the day on which its source was read"`
	ReviewedBy string  `json:"reviewed_by" doc:"who of counsel checked it, or nobody"`
	Anchor     string  `json:"anchor" doc:"the mark from which its stages run"`
	Stages     []Stage `json:"stages"`
}

// A Stage is one report that a regime asks for. It runs from a mark, or after the submission of another stage.
type Stage struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	Source   string        `json:"source"`
	Within   time.Duration `json:"-"`
	Months   int           `json:"months,omitempty" doc:"calendar months, instead of within_s"`
	WithinS  int64         `json:"within_s,omitempty"`
	Calendar string        `json:"calendar"`
	Anchor   string        `json:"anchor,omitempty"`
	After    string        `json:"after,omitempty" doc:"the stage whose submission it runs from"`
}

// aware is the mark that is there by itself: the first acknowledgement or declaration by a person, whichever came first.
const aware = "aware"

// regime finds one by its id, and names all there are where there is none.
func (r *Register) regime(id string) (Regime, []string) {
	var ids []string
	for _, g := range r.opts.Regimes {
		if g.ID == id {
			return g, nil
		}
		ids = append(ids, g.ID)
	}
	return Regime{}, []string{fmt.Sprintf("a regime that is known, not %q: %s", id, or(strings.Join(ids, ", "), "there is none"))}
}

// due is when a stage is due that runs from a moment.
func (r *Register) stageDue(s Stage, from time.Time) time.Time {
	if s.Months == 0 {
		return r.calendar(s.Calendar).Due(from, s.Within)
	}
	from = from.UTC()
	y, m, d := from.Date()
	last := time.Date(y, m+time.Month(s.Months)+1, 0, 0, 0, 0, 0, time.UTC).Day() // of the month it ends in
	return time.Date(y, m+time.Month(s.Months), min(d, last), from.Hour(), from.Minute(), from.Second(), from.Nanosecond(), time.UTC)
}

// starting is the payload of clock_start, and what it misses: the clocks of a regime, from an anchor that a person sets
// with its basis. Given again it corrects the anchor; what was submitted stays.
func (r *Register) starting(cmd Command, i tocsin.Incident) (any, []string) {
	g, missing := r.regime(cmd.Regime)
	if len(missing) > 0 {
		return nil, missing
	}
	if cmd.Basis == "" {
		missing = append(missing, "a basis: say by what it is known when the time began to run")
	}
	from, found := anchorTime(cmd, i, g.Anchor)
	switch {
	case !found:
		missing = append(missing, "the time of "+g.Anchor+": give it as anchored")
	case from.After(cmd.Effective):
		missing = append(missing, "an anchor that has passed: "+from.UTC().Format(time.RFC3339)+" is after the command")
	}
	running := slices.ContainsFunc(i.Clocks, func(c tocsin.Clock) bool { return c.Regime == g.ID })
	if running && cmd.Reason == "" {
		missing = append(missing, "a reason: the clocks of "+g.ID+" run already, and their anchor is corrected")
	}
	if len(missing) > 0 {
		return nil, missing
	}
	p := clockStart{Regime: g.ID, Mark: g.Anchor, Anchored: from.UTC()}
	for _, s := range g.Stages {
		if at := clockAt(i.Clocks, g.ID+"/"+s.ID); at >= 0 && !i.Clocks[at].Submitted.IsZero() {
			p.Clocks = append(p.Clocks, i.Clocks[at])
			continue
		}
		p.Clocks = append(p.Clocks, r.clock(g, s, p, cmd, i))
	}
	return p, nil
}

// clock is one stage as it runs from now on.
func (r *Register) clock(g Regime, s Stage, p clockStart, cmd Command, i tocsin.Incident) tocsin.Clock {
	c := tocsin.Clock{
		Regime: g.ID, Stage: s.ID, Title: s.Title, Source: strings.TrimSpace(g.Source + "; " + s.Source), Anchor: or(s.After, s.Anchor),
		Basis: cmd.Basis, SetBy: cmd.By.ID,
	}
	if s.After == "" {
		from, found := p.Anchored, true
		if s.Anchor != g.Anchor {
			from, found = i.Timeline[s.Anchor]
		}
		if found {
			c.From, c.Due = from.UTC(), r.stageDue(s, from)
		}
		if detected, ok := i.Timeline["detected"]; ok {
			c.Pessimistic = r.stageDue(s, detected)
		}
		return c
	}
	if before := slices.IndexFunc(p.Clocks, func(c tocsin.Clock) bool { return c.Stage == s.After }); before >= 0 && !p.Clocks[before].Submitted.IsZero() {
		c.From = p.Clocks[before].Submitted
		c.Due = r.stageDue(s, c.From)
	}
	return c
}

// anchorTime is when the anchor was: as the person says, else as the incident's marks do.
func anchorTime(cmd Command, i tocsin.Incident, mark string) (time.Time, bool) {
	if !cmd.Anchored.IsZero() {
		return cmd.Anchored, true
	}
	if at, ok := i.Timeline[mark]; ok {
		return at, true
	}
	if mark != aware {
		return time.Time{}, false
	}
	var first time.Time
	for _, mark := range []string{"acknowledged", "declared"} {
		if at, ok := i.Timeline[mark]; ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, !first.IsZero()
}

func clockAt(clocks []tocsin.Clock, name string) int {
	return slices.IndexFunc(clocks, func(c tocsin.Clock) bool { return c.Name() == name })
}

// submitting is the payload of clock_submit, and what it misses. The stages that run after this one begin to.
func (r *Register) submitting(cmd Command, i tocsin.Incident) (any, []string) {
	at := clockAt(i.Clocks, cmd.Regime+"/"+cmd.Stage)
	if at < 0 {
		return nil, []string{fmt.Sprintf("a clock of the incident, which %q is not: %s", cmd.Regime+"/"+cmd.Stage, or(clockNames(i.Clocks), "it has none; start one"))}
	}
	c := i.Clocks[at]
	var missing []string
	switch {
	case !c.Submitted.IsZero():
		missing = append(missing, "a report that was not made: "+c.Name()+" was submitted at "+c.Submitted.UTC().Format(time.RFC3339))
	case c.Due.IsZero():
		missing = append(missing, "its anchor: "+c.Name()+" runs from "+c.Anchor+", which has not come")
	case cmd.Effective.Before(c.From):
		missing = append(missing, "a time of submission after "+c.Anchor+", "+c.From.UTC().Format(time.RFC3339))
	case cmd.Effective.After(c.Due) && cmd.Reason == "":
		missing = append(missing, "a reason: it was due at "+c.Due.UTC().Format(time.RFC3339)+", and a late report says why")
	}
	if cmd.Reference == "" {
		missing = append(missing, "a reference: under what the authority took it")
	}
	if !isSHA256(cmd.SHA256) {
		missing = append(missing, "the content's sha256, 64 hex digits: what was submitted can be shown later")
	}
	if len(missing) > 0 {
		return nil, missing
	}
	p := clockSubmit{Clock: c.Name(), Reference: cmd.Reference, SHA256: strings.ToLower(cmd.SHA256), Due: map[string]time.Time{}}
	if g, none := r.regime(c.Regime); len(none) == 0 {
		for _, s := range g.Stages {
			if next := clockAt(i.Clocks, c.Regime+"/"+s.ID); s.After == c.Stage && next >= 0 && i.Clocks[next].IsOpen() {
				p.Due[i.Clocks[next].Name()] = r.stageDue(s, cmd.Effective)
			}
		}
	}
	return p, nil
}

func isSHA256(text string) bool {
	return len(text) == 64 && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

// waiving is the payload of clock_waive, and what it misses: a stage, or all of a regime that are open.
func (r *Register) waiving(cmd Command, i tocsin.Incident) (any, []string) {
	var p clockWaive
	for _, c := range i.Clocks {
		if c.Regime == cmd.Regime && (cmd.Stage == "" || cmd.Stage == c.Stage) && c.IsOpen() {
			p.Clocks = append(p.Clocks, c.Name())
		}
	}
	var missing []string
	if len(p.Clocks) == 0 {
		missing = append(missing, "a clock of the incident that is open: "+or(clockNames(slices.DeleteFunc(slices.Clone(i.Clocks), func(c tocsin.Clock) bool { return !c.IsOpen() })), "it has none"))
	}
	if cmd.Reason == "" {
		missing = append(missing, "a reason: say why there is no duty to report")
	}
	return p, missing
}

func clockNames(clocks []tocsin.Clock) string {
	var names []string
	for _, c := range clocks {
		names = append(names, c.Name())
	}
	return strings.Join(names, ", ")
}

// unreported lists the clocks that keep an incident from being closed or merged.
func unreported(i tocsin.Incident, remedy string) []string {
	var missing []string
	for _, c := range i.Clocks {
		if c.IsOpen() {
			missing = append(missing, fmt.Sprintf("the report %s (%.60s): %s", c.Name(), c.Title, remedy))
		}
	}
	return missing
}

// clocking is the payload of a command on the incident's clocks, and what it misses.
func (r *Register) clocking(cmd Command, i tocsin.Incident) (any, []string) {
	switch cmd.Action {
	case tocsin.ActClockStart:
		return r.starting(cmd, i)
	case tocsin.ActClockSubmit:
		return r.submitting(cmd, i)
	default:
		return r.waiving(cmd, i)
	}
}

// A clockStart is the payload of clock_start.
type clockStart struct {
	Regime   string         `json:"regime"`
	Mark     string         `json:"mark"`
	Anchored time.Time      `json:"anchored"`
	Clocks   []tocsin.Clock `json:"clocks"` // of the regime, all of them
}

// A clockSubmit is the payload of clock_submit.
type clockSubmit struct {
	Clock     string               `json:"clock"`
	Reference string               `json:"reference"`
	SHA256    string               `json:"sha256"`
	Due       map[string]time.Time `json:"due,omitempty"` // of the clocks that run from it
}

// A clockWaive is the payload of clock_waive.
type clockWaive struct {
	Clocks []string `json:"clocks"`
}

// clockStarted takes the clocks of a regime in, and the mark that they run from.
func (s *state) clockStarted(_ tocsin.LogEntry, p clockStart) {
	i := &s.incident
	i.Clocks = slices.Concat(slices.DeleteFunc(slices.Clone(i.Clocks), func(c tocsin.Clock) bool { return c.Regime == p.Regime }), p.Clocks)
	if !slices.Contains(lifecycleMarks, p.Mark) {
		i.Timeline[p.Mark] = p.Anchored
	}
}

// lifecycleMarks are the log's own: a clock does not move them.
var lifecycleMarks = []string{
	"occurred", "first_alert", "received", "detected", "reported", "assessed", "declared", "acknowledged", "contained", "eradicated",
	"recovered", "resolved", "first_resolved", "closed", "reopened",
}

func (s *state) clockSubmitted(e tocsin.LogEntry, p clockSubmit) {
	i := &s.incident
	i.Clocks = slices.Clone(i.Clocks)
	if n := clockAt(i.Clocks, p.Clock); n >= 0 {
		c := &i.Clocks[n]
		c.Submitted, c.SubmittedBy, c.Reference, c.SHA256, c.Reason = e.Effective, e.By.ID, p.Reference, p.SHA256, e.Reason
		met := !e.Effective.After(c.Due)
		c.Met, c.BreachedS = &met, seconds(c.Due, e.Effective)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Due)) {
		if n := clockAt(i.Clocks, name); n >= 0 {
			i.Clocks[n].From, i.Clocks[n].Due = e.Effective, p.Due[name]
		}
	}
}

func (s *state) clockWaived(e tocsin.LogEntry, p clockWaive) {
	s.incident.Clocks = slices.Clone(s.incident.Clocks)
	for _, name := range p.Clocks {
		if n := clockAt(s.incident.Clocks, name); n >= 0 {
			c := &s.incident.Clocks[n]
			c.Waived, c.WaivedBy, c.Reason = true, e.By.ID, e.Reason
		}
	}
}

// clockPassed records that the due time of a clock went by with nothing submitted.
func (s *state) clockPassed(p passed) {
	n := clockAt(s.incident.Clocks, p.Target)
	if n < 0 || s.incident.Clocks[n].Met != nil || !s.incident.Clocks[n].Due.Equal(p.Due) {
		return
	}
	s.incident.Clocks = slices.Clone(s.incident.Clocks)
	s.incident.Clocks[n].Met = new(false)
}
