package notify

import (
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/register"
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
	pruned  prometheus.Counter
}

func newMetrics(reg Registerer) *metrics {
	m := &metrics{
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_notices_total", Help: "Notices by receiver and what became of them: created, sent, held, summarised, refused, undelivered (its receiver was removed), revived (it came back).",
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
	m.notices, m.errs, m.dropped = register.Shared(reg, m.notices), register.Shared(reg, m.errs), register.Shared(reg, m.dropped)
	m.pruned = register.Shared(reg, prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tocsin_notices_pruned_total", Help: "Notices that were removed from the outbox once they were old enough.",
	}))
	m.failing, m.waiting = register.Shared(reg, m.failing), register.Shared(reg, m.waiting)
	return m
}
