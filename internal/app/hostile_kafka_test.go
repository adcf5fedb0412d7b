package app_test

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// large lets the input topic take records up to 8 MiB.
func (s *stand) large() {
	s.t.Helper()
	got, err := s.kafka().IncrementalAlterConfigs(s.t.Context(), &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: s.topic(),
		Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "max.message.bytes", Value: "8388608", ConfigOperation: kafka.ConfigOperationSet}},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range got.Resources {
		if r.Error != nil {
			s.t.Fatal(r.Error)
		}
	}
}

// batch writes records as one batch to one partition.
func (s *stand) batch(partition int, codec kafka.Compression, values ...[]byte) {
	s.t.Helper()
	w := &kafka.Writer{
		Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Transport: s.wire, Topic: s.topic(), RequiredAcks: kafka.RequireAll, Compression: codec,
		Balancer:  kafka.BalancerFunc(func(kafka.Message, ...int) int { return partition }),
		BatchSize: len(values), BatchBytes: 1 << 30, WriteTimeout: 2 * time.Minute, ReadTimeout: 2 * time.Minute, BatchTimeout: time.Second,
	}
	defer w.Close()
	messages := make([]kafka.Message, len(values))
	for i, v := range values {
		messages[i].Value = v
	}
	if err := w.WriteMessages(s.t.Context(), messages...); err != nil {
		s.t.Fatal(err)
	}
}

// What a producer may write to hurt is dead-lettered or marked, each with its reason, in bounded memory; the good record
// behind it is taken, and every record is accounted for.
func TestHostileOverKafka(t *testing.T) {
	s := newStand(t)
	s.large()
	want := map[string]int{"reason format": 1, "reason bomb": 3}
	for partition := range 3 {
		s.batch(partition, kafka.Gzip, make([]byte, 700<<20))
	}
	s.batch(0, 0, []byte(`[1, "two", null]`))
	s.batch(0, 0, []byte(good))
	records, dead := 5, 4
	for i, x := range hostiles() {
		s.batch(i%3, kafka.Compression(i%5), []byte(x.value))
		s.batch(i%3, 0, []byte(good))
		records += 2
		switch {
		case x.reason != "":
			dead++
			want["reason "+x.reason]++
		case x.mark != "":
			want["mark "+x.mark]++
		}
	}
	debug.FreeOSMemory()
	peak := growth(t)
	a, stop := s.daemon()
	defer stop()
	s.await(records, nil, 0, 3*time.Minute)
	if n := s.search("deadletter", nil); n != dead {
		t.Errorf("%d dead letters of %d", n, dead)
	}
	have := fates(t, a.URL(), "recorded")
	for fate, n := range want { // one record may have more marks than the one that is looked for
		if have[fate] < n || strings.HasPrefix(fate, "reason") && have[fate] != n {
			t.Errorf("%s: counted %d times, of %d", fate, have[fate], n)
		}
	}
	listed := map[string]int{}
	for _, r := range deadLetters(t, a.URL()) {
		listed["reason "+r.Reason]++
		if r.Detail == "" || r.Source != "recorded" || r.Ref.Topic != s.topic() {
			t.Errorf("a dead letter without detail, source or place: %s %s %+v", r.Reason, r.Detail, r.Ref)
		}
	}
	for fate, n := range want {
		if strings.HasPrefix(fate, "reason") && listed[fate] != n {
			t.Errorf("%s: %d dead letters of %d", fate, listed[fate], n)
		}
	}
	if n := sum(counters(t, a.URL(), "tocsin_alerts_total")); n != records-dead {
		t.Errorf("%d alerts are counted, of %d", n, records-dead)
	}
	if grown := peak(); grown > 300<<20 && !raced {
		t.Errorf("memory grew by %d MiB", grown>>20)
	} else {
		t.Logf("memory grew by %d MiB at most", grown>>20)
	}
}

// Records with ids of their own that are produced twice are stored once, and the copies are counted.
func TestProducedTwice(t *testing.T) {
	s := newStand(t)
	var lines [][]byte
	for i := range 200 {
		lines = append(lines, fmt.Appendf(nil, wazuhLine, i))
	}
	s.produce(lines)
	a, stop := s.daemon()
	defer stop()
	for round := range 2 {
		await(t, 2*time.Minute, "processed", func() (bool, string) {
			n, d := sum(counters(t, a.URL(), "tocsin_alerts_total")), sum(counters(t, a.URL(), "tocsin_duplicates_total"))
			return n == 200 && d == 200*round, fmt.Sprintf("%d alerts, %d duplicates", n, d)
		})
		if round == 0 {
			s.produce(lines)
		}
	}
	await(t, time.Minute, "found", func() (bool, string) {
		n := s.search("alerts-*", nil)
		return n == 200, fmt.Sprint(n)
	})
}
