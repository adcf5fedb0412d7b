package memory

import (
	"context"
	"fmt"
	"strconv"

	"tocsin"
)

// MeasuresSince tells what was written; see [sinks.Measures]. A mark is how many writes there were.
func (s *Store) MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error) {
	found := tocsin.Measures{Next: mark, Total: -1}
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	if mark != "" {
		var err error
		if from, err = strconv.Atoi(mark); err != nil || from < 0 || from > len(s.measured) {
			return found, fmt.Errorf("mark %.40q of measures: %w", mark, tocsin.ErrQuery)
		}
	}
	to := min(from+max(limit, 1), len(s.measured))
	for _, id := range s.measured[from:to] {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return found, err
		}
		found.All = append(found.All, i.Measure())
	}
	found.Next, found.More = strconv.Itoa(to), to < len(s.measured)
	return found, ctx.Err()
}
