package elastic

import (
	"sync"
	"testing"
)

// The number of a log's partitions is noted once, whoever comes first, and for each log by itself.
func TestPartitions(t *testing.T) {
	s := server(t)
	noted := make([]int, 8)
	var wg sync.WaitGroup
	for i := range noted {
		wg.Go(func() {
			var err error
			if noted[i], err = s.Partitions(t.Context(), "a.matches", i+1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, n := range noted {
		if n < 1 || n != noted[0] {
			t.Errorf("%v are told, of one log", noted)
			break
		}
	}
	if n, err := s.Partitions(t.Context(), "a.matches", 99); err != nil || n != noted[0] {
		t.Errorf("later: %d, %v", n, err)
	}
	if n, err := s.Partitions(t.Context(), "b.matches", 99); err != nil || n != 99 {
		t.Errorf("another log: %d, %v", n, err)
	}
}
