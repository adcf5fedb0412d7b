package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// kindEvidence is the kind of the monthly indices of copies of alerts: of the month that the incident's id names.
const kindEvidence = "evidence"

var (
	_ sinks.EvidenceStore = (*Store)(nil)
	_ sinks.Retention     = (*Store)(nil)
	_ sinks.LogEraser     = (*Store)(nil)
	_ sinks.Disposer      = (*Store)(nil)
	_ sinks.Entitlement   = (*Store)(nil)
)

// originalsAtOnce bounds an answer: a record may have a megabyte, and most have a thousandth of that.
const originalsAtOnce = 128

// Originals returns alerts with their bytes, read by id in the months that their references name; see
// [sinks.EvidenceStore].
func (s *Store) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	var alerts []tocsin.Alert
	for portion := range slices.Chunk(refs, originalsAtOnce) {
		names := make([]name, len(portion))
		for i, ref := range portion {
			names[i] = name{s.monthly(kindAlerts, sinks.Month(&tocsin.Alert{Time: ref.Time, Received: ref.Received})), ref.ID}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			if !docs[i].found {
				continue
			}
			a, _, err := decodeOriginal(docs[i].source)
			if err != nil {
				return nil, err
			}
			alerts = append(alerts, a)
		}
	}
	return alerts, nil
}

// PutExhibits creates copies; see [sinks.EvidenceStore].
func (s *Store) PutExhibits(ctx context.Context, all []tocsin.Exhibit) error {
	actions := make([]action, len(all))
	for i := range all {
		var err error
		if actions[i], err = s.exhibiting(&all[i]); err != nil {
			return err
		}
	}
	_, err := s.put(ctx, actions...)
	return err
}

// exhibiting creates a copy.
func (s *Store) exhibiting(x *tocsin.Exhibit) (action, error) {
	index, ok := s.indexOf(kindEvidence, x.Incident)
	if !ok {
		return action{}, fmt.Errorf("incident %.80q names no month: %w", x.Incident, sinks.ErrPermanent)
	}
	doc, err := stored(x.At, "event", exhibitFields(x), *x)
	if err != nil {
		return action{}, fmt.Errorf("exhibit %s: %w", x.ID, err)
	}
	return action{op: "create", index: index, id: x.ID, doc: doc}, nil
}

// exhibitFields are what a copy is found by.
func exhibitFields(x *tocsin.Exhibit) object {
	return object{"id": x.ID, "kind": "exhibit", "incident": x.Incident, "tenant": x.Tenant, "event": x.Event}
}

// manifest are the members of an exhibit that are read without its original.
var manifest = []string{
	"doc.id", "doc.incident", "doc.tenant", "doc.event", "doc.alert", "doc.sha256", "doc.size", "doc.media_type", "doc.source", "doc.format",
	"doc.ref", "doc.at", "doc.received", "doc.acquired",
}

// Exhibits returns copies; see [sinks.EvidenceStore].
func (s *Store) Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error) {
	index, ok := s.indexOf(kindEvidence, incident)
	if !ok {
		return nil, nil
	}
	fields := manifest
	if originals {
		fields = nil
	}
	var all []tocsin.Exhibit
	for portion := range slices.Chunk(ids, originalsAtOnce) {
		names := make([]name, len(portion))
		for i, id := range portion {
			names[i] = name{index, id}
		}
		docs, err := s.mget(ctx, names, fields...)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			var x tocsin.Exhibit
			if !docs[i].found {
				continue
			}
			if err := docs[i].decode(&x); err != nil {
				return nil, fmt.Errorf("exhibit %s: %w", names[i].id, err)
			}
			if x.Incident == incident {
				all = append(all, x)
			}
		}
	}
	return all, nil
}

// copiesAtOnce bounds a page of ids.
const copiesAtOnce = 1000

// Copies are the ids of all copies of an incident, as a search sees them; see [sinks.Disposer].
func (s *Store) Copies(ctx context.Context, incident string) (ids []string, err error) {
	index, ok := s.indexOf(kindEvidence, incident)
	if !ok {
		return nil, nil
	}
	for after := ""; ; after = ids[len(ids)-1] {
		reply, err := s.search(ctx, index, object{
			"size": copiesAtOnce, "track_total_hits": false, "_source": false,
			"sort": []object{{"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
			"query": object{"bool": object{"filter": []object{
				{"term": object{"tocsin.incident": incident}}, {"range": object{"tocsin.id": object{"gt": after}}},
			}}},
		})
		if err != nil {
			return nil, err
		}
		for _, hit := range reply.Hits.Hits {
			ids = append(ids, hit.ID)
		}
		if len(reply.Hits.Hits) < copiesAtOnce {
			return ids, nil
		}
	}
}

// DropOriginals puts copies without bytes in the place of copies; see [sinks.Disposer]. The daemon's own role may not.
func (s *Store) DropOriginals(ctx context.Context, incident string, ids []string) error {
	index, ok := s.indexOf(kindEvidence, incident)
	if !ok {
		return nil
	}
	for portion := range slices.Chunk(ids, originalsAtOnce) {
		names := make([]name, len(portion))
		for i, id := range portion {
			names[i] = name{index, id}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return err
		}
		if err := s.bare(ctx, incident, names, docs); err != nil {
			return err
		}
	}
	return nil
}

// bare writes those of some copies that are there and have bytes without them, each in its own place.
func (s *Store) bare(ctx context.Context, incident string, names []name, docs []document) error {
	var actions []action
	for i := range docs {
		var x tocsin.Exhibit
		if !docs[i].found {
			continue
		}
		if err := docs[i].decode(&x); err != nil {
			return fmt.Errorf("exhibit %s: %w", names[i].id, err)
		}
		if x.Incident != incident || x.Original == nil {
			continue
		}
		x.Original = nil
		a, err := s.exhibiting(&x)
		if err != nil {
			return err
		}
		a.op, a.after = "index", &docs[i].place
		actions = append(actions, a)
	}
	ledger, err := s.put(ctx, actions...)
	if err != nil {
		return err
	}
	for i := range ledger {
		if ledger[i].verdict() == conflict {
			return fmt.Errorf("exhibit %s: %w", actions[i].id, tocsin.ErrConflict)
		}
	}
	return nil
}

// AlertMonths counts the documents of the alert indices; see [sinks.Retention].
func (s *Store) AlertMonths(ctx context.Context) (map[string]int64, error) {
	body, err := s.plain(ctx, http.MethodGet, "/"+s.monthly(kindAlerts, "*")+"/_stats/docs?level=indices")
	if err != nil {
		return nil, err
	}
	var stats struct {
		Indices map[string]struct {
			Primaries struct {
				Docs struct {
					Count int64 `json:"count"`
				} `json:"docs"`
			} `json:"primaries"`
		} `json:"indices"`
	}
	if err := json.Unmarshal(body, &stats); err != nil {
		return nil, fmt.Errorf("months: %v: %w", err, errOdd)
	}
	months := map[string]int64{}
	for index, of := range stats.Indices {
		month := strings.TrimPrefix(index, s.monthly(kindAlerts, ""))
		if _, ok := tocsin.Month(strings.Replace(month, ".", "", 1) + "-"); ok {
			months[month] = of.Primaries.Docs.Count
		}
	}
	return months, nil
}

// DropAlerts deletes the index of a month; see [sinks.Retention]. The daemon's own role may not.
func (s *Store) DropAlerts(ctx context.Context, month string) (int64, error) {
	months, err := s.AlertMonths(ctx)
	n, there := months[month]
	if err != nil || !there {
		return 0, err
	}
	_, err = s.plain(ctx, http.MethodDelete, "/"+s.monthly(kindAlerts, month))
	return n, err
}

// plain does a request that has no body, once.
func (s *Store) plain(ctx context.Context, method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, sinks.ErrPermanent)
	}
	res, err := s.client.Perform(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err == nil && res.StatusCode >= 300 {
		err = fault(res.StatusCode, body)
	}
	return body, err
}

// ReplaceEntry replaces an entry; see [sinks.LogEraser]. The daemon's own role may not.
func (s *Store) ReplaceEntry(ctx context.Context, e tocsin.LogEntry) error {
	index, ok := s.indexOf(kindLog, e.Incident)
	if !ok {
		return fmt.Errorf("log entry %.80q names no month: %w", e.ID(), sinks.ErrPermanent)
	}
	there, err := s.one(ctx, name{index, e.ID()}, &tocsin.LogEntry{})
	if err != nil {
		return err
	}
	doc, err := entryDocument(&e)
	if err != nil {
		return fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	ledger, err := s.put(ctx, action{op: "index", index: index, id: e.ID(), after: &there.place, doc: doc})
	if err == nil && ledger[0].verdict() == conflict {
		err = fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrConflict)
	}
	return err
}

// Fold has nothing to clear: what was replaced goes when segments are merged; see [sinks.LogEraser].
func (s *Store) Fold(context.Context) error { return nil }
