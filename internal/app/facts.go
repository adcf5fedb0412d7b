package app

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/measure"
)

// openFacts keeps in memory what statistics ask of the incidents, where they are asked.
func (a *App) openFacts(s measure.FactStore) {
	a.facts = measure.NewFacts(s, 0, a.log)
	if slices.Contains(a.cfg.Roles, "api") {
		a.reg.MustRegister(newFactsCollector(a.facts))
		a.runs("statistics", a.facts.Run)
	}
}

// A factsCollector tells what is held in memory for statistics.
type factsCollector struct {
	facts                     *measure.Facts
	incidents, bytes, answers *prometheus.Desc
}

func newFactsCollector(f *measure.Facts) *factsCollector {
	return &factsCollector{
		facts:     f,
		incidents: prometheus.NewDesc("tocsin_statistics_incidents", "Incidents that are held in memory for statistics; 0 while the store answers by itself.", nil, nil),
		bytes:     prometheus.NewDesc("tocsin_statistics_bytes", "About how much memory they take.", nil, nil),
		answers:   prometheus.NewDesc("tocsin_statistics_answers_total", "Questions about statistics, by who counted: memory, or the store where memory was not filled.", []string{"by"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (c *factsCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements [prometheus.Collector].
func (c *factsCollector) Collect(ch chan<- prometheus.Metric) {
	h := c.facts.Held()
	ch <- prometheus.MustNewConstMetric(c.incidents, prometheus.GaugeValue, float64(h.Incidents))
	ch <- prometheus.MustNewConstMetric(c.bytes, prometheus.GaugeValue, float64(h.Bytes))
	ch <- prometheus.MustNewConstMetric(c.answers, prometheus.CounterValue, float64(h.ByFacts), "memory")
	ch <- prometheus.MustNewConstMetric(c.answers, prometheus.CounterValue, float64(h.ByStore), "store")
}
