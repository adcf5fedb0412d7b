package rulesd_test

import (
	"testing"
	"time"

	"tocsin"
)

// BenchmarkShipped is the cost of one alert against the shipped rules, over the alerts of their tests: nearly all of
// them match something, unlike life.
func BenchmarkShipped(b *testing.B) {
	set := shipped(b)
	var alerts []tocsin.Alert
	for _, r := range set.Rules() {
		for _, test := range r.Tests {
			alerts = append(alerts, test.Alerts(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))...)
		}
	}
	m := set.Matcher()
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		matches += len(m.Match(&alerts[i%len(alerts)]))
	}
	b.ReportMetric(float64(matches)/float64(b.N), "matches/op")
}
