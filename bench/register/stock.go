package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/integrity"
	"tocsin/internal/web"
)

// stocked is how many incidents have their event and its alerts in the store.
const stocked = 2000

// stock stores the events and alerts of incidents, so that their pages have all that a page may have, and returns the ids
// of the events.
func stock(ctx context.Context, s store, ids []string) (names []string, err error) {
	var events []tocsin.Event
	var alerts []tocsin.Alert
	for _, id := range ids {
		i, err := s.Incident(ctx, id)
		if err != nil {
			return nil, err
		}
		e := tocsin.Event{
			ID: i.Events[0], Tenant: i.Tenant, Activity: tocsin.Closed, Milestone: tocsin.MilestoneOpened, Revision: 1, Entities: i.Entities, Count: i.Alerts,
			Rule:  tocsin.RuleRef{ID: i.Rule, Title: i.Title, Level: "high", Version: "1.0.0"},
			First: i.Timeline["first_alert"], Last: i.Last, Opened: i.Opened, Detected: i.Timeline["detected"],
		}
		for n := range 10 {
			raw := []byte(strings.Repeat(`{"message":"Failed password for ann from 203.0.113.7"}`, 8))
			a := tocsin.Alert{
				ID: fmt.Sprintf("%s-%d", e.ID, n), Tenant: i.Tenant, Source: "edge", Format: "ecs", Time: e.First, Received: e.First, Raw: raw, SHA256: sha256.Sum256(raw),
				Fields: tocsin.NewFields([]tocsin.Field{{Name: "user.name", Value: tocsin.StringValue(i.Entities[1].Value)}, {Name: "message", Value: tocsin.StringValue(string(raw))}}),
			}
			e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{ID: a.ID, Source: a.Source, Time: a.Time})
			alerts = append(alerts, a)
		}
		events, names = append(events, e), append(names, e.ID)
	}
	for len(alerts) > 0 {
		n := min(1000, len(alerts))
		if _, err := s.StoreAlerts(ctx, alerts[:n]); err != nil {
			return nil, err
		}
		alerts = alerts[n:]
	}
	for chunk := range slices.Chunk(events, 1000) {
		if err := s.StoreEvents(ctx, chunk); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// An exhibitor holds one copy of everything.
type exhibitor struct{}

// List is a hundred copies.
func (exhibitor) List(_ context.Context, i tocsin.Incident) ([]integrity.Listed, error) {
	all := make([]integrity.Listed, 100)
	for n := range all {
		all[n].Exhibit = tocsin.Exhibit{ID: fmt.Sprint("x", n), Manifest: tocsin.Manifest{Incident: i.ID, Source: "edge", At: i.Opened, Size: 432, SHA256: strings.Repeat("ab", 32)}}
	}
	return all, nil
}

// Original is a copy.
func (exhibitor) Original(_ context.Context, i tocsin.Incident, id, _ string, _ tocsin.Actor) (tocsin.Exhibit, error) {
	return tocsin.Exhibit{ID: id, Manifest: tocsin.Manifest{Incident: i.ID, Source: "edge", At: i.Opened, SHA256: strings.Repeat("ab", 32)}, Original: []byte(strings.Repeat("a record ", 50))}, nil
}

// A bench is a workshop with one text for every rule.
type bench struct{}

// Source is a rule of a page.
func (bench) Source(string) (web.RuleSource, bool) {
	return web.RuleSource{File: "rules/spray.yml", Line: 3, Text: strings.Repeat("# what it is for\n", 60), Tests: []string{"three failures"}}, true
}

// Test runs nothing.
func (bench) Test(context.Context, string) ([]web.RuleTest, error) { return nil, nil }

// Draft is the text itself.
func (bench) Draft(context.Context, web.DraftQuery) (web.RuleDraft, error) {
	return web.RuleDraft{Text: strings.Repeat("# what it is for\n", 60), File: "rules/spray.yml"}, nil
}
