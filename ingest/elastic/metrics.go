package elastic

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest"
)

// Metrics count what pullers take. Pullers share one.
type Metrics struct {
	records *prometheus.CounterVec // source, outcome: accepted, duplicate
	bytes   *prometheus.CounterVec // source
	faults  *prometheus.CounterVec // source, reason
	errors  *prometheus.CounterVec // source
	waits   *prometheus.CounterVec // source
	lag     *prometheus.GaugeVec   // source
}

// NewMetrics registers the metrics of pullers.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_intake_search_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		records: counter("records_total", "Documents that are durable: new, or known from before.", "source", "outcome"),
		bytes:   counter("bytes_total", "Bytes of documents that are durable.", "source"),
		faults:  counter("faults_total", "Documents that cannot be taken as they are, by reason.", "source", "reason"),
		errors:  counter("errors_total", "Rounds that the server did not answer whole.", "source"),
		waits:   counter("waits_total", "Times that the journal took nothing.", "source"),
	}
	m.lag = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_intake_search_newest_seconds", Help: "How old the newest document is that was pulled, as of the last whole round."}, []string{"source"})
	reg.MustRegister(m.lag)
	return m
}

// unregistered are metrics that nobody reads.
func unregistered() *Metrics { return NewMetrics(prometheus.NewRegistry()) }

func (m *Metrics) failed(source string) { m.errors.WithLabelValues(source).Inc() }

func (m *Metrics) waited(source string) { m.waits.WithLabelValues(source).Inc() }

func (m *Metrics) behind(source string, age time.Duration) {
	m.lag.WithLabelValues(source).Set(age.Seconds())
}

func (m *Metrics) took(source string, records []ingest.Record, done ingest.Result) {
	size := 0
	for i := range records {
		size += len(records[i].Value)
		if f := records[i].Fault; f != "" {
			m.faults.WithLabelValues(source, f).Inc()
		}
	}
	m.records.WithLabelValues(source, "accepted").Add(float64(done.Accepted))
	m.records.WithLabelValues(source, "duplicate").Add(float64(done.Duplicate))
	m.bytes.WithLabelValues(source).Add(float64(size))
}
