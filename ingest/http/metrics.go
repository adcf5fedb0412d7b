package http

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Registerer is where metrics are registered.
type Registerer = prometheus.Registerer

type metrics struct {
	requests *prometheus.CounterVec // by code
	records  *prometheus.CounterVec // by source and outcome: accepted, duplicate, rejected
	faults   *prometheus.CounterVec // by source and reason
	bytes    *prometheus.CounterVec // by source, unpacked
	seconds  prometheus.ObserverVec // by code
	held     prometheus.GaugeFunc   // bytes of requests being received
}

func newMetrics(r Registerer, held func() float64) (*metrics, error) {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_intake_http_" + name, Help: help}, labels)
	}
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tocsin_intake_http_seconds", Help: "From the request's header to the answer.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 8), // 1 ms to 16 s
	}, []string{"code"})
	m := &metrics{
		requests: counter("requests_total", "Requests answered.", "code"),
		records:  counter("records_total", "Records of requests that were answered 202.", "source", "outcome"),
		faults:   counter("faults_total", "Records and requests that cannot be taken as they are.", "source", "reason"),
		bytes:    counter("bytes_total", "Unpacked bytes received.", "source"),
		seconds:  seconds,
		held: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tocsin_intake_http_held_bytes", Help: "Memory held by requests that are being received.",
		}, held),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.requests, m.records, m.faults, m.bytes, seconds, m.held} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) answered(code int, seconds float64) {
	c := strconv.Itoa(code)
	m.requests.WithLabelValues(c).Inc()
	m.seconds.WithLabelValues(c).Observe(seconds)
}
