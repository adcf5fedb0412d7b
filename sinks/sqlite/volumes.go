package sqlite

import (
	"cmp"
	"context"
	"slices"

	"tocsin"
)

// Volumes counts alerts and events by month; see [sinks.Volumes]. Without a tenant the alerts are counted in an index.
func (s *Store) Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error) {
	rows, err := s.reader().QueryContext(ctx, `
		SELECT month, count(*), 0 FROM alerts WHERE month >= ?1 AND month < ?2 AND (?3 = '' OR json_extract(doc, '$.tenant') = ?3) GROUP BY 1
		UNION ALL
		SELECT substr(id, 1, 4) || '.' || substr(id, 5, 2), 0, count(*) FROM events
		WHERE id >= replace(?1, '.', '') AND id < replace(?2, '.', '') AND (?3 = '' OR tenant = ?3) GROUP BY 1`, from, to, tenant)
	if err != nil {
		return nil, translate("volumes", err)
	}
	defer rows.Close()
	var all []tocsin.Volume
	for rows.Next() {
		var v tocsin.Volume
		if err := rows.Scan(&v.Month, &v.Alerts, &v.Events); err != nil {
			return nil, translate("volumes", err)
		}
		n := slices.IndexFunc(all, func(o tocsin.Volume) bool { return o.Month == v.Month })
		if n < 0 {
			all = append(all, v)
			continue
		}
		all[n].Events += v.Events
	}
	slices.SortFunc(all, func(a, b tocsin.Volume) int { return cmp.Compare(a.Month, b.Month) })
	return all, translate("volumes", rows.Err())
}
