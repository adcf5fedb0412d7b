package kafka

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Registerer is where metrics are registered.
type Registerer = prometheus.Registerer

// A metrics holds a group's metrics. Labels are topics, partitions and words of this package alone.
type metrics struct {
	lag, high                   *prometheus.GaugeVec   // by topic and partition
	halted                      *prometheus.GaugeVec   // by topic and partition: 1 where a partition stands still for good
	records, bytes              *prometheus.CounterVec // by topic
	gaps, lost, skipped, faults *prometheus.CounterVec
	rebalances, commits         prometheus.Counter
	errs                        *prometheus.CounterVec // by what was being done
}

func newMetrics(r Registerer, group string) (*metrics, error) {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	r = prometheus.WrapRegistererWith(prometheus.Labels{"group": group}, r)
	var errs []error
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return register(r, &errs, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_kafka_" + name, Help: help}, labels))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register(r, &errs, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_kafka_" + name, Help: help}, labels))
	}
	m := &metrics{
		lag:        gauge("lag_records", "High watermark less the next offset to read.", "topic", "partition"),
		high:       gauge("high_watermark", "Offset after the partition's last record.", "topic", "partition"),
		halted:     gauge("halted", "1 where a partition stands still for good: see the log.", "topic", "partition"),
		records:    counter("records_total", "Records read.", "topic"),
		bytes:      counter("bytes_total", "Unpacked bytes of the records read.", "topic"),
		gaps:       counter("gaps_total", "Stretches of offsets lost before they were read.", "topic", "reason"),
		lost:       counter("gap_offsets_total", "Offsets in these stretches.", "topic"),
		skipped:    counter("skipped_offsets_total", "Offsets inside the log that hold no record.", "topic"),
		faults:     counter("faults_total", "Records and batches that could not be read as they are.", "topic", "reason"),
		rebalances: counter("generations_total", "Generations of the group joined.").WithLabelValues(),
		commits:    counter("commits_total", "Commits of offsets.").WithLabelValues(),
		errs:       counter("errors_total", "Failed requests, which are retried.", "doing"),
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}

// register registers c, or takes the one that is there from an earlier life of the group.
func register[C prometheus.Collector](r Registerer, errs *[]error, c C) C {
	err := r.Register(c)
	if before, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := before.ExistingCollector.(C); ok {
			return same
		}
	}
	if err != nil {
		*errs = append(*errs, err)
	}
	return c
}

func (m *metrics) position(topic string, partition int32, next, high int64) {
	id := strconv.Itoa(int(partition))
	m.high.WithLabelValues(topic, id).Set(float64(high))
	m.lag.WithLabelValues(topic, id).Set(float64(max(0, high-next)))
}

// forget removes what a partition's gauges say once another member owns it.
func (m *metrics) forget(topic string, partition int32) {
	id := strconv.Itoa(int(partition))
	for _, g := range []*prometheus.GaugeVec{m.high, m.lag, m.halted} {
		g.DeleteLabelValues(topic, id)
	}
}

func (m *metrics) gap(g Gap) {
	m.gaps.WithLabelValues(g.Topic, g.Reason).Inc()
	m.lost.WithLabelValues(g.Topic).Add(float64(max(0, g.To-g.From)))
}

func (m *metrics) halt(topic string, partition int32) {
	m.halted.WithLabelValues(topic, strconv.Itoa(int(partition))).Set(1)
}
