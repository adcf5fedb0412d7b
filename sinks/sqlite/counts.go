package sqlite

import (
	"context"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// choose asks for the incidents that a query selects.
func (l *listing) choose(q *tocsin.Query) {
	l.equal("tenant", q.Tenant)
	l.equal("assignee", q.Assignee)
	if q.Unassigned {
		l.where("assignee = ''")
	}
	l.any("status", texts(q.Status))
	l.any("priority", q.Priority)
	if strings.Contains(q.Category, "/") {
		l.equal("category", q.Category)
	} else {
		l.equal("class", q.Category)
	}
	l.equal("number", q.Number)
	l.equal("platform", q.Platform)
	l.equal("coordinator", q.Coordinator)
	l.any("disposition", q.Disposition)
	if q.Breached != nil {
		l.where("breached = ?", *q.Breached)
	}
	l.titles(sinks.Words(q.Title))
	for kind, value := range map[string]string{"event": q.Event, "entity": q.Entity, "rule": q.Rule, "team": q.Team} {
		if value != "" {
			l.where("id IN (SELECT incident FROM links WHERE kind = ? AND value = ?)", kind, value)
		}
	}
	l.within("opened", q.Since, q.Until)
	l.within("updated", q.UpdatedSince, q.UpdatedUntil)
}

// Counts says how many incidents each query selects, by one statement; see [sinks.Counts].
func (s *Store) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	parts, into, counts := make([]string, len(queries)), make([]any, len(queries)), make([]int64, len(queries))
	var args []any
	for n := range queries {
		l := listing{}
		l.choose(&queries[n])
		parts[n], into[n] = "(SELECT count(*) FROM incidents"+l.counting()+")", &counts[n]
		args = append(args, l.args...)
	}
	err := s.reader().QueryRowContext(ctx, "SELECT "+strings.Join(parts, ", "), args...).Scan(into...)
	return counts, translate("counts", err)
}
