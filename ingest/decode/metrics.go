package decode

import "strings"

// exporters are the beginnings of the names that measurements have, by the sort of program that they are of.
const exporters = `
	web      was_ Catalina_ tomcat_ jetty_ nginx_ apache_ haproxy_ traefik_ envoy_ istio_ caddy_
	database sgw_ couchbase_ cb_ mysql_ pg_ postgres_ mongodb_ redis_ cassandra_ elasticsearch_ opensearch_ oracledb_ mssql_ influxdb_ clickhouse_ etcd_
	network  coredns_ bind_ unbound_ dnsmasq_ snmp_
	host     node_ windows_ hrStorage
	process  java_lang_ jvm_ process_ go_`

// measuring tells the sort of program that a record of measurements is about, by their names.
type measuring struct{ beginnings map[string]string }

func newMeasuring() measuring {
	m := measuring{beginnings: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(exporters)) {
		words := strings.Fields(line)
		for _, begin := range words[1:] {
			m.beginnings[strings.TrimSuffix(begin, "_")] = words[0]
		}
	}
	return m
}

// of is the category of the first measurement that is known, "" for none.
func (m measuring) of(in *doc) string {
	for _, l := range in.leaves[1:] {
		if l.name == nil {
			continue
		}
		begin, _, ok := strings.Cut(l.name.last, "_")
		if category := m.beginnings[begin]; ok && category != "" {
			return category
		}
	}
	return ""
}
