package pipeline

import (
	"github.com/prometheus/client_golang/prometheus"

	"tocsin"
)

// Metrics count what the pipeline does. A nil *Metrics counts nothing. Labels are bounded: sources and rules are
// configured, reasons are a closed list.
type Metrics struct {
	alerts     *prometheus.CounterVec // source
	rejected   *prometheus.CounterVec // source, reason
	duplicates *prometheus.CounterVec // source
	marked     *prometheus.CounterVec // source, mark
	matches    *prometheus.CounterVec // rule
	hidden     *prometheus.CounterVec // rule
	events     *prometheus.CounterVec // milestone
	retries    *prometheus.CounterVec // stage
	paces      *prometheus.CounterVec // source
	delay      *prometheus.HistogramVec
	received   *prometheus.GaugeVec // source
}

// NewMetrics registers the pipeline's metrics with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		alerts:     counter("alerts_total", "Records that became alerts.", "source"),
		rejected:   counter("rejected_total", "Records that went to the dead letters, by reason.", "source", "reason"),
		duplicates: counter("duplicates_total", "Alerts that came before with the same content.", "source"),
		marked:     counter("marked_total", "Alerts that were taken with a mark: future, truncated, duplicate_key, …", "source", "mark"),
		matches:    counter("matches_total", "Alerts that satisfied a rule.", "rule"),
		hidden:     counter("suppressed_total", "Matches that an exception hides.", "rule"),
		events:     counter("events_total", "Emissions of the engine, by milestone.", "milestone"),
		paces:      counter("paced_total", "Times that a partition waited for slower ones, a fifth of a second each.", "source"),
		retries:    counter("retries_total", "Writes that had to be repeated, by stage.", "stage"),
	}
	m.delay = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tocsin_alert_delay_seconds", Help: "Time between an alert's own time and its receipt.",
		Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 86400}, // to tell seconds of transport from hours of backlog
	}, []string{"source"})
	m.received = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tocsin_source_received_seconds", Help: "When the source's latest alert was received, in seconds since 1970.",
	}, []string{"source"})
	reg.MustRegister(m.delay, m.received)
	return m
}

// detected counts one record's fate. It is called once the fate is stored, not at each try.
func (m *Metrics) detected(source string, d *Detection) {
	switch {
	case m == nil:
	case d.Rejection != nil:
		m.rejected.WithLabelValues(source, d.Rejection.Reason).Inc()
	case d.Duplicate:
		m.duplicates.WithLabelValues(source).Inc()
	default:
		m.accepted(source, d)
	}
}

func (m *Metrics) accepted(source string, d *Detection) {
	m.alerts.WithLabelValues(source).Inc()
	for _, mark := range d.Alert.Marks {
		m.marked.WithLabelValues(source, mark).Inc()
	}
	for _, match := range d.Matches {
		m.matches.WithLabelValues(match.Rule).Inc()
	}
	for _, rule := range d.Hidden {
		m.hidden.WithLabelValues(rule).Inc()
	}
	if !d.Alert.Received.IsZero() {
		m.delay.WithLabelValues(source).Observe(d.Alert.Received.Sub(d.Alert.Time).Seconds())
		m.received.WithLabelValues(source).Set(float64(d.Alert.Received.UnixMilli()) / 1000)
	}
}

func (m *Metrics) emitted(events []tocsin.Event) {
	if m == nil {
		return
	}
	for i := range events {
		m.events.WithLabelValues(string(events[i].Milestone)).Inc()
	}
}

func (m *Metrics) retried(stage string) {
	if m != nil {
		m.retries.WithLabelValues(stage).Inc()
	}
}

func (m *Metrics) paced(source string) {
	if m != nil {
		m.paces.WithLabelValues(source).Inc()
	}
}
