package app

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tocsin/correlate"
	"tocsin/internal/pipeline"
	"tocsin/rules"
)

// exposition serves the metrics in Prometheus' format.
func (a *App) exposition() http.Handler { return promhttp.HandlerFor(a.reg, promhttp.HandlerOpts{}) }

type ruleMetrics struct {
	stale  prometheus.Gauge
	loaded prometheus.Gauge
}

func newRuleState(reg prometheus.Registerer, set *rules.Set) *ruleState {
	m := &ruleMetrics{
		stale:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "tocsin_rules_stale", Help: "1 while the rule folders have faults and the old rules stay in force."}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tocsin_rules_loaded", Help: "Rules in force."}),
	}
	reg.MustRegister(m.stale, m.loaded)
	m.loaded.Set(float64(len(set.Rules())))
	return &ruleState{metrics: m}
}

// A stateCollector reads the engine's and the rules' own counts when it is scraped.
type stateCollector struct {
	health *pipeline.Health
	sets   *pipeline.Sets

	watermark, open, keys, bytes, late, evicted, duplicates *prometheus.Desc
	degraded                                                *prometheus.Desc
	errors, absent, quarantined                             *prometheus.Desc
	ruleDegraded, ruleBlind                                 *prometheus.Desc
	ruleCost, search                                        *prometheus.Desc
}

func newStateCollector(h *pipeline.Health, sets *pipeline.Sets) *stateCollector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("tocsin_"+name, help, labels, nil)
	}
	return &stateCollector{
		health: h, sets: sets,
		watermark:    d("watermark_seconds", "Event time that no alert in time lies before, as Unix time."),
		open:         d("events_open", "Events that are open in the engine."),
		keys:         d("engine_keys", "Group keys that the engine holds.", "rule"),
		bytes:        d("engine_bytes", "State that the engine holds.", "rule"),
		late:         d("engine_late_total", "Matches that came beyond lateness: stored, not correlated.", "rule", "source"),
		evicted:      d("engine_evicted_total", "Group keys that a limit threw out.", "rule"),
		duplicates:   d("engine_duplicates_total", "Matches that came twice.", "rule"),
		degraded:     d("degraded", "1 while something keeps the daemon from working as it should.", "part"),
		errors:       d("rule_errors_total", "Alerts on which the rule's expression failed.", "rule"),
		absent:       d("rule_absent_total", "Alerts that lacked a field of the rule's group key or condition.", "rule"),
		ruleDegraded: d("rule_degraded", "1 while events of the rule that open are not surely whole, by reason.", "rule", "reason"),
		ruleBlind:    d("rule_blind", "1 while the rule does not see all that it is for, by reason: absent, a source stopped sending a field that it requires; full, a limit keeps it from learning.", "rule", "reason"),
		ruleCost:     d("rule_cost_seconds", "What evaluating the rule takes an alert, over a sample: of the hundred rules that take most.", "rule"),
		search:       d("rules_search_seconds", "What finding the rules to evaluate takes an alert, over the same sample."),
		quarantined:  d("rule_quarantined", "1 while the rule is not tried, after a hundred failures in a row.", "rule"),
	}
}

// Describe implements [prometheus.Collector].
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements [prometheus.Collector].
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	r := c.health.Report()
	if w := r.Watermark(); !w.IsZero() {
		gauge(c.watermark, float64(w.UnixNano())/1e9)
	}
	gauge(c.open, float64(r.Open()))
	for _, t := range r.Troubles {
		gauge(c.degraded, 1, t.Part)
	}
	for rule, s := range sumRules(r) {
		gauge(c.keys, float64(s.Keys), rule)
		gauge(c.bytes, float64(s.Bytes), rule)
		for source, n := range s.Late {
			counter(c.late, n, rule, source)
		}
		counter(c.evicted, s.Evicted, rule)
		counter(c.duplicates, s.Duplicates, rule)
		for _, reason := range s.Degraded {
			gauge(c.ruleDegraded, 1, rule, reason)
		}
		for _, reason := range blindReasons(s.Blind) {
			gauge(c.ruleBlind, 1, rule, reason)
		}
	}
	c.rules(gauge, counter)
}

// rules reports what the rules in force say of themselves.
func (c *stateCollector) rules(gauge func(*prometheus.Desc, float64, ...string), counter func(*prometheus.Desc, int64, ...string)) {
	set := c.sets.Current()
	states := set.States()
	gauge(c.search, set.Search().Seconds())
	for _, s := range costliest(states) {
		gauge(c.ruleCost, s.Cost.Seconds(), s.Rule)
	}
	for _, s := range states {
		counter(c.errors, s.Errors, s.Rule)
		var absent int64
		for _, n := range s.Absent {
			absent += n
		}
		counter(c.absent, absent, s.Rule)
		if s.Quarantined {
			gauge(c.quarantined, 1, s.Rule)
		}
	}
}

// blindReasons are the reasons of a rule's blindness, each once.
func blindReasons(all []correlate.Blindness) []string {
	var reasons []string
	for _, b := range all {
		if !slices.Contains(reasons, b.Reason) {
			reasons = append(reasons, b.Reason)
		}
	}
	return reasons
}

// sumRules adds the rules' counts up over the engines of this daemon.
func sumRules(r pipeline.Report) map[string]correlate.RuleStats {
	sums := map[string]correlate.RuleStats{}
	for _, shard := range r.Shards {
		for _, s := range shard.Engine.Rules {
			sums[s.Rule] = sums[s.Rule].Plus(s)
		}
	}
	return sums
}
