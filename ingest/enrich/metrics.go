package enrich

import "github.com/prometheus/client_golang/prometheus"

// A collector tells of the lists when it is asked.
type collector struct {
	live                                       *Live
	entries, hits, age, stale, faulty, inBytes *prometheus.Desc
}

// Collector are the metrics of the lists.
func (l *Live) Collector() prometheus.Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("tocsin_lists_"+name, help, labels, nil)
	}
	return &collector{
		live:    l,
		entries: d("entries", "Indicators of the list in force.", "list"),
		hits:    d("hits_total", "Values of alerts that met an indicator of the list.", "list"),
		age:     d("age_seconds", "Since the list's file was changed.", "list"),
		stale:   d("stale", "1 while the list's file is older than stale_after.", "list"),
		faulty:  d("faulty", "1 while the files have faults and the old lists stay in force."),
		inBytes: d("bytes", "What the lists take in memory."),
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	truth := func(yes bool) float64 {
		if yes {
			return 1
		}
		return 0
	}
	k := c.live.Current()
	for i := range k.lists {
		l := &k.lists[i]
		tell(c.entries, prometheus.GaugeValue, float64(l.Entries), l.Name)
		tell(c.hits, prometheus.CounterValue, float64(c.live.hits[i].Load()), l.Name)
		tell(c.age, prometheus.GaugeValue, c.live.now().Sub(l.Changed).Seconds(), l.Name)
		tell(c.stale, prometheus.GaugeValue, truth(l.Stale(c.live.now())), l.Name)
	}
	tell(c.faulty, prometheus.GaugeValue, truth(c.live.faulty.Load()))
	tell(c.inBytes, prometheus.GaugeValue, float64(k.Bytes()))
}
