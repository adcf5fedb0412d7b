package register

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Registerer is where metrics are registered.
type Registerer = prometheus.Registerer

// metrics are the register's counters. Their labels are closed lists: actions, verdicts, kinds of document.
type metrics struct {
	entries   *prometheus.CounterVec
	verdicts  *prometheus.CounterVec
	conflicts *prometheus.CounterVec
	repeated  prometheus.Counter
	integrity prometheus.Counter
	missing   prometheus.Counter
}

// newMetrics registers the counters; a second register in one process counts into the first one's.
func newMetrics(reg Registerer) *metrics {
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
	m.missing = Shared(reg, prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tocsin_register_evidence_missing_total", Help: "Alerts of incidents whose originals could not be copied: not stored, or not what was referred to.",
	}))
	m.entries, m.verdicts, m.conflicts = Shared(reg, m.entries), Shared(reg, m.verdicts), Shared(reg, m.conflicts)
	m.repeated, m.integrity = Shared(reg, m.repeated), Shared(reg, m.integrity)
	return m
}

// Shared registers a collector, or gives the one that is registered under its name. With a nil reg it is the collector.
func Shared[C prometheus.Collector](reg Registerer, c C) C {
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
