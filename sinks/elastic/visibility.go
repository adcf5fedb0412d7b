package elastic

import (
	"context"

	"tocsin"
)

// restrictedAtOnce is how many a page of [Store.Restricted] has: some 100 bytes each.
const restrictedAtOnce = 5000

// Restricted is the revision of each restricted incident, which is the version of its document; see [sinks.Counts].
func (s *Store) Restricted(ctx context.Context) (map[string]int64, error) {
	l := listing{}
	l.knownTo(tocsin.Restricted, nil)
	query := object{
		"size": restrictedAtOnce, "track_total_hits": false, "_source": false, "version": true, "query": object{"bool": object{"filter": l.filters}},
		"sort": []object{{"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
	}
	all := map[string]int64{}
	for {
		reply, err := s.searchOn(ctx, s.index(kindIncidents), countsCopy, query)
		if err != nil {
			return nil, err
		}
		for _, hit := range reply.Hits.Hits {
			all[hit.ID], query["search_after"] = hit.Version, hit.Sort
		}
		if len(reply.Hits.Hits) < restrictedAtOnce {
			return all, nil
		}
	}
}

// knownTo asks for the incidents of a visibility, and leaves out what is restricted and does not name the reader.
func (l *listing) knownTo(visibility string, r *tocsin.Reader) {
	restricted := object{"term": object{"tocsin.visibility": object{"value": tocsin.Restricted}}}
	switch visibility {
	case tocsin.Restricted:
		l.filters = append(l.filters, restricted)
	case tocsin.VisibleToTeam:
		l.filters = append(l.filters, object{"bool": object{"must_not": restricted}})
	}
	if r == nil {
		return
	}
	named := []object{{"bool": object{"must_not": restricted}}}
	if r.Name != "" {
		for _, field := range []string{"tocsin.assignee", "tocsin.coordinator", "tocsin.shared"} {
			named = append(named, object{"term": object{field: object{"value": r.Name}}})
		}
	}
	if len(r.Teams) > 0 {
		named = append(named, object{"terms": object{"tocsin.teams": r.Teams}})
	}
	l.filters = append(l.filters, object{"bool": object{"minimum_should_match": 1, "should": named}})
}
