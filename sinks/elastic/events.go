package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// stored is a document of the store's own shape: typed fields that dashboards aggregate, and doc, unindexed, which is
// what was stored, as the product's output contract has it.
func stored(at time.Time, kind string, fields object, doc any) ([]byte, error) {
	inner, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	outer := object{"@timestamp": json.RawMessage(date(at)), "event": object{"kind": kind}, "tocsin": fields, "doc": json.RawMessage(inner)}
	if related, ok := fields["related"]; ok { // a field of ECS, not of ours
		outer["related"] = related
		delete(fields, "related")
	}
	return json.Marshal(outer)
}

// StoreEvents writes each event with its revision as external version; see [sinks.EventStore].
func (s *Store) StoreEvents(ctx context.Context, events []tocsin.Event) error {
	actions := make([]action, len(events))
	for i := range events {
		e := &events[i]
		index, ok := s.indexOf(kindEvents, e.ID)
		if !ok {
			return fmt.Errorf("event %.80q names no month: %w", e.ID, sinks.ErrPermanent)
		}
		doc, err := stored(e.First, "event", eventFields(e), e)
		if err != nil {
			return fmt.Errorf("event %s: %w", e.ID, err)
		}
		actions[i] = action{op: "index", index: index, id: e.ID, version: &e.Revision, doc: doc}
	}
	_, err := s.put(ctx, actions...)
	return err
}

// indexOf is the index of a document whose id names its month.
func (s *Store) indexOf(kind, id string) (string, bool) {
	month, ok := tocsin.Month(id)
	if !ok || strings.Trim(month, "0123456789.") != "" {
		return "", false
	}
	return s.monthly(kind, month), true
}

func eventFields(e *tocsin.Event) object {
	fields := object{
		"id": e.ID, "tenant": e.Tenant, "revision": e.Revision, "activity": e.Activity, "milestone": e.Milestone, "count": e.Count,
		"rule":  object{"id": e.Rule.ID, "version": e.Rule.Version, "title": e.Rule.Title, "level": e.Rule.Level, "category": e.Rule.Category, "tags": e.Rule.Tags},
		"group": groupTexts(e.Group), "first": json.RawMessage(date(e.First)), "last": json.RawMessage(date(e.Last)), "detected": json.RawMessage(date(e.Detected)),
		"entity": entityFields(e.Entities), "degraded": e.Completeness.Degraded, "backfill": e.Backfill,
		"order": object{"detected": sinks.Nanos(e.Detected)},
	}
	if e.MergedInto != "" {
		fields["merged_into"] = e.MergedInto
	}
	if related := relatedFields(e.Entities); len(related) > 0 {
		fields["related"] = related
	}
	return fields
}

func groupTexts(g tocsin.Group) []string {
	texts := make([]string, len(g))
	for i, gv := range g {
		texts[i] = gv.Field + "=" + gv.Value.Text()
	}
	return texts
}

func entityFields(entities []tocsin.Entity) object {
	var values, pairs []string
	for _, e := range entities {
		values, pairs = append(values, e.Value), append(pairs, e.Role+":"+e.Field+"="+e.Value)
	}
	return object{"value": values, "role": pairs}
}

// relatedFields are the entities as ECS has them for pivoting: related.ip, .user, .hosts, .hash.
func relatedFields(entities []tocsin.Entity) object {
	related := map[string][]string{}
	for _, e := range entities {
		root, _, _ := strings.Cut(e.Field, ".")
		_, err := netip.ParseAddr(e.Value)
		switch {
		case err == nil && !strings.Contains(e.Value, "%"):
			related["ip"] = append(related["ip"], e.Value)
		case strings.Contains(e.Field, "user."):
			related["user"] = append(related["user"], e.Value)
		case strings.Contains(e.Field, "hash."):
			related["hash"] = append(related["hash"], e.Value)
		case root == "host":
			related["hosts"] = append(related["hosts"], e.Value)
		}
	}
	fields := object{}
	for kind, values := range related {
		fields[kind] = values
	}
	return fields
}

// Event returns one event.
func (s *Store) Event(ctx context.Context, id string) (e tocsin.Event, err error) {
	index, _ := s.indexOf(kindEvents, id)
	_, err = s.one(ctx, name{index, id}, &e)
	return e, err
}

// readAtOnce bounds how many documents one request reads.
const readAtOnce = 100

// Events returns the events that are known, in the order asked.
func (s *Store) Events(ctx context.Context, ids []string) ([]tocsin.Event, error) {
	var events []tocsin.Event
	for len(ids) > 0 {
		portion := ids[:min(len(ids), readAtOnce)]
		ids = ids[len(portion):]
		names := make([]name, len(portion))
		for i, id := range portion {
			index, _ := s.indexOf(kindEvents, id)
			names[i] = name{index, id}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			if !docs[i].found {
				continue
			}
			var e tocsin.Event
			if err := docs[i].decode(&e); err != nil {
				return nil, fmt.Errorf("event %s: %w", portion[i], err)
			}
			events = append(events, e)
		}
	}
	return events, nil
}

// A letter is a dead letter as it is stored: a listing reads the beginning of its bytes alone.
type letter struct {
	tocsin.Rejection
	Beginning []byte `json:"beginning"`
}

// StoreRejections creates each dead letter once; see [sinks.DeadLetterStore].
func (s *Store) StoreRejections(ctx context.Context, rejections []tocsin.Rejection) error {
	actions := make([]action, len(rejections))
	for i := range rejections {
		r := &rejections[i]
		doc, err := stored(r.Received, "event", object{
			"id": r.ID, "tenant": r.Tenant, "source": object{"name": r.Source}, "stage": r.Stage, "reason": r.Reason, "order": object{"received": sinks.Nanos(r.Received)},
		}, letter{*r, r.Raw[:min(len(r.Raw), sinks.Beginning)]})
		if err != nil {
			return fmt.Errorf("dead letter %s: %w", r.ID, err)
		}
		actions[i] = action{op: "create", index: s.index(kindDeadletter), id: r.ID, doc: doc}
	}
	_, err := s.put(ctx, actions...)
	return err
}

// Rejection returns one dead letter; see [sinks.DeadLetters].
func (s *Store) Rejection(ctx context.Context, id string) (r tocsin.Rejection, err error) {
	_, err = s.one(ctx, name{s.index(kindDeadletter), id}, &r)
	return r, err
}

// Rejections lists dead letters; see [sinks.DeadLetters].
func (s *Store) Rejections(ctx context.Context, q sinks.RejectionQuery) (tocsin.Page[tocsin.Rejection], error) {
	l := listing{name: "rejections", index: s.index(kindDeadletter), at: "tocsin.order.received", without: []string{"doc.raw"}}
	l.equal("tocsin.tenant", q.Tenant)
	l.equal("tocsin.source.name", q.Source)
	l.equal("tocsin.reason", q.Reason)
	if !q.Since.IsZero() {
		l.within(l.at, new(sinks.Nanos(q.Since)), nil)
	}
	found, err := list(ctx, s, l, q.Limit, q.Cursor, func(r *letter) sinks.Key {
		return sinks.Key{At: sinks.Nanos(r.Received), ID: r.ID}
	})
	page := tocsin.Page[tocsin.Rejection]{Items: make([]tocsin.Rejection, len(found.Items)), Total: found.Total, Cursor: found.Cursor}
	for i, r := range found.Items {
		page.Items[i], page.Items[i].Raw = r.Rejection, r.Beginning
	}
	return page, err
}
