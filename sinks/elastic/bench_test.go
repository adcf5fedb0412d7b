package elastic

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
)

// benchAlerts are alerts of about 1 KiB with 24 fields.
func benchAlerts(round int) []tocsin.Alert {
	alerts := someAlerts(10000)
	raw := bytes.Repeat([]byte(`{"a":"b"}`), 110)
	for i := range alerts {
		a := &alerts[i]
		a.Raw, a.Ref.Offset = raw, int64(round*len(alerts)+i)
		a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
		leaves := []tocsin.Field{
			{Name: "source.ip", Value: tocsin.StringValue(fmt.Sprintf("10.0.%d.%d", i>>8&0xff, i&0xff))},
			{Name: "source.port", Value: tocsin.IntValue(int64(i))},
			{Name: "host.name", Value: tocsin.StringValue(fmt.Sprint("host", i%50))},
			{Name: "message", Value: tocsin.StringValue("some text about what happened")},
		}
		for n := range 20 {
			leaves = append(leaves, tocsin.Field{Name: fmt.Sprintf("winlog.event_data.Param%d", n), Value: tocsin.StringValue("some value of a field")})
		}
		a.Fields = tocsin.NewFields(leaves)
	}
	return alerts
}

// BenchmarkStoreAlerts stores 10,000 alerts and, by turns, sends 10,000 such documents, encoded before, in plain bulks
// of 4 MiB whose answers nobody reads: the ceiling. It reports both rates and their ratio.
func BenchmarkStoreAlerts(b *testing.B) {
	s := server(b)
	var stored, ready time.Duration
	rounds := 0
	for b.Loop() {
		alerts, bodies := benchAlerts(2*rounds), readyBodies(s, benchAlerts(2*rounds+1))
		rounds++
		begun := time.Now()
		if _, err := s.StoreAlerts(b.Context(), alerts); err != nil {
			b.Fatal(err)
		}
		stored += time.Since(begun)
		begun = time.Now()
		for _, body := range bodies {
			if _, err := s.send(b.Context(), "bulk", esapi.BulkRequest{Body: bytes.NewReader(body), FilterPath: []string{"errors"}}, 1<<20); err != nil {
				b.Fatal(err)
			}
		}
		ready += time.Since(begun)
	}
	n := float64(rounds * 10000)
	b.ReportMetric(n/stored.Seconds(), "alerts/s")
	b.ReportMetric(n/ready.Seconds(), "ready/s")
	b.ReportMetric(ready.Seconds()/stored.Seconds(), "ratio")
}

// readyBodies are the bulks of the alerts, 4 MiB each.
func readyBodies(s *Store, alerts []tocsin.Alert) [][]byte {
	var bodies [][]byte
	var body []byte
	documents := s.schema.encoder(dawn)
	for i := range alerts {
		a := action{op: "create", index: s.monthly(kindAlerts, "2026.11"), id: alerts[i].ID}
		body = a.line(body)
		body = append(append(body, documents.document(&alerts[i])...), '\n')
		if len(body) > 4<<20 || i == len(alerts)-1 {
			bodies, body = append(bodies, body), nil
		}
	}
	return bodies
}

// BenchmarkEncode encodes one alert's document.
func BenchmarkEncode(b *testing.B) {
	documents, alerts := newSchema().encoder(dawn), benchAlerts(0)[:1]
	b.ReportAllocs()
	for b.Loop() {
		documents.document(&alerts[0])
	}
}
