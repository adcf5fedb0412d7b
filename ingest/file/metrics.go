package file

import (
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest"
)

// Metrics count what followers read. Followers share one.
type Metrics struct {
	records *prometheus.CounterVec // source
	bytes   *prometheus.CounterVec // source
	faults  *prometheus.CounterVec // source, reason
	turns   *prometheus.CounterVec // source, kind
	waits   *prometheus.CounterVec // source
	files   *prometheus.GaugeVec   // source
	behind  *prometheus.GaugeVec   // source
}

// NewMetrics registers the metrics of followers.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_intake_file_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_intake_file_" + name, Help: help}, []string{"source"})
		reg.MustRegister(g)
		return g
	}
	return &Metrics{
		records: counter("records_total", "Lines that are durable.", "source"),
		bytes:   counter("bytes_total", "Bytes of lines that are durable.", "source"),
		faults:  counter("faults_total", "Lines that cannot be taken as they are, by reason.", "source", "reason"),
		turns:   counter("turns_total", "What happened to followed files: new, renamed, truncated, packed ones left alone, lost where the rest could not be found.", "source", "kind"),
		waits:   counter("waits_total", "Times that the journal took nothing.", "source"),
		files:   gauge("open", "Files that are open."),
		behind:  gauge("behind_bytes", "Bytes of open files that are not read yet."),
	}
}

// unregistered are metrics that nobody reads.
func unregistered() *Metrics { return NewMetrics(prometheus.NewRegistry()) }

func (m *Metrics) rotated(source, kind string) { m.turns.WithLabelValues(source, kind).Inc() }

func (m *Metrics) waited(source string) { m.waits.WithLabelValues(source).Inc() }

func (m *Metrics) follows(source string, files int, behind int64) {
	m.files.WithLabelValues(source).Set(float64(files))
	m.behind.WithLabelValues(source).Set(float64(behind))
}

func (m *Metrics) took(source string, records []ingest.Record) {
	size := 0
	for i := range records {
		size += len(records[i].Value)
		if f := records[i].Fault; f != "" {
			m.faults.WithLabelValues(source, f).Inc()
		}
	}
	m.records.WithLabelValues(source).Add(float64(len(records)))
	m.bytes.WithLabelValues(source).Add(float64(size))
}
