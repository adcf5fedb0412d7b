package syslog

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what syslog listeners take. Listeners share one; a nil *Metrics counts nothing.
type Metrics struct {
	messages    *prometheus.CounterVec // source
	bytes       *prometheus.CounterVec // source
	faults      *prometheus.CounterVec // source, reason
	dropped     *prometheus.CounterVec // source, reason: kernel, rate, network
	refused     *prometheus.CounterVec // source, reason: network, limit, tls
	waits       *prometheus.CounterVec // source
	connections *prometheus.GaugeVec   // source
}

// NewMetrics registers the metrics of syslog listeners.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_intake_syslog_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		messages: counter("messages_total", "Messages that are durable.", "source"),
		bytes:    counter("bytes_total", "Bytes of messages that are durable.", "source"),
		faults:   counter("faults_total", "Messages that cannot be taken as they are, by reason.", "source", "reason"),
		dropped:  counter("dropped_total", "Datagrams that were lost: by the kernel while its buffer was full, above the rate, of a network that may not send.", "source", "reason"),
		refused:  counter("refused_total", "Connections that were not taken, by reason.", "source", "reason"),
		waits:    counter("waits_total", "Times that the journal took nothing and senders had to wait.", "source"),
	}
	m.connections = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_intake_syslog_connections", Help: "Connections that are open."}, []string{"source"})
	reg.MustRegister(m.connections)
	return m
}

// unregistered are metrics that nobody reads.
func unregistered() *Metrics { return NewMetrics(prometheus.NewRegistry()) }
