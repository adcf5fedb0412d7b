package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"tocsin/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRecord is what a test puts into a batch.
type testRecord struct {
	delta   int64
	value   []byte
	headers []recordHeader
}

// appendRecord writes r as Kafka's format 2 does.
func appendRecord(b []byte, r testRecord) []byte {
	body := []byte{0}                         // attributes
	body = binary.AppendVarint(body, 0)       // time
	body = binary.AppendVarint(body, r.delta) // offset
	body = binary.AppendVarint(body, -1)      // no key
	body = binary.AppendVarint(body, int64(len(r.value)))
	body = append(body, r.value...)
	body = binary.AppendVarint(body, int64(len(r.headers)))
	for _, h := range r.headers {
		body = binary.AppendVarint(body, int64(len(h.key)))
		body = append(body, h.key...)
		body = binary.AppendVarint(body, int64(len(h.value)))
		body = append(body, h.value...)
	}
	return append(binary.AppendVarint(b, int64(len(body))), body...)
}

func pack(t testing.TB, codec compress.Compression, plain []byte) []byte {
	t.Helper()
	if codec == compress.None {
		return plain
	}
	var buf bytes.Buffer
	w := codec.Codec().NewWriter(&buf)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// seal puts the header of a batch before packed records.
func seal(base int64, attrs int16, at time.Time, last, count int32, packed []byte) []byte {
	b := make([]byte, batchHeader, batchHeader+len(packed))
	binary.BigEndian.PutUint64(b, uint64(base))
	binary.BigEndian.PutUint32(b[8:], uint32(batchHeader-batchPrefix+len(packed)))
	b[magicAt] = 2
	binary.BigEndian.PutUint16(b[crcFrom:], uint16(attrs))
	binary.BigEndian.PutUint32(b[23:], uint32(last))
	binary.BigEndian.PutUint64(b[27:], uint64(at.UnixMilli()))
	binary.BigEndian.PutUint64(b[35:], uint64(at.UnixMilli()))
	copy(b[43:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") // no producer id
	binary.BigEndian.PutUint32(b[57:], uint32(count))
	b = append(b, packed...)
	binary.BigEndian.PutUint32(b[crcAt:], crc32.Checksum(b[crcFrom:], castagnoli))
	return b
}

func encodeBatch(t testing.TB, base int64, codec compress.Compression, at time.Time, records ...testRecord) []byte {
	t.Helper()
	var plain []byte
	for i, r := range records {
		r.delta = int64(i)
		plain = appendRecord(plain, r)
	}
	n := int32(len(records))
	return seal(base, int16(codec), at, n-1, n, pack(t, codec, plain))
}

// A cluster is a Kafka to test against.
type cluster struct {
	Connection
	client *kgo.Client
	real   bool
}

var serial atomic.Int64

// onClusters runs test against the fake broker and against the real one that TOCSIN_TEST_KAFKA names.
func onClusters(t *testing.T, test func(t *testing.T, c *cluster)) {
	t.Run("fake", func(t *testing.T) { test(t, fakeCluster(t)) })
	t.Run("real", func(t *testing.T) { test(t, realCluster(t)) })
}

func fakeCluster(t testing.TB) *cluster {
	t.Helper()
	_, c := faultyCluster(t, kfake.BrokerConfigs(map[string]string{"group.min.session.timeout.ms": "500"}))
	return c
}

// faultyCluster is a fake broker with its controls, by which it answers as a real one would not on order.
func faultyCluster(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, *cluster) {
	t.Helper()
	fake, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	return fake, newCluster(t, Connection{Brokers: fake.ListenAddrs()}, false)
}

func realCluster(t testing.TB) *cluster {
	t.Helper()
	brokers := os.Getenv("TOCSIN_TEST_KAFKA")
	if brokers == "" {
		t.Skip("TOCSIN_TEST_KAFKA is not set: deploy/stack/up starts a Kafka and prints it")
	}
	c := Connection{Brokers: strings.Split(brokers, ",")}
	if ca := os.Getenv("TOCSIN_TEST_KAFKA_CA"); ca != "" {
		t.Skip("TOCSIN_TEST_KAFKA names a broker with TLS and login: see TestSecure")
	}
	return newCluster(t, c, true)
}

func newCluster(t testing.TB, c Connection, real bool) *cluster {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(4<<20), kgo.DisableIdempotentWrite(), kgo.ProducerLinger(0), kgo.MaxProduceRequestsInflightPerBroker(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &cluster{Connection: c, client: client, real: real}
}

// topic creates a topic with a name of its own.
func (c *cluster) topic(t testing.TB, partitions int, configs ...string) string {
	t.Helper()
	name := fmt.Sprintf("t%d-%d-%d", os.Getpid(), time.Now().UnixNano(), serial.Add(1))
	c.create(t, name, partitions, configs...)
	t.Cleanup(func() { c.drop(t, name) })
	return name
}

func (c *cluster) create(t testing.TB, name string, partitions int, configs ...string) {
	t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, int32(partitions), 1
	for i := 0; i < len(configs); i += 2 {
		cfg := kmsg.NewCreateTopicsRequestTopicConfig()
		cfg.Name, cfg.Value = configs[i], &configs[i+1]
		topic.Configs = append(topic.Configs, cfg)
	}
	req.Topics = append(req.Topics, topic)
	res, err := req.RequestWith(context.Background(), c.client)
	if err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatalf("create %s: %v %v", name, err, res)
	}
	c.known(t, name)
}

// known waits until the broker says who leads each partition of a topic that was just made: it answers for it a little later.
func (c *cluster) known(t testing.TB, name string) {
	t.Helper()
	const within, every = time.Minute, 20 * time.Millisecond
	ask := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &name
	ask.Topics = append(ask.Topics, topic)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for deadline := time.Now().Add(within); ; <-tick.C {
		res, err := ask.RequestWith(context.Background(), c.client)
		if err == nil && res.Topics[0].ErrorCode == 0 && !slices.ContainsFunc(res.Topics[0].Partitions, func(p kmsg.MetadataResponseTopicPartition) bool { return p.ErrorCode != 0 || p.Leader < 0 }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not known: %v %v", name, err, res)
		}
	}
}

func (c *cluster) drop(t testing.TB, name string) {
	t.Helper()
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TopicNames = []string{name}
	topic := kmsg.NewDeleteTopicsRequestTopic()
	topic.Topic = &name
	req.Topics = append(req.Topics, topic)
	if _, err := req.RequestWith(context.Background(), c.client); err != nil {
		t.Logf("delete %s: %v", name, err)
	}
}

// produce writes values to one partition, as many at once as fit.
func (c *cluster) produce(t testing.TB, topic string, partition int32, values ...string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		records := make([]*kgo.Record, len(values))
		for i, v := range values {
			records[i] = &kgo.Record{Topic: topic, Partition: partition, Value: []byte(v)}
		}
		err := c.client.ProduceSync(context.Background(), records...).FirstErr()
		if err == nil {
			return
		}
		if !errors.Is(err, kerr.UnknownTopicOrPartition) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		c.client.PurgeTopicsFromClient(topic) // the broker has not heard yet of a topic that was made anew
	}
}

// produceRaw writes one ready batch.
func (c *cluster) produceRaw(t testing.TB, topic string, partition int, b []byte) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(c.Brokers...), Transport: transport, Timeout: time.Minute}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if m, err := client.Metadata(t.Context(), &kafka.MetadataRequest{Topics: []string{topic}}); err == nil && m.Topics[0].Error == nil {
			break
		}
		transport.CloseIdleConnections() // forgets what it knew
	}
	res, err := client.RawProduce(t.Context(), &kafka.RawProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll,
		RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))},
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) config(group string, topics ...string) Config {
	cfg := Config{Connection: c.Connection, Group: group, Commit: 100 * time.Millisecond, MaxWait: 100 * time.Millisecond}
	for _, t := range topics {
		cfg.Topics = append(cfg.Topics, Topic{Name: t})
	}
	return cfg
}

func open(t testing.TB, cfg Config, opts Options) *Source {
	t.Helper()
	s, err := Open(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// readN reads until n records have come, and acknowledges them.
func readN(t testing.TB, s *Source, n int) []ingest.Record {
	t.Helper()
	return gather(t, n, func(ctx context.Context) ([]ingest.Record, error) {
		b, err := s.Read(ctx)
		if err != nil {
			return nil, err
		}
		return b.Records, b.Ack(ctx)
	})
}

// gather reads until n records have come.
func gather(t testing.TB, n int, read func(context.Context) ([]ingest.Record, error)) []ingest.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out []ingest.Record
	for len(out) < n {
		records, err := read(ctx)
		if err != nil {
			t.Fatalf("after %d of %d records: %v", len(out), n, err)
		}
		out = append(out, records...)
	}
	return out
}
