package sqlite

import (
	"context"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Counts = (*Store)(nil)

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
	switch q.Visibility {
	case tocsin.Restricted:
		l.where(restrictedAlone)
	case tocsin.VisibleToTeam:
		l.where("visibility = ''")
	}
	l.knownTo(q.Reader)
	l.titles(sinks.Words(q.Title))
	for kind, value := range map[string]string{"event": q.Event, "entity": q.Entity} {
		if value != "" {
			l.where("id IN (SELECT incident FROM links WHERE kind = ? AND value = ?)", kind, value)
		}
	}
	if q.Rule != "" {
		l.where(ofMany+"rule' AND value = ?)", q.Rule)
	}
	if q.Team != "" {
		l.where(ofMany+"team' AND value = ?)", q.Team)
	}
	l.within("opened", q.Since, q.Until)
	l.within("updated", q.UpdatedSince, q.UpdatedUntil)
}

// Counts says how many incidents each query selects, by one statement; see [sinks.Counts].
func (s *Store) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	all := make([]listing, len(queries))
	for n := range queries {
		all[n].table = "incidents"
		all[n].choose(&queries[n])
	}
	return s.counted(ctx, all)
}

// EventCounts says how many events each query selects, by one statement; see [sinks.Counts].
func (s *Store) EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error) {
	all := make([]listing, len(queries))
	for n := range queries {
		all[n].table = "events"
		all[n].chooseEvents(&queries[n])
	}
	return s.counted(ctx, all)
}

// Restricted is the revision of each restricted incident, by the index of those; see [sinks.Counts].
func (s *Store) Restricted(ctx context.Context) (map[string]int64, error) {
	rows, err := s.reader().QueryContext(ctx, "SELECT id, revision FROM incidents WHERE "+restrictedAlone)
	if err != nil {
		return nil, translate("restricted incidents", err)
	}
	defer rows.Close()
	all := map[string]int64{}
	for rows.Next() {
		var id string
		var revision int64
		if err := rows.Scan(&id, &revision); err != nil {
			return nil, translate("restricted incidents", err)
		}
		all[id] = revision
	}
	return all, translate("restricted incidents", rows.Err())
}

func (s *Store) counted(ctx context.Context, all []listing) ([]int64, error) {
	if len(all) == 0 {
		return nil, nil
	}
	parts, into, counts := make([]string, len(all)), make([]any, len(all)), make([]int64, len(all))
	var args []any
	for n := range all {
		parts[n], into[n] = "(SELECT count(*) FROM "+all[n].table+all[n].finding()+")", &counts[n]
		args = append(args, all[n].args...)
	}
	err := s.reader().QueryRowContext(ctx, "SELECT "+strings.Join(parts, ", "), args...).Scan(into...)
	return counts, translate("counts", err)
}

// marksLookBack is how many writes are looked at for the last one of a tenant: some milliseconds. That a tenant's last
// write is no longer among them changes its mark once, as if there had been another.
const marksLookBack = 2000

// Mark is the number of the last write of a tenant's incident; see [sinks.Counts] and the triggers of table measures.
func (s *Store) Mark(ctx context.Context, tenant string) (string, error) {
	query, args := "SELECT coalesce(max(n), 0) FROM measured", []any{}
	if tenant != "" {
		query = `SELECT coalesce(max(n), 0) FROM (SELECT d.n, m.tenant FROM measured d JOIN measures m ON m.id = d.id ORDER BY d.n DESC LIMIT ?) WHERE tenant = ?`
		args = append(args, marksLookBack, tenant)
	}
	var last int64
	err := s.reader().QueryRowContext(ctx, query, args...).Scan(&last)
	return strconv.FormatInt(last, 10), translate("mark", err)
}
