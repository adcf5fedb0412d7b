package kafka

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/http"
)

// More headers of the records that our own intake writes; see [Topic.Own].
const (
	headerFault     = ownHeaders + "fault"
	headerDetail    = ownHeaders + "detail"
	headerSize      = ownHeaders + "size"
	headerPartition = ownHeaders + "partition"
	headerOrigin    = ownHeaders + "origin" // JSON
	headerBeside    = ownHeaders + "beside" // JSON
)

const (
	intakeRound   = 1000             // records written at once
	intakeBytes   = 3 << 20          // their bytes, and the largest record: the topic takes 8 MiB
	intakeTimeout = 20 * time.Second // after which the client is told to try again
	intakeRecall  = 200_000          // positions remembered: 8 MB
)

// An Intake writes records to the intake topic: in Kafka mode it is the [http.Journal]. A record is durable when all
// replicas have it. The records of one call go to one partition, in their order.
//
// Positions are remembered by this process alone, the last 200,000 of them: a request that is repeated later, or to
// another daemon, is another delivery.
type Intake struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	topic     string
	calls     atomic.Uint64

	mu      sync.Mutex
	known   map[position]bool // true once durable
	order   []position        // as they became known
	changed chan struct{}     // closed when known has changed
}

var _ http.Journal = (*Intake)(nil)

type position [16]byte

// NewIntake checks the connection and opens nothing: the first write does.
func NewIntake(c Connection, topic string) (*Intake, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := newClient(c, []string{topic})
	if err != nil {
		return nil, err
	}
	in := &Intake{transport: client.transport, topic: topic, known: map[position]bool{}, changed: make(chan struct{})}
	in.writer = &kafka.Writer{
		Addr: client.addr, Transport: client.transport, Topic: topic, Balancer: kafka.BalancerFunc(addressed), RequiredAcks: kafka.RequireAll,
		MaxAttempts: 3, BatchSize: intakeRound + 1, BatchBytes: 2 * intakeBytes, BatchTimeout: 5 * time.Millisecond, Compression: kafka.Lz4,
	}
	return in, nil
}

// addressed sends a message to the partition that its header asks for, counted around.
func addressed(m kafka.Message, partitions ...int) int {
	for _, h := range m.Headers {
		if n, err := strconv.ParseUint(string(h.Value), 10, 64); h.Key == headerPartition && err == nil {
			return partitions[n%uint64(len(partitions))]
		}
	}
	return partitions[0]
}

// Append implements [http.Journal].
func (in *Intake) Append(ctx context.Context, records []ingest.Record) (http.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, intakeTimeout)
	defer cancel()
	fresh, err := in.reserve(ctx, records)
	if err != nil {
		return http.Result{}, err
	}
	err = in.write(ctx, fresh)
	in.settle(fresh, err == nil)
	if err != nil {
		return http.Result{}, err
	}
	return http.Result{Accepted: len(fresh), Duplicate: len(records) - len(fresh)}, nil
}

// write writes in rounds, none after one that failed.
func (in *Intake) write(ctx context.Context, records []ingest.Record) error {
	call := []byte(strconv.FormatUint(in.calls.Add(1), 10))
	var round []kafka.Message
	size := 0
	flush := func() error {
		if len(round) == 0 {
			return nil
		}
		if err := in.writer.WriteMessages(ctx, round...); err != nil {
			return fmt.Errorf("%s: %w: %w", in.topic, http.ErrUnavailable, err)
		}
		round, size = nil, 0
		return nil
	}
	for _, r := range records {
		m := message(r, call)
		if len(round) >= intakeRound || size+len(m.Value) > intakeBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		round, size = append(round, m), size+len(m.Value)
	}
	return flush()
}

// message writes a record down. One that is too large for the topic keeps its size alone.
func message(r ingest.Record, call []byte) kafka.Message {
	if len(r.Value) > intakeBytes {
		r.Size, r.Fault = int64(len(r.Value)), cmp.Or(r.Fault, faultTooBig)
		r.Detail, r.Value = cmp.Or(r.Detail, "record is too large")+"; its bytes were not kept", nil
	}
	m := kafka.Message{Value: r.Value, Headers: []kafka.Header{{Key: headerPartition, Value: call}}}
	add := func(key, value string) {
		if value != "" {
			m.Headers = append(m.Headers, kafka.Header{Key: key, Value: []byte(value)})
		}
	}
	add(headerSource, r.Source)
	add(headerTenant, r.Tenant)
	add(headerFormat, r.Format)
	if !r.Received.IsZero() {
		add(headerReceived, r.Received.UTC().Format(time.RFC3339Nano))
	}
	if r.Origin != nil {
		origin, _ := json.Marshal(r.Origin) // a Ref marshals
		add(headerOrigin, string(origin))
	}
	if len(r.Beside) > 0 {
		beside, _ := json.Marshal(r.Beside) // texts marshal
		add(headerBeside, string(beside))
	}
	if r.Fault != "" {
		add(headerFault, r.Fault)
		add(headerDetail, r.Detail)
		add(headerSize, strconv.FormatInt(r.Size, 10))
	}
	return m
}

// adopt takes over what our own intake said of a record.
func adopt(out *ingest.Record, headers []recordHeader) {
	for _, h := range headers {
		value := string(h.value)
		switch h.key {
		case headerSource:
			out.Source = value
		case headerTenant:
			out.Tenant = value
		case headerFormat:
			out.Format = value
		case headerFault:
			out.Fault = value
		case headerDetail:
			out.Detail = value
		case headerSize:
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				out.Size = n
			}
		case headerOrigin:
			var origin tocsin.Ref
			if json.Unmarshal(h.value, &origin) == nil {
				out.Ref = origin
			}
		case headerBeside:
			_ = json.Unmarshal(h.value, &out.Beside) // written by us
		case headerReceived:
			if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
				out.Received = t.UTC()
			}
		}
	}
}

func positionOf(r *ingest.Record) position {
	sum := sha256.Sum256([]byte(r.Source + "\x00" + r.Position))
	return position(sum[:16])
}

// reserve returns the records that are not known. It waits for another call that is writing one of them.
func (in *Intake) reserve(ctx context.Context, records []ingest.Record) ([]ingest.Record, error) {
	for {
		in.mu.Lock()
		var fresh []ingest.Record
		busy := false
		for i := range records {
			durable, there := false, false
			if records[i].Position != "" {
				durable, there = in.known[positionOf(&records[i])]
			}
			busy = busy || there && !durable
			if !there {
				fresh = append(fresh, records[i])
			}
		}
		if !busy {
			for i := range fresh {
				if fresh[i].Position != "" {
					in.known[positionOf(&fresh[i])] = false
				}
			}
			in.mu.Unlock()
			return fresh, nil
		}
		changed := in.changed
		in.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(http.ErrUnavailable, ctx.Err())
		}
	}
}

// settle remembers what has become durable, and forgets what has not and what is oldest.
func (in *Intake) settle(records []ingest.Record, durable bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := range records {
		if records[i].Position == "" {
			continue
		}
		at := positionOf(&records[i])
		if !durable {
			delete(in.known, at)
			continue
		}
		in.known[at] = true
		in.order = append(in.order, at)
	}
	if n := len(in.order) - intakeRecall; n > intakeRecall/8 { // not one by one
		for _, at := range in.order[:n] {
			delete(in.known, at)
		}
		in.order = append([]position(nil), in.order[n:]...)
	}
	close(in.changed)
	in.changed = make(chan struct{})
}

// Close waits for what is being written and closes the connections.
func (in *Intake) Close() error {
	err := in.writer.Close()
	in.transport.CloseIdleConnections()
	return err
}
