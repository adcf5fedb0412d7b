package register

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks/elastic"
)

// counted is a connection that counts its requests.
type counted struct{ n atomic.Int64 }

func (c *counted) RoundTrip(req *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultTransport.RoundTrip(req)
}

// What an emission costs the registrar on the real server: an attack on many hosts, five emissions of each of 50 events,
// of which every fifth joins another's incident, each emission with an alert of its own to be copied; one after the other,
// and together.
func BenchmarkRegistrar(b *testing.B) {
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" {
		b.Skip("TOCSIN_TEST_ES is not set: no Elasticsearch to measure (deploy/stack/up starts one)")
	}
	var all []Emission
	var alerts []tocsin.Alert
	for round := range 5 {
		for n := range 50 {
			e := event(fmt.Sprintf("e%d", n), n, fmt.Sprintf("203.0.113.%d", n), fmt.Sprintf("u%d", n-n%5))
			if round > 0 {
				e = revision(e, int64(round+1), tocsin.MilestoneDoubled)
			}
			a := tocsin.Alert{ID: fmt.Sprintf("a%d-%d", round, n), Time: e.First, Received: e.First, Raw: []byte(`{"message":"one of many"}`)}
			e.Evidence.Alerts = append(slices.Clone(e.Evidence.Alerts), tocsin.AlertRef{ID: a.ID, Time: a.Time, Received: a.Received})
			alerts, all = append(alerts, a), append(all, Emission{e, proposed()})
		}
	}
	for name, apply := range map[string]func(*testing.B, *Register){
		"one by one": func(b *testing.B, r *Register) {
			for _, em := range all {
				if _, err := r.Apply(b.Context(), em.Event, em.Assessment); err != nil {
					b.Fatal(err)
				}
			}
		},
		"together": func(b *testing.B, r *Register) {
			if err := r.ApplyAll(b.Context(), all); err != nil {
				b.Fatal(err)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			wire := &counted{}
			for b.Loop() {
				s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: fmt.Sprintf("ttr%d-", time.Now().UnixNano()), Transport: wire})
				if err != nil {
					b.Fatal(err)
				}
				// The first emission makes the indices.
				o := options(s, func() time.Time { return t0.Add(time.Hour) })
				o.Exhibits = s
				r := New(o)
				if _, err := s.StoreAlerts(b.Context(), alerts); err != nil {
					b.Fatal(err)
				}
				if _, err := r.Apply(b.Context(), event("warm", 0, "192.0.2.1", "warm"), proposed()); err != nil {
					b.Fatal(err)
				}
				wire.n.Store(0)
				begun := time.Now()
				apply(b, r)
				b.ReportMetric(float64(len(all))/time.Since(begun).Seconds(), "emissions/s")
				b.ReportMetric(float64(wire.n.Load())/float64(len(all)), "requests/emission")
			}
		})
	}
}
