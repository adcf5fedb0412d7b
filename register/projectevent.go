package register

import (
	"slices"
	"time"

	"tocsin"
)

func (s *state) event(e tocsin.LogEntry, c eventChange) {
	if e.Action == tocsin.ActLate {
		s.incident.LateEvidence++
	}
	if !c.Event.Backfill {
		s.incident.Backfill = false
	}
	s.know(c.Event)
	if c.Rating != nil {
		s.rate(e.Effective, *c.Rating)
	}
	s.tie(c.links)
	s.carry(c.move)
	s.summarise()
}

// reject takes the rejection by a person, whose payload is a move, and that of a withdrawn event's proposal.
func (s *state) reject(_ tocsin.LogEntry, c eventChange) {
	if c.Event.ID != "" {
		s.know(c.Event)
		s.summarise()
	}
	s.carry(c.move)
}

// know takes in an event's revision: an older one than is known changes nothing.
func (s *state) know(ev eventState) {
	i := &s.incident
	was, known := s.events[ev.ID]
	if known && was.Revision > ev.Revision {
		return
	}
	kept := ev
	kept.Entities, kept.Degraded = nil, nil // they are in the incident
	s.events[ev.ID] = kept
	delete(s.moved, ev.ID) // it may come back, as part of an incident that is merged
	if !known {
		if len(i.Events) < maxEvents {
			i.Events = append(i.Events, ev.ID)
		} else {
			i.EventsCut++
		}
	}
	i.Rules = union(i.Rules, ev.Rule)
	i.Alerts += ev.Count - was.Count
	s.entities(ev.Entities)
	i.Degraded = union(i.Degraded, ev.Degraded...)
	s.stretch(ev.First, ev.Last)
}

// stretch widens the span of the incident's activity.
func (s *state) stretch(first, last time.Time) {
	i := &s.incident
	if last.After(i.Last) {
		i.Last = last
	}
	if first.IsZero() || slices.Contains(i.Asserted, "occurred") {
		return
	}
	if was, ok := i.Timeline["occurred"]; !ok || first.Before(was) {
		i.Timeline["occurred"] = first
	}
}

func (s *state) entities(more []tocsin.Entity) {
	i := &s.incident
	for _, e := range more {
		if slices.Contains(i.Entities, e) {
			continue
		}
		if len(i.Entities) >= maxEntities {
			i.Degraded = union(i.Degraded, "entities_cut")
			return
		}
		i.Entities = append(i.Entities, e)
	}
}

func (s *state) tie(l links) {
	i := &s.incident
	i.Slots = union(i.Slots, l.Slots...)
	for _, r := range l.Related {
		if r != "" && r != i.ID && len(i.Related) < maxRelated {
			i.Related = union(i.Related, r)
		}
	}
}
