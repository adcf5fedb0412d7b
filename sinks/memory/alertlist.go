package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Alerts lists the stored alerts of an event time at or after since, in the order of their event times.
func (s *Store) Alerts(_ context.Context, since time.Time, limit int, cursor string) (alerts []tocsin.Alert, next string, err error) {
	from := 0
	if cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return nil, "", fmt.Errorf("cursor %.40q: %w", cursor, tocsin.ErrQuery)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]tocsin.Alert, 0, len(s.alerts))
	for _, a := range s.alerts {
		if !a.Time.Before(since) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b tocsin.Alert) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	all = all[min(from, len(all)):]
	if size := sinks.PageSize(limit); len(all) > size {
		return all[:size], strconv.Itoa(from + size), nil
	}
	return all, "", nil
}
