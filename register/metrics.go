package register

import "github.com/prometheus/client_golang/prometheus"

// metrics are the register's counters. Their labels are closed lists: actions, verdicts, kinds of document.
type metrics struct {
	entries   *prometheus.CounterVec
	verdicts  *prometheus.CounterVec
	conflicts *prometheus.CounterVec
	repeated  prometheus.Counter
	integrity prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_register_entries_total", Help: "Log entries appended, by action.",
		}, []string{"action"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_register_verdicts_total", Help: "Verdicts on events stored, by state.",
		}, []string{"state"}),
		conflicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_register_conflicts_total", Help: "Writes lost to another writer and tried again, by document.",
		}, []string{"document"}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tocsin_register_repeated_total", Help: "Commands that were already in the log and changed nothing.",
		}),
		integrity: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tocsin_register_integrity_errors_total", Help: "Log entries whose stored content is not what was written.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.entries, m.verdicts, m.conflicts, m.repeated, m.integrity)
	}
	return m
}
