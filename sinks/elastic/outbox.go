package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

// kindOutbox is the index of notices, and of how far each incident's log is told.
const kindOutbox = "outbox"

// PutNotice stores a notice as the version that follows the stored one; see [sinks.Outbox].
func (s *Store) PutNotice(ctx context.Context, n tocsin.Notice) error {
	doc, err := stored(n.Created, "event", object{
		"kind": "notice", "id": n.ID, "tenant": n.Tenant, "version": n.Version, "incident": n.Incident, "receiver": n.Receiver, "route": n.Route,
		"state": n.State, "action": n.Action, "order": object{"due": sinks.Nanos(n.Due)},
	}, &n)
	if err != nil {
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	return s.succeed(ctx, name{s.index(kindOutbox), n.ID}, n.Version, doc)
}

// Notice returns one notice, in real time.
func (s *Store) Notice(ctx context.Context, id string) (n tocsin.Notice, err error) {
	err = s.oneToChange(ctx, name{s.index(kindOutbox), id}, &n)
	return n, err
}

// Notices lists notices by their due time.
func (s *Store) Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error) {
	filter := []object{{"term": object{"tocsin.kind": object{"value": "notice"}}}}
	for field, value := range map[string]string{"tenant": q.Tenant, "incident": q.Incident, "receiver": q.Receiver, "state": string(q.State)} {
		if value != "" {
			filter = append(filter, object{"term": object{"tocsin." + field: object{"value": value}}})
		}
	}
	if !q.Until.IsZero() {
		filter = append(filter, object{"range": object{"tocsin.order.due": object{"lte": sinks.Nanos(q.Until)}}})
	}
	order := "asc"
	if q.Newest {
		order = "desc"
	}
	reply, err := s.search(ctx, s.index(kindOutbox), object{
		"size": sinks.NoticeLimit(q), "query": object{"bool": object{"filter": filter}},
		"sort": []object{{"tocsin.order.due": object{"order": order, "unmapped_type": "long"}}, {"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
	})
	if err != nil {
		return nil, err
	}
	var all []tocsin.Notice
	for _, hit := range reply.Hits.Hits {
		d := document{source: hit.Source}
		var n tocsin.Notice
		if err := d.decode(&n); err != nil {
			return nil, fmt.Errorf("notice %s: %w", hit.ID, err)
		}
		all = append(all, n)
	}
	return all, nil
}

// toldID names the document that says how far an incident's log is told.
func toldID(incident string) string { return "told-" + incident }

// PutTold notes it, with the number as external version: a lower one is left alone.
func (s *Store) PutTold(ctx context.Context, incident string, seq int64) error {
	doc, err := json.Marshal(object{"tocsin": object{"kind": "told", "incident": incident}, "doc": object{"seq": strconv.FormatInt(seq, 10)}})
	if err != nil {
		return err
	}
	_, err = s.put(ctx, action{op: "index", index: s.index(kindOutbox), id: toldID(incident), version: &seq, doc: doc})
	return err
}

// Told tells it of some incidents, in real time.
func (s *Store) Told(ctx context.Context, incidents []string) (map[string]int64, error) {
	out := map[string]int64{}
	for len(incidents) > 0 {
		now := incidents[:min(len(incidents), readAtOnce)]
		incidents = incidents[len(now):]
		names := make([]name, len(now))
		for i, id := range now {
			names[i] = name{s.index(kindOutbox), toldID(id)}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			var t struct {
				Seq int64 `json:"seq,string"`
			}
			if !docs[i].found {
				continue
			}
			if err := docs[i].decode(&t); err != nil {
				return nil, fmt.Errorf("%s: %w", names[i].id, err)
			}
			out[now[i]] = t.Seq
		}
	}
	return out, nil
}

// DropNotices removes notices.
func (s *Store) DropNotices(ctx context.Context, ids []string) error {
	actions := make([]action, len(ids))
	for i, id := range ids {
		actions[i] = action{op: "delete", index: s.index(kindOutbox), id: id}
	}
	_, err := s.put(ctx, actions...)
	return err
}
