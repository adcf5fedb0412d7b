package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/internal/config"
)

// A told is a record of the incidents topic.
type told struct {
	key, id   string
	partition int
	Incident  struct{ ID, Number string }
	Entry     struct {
		Seq    int64
		Action tocsin.Action
	}
}

// toldBy reads the incidents topic from its beginning until it holds so many records, and then a little longer for those
// that should not be there.
func (s *stand) toldBy(topic string, atLeast int) (all []told) {
	s.t.Helper()
	meta, err := s.kafka().Metadata(s.t.Context(), &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		s.t.Fatal(err)
	}
	var readers []*kafka.Reader
	for _, p := range meta.Topics[0].Partitions {
		readers = append(readers, kafka.NewReader(kafka.ReaderConfig{Brokers: s.cfg.Kafka.Brokers, Topic: topic, Partition: p.ID, MaxWait: 100 * time.Millisecond}))
	}
	deadline := time.Now().Add(patience * time.Minute)
	for quiet := 0; quiet < 3; quiet++ {
		for _, r := range readers {
			for {
				ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
				m, err := r.ReadMessage(ctx)
				cancel()
				if err != nil {
					break
				}
				n := told{key: string(m.Key), partition: m.Partition}
				for _, h := range m.Headers {
					if h.Key == "id" {
						n.id = string(h.Value)
					}
				}
				if err := json.Unmarshal(m.Value, &n); err != nil {
					s.t.Errorf("%s: %.300s", err, m.Value)
				}
				all, quiet = append(all, n), 0
			}
		}
		if len(all) < atLeast && time.Now().Before(deadline) {
			quiet = 0
		}
	}
	for _, r := range readers {
		if err := r.Close(); err != nil {
			s.t.Error(err)
		}
	}
	return all
}

// What happens to incidents is told by a topic of a real Kafka: each change that a route tells comes once, under the
// incident's key and so into one partition, in the order of its log; also what happened by another daemon
// while the one that sends was away.
func TestIncidentsTopic(t *testing.T) {
	topic := ""
	s := newStandOf(t, func(s *stand) {
		topic = s.cfg.Kafka.Prefix + "incidents"
		s.cfg.Kafka.Commands = config.Commands{Topic: s.cfg.Kafka.Prefix + "commands", Actor: "soar", Role: "lead"} // setup makes both topics
		s.cfg.Notify = filepath.Join(t.TempDir(), "notify.yml")
		routes := "receivers: {bus: {kind: kafka, topic: " + topic + "}}\nroutes: [{name: all, to: [bus]}]\n"
		if err := os.WriteFile(s.cfg.Notify, []byte(routes), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	a, stop := s.daemon()
	want := map[string]int64{} // action of an incident -> how often
	give := func(url, id, verb string, action tocsin.Action, body map[string]any) {
		command(t, url, s.cfg.DataDir, id, verb, body)
		if action != "" {
			want[id+" "+string(action)]++
		}
	}
	create := func(n int) string {
		code, text := s.create(a.URL(), n)
		var i tocsin.Incident
		if err := json.Unmarshal([]byte(text), &i); err != nil || code != http.StatusCreated {
			t.Fatalf("%d %s", code, text)
		}
		want[i.ID+" create"]++
		return i.ID
	}
	var ids []string
	for n := range 5 {
		ids = append(ids, create(n))
	}
	for _, id := range ids {
		give(a.URL(), id, "declare", tocsin.ActDeclare, map[string]any{})
		give(a.URL(), id, "comment", "", map[string]any{"text": "not told"})
		give(a.URL(), id, "acknowledge", tocsin.ActAcknowledge, map[string]any{})
	}
	stop()
	other := *s // a daemon that sends nothing: it is not the registrar
	other.cfg.Roles = []string{"api"}
	b, stopB := other.daemon()
	for _, id := range ids {
		give(b.URL(), id, "contain", tocsin.ActContain, map[string]any{})
		give(b.URL(), id, "resolve", tocsin.ActResolve, map[string]any{"disposition": "false_positive"})
	}
	stopB()
	_, stop = s.daemon()
	defer stop()
	got, last, seen := map[string]int64{}, map[string]int64{}, map[string]bool{}
	places := map[string]int{}
	for _, r := range s.toldBy(topic, 25) {
		got[r.Incident.ID+" "+string(r.Entry.Action)]++
		if r.key != r.Incident.ID || r.id == "" || seen[r.id] {
			t.Errorf("key %s, id %s of incident %s: %v", r.key, r.id, r.Incident.ID, seen[r.id])
		}
		if r.Entry.Seq <= last[r.key] {
			t.Errorf("%s: entry %d comes behind %d", r.key, r.Entry.Seq, last[r.key])
		}
		if at, ok := places[r.key]; ok && at != r.partition {
			t.Errorf("%s is in the partitions %d and %d", r.key, at, r.partition)
		}
		seen[r.id], last[r.key], places[r.key] = true, r.Entry.Seq, r.partition
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// create reports an incident.
func (s *stand) create(url string, n int) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, url+"/api/v1/incidents", strings.NewReader(fmt.Sprintf(`{"title":"Laptop %d stolen","category":"intrusions/burglary","priority":"P3","impact":{"functional":"low"}}`, n)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+read(s.t, s.cfg.DataDir, "token"))
	req.Header.Set("Idempotency-Key", strconv.Itoa(n))
	return answered(s.t, req)
}
