package elastic

import "sync"

// A limit is the size of bulk bodies, which adapts: halved when the cluster says that it is too much (429, 413), raised
// by a sixteenth of the first size on success.
type limit struct {
	mu                    sync.Mutex
	now, step, least, max int
	metrics               *metrics
}

// leastBulk is the smallest limit: below it a request costs more than its items.
const leastBulk = 64 << 10

func newLimit(first, most int, m *metrics) *limit {
	m.bulkBytes.Set(float64(first))
	return &limit{now: first, step: max(first/16, 1), least: min(leastBulk, first), max: most, metrics: m}
}

func (l *limit) bytes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *limit) raise() { l.set(func(now int) int { return min(now+l.step, l.max) }) }

func (l *limit) cut() { l.set(func(now int) int { return max(now/2, l.least) }) }

func (l *limit) set(change func(int) int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = change(l.now)
	l.metrics.bulkBytes.Set(float64(l.now))
}
