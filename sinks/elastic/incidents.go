package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

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

func (s *Store) showing(i *tocsin.Incident) ([]action, error) {
	doc, err := stored(i.Opened, "state", incidentFields(i), i)
	if err != nil {
		return nil, fmt.Errorf("incident %s: %w", i.ID, err)
	}
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
	class, kind, _ := strings.Cut(i.Category, "/")
	id := fmt.Sprintf("%s:%d", i.ID, v.Number)
	doc, err := stored(v.To, "metric", object{
		"id": id, "incident": i.ID, "tenant": i.Tenant, "status": v.Status, "priority": object{"current": v.Priority}, "platform": object{"primary": v.Platform},
		"category": object{"class": class, "type": kind}, "visit": v.Number, "seconds": v.Seconds,
		"from_at": json.RawMessage(date(v.From)), "to_at": json.RawMessage(date(v.To)),
	}, v)
	return action{op: "create", index: index, id: id, doc: doc}, err
}

// incidentFields are the typed fields of register.md 4.2. A time or a word that is not there has no field.
func incidentFields(i *tocsin.Incident) object {
	class, kind, _ := strings.Cut(i.Category, "/")
	fields := object{
		"id": i.ID, "number": i.Number, "tenant": i.Tenant, "revision": i.Revision, "title": i.Title, "summary": i.Summary,
		"status": i.Status, "status_since": json.RawMessage(date(i.StatusSince)), "mode": i.Mode, "discovery": object{"method": i.Discovery},
		"category":     object{"class": class, "type": kind, "basis": i.Basis},
		"category_iso": i.CategoryISO, "cause": object{"root": i.RootCause, "intent": i.Intent, "means": i.Means}, "scale": object{"version": i.Scale},
		"impact":   object{"functional": i.Impact.Functional, "information": i.Impact.Information, "recoverability": i.Impact.Recoverability, "business_loss": i.Impact.BusinessLoss, "social": i.Impact.Social},
		"urgency":  i.Urgency,
		"severity": object{"class": i.Class, "name": i.Severity}, "asset": object{"importance": i.Asset}, "platform": object{"primary": i.Platform},
		"priority": object{"current": i.Priority, "initial": i.Priorities.Initial, "highest": i.Priorities.Highest, "final": i.Priorities.Final},
		"timeline": dates(i.Timeline), "duration": plainNames(i.Durations), "sla": slaFields(i.Targets), "clock": clockFields(i.Clocks),
		"event": i.Events, "alerts": i.Alerts, "entity": entityFields(i.Entities),
		"coordinator": i.Coordinator, "assignee": i.Assignee, "teams": teamNames(i.Teams), "team": i.Teams, "disposition": i.Disposition,
		"review": i.Review, "confirm": i.Confirm, "hold": holdFields(i), "crisis": crisisFields(i), "reopen_count": i.ReopenCount,
		"merged_into": i.Into, "children": i.Children, "recurs_of": i.RecursOf, "relates": i.Related,
		"metrics": object{"countable": i.Countable}, "degraded": i.Degraded, "late_evidence": i.LateEvidence, "tlp": i.TLP, "pap": i.PAP, "visibility": i.Visibility,
		"recurrences": i.Recurs, "split_of": i.SplitOf, "split_into": i.SplitInto, "failed_controls": i.FailedControls, "vulnerability": i.Vulnerabilities, "follow_up": followUpFields(i),
		"log":   object{"head_seq": i.Revision, "head_hash": i.Head},
		"order": sinks.SortedIncident(i), "rules": i.Rules, "words": sinks.Words(i.Title), "breached": sinks.Breached(i),
	}
	if len(i.Shared) > 0 {
		fields["shared"] = i.Shared
	}
	measureFields(i, fields)
	for name, value := range fields { // an absent word is no field
		if text, ok := value.(string); ok && text == "" && name != "tenant" {
			delete(fields, name)
		}
	}
	return fields
}

// plainName is what a mark, duration or target may be called to become a field; others are in doc alone.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func plainNames(values map[string]int64) object {
	fields := object{}
	for name, value := range values {
		if plainName.MatchString(name) {
			fields[name] = value
		}
	}
	return fields
}

func dates(marks map[string]time.Time) object {
	fields := object{}
	for name, at := range marks {
		if plainName.MatchString(name) && !at.IsZero() {
			fields[name] = json.RawMessage(date(at))
		}
	}
	return fields
}

func slaFields(targets map[string]tocsin.Target) object {
	fields := object{}
	for name, t := range targets {
		if !plainName.MatchString(name) {
			continue
		}
		sla := object{"due": json.RawMessage(date(t.Due)), "breached_by_s": t.BreachedS, "escalated": t.Escalated}
		if t.Met != nil {
			sla["met"] = *t.Met
		}
		fields[name] = sla
	}
	return fields
}
