package kafka

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Registerer is where metrics are registered.
type Registerer = prometheus.Registerer

type metrics struct {
	records *prometheus.CounterVec   // by topic
	bytes   *prometheus.CounterVec   // by topic
	errs    *prometheus.CounterVec   // by topic
	seconds *prometheus.HistogramVec // of one write, by topic
}

func newMetrics(r Registerer) (*metrics, error) {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_kafka_written_records_total", Help: "Records that were acknowledged by all replicas.",
		}, []string{"topic"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_kafka_written_bytes_total", Help: "Bytes of keys and values of these records.",
		}, []string{"topic"}),
		errs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_kafka_write_errors_total", Help: "Writes that were not acknowledged; their caller repeats them.",
		}, []string{"topic"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_kafka_write_seconds", Help: "How long a write took, with all its retries.",
			Buckets: prometheus.ExponentialBuckets(0.002, 4, 8), // 2 ms to 33 s
		}, []string{"topic"}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.records, m.bytes, m.errs, m.seconds} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}
