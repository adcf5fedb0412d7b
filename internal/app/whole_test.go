package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/internal/demo"
	"tocsin/internal/recordings"
	"tocsin/internal/replay"
	kafkasink "tocsin/sinks/kafka"
)

// A stand is real servers and a daemon's configuration on them, with topics and indices of its own that are gone at the
// end.
type stand struct {
	t     *testing.T
	cfg   config.Config
	es    string
	admin config.Elasticsearch // who sets up and looks
	http  *http.Client
	wire  kafka.RoundTripper // of what is not the daemon; nil for plain text
}

func newStand(t *testing.T) *stand {
	t.Helper()
	return newStandOf(t, func(*stand) {})
}

// newStandOf is [newStand] after change has had its say.
func newStandOf(t *testing.T, change func(*stand)) *stand {
	t.Helper()
	brokers, es := os.Getenv("TOCSIN_TEST_KAFKA"), os.Getenv("TOCSIN_TEST_ES")
	if brokers == "" || os.Getenv("TOCSIN_TEST_KAFKA_CA") != "" {
		t.Skip("TOCSIN_TEST_KAFKA names no plain-text broker: deploy/stack/up starts one")
	}
	if es == "" {
		t.Skip("TOCSIN_TEST_ES names no server: deploy/stack/up starts one")
	}
	return makeStand(t, brokers, es, change)
}

// makeStand sets up a stand after change has had its say.
func makeStand(t *testing.T, brokers, es string, change func(*stand)) *stand {
	t.Helper()
	name := fmt.Sprintf("tt%d", time.Now().UnixNano())
	cfg := config.Default()
	cfg.Mode, cfg.DataDir, cfg.HTTP.Listen = "kafka", t.TempDir(), "127.0.0.1:0"
	cfg.Kafka.Brokers, cfg.Kafka.Prefix, cfg.Kafka.Group, cfg.Kafka.Partitions = strings.Split(brokers, ","), name+".", name, 4
	cfg.Elasticsearch.URLs, cfg.Elasticsearch.Prefix, cfg.Elasticsearch.Replicas = []string{es}, name+"-", 0
	cfg.Intake.IdleAfter = 2 * time.Second
	cfg.Engine.SnapshotEvery = 2 * time.Second
	cfg.Sources = []config.Source{{
		Name: "recorded", Kind: "kafka", Topics: []string{name + "-in"}, Tenant: "default", Format: "auto", Start: "earliest", Store: "all",
		Disorder: 2 * time.Minute, Lateness: time.Hour, IdleAfter: 3 * time.Second, Recorded: true,
	}}
	s := &stand{t: t, cfg: cfg, es: es, http: http.DefaultClient}
	s.admin = cfg.Elasticsearch
	change(s)
	s.setUp()
	t.Cleanup(s.tearDown)
	return s
}

func (s *stand) kafka() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Transport: s.wire}
}

func (s *stand) setUp() {
	ctx := s.t.Context()
	store, err := app.NewElastic(s.admin, app.Options{Log: slog.New(slog.DiscardHandler)}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := store.Setup(ctx); err != nil {
		s.t.Fatal(err)
	}
	if _, err := kafkasink.Setup(ctx, app.SinkConnection(s.cfg.Kafka), app.TopicPlan(s.cfg.Kafka), false); err != nil {
		s.t.Fatal(err)
	}
	got, err := s.kafka().CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: s.topic(), NumPartitions: 3, ReplicationFactor: 1}}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, err := range got.Errors {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// tearDown removes the stand's indices and topics, as well as it can: a test that failed has said why.
func (s *stand) tearDown() {
	s.dropIndices()
	p := s.cfg.Kafka.Prefix
	_, _ = s.kafka().DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: []string{s.topic(), p + "matches", p + "events", p + "intake", p + "commands", p + "incidents"}})
}

func (s *stand) dropIndices() {
	var indices map[string]json.RawMessage
	if resp, err := s.ask(http.MethodGet, s.admin.Prefix+"*/_alias", ""); err == nil {
		_ = json.NewDecoder(resp.Body).Decode(&indices)
		resp.Body.Close()
	}
	for name := range indices {
		if resp, err := s.ask(http.MethodDelete, name, ""); err == nil {
			resp.Body.Close()
		}
	}
}

// ask does one request to Elasticsearch.
func (s *stand) ask(method, path, body string) (*http.Response, error) {
	req, err := http.NewRequest(method, s.es+"/"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.admin.User != "" {
		req.SetBasicAuth(s.admin.User, s.admin.Password.Reveal())
	}
	return s.http.Do(req)
}

func (s *stand) topic() string { return s.cfg.Sources[0].Topics[0] }

// produce writes lines to the input topic, spread over its partitions.
func (s *stand) produce(lines [][]byte) {
	s.t.Helper()
	w := &kafka.Writer{Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Transport: s.wire, Topic: s.topic(), Balancer: &kafka.RoundRobin{}, RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, BatchBytes: 900_000, BatchSize: 500}
	defer w.Close()
	for chunk := range slices.Chunk(lines, 5000) {
		messages := make([]kafka.Message, len(chunk))
		for i, line := range chunk {
			messages[i].Value = line
		}
		if err := w.WriteMessages(s.t.Context(), messages...); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run starts a daemon; the returned function stops it and waits.
func (s *stand) run() (stop func()) {
	_, stop = s.daemon()
	return stop
}

// daemon starts a daemon in this process.
func (s *stand) daemon() (a *app.App, stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	a, err := app.New(ctx, app.Options{Config: s.cfg, Log: slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Now: time.Now})
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return a, func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the daemon ended with %v", err)
		}
	}
}

// search asks Elasticsearch for the documents of an index pattern.
func (s *stand) search(index string, into func(source json.RawMessage)) int {
	s.t.Helper()
	resp, err := s.ask(http.MethodPost, s.admin.Prefix+index+"/_search?ignore_unavailable=true&allow_no_indices=true", `{"size":10000,"track_total_hits":true}`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		Hits struct {
			Total struct{ Value int }
			Hits  []struct {
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		s.t.Fatal(err)
	}
	if into != nil {
		for _, h := range out.Hits.Hits {
			into(h.Source)
		}
	}
	return out.Hits.Total.Value
}

// settled is what an event is, whatever its id and the order of arrival (engine.md, ruling 19).
func settled(e tocsin.Event) string {
	group, _ := json.Marshal(e.Group)
	return fmt.Sprintf("%s %s %s..%s %d %s", e.Rule.ID, group, e.First.UTC().Format(time.RFC3339Nano), e.Last.UTC().Format(time.RFC3339Nano), e.Count, e.Digest)
}

// expected are the settled events and the number of incidents that a replay of the lines gives, by the rules in folders,
// or the shipped ones where there are none.
func expected(t *testing.T, lines [][]byte, folders ...string) (events []string, incidents int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "in.ndjson")
	if err := os.WriteFile(file, append(bytes.Join(lines, []byte("\n")), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	dec, err := app.NewDecoder(cfg, "auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	scales, assets, err := app.LoadScales("", "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := app.LoadRules(folders, len(folders) == 0, scales)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := replay.Options{Decoder: dec, Set: set, Scales: scales, Assets: assets, Disorder: 2 * time.Minute, Lateness: time.Hour}
	if _, err := replay.Run(t.Context(), o, []string{file}, &out); err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(&out); ; {
		var doc struct {
			Kind string
			tocsin.Event
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &struct{ Kind *string }{&doc.Kind}); err != nil {
			t.Fatal(err)
		}
		if doc.Kind == "incident" {
			incidents++
			continue
		}
		var e tocsin.Event
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if e.Activity != tocsin.Merged && e.Activity != tocsin.Withdrawn {
			events = append(events, settled(e))
		}
	}
	slices.Sort(events)
	return events, incidents
}

// await polls until the store holds what a replay gives, and reports what differs when time runs out.
func (s *stand) await(lines int, events []string, incidents int, within time.Duration) {
	s.t.Helper()
	deadline := time.Now().Add(patience * within)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		var got []string
		s.search("events-*", func(source json.RawMessage) {
			if e := s.event(source); e.Activity != tocsin.Merged && e.Activity != tocsin.Withdrawn {
				got = append(got, settled(e))
			}
		})
		slices.Sort(got)
		alerts, dead, found := s.search("alerts-*", nil), s.search("deadletter", nil), s.search("incidents", nil)
		diff := cmp.Diff(events, got)
		if diff == "" && alerts+dead == lines && found == incidents {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("after %v: %d alerts and %d dead letters of %d records, %d incidents of %d, events (-replay +daemon):\n%s", within, alerts, dead, lines, found, incidents, diff)
		}
		<-tick.C
	}
}

// event reads an event out of its document.
func (s *stand) event(source json.RawMessage) tocsin.Event {
	s.t.Helper()
	var doc struct {
		Doc tocsin.Event `json:"doc"`
	}
	if err := json.Unmarshal(source, &doc); err != nil {
		s.t.Fatalf("%v in %.300s", err, source)
	}
	return doc.Doc
}

func scenario() [][]byte {
	var lines [][]byte
	for _, r := range demo.Scenario(1, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)) {
		lines = append(lines, r.Line)
	}
	return lines
}

// The same records give the same events and incidents through Kafka and Elasticsearch as in a replay, and every record
// is accounted for.
func TestKafkaToElasticsearchAsReplayed(t *testing.T) {
	for name, lines := range map[string]func(*testing.T) [][]byte{
		"demo":     func(*testing.T) [][]byte { return scenario() },
		"suricata": func(t *testing.T) [][]byte { return recordings.Lines(t, "campaigns", "cptc2017/team5/eve.ndjson.zst") },
		"wazuh":    func(t *testing.T) [][]byte { return recordings.Lines(t, "campaigns", "wazuh_insect/alerts.ndjson.zst") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := lines(t)
			s := newStand(t)
			events, incidents := expected(t, records)
			s.produce(records)
			stop := s.run()
			defer stop()
			s.await(len(records), events, incidents, 4*time.Minute)
		})
	}
}
