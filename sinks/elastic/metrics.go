package elastic

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics of one store; labels are kinds and verdicts of this package alone.
type metrics struct {
	items     *prometheus.CounterVec
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	retries   prometheus.Counter
	state     prometheus.Gauge
	bulkBytes prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	return &metrics{
		items: f.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_elastic_items_total", Help: "Documents sent, by operation and verdict: done, conflict, refused or retried.",
		}, []string{"op", "verdict"}),
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_elastic_requests_total", Help: "Requests, by operation and result: the class of the status, transport or odd.",
		}, []string{"op", "result"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_elastic_request_seconds", Help: "Duration of requests.", Buckets: prometheus.ExponentialBuckets(0.002, 3, 9),
		}, []string{"op"}),
		retries:   f.NewCounter(prometheus.CounterOpts{Name: "tocsin_elastic_retries_total", Help: "Requests repeated after a failure that may pass."}),
		state:     f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_elastic_state", Help: "0 ok, 1 degraded, 2 halted."}),
		bulkBytes: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_elastic_bulk_bytes", Help: "Size that bulk bodies are limited to at present."}),
	}
}
