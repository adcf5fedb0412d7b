package register

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// transition takes a change of status in: the visit ends and another begins, the marks are set, and the targets that
// it meets or misses are decided. Times are effective times; a visit never ends before it began, whatever was
// corrected.
func (s *state) transition(e tocsin.LogEntry) {
	i, at := &s.incident, e.Effective
	if reopens(e) {
		i.ReopenCount++
		i.Disposition, i.Priorities.Final = "", ""
		delete(i.Timeline, "resolved")
		delete(i.Timeline, "closed")
		i.Timeline["reopened"] = at
		i.Proposals = slices.DeleteFunc(i.Proposals, func(p string) bool { return strings.HasPrefix(p, "reopen:") })
	}
	if !e.To.IsOpen() {
		s.release(at)
	}
	s.visit(e.To, at)
	i.Status, i.StatusSince = e.To, at
	s.marks(e)
	s.settle(e)
	if e.To == tocsin.ClosedIncident {
		i.Priorities.Final = i.Priority
	}
}

// reopens reports whether the entry takes up work that was over.
func reopens(e tocsin.LogEntry) bool {
	return (e.From == tocsin.Resolved || e.From == tocsin.ClosedIncident) && e.To == tocsin.Acknowledged
}

// visit ends the running visit and begins one in the given status.
func (s *state) visit(to tocsin.Status, at time.Time) {
	i := &s.incident
	if n := len(i.Visits); n > 0 {
		v := &i.Visits[n-1]
		v.To = later(v.From, at)
		v.Seconds = seconds(v.From, v.To)
		at = v.To
		if n >= maxVisits {
			i.Degraded = union(i.Degraded, "visits_cut")
			i.Visits = slices.Delete(i.Visits, 0, 1)
		}
	}
	number := 0
	if n := len(i.Visits); n > 0 {
		number = i.Visits[n-1].Number + 1
	}
	i.Visits = append(i.Visits, tocsin.Visit{Status: to, Priority: i.Priority, Platform: i.Platform, From: at, Number: number})
}

// marks sets the times of the lifecycle (register.md, 4.4). What was first acknowledged stays; the other marks move
// with a later visit. A person's step past the acknowledgement is one.
func (s *state) marks(e tocsin.LogEntry) {
	i, at := &s.incident, e.Effective
	first := func(mark string) {
		if _, ok := i.Timeline[mark]; !ok {
			i.Timeline[mark] = at
		}
	}
	switch e.To {
	case tocsin.Proposed:
		return
	case tocsin.Declared:
		i.DeclaredBy = e.By.ID
		first("assessed")
		i.Timeline["declared"] = at
		return
	case tocsin.Rejected:
		first("assessed")
		return
	case tocsin.MergedIncident:
		return
	}
	if e.By.Kind != "policy" && e.By.Kind != "system" {
		first("acknowledged")
	}
	switch e.To {
	case tocsin.Acknowledged:
	case tocsin.ClosedIncident:
		first("resolved")
		first("first_resolved")
		i.Timeline["closed"] = at
	case tocsin.Resolved:
		first("first_resolved")
		i.Timeline["resolved"] = at
	default:
		i.Timeline[string(e.To)] = at
	}
}

// settle decides the targets that a change of status ends. A merged incident's undecided ones are its survivor's.
func (s *state) settle(e tocsin.LogEntry) {
	at := e.Effective
	if e.To == tocsin.MergedIncident || e.To == tocsin.Rejected {
		if e.To == tocsin.Rejected {
			s.decide("assess", at)
		}
		maps.DeleteFunc(s.incident.Targets, func(_ string, t tocsin.Target) bool { return t.Met == nil })
		return
	}
	for _, t := range []struct {
		name string
		by   tocsin.Status
	}{
		{"assess", tocsin.Declared},
		{"acknowledge", tocsin.Acknowledged},
		{"contain", tocsin.Contained},
		{"resolve", tocsin.Resolved},
	} {
		if stage(e.To) >= stage(t.by) {
			s.decide(t.name, at)
		}
	}
}

// decide says whether a running target was met at that time. What was met stays met; what a timer found breached gets
// the length of the breach.
func (s *state) decide(name string, at time.Time) {
	t, ok := s.incident.Targets[name]
	if !ok || (t.Met != nil && (*t.Met || t.BreachedS > 0)) {
		return
	}
	met := !at.After(t.Due) || !t.Paused.IsZero() && !t.Paused.After(t.Due)
	t.Met, t.BreachedS = &met, 0
	if !met {
		t.BreachedS = seconds(t.Due, at)
	}
	s.incident.Targets[name] = t
}

// due starts targets, or starts them anew where the due time changed.
func (s *state) due(targets map[string]time.Time) {
	for name, at := range targets {
		t, ok := s.incident.Targets[name]
		if ok && t.Due.Equal(at) && t.Met != nil {
			continue
		}
		if !s.incident.Hold {
			t.Paused = time.Time{}
		}
		s.incident.Targets[name] = tocsin.Target{Due: at, Paused: t.Paused}
	}
}

// timer records that a due time went by undecided: open and late, counted now and not at closure.
func (s *state) timer(_ tocsin.LogEntry, p passed) {
	s.clockPassed(p)
	t, ok := s.incident.Targets[p.Target]
	if !ok || t.Met != nil || !t.Due.Equal(p.Due) {
		return
	}
	t.Met = new(false)
	s.incident.Targets[p.Target] = t
}

// spans are the durations between two marks, in seconds (register.md, 4.4). Each is there when both its marks are.
var spans = []struct{ name, from, to string }{
	{"detect_s", "occurred", "detected"},
	{"assess_s", "detected", "declared"},
	{"acknowledge_s", "declared", "acknowledged"},
	{"contain_s", "detected", "contained"},
	{"resolve_s", "declared", "resolved"},
	{"first_resolve_s", "declared", "first_resolved"},
	{"close_s", "declared", "closed"},
	{"dwell_s", "occurred", "contained"},
}

// apply folds one entry in and measures what it changed.
func (s *state) apply(e tocsin.LogEntry) error {
	if err := s.fold(e); err != nil {
		return err
	}
	measure(&s.incident)
	return nil
}

// measure writes what is derived of the incident anew: whether it counts, the durations between its marks, and the time
// spent working, from the visits that are over.
func measure(i *tocsin.Incident) {
	i.Countable = countable(i)
	for _, d := range spans {
		from, ok := i.Timeline[d.from]
		to, ok2 := i.Timeline[d.to]
		if ok && ok2 {
			i.Durations[d.name] = seconds(from, to)
		} else {
			delete(i.Durations, d.name)
		}
	}
	if _, ok := i.Timeline["declared"]; !ok {
		return
	}
	active, held := int64(0), int64(0)
	for _, v := range i.Visits {
		if v.Status.IsOpen() && v.Status != tocsin.Proposed {
			if v.To.IsZero() {
				continue
			}
			h := onHold(i, v.From, v.To)
			active, held = active+v.Seconds-h, held+h
		}
	}
	i.Durations["active_s"] = active
	delete(i.Durations, "hold_s")
	if len(i.Holds) > 0 {
		i.Durations["hold_s"] = held
	}
}

// countable says whether statistics count the incident (register.md, 4.4).
func countable(i *tocsin.Incident) bool {
	class, _, _ := strings.Cut(i.Category, "/")
	return i.Status != tocsin.MergedIncident && i.Status != tocsin.Rejected && class != "test" &&
		i.Disposition != "test_exercise" && i.Disposition != "duplicate"
}

// stage is the place of a status on the forward path, -1 for one beside it.
func stage(s tocsin.Status) int { return slices.Index(tocsin.Stages(), s) }

// seconds is the whole seconds from one time to another, never negative.
func seconds(from, to time.Time) int64 { return max(0, int64(to.Sub(from)/time.Second)) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
