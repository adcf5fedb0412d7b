package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

// PutIncident writes the projection with its revision as external version, unless a later one is there, and creates
// a document for each closed visit of a status: stage times are aggregated from these (register.md 4.5).
func (s *Store) PutIncident(ctx context.Context, i tocsin.Incident) error {
	actions, err := s.showing(&i)
	if err != nil {
		return err
	}
	_, err = s.put(ctx, actions...)
	return err
}

// showing writes an incident, and creates the documents of its visits.
func (s *Store) showing(i *tocsin.Incident) ([]action, error) {
	text, err := json.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("incident %s: %w", i.ID, err)
	}
	doc := appendIncident(make([]byte, 0, 2*len(text)+2048), i, text)
	actions := []action{{op: "index", index: s.index(kindIncidents), id: i.ID, version: &i.Revision, doc: doc}}
	for n := range i.Visits {
		if i.Visits[n].To.IsZero() {
			continue
		}
		interval, err := s.interval(i, &i.Visits[n])
		if err != nil {
			return nil, fmt.Errorf("incident %s: %w", i.ID, err)
		}
		actions = append(actions, interval)
	}
	return actions, nil
}

// interval creates the document of one closed visit, in the month of the incident's id.
func (s *Store) interval(i *tocsin.Incident, v *tocsin.Visit) (action, error) {
	index, ok := s.indexOf(kindIntervals, i.ID)
	if !ok {
		return action{}, fmt.Errorf("id %.80q names no month: %w", i.ID, sinks.ErrPermanent)
	}
	id := visitID(i, v)
	doc, err := appendVisit(nil, i, v, id)
	return action{op: "create", index: index, id: id, doc: doc}, err
}

// visitID is the id of a visit's document.
func visitID(i *tocsin.Incident, v *tocsin.Visit) string { return i.ID + ":" + strconv.Itoa(v.Number) }
