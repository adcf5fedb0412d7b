package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/sinks"
)

// Config configures a [Producer].
type Config struct {
	Connection
	Prefix     string        // of the topics' names; default "tocsin."
	Partitions int           // of the matches topic, as in the manifest; default 32
	Linger     time.Duration // that a batch waits for more; default 0.2 ms
	Registerer Registerer    // nil: unregistered metrics
}

// Names of the internal topics behind their prefix.
const (
	DefaultPrefix = "tocsin."
	matchesTopic  = "matches"
	eventsTopic   = "events"
	intakeTopic   = "intake"

	incidentsTopic = "incidents" // what happens to incidents, for others to read
)

const (
	defaultPartitions = 32
	defaultLinger     = 200 * time.Microsecond // a call queues all of its records at once: nothing is worth waiting for

	// One round writes at most one batch to each partition: at most so many records and bytes in all.
	roundRecords = 1000
	roundBytes   = 4 << 20

	// RecordLimit is the largest record that is written; the topics are set up to take it.
	RecordLimit = 4 << 20
)

// headerPartition addresses a record to a partition, whatever its key.
const headerPartition = "tocsin-partition"

// A Producer writes to the internal topics. All its writes wait for all replicas. It writes in rounds of one batch for
// each partition, and none after a failed one: an error of a write says that a part of it may have been written, and
// the caller repeats all of it before it writes anything else (delivery.md 3.3, 4). Its methods may be called
// concurrently; calls take turns.
type Producer struct {
	writer     *kafka.Writer
	transport  *kafka.Transport
	prefix     string
	partitions int
	metrics    *metrics

	mu sync.Mutex
}

// New checks the configuration. It opens no connection: the first write does.
func New(cfg Config) (*Producer, error) {
	transport, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	p := &Producer{
		transport: transport, prefix: cmp.Or(cfg.Prefix, DefaultPrefix), partitions: cmp.Or(cfg.Partitions, defaultPartitions), metrics: m,
	}
	p.writer = &kafka.Writer{
		Addr: kafka.TCP(cfg.Brokers...), Transport: transport, Balancer: balancer(p.partitions),
		RequiredAcks: kafka.RequireAll, MaxAttempts: 3, BatchSize: roundRecords + 1, BatchBytes: 2 * roundBytes,
		BatchTimeout: cmp.Or(cfg.Linger, defaultLinger), Compression: kafka.Lz4,
	}
	return p, nil
}

// balancer addresses a record by its header, else by the Murmur2 hash of its key over a fixed number of partitions:
// a topic that has been given more keeps its keys where they are.
func balancer(partitions int) kafka.Balancer {
	fixed := make([]int, partitions)
	for i := range fixed {
		fixed[i] = i
	}
	hash := kafka.Murmur2Balancer{Consistent: true}
	return kafka.BalancerFunc(func(m kafka.Message, _ ...int) int {
		for _, h := range m.Headers {
			if h.Key != headerPartition {
				continue
			}
			if n, err := strconv.Atoi(string(h.Value)); err == nil && n >= 0 {
				return n
			}
		}
		return hash.Balance(m, fixed...)
	})
}

// WriteMatches appends records to the matches topic: a match to the partition of its key, a marker or a feedback to every
// partition. When it returns nil, all of it is written, in each partition in the order of records.
func (p *Producer) WriteMatches(ctx context.Context, records []tocsin.LogRecord) error {
	topic := p.prefix + matchesTopic
	r := round{p: p, topic: topic}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, rec := range records {
		value, err := EncodeLogRecord(rec)
		if err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
		if rec.Match != nil {
			if err := r.add(ctx, kafka.Message{Topic: topic, Key: MatchKey(rec.Match), Value: value}); err != nil {
				return err
			}
			continue
		}
		for i := range p.partitions {
			if err := r.add(ctx, addressed(topic, i, value)); err != nil {
				return err
			}
		}
	}
	return r.flush(ctx)
}

// WriteEvents appends records to the one partition of the events topic, in their order.
func (p *Producer) WriteEvents(ctx context.Context, records []tocsin.EventRecord) error {
	topic := p.prefix + eventsTopic
	r := round{p: p, topic: topic}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range records {
		value, err := EncodeEventRecord(e)
		if err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
		if err := r.add(ctx, addressed(topic, 0, value)); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

func addressed(topic string, partition int, value []byte) kafka.Message {
	return kafka.Message{
		Topic: topic, Value: value,
		Headers: []kafka.Header{{Key: headerPartition, Value: []byte(strconv.Itoa(partition))}},
	}
}

// Close waits for what is being written and closes the connections.
func (p *Producer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.writer.Close()
	p.transport.CloseIdleConnections()
	return err
}

// A round is what is written at once. It is small enough to be one batch in any partition, as kafka-go's Writer goes
// on to the next batch when one has failed.
type round struct {
	p        *Producer
	topic    string
	messages []kafka.Message
	size     int
}

func (r *round) add(ctx context.Context, m kafka.Message) error {
	n := len(m.Key) + len(m.Value)
	if n > RecordLimit {
		return fmt.Errorf("%s: record of %d bytes, the limit is %d: %w", r.topic, n, RecordLimit, sinks.ErrPermanent)
	}
	if len(r.messages) >= roundRecords || r.size+n > roundBytes {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.messages = append(r.messages, m)
	r.size += n
	return nil
}

// flush writes the round and waits for it to be acknowledged.
func (r *round) flush(ctx context.Context) error {
	if len(r.messages) == 0 {
		return nil
	}
	started := time.Now()
	err := r.p.writer.WriteMessages(ctx, r.messages...)
	r.p.metrics.seconds.WithLabelValues(r.topic).Observe(time.Since(started).Seconds())
	if err != nil {
		r.p.metrics.errs.WithLabelValues(r.topic).Inc()
		return fmt.Errorf("%s: %w", r.topic, verdict(err))
	}
	r.p.metrics.records.WithLabelValues(r.topic).Add(float64(len(r.messages)))
	r.p.metrics.bytes.WithLabelValues(r.topic).Add(float64(r.size))
	r.messages, r.size = nil, 0
	return nil
}

// verdict picks the first error of a write, and marks what no retry cures.
func verdict(err error) error {
	if many, ok := errors.AsType[kafka.WriteErrors](err); ok {
		for _, one := range many {
			if one != nil {
				err = one
				break
			}
		}
	}
	for _, lasting := range []kafka.Error{
		kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.InvalidTopic, kafka.MessageSizeTooLarge,
	} {
		if errors.Is(err, lasting) {
			remedy := ""
			if lasting == kafka.TopicAuthorizationFailed {
				remedy = "; grant WRITE on the topic to the daemon's user again"
			}
			return fmt.Errorf("%w%s: %w", err, remedy, sinks.ErrPermanent)
		}
	}
	return err
}

// PartitionOf is the partition of the matches topic, which has so many, that matches of a key go to; chained as
// [tocsin.Match] says it of the rule.
func PartitionOf(tenant, rule string, key []tocsin.Value, chained bool, partitions int) int32 {
	m := kafka.Message{Key: MatchKey(&tocsin.Match{Tenant: tenant, Rule: rule, Key: key, Chained: chained})}
	return int32(balancer(partitions).Balance(m)) //nolint:gosec // partitions are few
}
