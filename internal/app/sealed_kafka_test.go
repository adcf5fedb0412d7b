package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/internal/app"
	"tocsin/internal/integrity"
)

// In mode kafka the registrar signs with the key it is given and publishes to a topic; with what stands there an auditor
// proves every entry, and notices a log that was cut.
func TestSealedOverKafka(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	records := scenario()
	s := newStand(t)
	key := filepath.Join(t.TempDir(), "key")
	signing, err := integrity.OpenSigning(key, "tocsin", true)
	if err != nil {
		t.Fatal(err)
	}
	topic := s.cfg.Kafka.Prefix + "checkpoints"
	s.cfg.Integrity.KeyFile, s.cfg.Integrity.AnchorTopic, s.cfg.Integrity.CheckpointEvery = key, topic, time.Second
	made, err := s.kafka().CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}}})
	if err != nil || made.Errors[topic] != nil {
		t.Fatal(err, made)
	}
	defer func() {
		_, _ = s.kafka().DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	}()
	events, incidents := expected(t, records)
	s.produce(records)
	stop := s.run()
	s.await(len(records), events, incidents, 4*time.Minute)
	reader, err := app.OpenReader(t.Context(), app.Options{Config: s.cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	keys, err := integrity.ParseKeys(strings.Join(signing.Public, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	verify := func() integrity.Summary {
		t.Helper()
		sum, err := integrity.VerifyStore(t.Context(), reader, integrity.Trust{Keys: keys, Published: s.published(topic)})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	await(t, time.Minute, "every entry is proven by what was published", func() (bool, string) {
		sum := verify()
		return len(sum.Faults) == 0 && sum.Checkpoints > 0 && sum.Incidents == incidents && sum.Proven == sum.Entries, fmt.Sprintf("%+v", sum)
	})
	stop()
	s.do(http.MethodDelete, s.cfg.Elasticsearch.Prefix+"checkpoints", "")
	if sum := verify(); len(sum.Faults) == 0 {
		t.Errorf("tree and checkpoints were removed, and what was published tells nothing: %+v", sum)
	}
}

// published are the checkpoints in a topic.
func (s *stand) published(topic string) (all []string) {
	s.t.Helper()
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: s.cfg.Kafka.Brokers, Topic: topic, MaxWait: 100 * time.Millisecond})
	defer func() { _ = r.Close() }()
	for {
		ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Second)
		m, err := r.ReadMessage(ctx)
		cancel()
		if err != nil {
			return all
		}
		all = append(all, string(m.Value))
	}
}
