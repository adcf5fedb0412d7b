package elastic

import (
	"sync"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"tocsin/sinks"
)

// A Store keeps every contract of package sinks and of the register. It is safe for concurrent use. Writes go on
// until they are stored, refused for ever ([sinks.ErrPermanent]) or their context ends: an outage is waited out.
type Store struct {
	client  *elastictransport.Client
	config  Config
	limit   *limit
	health  *health
	metrics *metrics
	retry   sinks.Retry // of writes
	reads   sinks.Retry
	schema  *schema
	rooms   sync.Pool // of *bytes.Buffer: replies of many MB that are read one after another

	mu     sync.Mutex
	months map[string]bool   // of alerts that this store has written
	recent map[name]document // that are likely to be written next
}

var (
	_ sinks.AlertStore      = (*Store)(nil)
	_ sinks.EventStore      = (*Store)(nil)
	_ sinks.DeadLetterStore = (*Store)(nil)
	_ sinks.DeadLetters     = (*Store)(nil)
	_ sinks.Dispositions    = (*Store)(nil)
	_ sinks.StateStore      = (*Store)(nil)
)

// New returns a store for the configured cluster, or all faults of the configuration. It does not connect: see
// [Store.Ready].
func New(c Config) (*Store, error) {
	c, urls, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if c.Transport == nil {
		if c.Transport, err = c.transport(); err != nil {
			return nil, err
		}
	}
	client, err := c.client(urls)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, config: c, metrics: newMetrics(c.Registerer), retry: c.Retry, schema: newSchema(), months: map[string]bool{}}
	s.limit = newLimit(c.BulkBytes, c.BulkMax, s.metrics)
	s.health = &health{logger: c.Logger, metrics: s.metrics}
	s.reads = s.retry
	s.retry.Told, s.reads.Told = s.health.degrade(writing), s.health.degrade(reading)
	return s, nil
}

// Close ends idle connections.
func (s *Store) Close() error {
	if t, ok := s.config.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// The kinds of document: what stands between prefix and month in an index's name, and a metric's label.
const (
	kindAlerts     = "alerts"
	kindEvents     = "events"
	kindVerdicts   = "assessments"
	kindIncidents  = "incidents"
	kindLog        = "log"
	kindIntervals  = "intervals"
	kindSlots      = "slots"
	kindCounters   = "counters"
	kindState      = "state"
	kindDeadletter = "deadletter"
)

// index is the name of the one index of a kind.
func (s *Store) index(kind string) string { return s.config.Prefix + kind }

// monthly is the name of a kind's index of a month, e.g. tocsin-log-2026.11.
func (s *Store) monthly(kind, month string) string { return s.config.Prefix + kind + "-" + month }
