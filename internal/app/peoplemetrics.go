package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/register"
)

// peopleMetrics tell of what people rely on: that what they do is audited, and that what is due is told in time.
type peopleMetrics struct {
	audit    prometheus.Counter
	timers   prometheus.Gauge
	commands func(became string)
}

// counted registers them, or gives those that are registered.
func (a *App) counted() peopleMetrics {
	commands := register.Shared(a.reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tocsin_commands_total", Help: "Commands of the commands topic by what became of them: done (also again), or the reason of their dead letter.",
	}, []string{"became"}))
	return peopleMetrics{
		commands: func(became string) { commands.WithLabelValues(became).Inc() },
		audit: register.Shared(a.reg, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tocsin_audit_failures_total", Help: "Entries of the audit log that could not be kept. A write or a restricted look was refused for want of one, or what became of it stands in the daemon's log alone.",
		})),
		timers: register.Shared(a.reg, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tocsin_timers_last_seconds", Help: "When what is due was last looked for and written, as Unix time; 0 on a daemon that is not the registrar.",
		})),
	}
}
