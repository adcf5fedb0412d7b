package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
	"tocsin/sinks"
)

const kindBacklog = "backlog"

// dimensionField is the field of a dimension.
func dimensionField(name string) string {
	fields := map[string]string{
		"priority": "tocsin.priority.current", "platform": "tocsin.platform.primary", "category": "tocsin.category.class", "rule": "tocsin.rule.id",
		"root_cause": "tocsin.cause.root", "counted_as": "tocsin.metrics.counted_as", "team": "tocsin.metrics.team",
	}
	if target, ok := strings.CutPrefix(name, "target_"); ok {
		return "tocsin.sla." + target + ".state"
	}
	if field, ok := fields[name]; ok {
		return field
	}
	return "tocsin." + name
}

// valueField is the field of a value, or of a cohort's mark, which is a date: milliseconds.
func valueField(name string) (field string, date bool) {
	switch name {
	case "reopen_count", "alerts":
		return "tocsin." + name, false
	case "events":
		return "tocsin.event_count", false
	}
	if slices.Contains(tocsin.Cohorts(), name) {
		return "tocsin.timeline." + name, true
	}
	return "tocsin.duration." + name, false
}

// tallyPage is how many tallies are asked for at a time; the server's limit is 65,536 (search.max_buckets).
const tallyPage = 20_000

// Tallies counts incidents that are alike, by one composite aggregation: exact, without scripts; see [sinks.Measures].
func (s *Store) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	composite := object{"size": tallyPage, "sources": tallySources(&q)}
	search := object{
		"size": 0, "track_total_hits": false, "query": object{"bool": object{"filter": tallyFilters(&q)}},
		"aggs": object{"alike": object{"composite": composite, "aggs": tallySums(&q)}},
	}
	for {
		body, err := json.Marshal(search)
		if err != nil {
			return nil, fmt.Errorf("tallies: %w", err)
		}
		reply := tallyReply{}
		req := func() esapi.Request {
			reply = tallyReply{}
			return esapi.SearchRequest{
				Index: []string{s.index(kindIncidents)}, Body: bytes.NewReader(body), FilterPath: []string{"aggregations", "timed_out", "_shards"},
				IgnoreUnavailable: new(true), AllowNoIndices: new(true), AllowPartialSearchResults: new(false),
			}
		}
		if err := s.ask(ctx, "search", req, &reply, reply.valid); err != nil {
			return nil, err
		}
		for _, b := range reply.Aggregations.Alike.Buckets {
			one, err := b.tally(&q, t)
			if err != nil {
				return nil, err
			}
			t.Merge(one)
		}
		if len(reply.Aggregations.Alike.Buckets) < tallyPage {
			return t.All(), nil
		}
		composite["after"] = reply.Aggregations.Alike.After
	}
}

// tallySources are what documents of one tally have in common.
func tallySources(q *tocsin.TallyQuery) []object {
	terms := func(name, field string, missing bool) object {
		return object{name: object{"terms": object{"field": field, "missing_bucket": missing}}}
	}
	var all []object
	if q.Interval != "" {
		zone := "UTC"
		if q.Zone != nil {
			zone = q.Zone.String()
		}
		all = append(all, object{"at": object{"date_histogram": object{
			"field": "tocsin.timeline." + q.Cohort, "calendar_interval": q.Interval, "time_zone": zone,
		}}})
	}
	for n, by := range q.By {
		all = append(all, terms(fmt.Sprint("k", n), dimensionField(by), true))
	}
	if q.Value != "" {
		field, _ := valueField(q.Value)
		all = append(all, terms("v", field, false))
	}
	if len(all) == 0 { // an aggregation needs something: all incidents have this in common
		all = append(all, terms("all", "event.kind", true))
	}
	return all
}

func tallySums(q *tocsin.TallyQuery) object {
	all := object{}
	for n, name := range q.Sums {
		field, _ := valueField(name)
		all[fmt.Sprint("s", n)] = object{"sum": object{"field": field}}
	}
	return all
}

func tallyFilters(q *tocsin.TallyQuery) []object {
	all := []object{{"range": object{"tocsin.timeline." + q.Cohort: object{
		"gte": q.From.Unix(), "lt": q.To.Unix(), "format": "epoch_second",
	}}}}
	if q.Tenant != "" {
		all = append(all, object{"term": object{"tocsin.tenant": q.Tenant}})
	}
	for name, words := range q.Where {
		if len(words) == 0 {
			continue
		}
		any := []object{{"terms": object{dimensionField(name): words}}}
		if slices.Contains(words, "") {
			any = append(any, object{"bool": object{"must_not": []object{{"exists": object{"field": dimensionField(name)}}}}})
		}
		all = append(all, object{"bool": object{"should": any, "minimum_should_match": 1}})
	}
	return all
}

// A counted is what a reply says of whether all was counted.
type counted struct {
	TimedOut bool `json:"timed_out"`
	Shards   *struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
}

func (r *counted) valid() error {
	if r.Shards == nil || r.Shards.Failed > 0 || r.TimedOut {
		return fmt.Errorf("counted: not of all shards: %w", errOdd)
	}
	return nil
}

type tallyReply struct {
	counted
	Aggregations struct {
		Alike struct {
			After   json.RawMessage `json:"after_key"`
			Buckets []tallyBucket   `json:"buckets"`
		} `json:"alike"`
	} `json:"aggregations"`
}

// A tallyBucket is one tally: keys by source, the count, and sums by place.
type tallyBucket map[string]json.RawMessage

func (b tallyBucket) tally(q *tocsin.TallyQuery, t *tocsin.Tallies) (tocsin.Tally, error) {
	one := tocsin.Tally{At: q.From, Keys: make([]string, len(q.By)), Sums: make([]int64, len(q.Sums))}
	var keys map[string]json.RawMessage
	err := errors.Join(json.Unmarshal(b["key"], &keys), json.Unmarshal(b["doc_count"], &one.N))
	if q.Interval != "" && err == nil {
		var ms int64
		err = json.Unmarshal(keys["at"], &ms)
		one.At = t.At(time.UnixMilli(ms))
	}
	for n := range one.Keys {
		var word *string
		err = errors.Join(err, json.Unmarshal(keys[fmt.Sprint("k", n)], &word))
		if word != nil {
			one.Keys[n] = *word
		}
	}
	if q.Value != "" {
		err = errors.Join(err, json.Unmarshal(keys["v"], &one.Value))
		if _, date := valueField(q.Value); date {
			one.Value = time.UnixMilli(one.Value).Unix()
		}
	}
	for n := range one.Sums {
		var sum struct {
			Value float64 `json:"value"` // exact below 2^53 seconds
		}
		err = errors.Join(err, json.Unmarshal(b[fmt.Sprint("s", n)], &sum))
		one.Sums[n] = int64(sum.Value)
	}
	if err != nil {
		return one, fmt.Errorf("tallies: %v: %w", err, sinks.ErrDamaged)
	}
	return one, nil
}

// PutBacklog creates what was taken of a day; see [sinks.Backlogs].
func (s *Store) PutBacklog(ctx context.Context, all []tocsin.Backlog) error {
	actions := make([]action, len(all))
	for n := range all {
		var err error
		if actions[n], err = s.backlogAction(&all[n]); err != nil {
			return err
		}
	}
	if len(actions) == 0 {
		return nil
	}
	_, err := s.put(ctx, actions...)
	return err
}

// backlogAction creates one document of a day.
func (s *Store) backlogAction(b *tocsin.Backlog) (action, error) {
	fields := object{"id": b.ID(), "day": b.Day, "backlog": object{
		"scope": backlogScope(b), "open": b.Open, "late": b.Late, "p50_s": b.P50, "p90_s": b.P90, "oldest_s": b.Oldest,
	}}
	for name, word := range map[string]string{"tenant": b.Tenant, "priority": b.Priority} {
		if word != "" && name == "priority" {
			fields[name] = object{"current": word}
		} else if word != "" {
			fields[name] = word
		}
	}
	doc, err := stored(b.At, "metric", fields, b)
	if err != nil {
		return action{}, fmt.Errorf("backlog: %w", err)
	}
	return action{op: "create", index: s.index(kindBacklog), id: b.ID(), doc: doc}, nil
}

// backlogScope says what a document is about, so that a dashboard adds up none twice.
func backlogScope(b *tocsin.Backlog) string {
	switch {
	case b.Tenant == "" && b.Priority == "":
		return "all"
	case b.Tenant == "":
		return "priority"
	case b.Priority == "":
		return "tenant"
	}
	return "tenant_priority"
}

// Backlogs tells what was taken; see [sinks.Backlogs].
func (s *Store) Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error) {
	scopes := []string{"all", "priority"}
	filters := []object{{"range": object{"tocsin.day": object{"gte": from, "lt": to}}}}
	if tenant != "" {
		scopes = []string{"tenant", "tenant_priority"}
		filters = append(filters, object{"term": object{"tocsin.tenant": tenant}})
	}
	filters = append(filters, object{"terms": object{"tocsin.backlog.scope": scopes}})
	query := object{
		"size": 10_000, "track_total_hits": true, "_source": []string{"doc"}, "query": object{"bool": object{"filter": filters}},
		"sort": []object{{"tocsin.day": object{"order": "asc", "unmapped_type": "date"}}, {"tocsin.priority.current": object{"order": "asc", "missing": "_first", "unmapped_type": "keyword"}}},
	}
	reply, err := s.search(ctx, s.index(kindBacklog), query)
	if err != nil {
		return nil, err
	}
	if reply.Hits.Total.Value > int64(len(reply.Hits.Hits)) {
		return nil, fmt.Errorf("backlog from %s to %s: %d documents are too many: %w", from, to, reply.Hits.Total.Value, tocsin.ErrQuery)
	}
	all := make([]tocsin.Backlog, len(reply.Hits.Hits))
	for n, hit := range reply.Hits.Hits {
		if err := (&document{source: hit.Source}).decode(&all[n]); err != nil {
			return nil, fmt.Errorf("backlog: %w", err)
		}
	}
	return all, nil
}

// measureTypes are the fields of statistics that no other document has.
func measureTypes(into map[string]string) map[string]string {
	maps.Copy(into, byType(map[string]string{
		"date":    "tocsin.day",
		"keyword": "tocsin.metrics.team tocsin.metrics.counted_as tocsin.backlog.scope",
		"long":    "tocsin.event_count tocsin.backlog.open tocsin.backlog.late tocsin.backlog.p50_s tocsin.backlog.p90_s tocsin.backlog.oldest_s",
	}, map[string]string{}))
	return into
}
