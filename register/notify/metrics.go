package notify

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Registerer is where metrics are registered.
type Registerer = prometheus.Registerer

// metrics count what becomes of notices. Their labels are the receivers of the configuration and closed lists.
type metrics struct {
	notices *prometheus.CounterVec
	errs    *prometheus.CounterVec
	dropped *prometheus.CounterVec
	failing *prometheus.GaugeVec
	waiting *prometheus.GaugeVec
}

func newMetrics(reg Registerer) *metrics {
	m := &metrics{
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_notices_total", Help: "Notices by receiver and what became of them: created, sent, held, summarised, refused.",
		}, []string{"receiver", "became"}),
		errs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_notice_errors_total", Help: "Deliveries that failed and are repeated, by receiver.",
		}, []string{"receiver"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_notices_dropped_total", Help: "Notices that were not sent, by reason: duplicate, acknowledged.",
		}, []string{"reason"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tocsin_receiver_failing", Help: "1 while a receiver cannot be reached.",
		}, []string{"receiver"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tocsin_notices_waiting", Help: "Notices due and not yet sent, at most 500 counted, by receiver.",
		}, []string{"receiver"}),
	}
	m.notices, m.errs, m.dropped = shared(reg, m.notices), shared(reg, m.errs), shared(reg, m.dropped)
	m.failing, m.waiting = shared(reg, m.failing), shared(reg, m.waiting)
	return m
}

// shared registers a collector, or gives the one that is registered under its name.
func shared[C prometheus.Collector](reg Registerer, c C) C {
	if reg == nil {
		return c
	}
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](reg.Register(c)); ok {
		if same, ok := there.ExistingCollector.(C); ok {
			return same
		}
	}
	return c
}
