package elastic

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// State says whether the store can be written to.
type State string

// The states of a store.
const (
	OK       State = "ok"
	Degraded State = "degraded" // writes are being repeated: an outage, or more than the cluster can take
	Halted   State = "halted"   // a write was refused for a reason that no retry cures; the operator's to mend
)

// Health is how the store fares.
type Health struct {
	State   State  `json:"state"`
	Reason  string `json:"reason,omitempty"` // of the last failure, while not ok
	Retries int64  `json:"retries"`          // requests repeated since the start
}

// Health returns how the store fares; "" as State never occurs.
func (s *Store) Health() Health { return s.health.read() }

type health struct {
	logger  *slog.Logger
	metrics *metrics
	mu      sync.Mutex
	now     Health
}

func (h *health) read() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now
	if now.State == "" {
		now.State = OK
	}
	return now
}

// degrade records a retry; it is [sinks.Retry]'s Told.
func (h *health) degrade(_ int, wait time.Duration, err error) {
	h.metrics.retries.Inc()
	if h.set(Degraded, err.Error(), 1) {
		h.logger.Warn("elasticsearch degraded", "err", err, "wait", wait)
	}
}

func (h *health) recover() {
	if h.set(OK, "", 0) {
		h.logger.Info("elasticsearch recovered")
	}
}

func (h *health) halt(err error) {
	if h.set(Halted, err.Error(), 0) {
		h.logger.Error("elasticsearch halted", "err", err)
	}
}

// set reports whether the state is another one than before.
func (h *health) set(state State, reason string, retries int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed := h.now.State != state && (h.now.State != "" || state != OK)
	h.now = Health{State: state, Reason: reason, Retries: h.now.Retries + retries}
	if changed {
		h.metrics.state.Set(map[State]float64{OK: 0, Degraded: 1, Halted: 2}[state])
	}
	return changed
}

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
