package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// A Publisher writes single records to topics that others read, each acknowledged by all replicas.
type Publisher struct {
	writer    *kafka.Writer
	transport *kafka.Transport
}

// NewPublisher opens no connection: the first write does.
func NewPublisher(c Connection) (*Publisher, error) {
	t, err := c.transport()
	if err != nil {
		return nil, err
	}
	return &Publisher{transport: t, writer: &kafka.Writer{
		Addr: kafka.TCP(c.Brokers...), Transport: t, Balancer: kafka.Murmur2Balancer{Consistent: true}, RequiredAcks: kafka.RequireAll,
		MaxAttempts: 2, BatchSize: 1, BatchTimeout: time.Millisecond, WriteTimeout: requestTimeout, ReadTimeout: requestTimeout,
	}}, nil
}

// Publish writes one record. A second write of the same one has the same header id.
func (p *Publisher) Publish(ctx context.Context, topic, key, id string, value []byte) error {
	err := p.writer.WriteMessages(ctx, kafka.Message{
		Topic: topic, Key: []byte(key), Value: value, Headers: []kafka.Header{{Key: "id", Value: []byte(id)}},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", topic, verdict(err))
	}
	return nil
}

// Close closes the connections.
func (p *Publisher) Close() error {
	err := p.writer.Close()
	p.transport.CloseIdleConnections()
	return err
}
