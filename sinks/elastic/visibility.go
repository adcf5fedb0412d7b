package elastic

import "tocsin"

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
