package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
)

// mostMonths bounds how many indices are counted: a hundred years of two kinds.
const mostMonths = 2400

// Volumes counts alerts and events by month, which are their indices; see [sinks.Volumes].
func (s *Store) Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error) {
	query := object{"match_all": object{}}
	if tenant != "" {
		query = object{"term": object{"tocsin.tenant": tenant}}
	}
	body, err := json.Marshal(object{
		"size": 0, "track_total_hits": false, "query": query,
		"aggs": object{"months": object{"terms": object{"field": "_index", "size": mostMonths}}},
	})
	if err != nil {
		return nil, fmt.Errorf("volumes: %w", err)
	}
	var reply volumeReply
	req := func() esapi.Request {
		reply = volumeReply{}
		return esapi.SearchRequest{
			Index: []string{s.monthly(kindAlerts, "*"), s.monthly(kindEvents, "*")}, Body: bytes.NewReader(body), FilterPath: []string{"aggregations", "timed_out", "_shards"},
			IgnoreUnavailable: new(true), AllowNoIndices: new(true), AllowPartialSearchResults: new(false),
		}
	}
	if err := s.ask(ctx, "search", req, &reply, reply.valid); err != nil {
		return nil, err
	}
	by := map[string]tocsin.Volume{}
	for _, b := range reply.Aggregations.Months.Buckets {
		month := b.Key[strings.LastIndexByte(b.Key, '-')+1:]
		if month < from || month >= to {
			continue
		}
		v := by[month]
		v.Month = month
		if strings.HasPrefix(b.Key, s.monthly(kindAlerts, "")) {
			v.Alerts += b.N
		} else {
			v.Events += b.N
		}
		by[month] = v
	}
	var all []tocsin.Volume
	for _, month := range slices.Sorted(maps.Keys(by)) {
		all = append(all, by[month])
	}
	return all, nil
}

type volumeReply struct {
	counted
	Aggregations struct {
		Months struct {
			Buckets []struct {
				Key string `json:"key"`
				N   int64  `json:"doc_count"`
			} `json:"buckets"`
		} `json:"months"`
	} `json:"aggregations"`
}
