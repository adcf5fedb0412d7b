package kafka

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// BenchmarkRead reads 100,000 records of 600 bytes from 4 partitions of the real broker: as a Source with its
// acknowledgements, and, as the ceiling, by kafka-go's bare connections with nothing done to what they read.
func BenchmarkRead(b *testing.B) {
	const total, partitions = 100_000, 4
	c := realCluster(b)
	for _, kind := range []string{"plain", "gzip"} {
		topic := c.topic(b, partitions, "compression.type", map[string]string{"plain": "producer", "gzip": "gzip"}[kind])
		value := fmt.Sprintf(`{"message":%q}`, strings.Repeat("alert of some length ", 28))
		values := make([]string, 5000)
		for i := range values {
			values[i] = value
		}
		for i := range total / len(values) {
			c.produce(b, topic, int32(i%partitions), values...)
		}
		b.Run(kind+"/source", func(b *testing.B) {
			for range b.N {
				cfg := c.config(fmt.Sprint("g-", topic, "-", serial.Add(1)), topic)
				s, err := Open(cfg, Options{})
				if err != nil {
					b.Fatal(err)
				}
				first, err := s.Read(b.Context()) // joining is not reading
				if err != nil {
					b.Fatal(err)
				}
				if err := first.Ack(b.Context()); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				for n := len(first.Records); n < total; {
					batch, err := s.Read(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					n += len(batch.Records)
					if err := batch.Ack(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				report(b, began, total-len(first.Records), len(value))
				s.Close()
			}
		})
		b.Run(kind+"/ceiling", func(b *testing.B) {
			for range b.N {
				began := time.Now()
				done := make(chan error)
				for p := range partitions {
					go func() { done <- bareRead(b.Context(), c.Brokers[0], topic, p, total/partitions) }()
				}
				for range partitions {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				report(b, began, total, len(value))
			}
		})
	}
}

// report tells of the last run.
func report(b *testing.B, began time.Time, n, size int) {
	seconds := time.Since(began).Seconds()
	b.ReportMetric(float64(n)/seconds, "records/s")
	b.ReportMetric(float64(n)*float64(size)/seconds/1e6, "MB/s")
}

func bareRead(ctx context.Context, broker, topic string, partition, n int) error {
	conn, err := kafka.DialLeader(ctx, "tcp", broker, topic, partition)
	if err != nil {
		return err
	}
	defer conn.Close()
	for n > 0 {
		batch := conn.ReadBatchWith(kafka.ReadBatchConfig{MinBytes: 1, MaxBytes: 1 << 20})
		for {
			if _, err := batch.ReadMessage(); err != nil {
				break
			}
			n--
		}
		if err := batch.Close(); err != nil {
			return err
		}
	}
	return nil
}
