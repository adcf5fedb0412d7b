package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
	"tocsin/sinks"
)

// What was written to a shard has a number (_seq_no), the later the higher. It becomes visible in nearly this order: two
// writes at the same time may pass each other, by as much as a busy node or a copy of the shard lags behind. So what was
// visible a little earlier is read again.
const (
	measuresAgain = 15 * time.Second
	measuresFirst = 1000 // numbers that are read again behind the first reading
)

// A measuresMark says from where to go on.
type measuresMark struct {
	From   int64 `json:"from"`   // the number that was read last
	Low    int64 `json:"low"`    // to read from when all was read: the newest that was visible at least measuresAgain ago
	Then   int64 `json:"then"`   // the newest that was visible at At; Low next
	At     int64 `json:"at"`     // Unix time
	Newest int64 `json:"newest"` // of all that was seen
	Term   int64 `json:"term"`   // of the primary shard: another one may give numbers again
}

// MeasuresSince tells what was written, from the same fields that are aggregated; see [sinks.Measures].
func (s *Store) MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error) {
	m := measuresMark{From: -1, Low: -1, Newest: -1}
	if mark != "" {
		if err := json.Unmarshal([]byte(mark), &m); err != nil {
			return tocsin.Measures{}, fmt.Errorf("mark %.40q of measures: %w", mark, tocsin.ErrQuery)
		}
	}
	reply, err := s.measuredSince(ctx, m.From, max(limit, 1))
	if err != nil {
		return tocsin.Measures{}, err
	}
	if mark != "" && reply.elsewhere(&m) {
		found, err := s.MeasuresSince(ctx, "", limit)
		found.Anew = true
		return found, err
	}
	newest := reply.newest()
	if mark == "" {
		m.Then, m.At = max(newest-measuresFirst, -1), time.Now().Unix()
		m.Low = m.Then
	}
	found := tocsin.Measures{Total: reply.Aggregations.All.N, More: len(reply.Hits.Hits) == max(limit, 1)}
	for n := range reply.Hits.Hits {
		hit := &reply.Hits.Hits[n]
		one, err := hit.measure()
		if err != nil {
			return found, err
		}
		found.All = append(found.All, one)
		m.From, m.Term = hit.SeqNo, max(m.Term, hit.Term)
		m.Newest = max(m.Newest, hit.SeqNo)
	}
	if !found.More {
		m.settle(time.Now())
	}
	next, err := json.Marshal(m)
	found.Next = string(next)
	return found, err
}

// settle goes back to what is read again, as all was read.
func (m *measuresMark) settle(now time.Time) {
	if now.Unix()-m.At >= int64(measuresAgain/time.Second) {
		m.Low, m.Then, m.At = m.Then, m.Newest, now.Unix()
	}
	m.From = m.Low
}

// measuredSince asks for documents behind a number. One shard alone has one row of numbers.
func (s *Store) measuredSince(ctx context.Context, after int64, limit int) (*measuredReply, error) {
	body, err := json.Marshal(object{
		"size": limit, "track_total_hits": false, "seq_no_primary_term": true, "_source": false, "docvalue_fields": measuredFields(),
		"query": object{"range": object{"_seq_no": object{"gt": after}}}, "sort": []object{{"_seq_no": "asc"}},
		"aggs": object{"all": object{"global": object{}, "aggs": object{"newest": object{"max": object{"field": "_seq_no"}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("measures: %w", err)
	}
	reply := &measuredReply{}
	req := func() esapi.Request {
		*reply = measuredReply{}
		return esapi.SearchRequest{
			Index: []string{s.index(kindIncidents)}, Body: bytes.NewReader(body), Preference: "tocsin-measures", // always the same copy, while it is there
			IgnoreUnavailable: new(true), AllowNoIndices: new(true), AllowPartialSearchResults: new(false),
		}
	}
	if err := s.ask(ctx, "search", req, reply, reply.valid); err != nil {
		return nil, err
	}
	if reply.Shards.Total > 1 {
		return nil, fmt.Errorf("measures: index %s has %d shards, one alone has an order: %w", s.index(kindIncidents), reply.Shards.Total, errors.ErrUnsupported)
	}
	return reply, nil
}

func measuredFields() []object {
	var all []object
	for _, name := range tocsin.Dimensions() {
		all = append(all, object{"field": dimensionField(name)})
	}
	for _, name := range tocsin.Cohorts() {
		field, _ := valueField(name)
		all = append(all, object{"field": field, "format": "epoch_millis"})
	}
	for _, name := range tocsin.MeasureValues() {
		field, _ := valueField(name)
		all = append(all, object{"field": field})
	}
	return all
}

type measuredReply struct {
	TimedOut bool `json:"timed_out"`
	Shards   *struct {
		Total  int `json:"total"`
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits *struct {
		Hits []measuredHit `json:"hits"`
	} `json:"hits"`
	Aggregations struct {
		All struct {
			N      int64 `json:"doc_count"`
			Newest struct {
				Value *float64 `json:"value"`
			} `json:"newest"`
		} `json:"all"`
	} `json:"aggregations"`
}

func (r *measuredReply) valid() error {
	if r.Shards == nil || r.Shards.Failed > 0 || r.TimedOut || r.Hits == nil {
		return fmt.Errorf("measures: not of all shards: %w", errOdd)
	}
	return nil
}

// newest is the highest number that is visible; -1 where nothing is.
func (r *measuredReply) newest() int64 {
	if v := r.Aggregations.All.Newest.Value; v != nil {
		return int64(*v)
	}
	return -1
}

// elsewhere reports whether the numbers are no continuation of the mark's: the index was restored or made anew, or
// another copy of the shard became the primary.
func (r *measuredReply) elsewhere(m *measuresMark) bool {
	for n := range r.Hits.Hits {
		if m.Term > 0 && r.Hits.Hits[n].Term > m.Term {
			return true
		}
	}
	return r.newest() < m.Newest
}

type measuredHit struct {
	ID     string                       `json:"_id"`
	SeqNo  int64                        `json:"_seq_no"`
	Term   int64                        `json:"_primary_term"`
	Fields map[string][]json.RawMessage `json:"fields"`
}

func (h *measuredHit) measure() (tocsin.Measure, error) {
	one := tocsin.Measure{Incident: h.ID, Words: map[string]string{}, Marks: map[string]int64{}, Values: map[string]int64{}}
	var errs []error
	for _, name := range tocsin.Dimensions() {
		word := ""
		if raw := h.Fields[dimensionField(name)]; len(raw) > 0 {
			errs = append(errs, json.Unmarshal(raw[0], &word))
		}
		one.Words[name] = word
	}
	one.Tenant = one.Words["tenant"]
	for _, name := range tocsin.Cohorts() {
		field, _ := valueField(name)
		if raw := h.Fields[field]; len(raw) > 0 {
			var text string
			errs = append(errs, json.Unmarshal(raw[0], &text))
			ms, err := strconv.ParseInt(text, 10, 64)
			errs, one.Marks[name] = append(errs, err), time.UnixMilli(ms).Unix()
		}
	}
	for _, name := range tocsin.MeasureValues() {
		field, _ := valueField(name)
		if raw := h.Fields[field]; len(raw) > 0 {
			var v int64
			errs = append(errs, json.Unmarshal(raw[0], &v))
			one.Values[name] = v
		}
	}
	if err := errors.Join(errs...); err != nil {
		return one, fmt.Errorf("measures of incident %.80q: %v: %w", h.ID, err, sinks.ErrDamaged)
	}
	return one, nil
}
