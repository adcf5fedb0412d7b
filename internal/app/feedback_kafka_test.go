package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	kafkasink "tocsin/sinks/kafka"
)

// Over real servers, what people say of an incident goes round too: it is closed as a false positive, which becomes a record of
// the matches log in every partition, lowers its pairs in the engine, holds behind a restart and for a daemon that reads the
// whole log anew, and is taken back when the incident is opened again.
func TestFeedbackOverKafka(t *testing.T) {
	s := newStandOf(t, func(s *stand) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "rare.yml"), []byte(rareRule), 0o600); err != nil {
			t.Fatal(err)
		}
		s.cfg.Rules.Shipped, s.cfg.Rules.Folders = false, []string{folder}
		s.cfg.Sources[0].Recorded = false
		s.cfg.Sources[0].Disorder = time.Second
	})
	a, stop := s.daemon()
	now := time.Now().UTC()
	alert := func(at time.Time, rule string) []byte {
		return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert"},"host":{"name":"web"},"rule":{"name":%q}}`, at.UTC().Format(time.RFC3339Nano), rule)
	}
	s.produceTo(0, alert(now.Add(-8*24*time.Hour), "update"))
	for i, rule := range []string{"scan", "upload", "shell"} {
		s.produceTo(0, alert(now.Add(-time.Hour+time.Duration(i)*time.Second), rule))
	}
	s.produceTo(0, alert(now.Add(-30*time.Minute), "update"))
	var incident tocsin.Incident
	await(t, 2*time.Minute, "an incident", func() (bool, string) {
		var page struct{ Items []tocsin.Incident }
		get(t, a.URL()+"/api/v1/incidents", &page)
		if len(page.Items) == 1 {
			incident = page.Items[0]
		}
		return len(page.Items) == 1, fmt.Sprint(len(page.Items))
	})
	command(t, a.URL(), s.cfg.DataDir, incident.ID, "declare", map[string]any{})
	command(t, a.URL(), s.cfg.DataDir, incident.ID, "close", map[string]any{"disposition": "false_positive", "reason": "a drill"})
	lowered := func(what, url string, n int) {
		t.Helper()
		await(t, 2*time.Minute, what, func() (bool, string) {
			var st tocsin.Standing
			code, text := called(t, http.MethodGet, url+"/api/v1/rules/11111111-2222-4333-8444-000000000011/why-not", read(t, s.cfg.DataDir, "token"), "")
			if code == http.StatusMisdirectedRequest { // the engine is still on its way to this daemon
				return false, text
			}
			if err := json.Unmarshal([]byte(text), &st); err != nil || code != http.StatusOK {
				t.Fatalf("%d %s", code, text)
			}
			return st.Novelty != nil && len(st.Novelty.Lowered) == n && (n == 0 || st.Novelty.Lowered[0].Incident == incident.ID), text
		})
	}
	lowered("three pairs are lowered", a.URL(), 3)
	s.feedbackInLog(incident.ID, false)
	stop()
	a, stop = s.daemon() // from what the engine saved
	lowered("lowered behind a restart", a.URL(), 3)
	stop()
	s.forgetEngines() // the log alone is left
	a, stop = s.daemon()
	defer func() { stop() }()
	lowered("lowered from the log alone", a.URL(), 3)
	command(t, a.URL(), s.cfg.DataDir, incident.ID, "reopen", map[string]any{"reason": "it was none"})
	lowered("opened again, nothing is lowered", a.URL(), 0)
	s.feedbackInLog(incident.ID, true)
}

// produceTo writes a record into one partition of the input topic.
func (s *stand) produceTo(partition int, line []byte) {
	s.t.Helper()
	w := &kafka.Writer{Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Transport: s.wire, Topic: s.topic(), RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Balancer: kafka.BalancerFunc(func(kafka.Message, ...int) int { return partition })}
	defer w.Close()
	if err := w.WriteMessages(s.t.Context(), kafka.Message{Value: line}); err != nil {
		s.t.Fatal(err)
	}
}

// feedbackInLog waits until the newest feedback to an incident stands in every partition of the matches log, or fails.
func (s *stand) feedbackInLog(incident string, revoked bool) {
	s.t.Helper()
	for n := range s.cfg.Kafka.Partitions {
		var newest *tocsin.Feedback
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: s.cfg.Kafka.Brokers, Topic: s.cfg.Kafka.Prefix + "matches", Partition: n, MaxWait: 100 * time.Millisecond})
		await(s.t, time.Minute, fmt.Sprint("feedback in partition ", n), func() (bool, string) {
			ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
			defer cancel()
			m, err := r.ReadMessage(ctx)
			if err != nil {
				return newest != nil && newest.Revoked == revoked, err.Error()
			}
			rec, err := kafkasink.DecodeLogRecord(m.Value)
			if err != nil {
				s.t.Fatal(err)
			}
			if rec.Feedback != nil && rec.Feedback.Incident == incident {
				newest = rec.Feedback
			}
			return false, fmt.Sprint("the newest is ", newest)
		})
		if err := r.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// forgetEngines removes what the engines have saved.
func (s *stand) forgetEngines() {
	s.t.Helper()
	for n := range s.cfg.Kafka.Partitions {
		resp, err := s.ask(http.MethodDelete, fmt.Sprintf("%sstate/_doc/manifest-%d", s.admin.Prefix, n), "")
		if err != nil {
			s.t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			s.t.Errorf("the engine of partition %d was not saved: %s", n, resp.Status)
		}
	}
}
