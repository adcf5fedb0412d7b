package register

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// Limits of what a projection lists; the log has the rest. They keep a register document within what a store takes
// (~100 bytes an item).
const (
	maxEvents    = 1000
	maxEntities  = 500
	maxRelated   = 100
	maxProposals = 50
	maxVisits    = 1000
)

// errLog marks a log that cannot be projected: it has a gap, or an entry that means nothing.
var errLog = errors.New("log cannot be projected")

// Project folds an incident's whole log into its current state. It is pure: the same entries always give the same
// incident. An empty log is [tocsin.ErrNotFound].
func Project(entries []tocsin.LogEntry) (tocsin.Incident, error) {
	if len(entries) == 0 {
		return tocsin.Incident{}, tocsin.ErrNotFound
	}
	s := newState()
	s.commands = nil // nobody asks for them
	for n := range entries {
		if err := s.fold(entries[n]); err != nil {
			return tocsin.Incident{}, err
		}
	}
	measure(&s.incident)
	return s.incident, nil
}

// A state is a projection under way: the incident, and what the next entries are judged by.
type state struct {
	incident tocsin.Incident
	seq      int64
	head     string
	commands map[string]int64      // command id to sequence number
	events   map[string]eventState // by id, at the last revision seen
	moved    map[string]string     // events that were split off, to the incident that they went to
	ties     map[string]string     // incident that this one is related to, to the command that first said so
	// collected are the alerts whose originals were copied.
	collected map[string]bool
	once      bool // see founding
}

func newState() *state {
	return &state{commands: map[string]int64{}, events: map[string]eventState{}, ties: map[string]string{}, collected: map[string]bool{}}
}

// fold takes one entry in: first what its action carries, then the change of status, if it is one.
func (s *state) fold(e tocsin.LogEntry) error {
	if e.Seq != s.seq+1 {
		return fmt.Errorf("incident %s, entry %d after entry %d: %w", e.Incident, e.Seq, s.seq, errLog)
	}
	if e.Action.Founds() != (e.Seq == 1) {
		return fmt.Errorf("incident %s, entry %d is %s, and the first alone founds it: %w", e.Incident, e.Seq, e.Action, errLog)
	}
	related := len(s.incident.Related)
	if err := s.act(e); err != nil {
		return fmt.Errorf("incident %s, entry %d: %w", e.Incident, e.Seq, err)
	}
	for _, other := range s.incident.Related[related:] {
		s.ties[other] = e.Command
	}
	if e.To != "" && e.To != s.incident.Status {
		s.transition(e)
	}
	s.seq, s.head = e.Seq, e.Hash
	if s.commands != nil {
		s.commands[e.Command] = e.Seq
	}
	s.incident.Revision, s.incident.Head = e.Seq, e.Hash
	return nil
}

// act hands the entry to its action's function.
func (s *state) act(e tocsin.LogEntry) error {
	switch e.Action {
	case tocsin.ActPromote, tocsin.ActCreate, tocsin.ActSplitOff:
		return with(e, s.founded)
	case tocsin.ActAttach, tocsin.ActRevise, tocsin.ActLate:
		return with(e, s.event)
	case tocsin.ActReject:
		return with(e, s.reject)
	case tocsin.ActDeclare, tocsin.ActAcknowledge, tocsin.ActContain, tocsin.ActEradicate, tocsin.ActRecover,
		tocsin.ActResolve, tocsin.ActClose, tocsin.ActReopen:
		return with(e, s.move)
	case tocsin.ActSet:
		return with(e, s.set)
	case tocsin.ActMerge, tocsin.ActAbsorb, tocsin.ActRelate, tocsin.ActPropose, tocsin.ActDecline:
		return with(e, s.link)
	case tocsin.ActAssign, tocsin.ActHandOver:
		return with(e, s.assign)
	case tocsin.ActTimer:
		return with(e, s.timer)
	case tocsin.ActEscalate:
		return with(e, s.escalate)
	case tocsin.ActClockStart:
		return with(e, s.clockStarted)
	case tocsin.ActClockSubmit:
		return with(e, s.clockSubmitted)
	case tocsin.ActClockWaive:
		return with(e, s.clockWaived)
	case tocsin.ActVisibility:
		return with(e, s.confide)
	case tocsin.ActFollowUp:
		return with(e, s.followUp)
	case tocsin.ActConfirm:
		s.incident.Confirm = "done"
		s.decide("confirm", e.Effective)
	case tocsin.ActReview:
		return with(e, s.review)
	case tocsin.ActHold, tocsin.ActRelease, tocsin.ActTeam, tocsin.ActCrisis, tocsin.ActReturn:
		return s.work(e)
	case tocsin.ActSplit:
		return with(e, s.split)
	case tocsin.ActRecur:
		return with(e, s.recur)
	case tocsin.ActCollect:
		c, err := collectionOf(&e)
		if err != nil {
			return err
		}
		s.collect(c)
	case tocsin.ActLegalHold:
		return with(e, s.legalHold)
	case tocsin.ActComment, tocsin.ActErase:
	default:
		return fmt.Errorf("action %q: %w", e.Action, errLog)
	}
	return nil
}

// with reads the entry's payload and gives it to the action's function.
func with[T any](e tocsin.LogEntry, do func(tocsin.LogEntry, T)) error {
	data, err := unpack[T](e)
	if err != nil {
		return err
	}
	do(e, data)
	return nil
}

func (s *state) founded(e tocsin.LogEntry, f founding) {
	i := &s.incident
	*i = tocsin.Incident{
		ID: e.Incident, Tenant: e.Tenant, Number: f.Number, Title: f.Title, Summary: f.Summary, Discovery: f.Discovery, Informant: f.Informant,
		Opened: f.Opened, Last: f.Opened, RecursOf: f.RecursOf, Backfill: f.Backfill,
		Timeline: map[string]time.Time{}, Durations: map[string]int64{}, Targets: map[string]tocsin.Target{},
		Review: "none", Confirm: "none", TLP: "AMBER+STRICT", PAP: "AMBER", Basis: "asserted", SplitOf: f.SplitOf,
		Why: []string{}, Events: []string{}, Entities: []tocsin.Entity{}, Visits: []tocsin.Visit{},
	}
	for mark, at := range map[string]time.Time{"received": f.Received, "detected": f.Detected, "occurred": f.Occurred} {
		if !at.IsZero() {
			i.Timeline[mark] = at
		}
	}
	if !f.Reported.IsZero() {
		i.Timeline["reported"] = f.Reported
	}
	if f.Discovery == "reported" {
		i.Timeline["reported"] = e.Effective
	}
	if a := f.Assessment; a != nil {
		i.Mode, i.Basis, i.Why = a.Mode, a.Basis, a.Why
		s.rate(e.Effective, ratingOf(*a))
	}
	if f.Event != nil {
		i.Timeline["first_alert"] = f.Event.First
		i.Rule = f.Event.Rule
		s.know(*f.Event)
	}
	for _, ev := range f.Events {
		s.know(ev)
	}
	if f.Discovery == "event" {
		i.Means = "technical" // what sensors report came about by them
	}
	s.once = f.Once
	s.confide(e, f.confidence)
	s.entities(f.Entities)
	s.tie(f.links)
	s.carry(f.move)
	if f.Summary != "" {
		i.Asserted = union(i.Asserted, "summary")
	}
	s.summarise()
}

func (s *state) move(e tocsin.LogEntry, m move) {
	if reopens(e) { // they run anew, also where they are due when they were before
		for name := range m.Targets {
			delete(s.incident.Targets, name)
		}
	}
	s.carry(m)
}

func (s *state) set(e tocsin.LogEntry, c setting) {
	i := &s.incident
	s.rate(e.Effective, c.rating)
	i.Title, i.TLP, i.PAP = or(c.Title, i.Title), or(c.TLP, i.TLP), or(c.PAP, i.PAP)
	s.find(c.findings)
	i.Summary = or(c.Summary, i.Summary)
	if !c.Occurred.IsZero() {
		i.Timeline["occurred"] = c.Occurred
	}
	i.Asserted = union(i.Asserted, c.Asserted...)
	if slices.ContainsFunc(c.Asserted, func(f string) bool { return slices.Contains(rated, f) }) {
		i.Basis = "asserted"
	}
	s.due(c.Targets)
}

// rated are what a person may assert of how an incident is classified.
var rated = []string{"category", "impact", "urgency", "priority", "platform"}

func (s *state) link(e tocsin.LogEntry, l link) {
	i := &s.incident
	switch e.Action {
	case tocsin.ActMerge:
		i.Into = l.Incident
		s.unpropose("merge:" + l.Incident)
	case tocsin.ActAbsorb:
		i.Children = union(i.Children, l.Incident)
		for _, ev := range l.Events {
			s.know(ev)
		}
		s.entities(l.Entities)
		s.stretch(l.Occurred, l.Last)
		if l.Rating != nil {
			s.rate(e.Effective, *l.Rating)
		}
		s.due(l.Targets)
		s.confide(e, l.confidence)
		s.unpropose("merge:" + l.Incident)
		s.summarise()
	case tocsin.ActDecline:
		s.unpropose(l.Proposal)
		return
	case tocsin.ActRelate, tocsin.ActPropose:
		s.tie(links{Related: []string{l.Incident}})
	}
	if l.Proposal != "" && len(i.Proposals) < maxProposals {
		i.Proposals = union(i.Proposals, l.Proposal)
	}
}

// rate takes a classification over; an empty member changes nothing. A changed priority ends the running visit and
// begins another in the same status, so that time is counted under the priority it was spent at.
func (s *state) rate(at time.Time, r rating) {
	i := &s.incident
	i.Category, i.CategoryISO = or(r.Category, i.Category), or(r.CategoryISO, i.CategoryISO)
	if r.Impact != nil {
		i.Impact = *r.Impact
	}
	i.Urgency, i.Severity, i.Class = or(r.Urgency, i.Urgency), or(r.Severity, i.Severity), or(r.Class, i.Class)
	i.Asset, i.Platform, i.Scale = or(r.Asset, i.Asset), or(r.Platform, i.Platform), or(r.Scale, i.Scale)
	if r.Priority == "" || r.Priority == i.Priority {
		return
	}
	i.Priority = r.Priority
	i.Priorities.Initial = or(i.Priorities.Initial, r.Priority)
	if i.Priorities.Highest == "" || higher(r.Priority, i.Priorities.Highest) {
		i.Priorities.Highest = r.Priority
	}
	if len(i.Visits) > 0 {
		s.visit(i.Status, at)
	}
}

// carry takes over what a change of status brings with it.
func (s *state) carry(m move) {
	i := &s.incident
	s.due(m.Targets)
	i.Review, i.Confirm = or(m.Review, i.Review), or(m.Confirm, i.Confirm)
	i.Disposition, i.RootCause = or(m.Disposition, i.Disposition), or(m.RootCause, i.RootCause)
	i.Coordinator = or(m.Coordinator, i.Coordinator)
	s.find(m.findings)
}

// summarise writes the one-sentence summary, unless a person wrote one.
func (s *state) summarise() {
	i := &s.incident
	if slices.Contains(i.Asserted, "summary") || len(s.events) == 0 {
		return
	}
	i.Summary = i.Title + alerts(i.Alerts, ": ")
	if i.Alerts == 0 {
		i.Summary += ": " + tocsin.Counted(int64(len(s.events)), "event")
	} else {
		i.Summary += " in " + tocsin.Counted(int64(len(s.events)), "event")
	}
	all := s.named()
	for n, name := range all {
		if n == 3 {
			i.Summary += fmt.Sprintf(" and %d more", len(all)-n)
			break
		}
		i.Summary += ", " + name
	}
}

// named are the entities that a summary names.
func (s *state) named() []string {
	all := make([]string, 0, len(s.incident.Entities))
	seen := map[string]bool{}
	for _, e := range s.incident.Entities {
		name := e.Field + " " + e.Value
		if s.once && seen[name] {
			continue
		}
		seen[name] = true
		all = append(all, name)
	}
	return all
}

func (s *state) unpropose(proposal string) {
	s.incident.Proposals = slices.DeleteFunc(s.incident.Proposals, func(p string) bool { return p == proposal })
}

// clone copies the incident so that the state may go on changing.
func (s *state) clone() tocsin.Incident {
	i := s.incident
	i.Timeline, i.Durations = maps.Clone(i.Timeline), maps.Clone(i.Durations)
	i.Targets = maps.Clone(i.Targets)
	i.Visits, i.Entities, i.FollowUps = slices.Clone(i.Visits), slices.Clone(i.Entities), slices.Clone(i.FollowUps)
	i.Teams, i.Holds, i.Vulnerabilities = slices.Clone(i.Teams), slices.Clone(i.Holds), slices.Clone(i.Vulnerabilities)
	for _, list := range []*[]string{
		&i.Events, &i.Slots, &i.Related, &i.Children, &i.Proposals, &i.Degraded, &i.Asserted, &i.Why, &i.Recurs, &i.SplitInto, &i.Lessons, &i.FailedControls, &i.Shared,
	} {
		*list = slices.Clone(*list)
	}
	return i
}
