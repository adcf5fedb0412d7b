package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// Through Kafka and Elasticsearch too, records that no decoder could read become, once one can, the alerts that they would
// have been, from the place at which they stood; sent again once more, they change nothing.
func TestRedriveOverKafka(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.cfg.Sources[0].Recorded, s.cfg.Sources[0].Format = false, "cef" // which they are not
	at := time.Now().UTC().Truncate(time.Second)
	var lines [][]byte
	for i := range 10 {
		lines = append(lines, fmt.Appendf(nil, `{"@timestamp":%q,"event":{"category":"authentication","outcome":"failure"},"source":{"ip":"203.0.113.7"},"user":{"name":"root"}}`, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339)))
	}
	a, stop := s.daemon()
	s.produce(lines)
	await(t, time.Minute, "dead letters", func() (bool, string) {
		n := s.search("deadletter", nil)
		return n == 10, fmt.Sprint(n)
	})
	letters := deadLetters(t, a.URL())
	stop()
	s.cfg.Sources[0].Format = "auto"
	a, stop = s.daemon()
	defer func() { stop() }()
	redrive := func(times int64) {
		t.Helper()
		for _, l := range letters {
			dispose(t, a.URL(), s.cfg.DataDir, l.ID, "redrive", "the format was wrong")
		}
		await(t, time.Minute, "the intake read to its end", func() (bool, string) {
			read, lag := int64(0), int64(0)
			for _, l := range a.Health().Report().Lags {
				if l.Topic == s.cfg.Kafka.Prefix+"intake" {
					read, lag = read+l.Next, lag+l.Lag
				}
			}
			return read >= 10*times && lag == 0, fmt.Sprintf("%d read, %d left", read, lag)
		})
	}
	redrive(1)
	await(t, time.Minute, "alerts and an event", func() (bool, string) {
		alerts, events := s.search("alerts-*", nil), s.search("events-*", nil)
		return alerts == 10 && events > 0, fmt.Sprintf("%d alerts, %d events", alerts, events)
	})
	for _, l := range letters {
		var alert struct{ ID string }
		get(t, a.URL()+"/api/v1/alerts/"+tocsin.AlertID(l.Tenant, l.Ref, l.SHA256), &alert)
	}
	told := func() []string {
		var all []string
		s.search("events-*", func(source json.RawMessage) {
			e := s.event(source)
			all = append(all, fmt.Sprintf("%s %d", e.ID, e.Count))
		})
		slices.Sort(all)
		return all
	}
	var once []string
	await(t, time.Minute, "all ten in the event", func() (bool, string) { // it is told at five, ten and its end
		once = told()
		return slices.ContainsFunc(once, func(line string) bool { return line[len(line)-3:] == " 10" }), fmt.Sprint(once)
	})
	redrive(2)
	if alerts, dead := s.search("alerts-*", nil), s.search("deadletter", nil); alerts != 10 || dead != 10 {
		t.Errorf("%d alerts and %d dead letters after the second time", alerts, dead)
	}
	if diff := cmp.Diff(once, told()); diff != "" {
		t.Errorf("events changed (-once +twice):\n%s", diff)
	}
}
