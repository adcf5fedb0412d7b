package kafka

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

const (
	fetchByName = 10 // the least version that may carry zstd; Kafka 2.1 and later
	fetchByID   = 13 // the least that names a topic by its id (KIP-516); Kafka 3.1 and later
)

// A fetchRequest asks one partition's leader for records from an offset on. Where the leader understands it, the topic is named
// by its id, so that another topic of the same name answers [kafka.UnknownTopicID] and never with records.
type fetchRequest struct {
	topic     string
	id        [16]byte // zero where it is not known
	partition int32
	offset    int64
	maxBytes  int32
	maxWait   int32 // milliseconds
	rawLimit  int   // of what is kept of an answer, in bytes

	versions *fetchVersions
	leader   int32 // set by Broker
}

// A fetchAnswer is what the leader said. It belongs to whoever asked.
type fetchAnswer struct {
	code     kafka.Error // of the partition; 0 for none
	high     int64       // high watermark
	logStart int64
	batches  []byte // whole record batches; the last one may be cut off
	oversize int    // bytes of the first batch, where that is more than the limit: batches holds its header alone
}

func (*fetchRequest) ApiKey() protocol.ApiKey { return protocol.Fetch } //nolint:revive // the name is the interface's
func (*fetchAnswer) ApiKey() protocol.ApiKey  { return protocol.Fetch } //nolint:revive // the name is the interface's

// Required implements [protocol.RawExchanger].
func (*fetchRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker sends the request to the partition's leader.
func (r *fetchRequest) Broker(c protocol.Cluster) (protocol.Broker, error) {
	topic, ok := c.Topics[r.topic]
	if !ok {
		return protocol.Broker{}, kafka.UnknownTopicOrPartition
	}
	partition, ok := topic.Partitions[r.partition]
	if !ok {
		return protocol.Broker{}, kafka.UnknownTopicOrPartition
	}
	broker, ok := c.Brokers[partition.Leader]
	if !ok {
		return protocol.Broker{}, kafka.LeaderNotAvailable
	}
	r.leader = broker.ID
	return broker, nil
}

// RawExchange writes the request and reads the answer.
func (r *fetchRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	byID := false
	if r.id != [16]byte{} {
		highest, err := r.versions.of(r.leader, rw)
		if err != nil {
			return nil, err
		}
		byID = highest >= fetchByID
	}
	q := r.write(byID)
	in, err := q.exchange(rw)
	if err != nil {
		r.versions.forget(r.leader) // an older broker may stand there now: it hangs up on what it does not understand
		return nil, err
	}
	answer, err := readFetch(in, r.rawLimit, byID)
	if err != nil {
		r.versions.forget(r.leader)
		return nil, fmt.Errorf("fetch: %w", err) // the connection is given up
	}
	return answer, nil
}

func (r *fetchRequest) write(byID bool) *request {
	q := &request{}
	if byID {
		q.begin(protocol.Fetch, fetchByID)
		q.i8(0) // tags of the request's header
	} else {
		q.begin(protocol.Fetch, fetchByName)
	}
	q.i32(-1) // no replica
	q.i32(r.maxWait)
	q.i32(1) // least bytes
	q.i32(r.maxBytes)
	q.i8(0)  // isolation: read uncommitted, a transactional batch halts the partition
	q.i32(0) // no session
	q.i32(-1)
	if byID {
		q.i8(2) // one topic
		q.b = append(q.b, r.id[:]...)
		q.i8(2) // one partition
	} else {
		q.i32(1)
		q.str(r.topic)
		q.i32(1)
	}
	q.i32(r.partition)
	q.i32(-1) // leader epoch unknown
	q.i64(r.offset)
	if byID {
		q.i32(-1) // epoch of the last record unknown
	}
	q.i64(-1) // log start: for replicas
	q.i32(r.maxBytes)
	if byID {
		q.b = append(q.b, 0, 0, 1, 1, 0) // tags of partition and topic; no forgotten topics, no rack; no tags
	} else {
		q.i32(0) // forgotten topics
	}
	return q
}

// readFetch reads the body of a fetch's answer for one partition, to the end of its frame. Of the record batches at
// most limit bytes are kept.
func readFetch(in *reply, limit int, byID bool) (*fetchAnswer, error) {
	if byID {
		in.tags()
	}
	in.skip(4) // throttle
	if code := in.i16(); code != 0 {
		return &fetchAnswer{code: kafka.Error(code)}, in.end()
	}
	in.skip(4) // session
	if in.count(byID) != 1 {
		return nil, in.bad()
	}
	if byID {
		in.skip(16)
	} else {
		in.skip(int64(in.i16())) // topic
	}
	if in.count(byID) != 1 {
		return nil, in.bad()
	}
	in.skip(4) // partition
	answer := &fetchAnswer{code: kafka.Error(in.i16()), high: in.i64()}
	in.skip(8) // last stable offset
	answer.logStart = in.i64()
	in.skipAborted(byID)
	size := in.count(byID)
	if in.err != nil || size > in.left {
		return nil, in.bad()
	}
	behind := in.left - max(size, 0)
	switch {
	case size <= 0:
	case size <= int64(limit):
		answer.batches = in.take(int(size))
	default:
		in.takeSome(answer, limit)
	}
	in.skip(in.left - behind)
	for range 3 { // partition, topic, answer
		if byID {
			in.tags()
		}
	}
	return answer, in.end()
}

// skipAborted skips the aborted transactions and, where it stands behind them, the replica to be read from.
func (r *reply) skipAborted(byID bool) {
	n := max(0, r.count(byID))
	if !byID {
		r.skip(16 * n)
		return
	}
	for i := int64(0); i < n && r.err == nil; i++ {
		r.skip(16)
		r.tags()
	}
	r.skip(4)
}

// takeSome keeps of more record batches than the limit allows: the header of the first one if that alone is above
// the limit, else as many as fit. The rest is fetched again.
func (r *reply) takeSome(answer *fetchAnswer, limit int) {
	head := r.take(min(batchHeader, limit))
	h, ok := readHeader(head)
	switch {
	case !ok:
		r.err = errFrame
	case h.size > limit:
		answer.batches, answer.oversize = head, h.size
	default:
		answer.batches = append(head, r.take(limit-len(head))...)
	}
}

// fetch asks the partition's leader. The context must carry a deadline, which the connection keeps.
func fetch(ctx context.Context, c *client, r *fetchRequest) (*fetchAnswer, error) {
	r.versions = &c.versions
	m, err := c.transport.RoundTrip(ctx, c.addr, r)
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*fetchAnswer)
	if !ok {
		return nil, errFrame
	}
	return answer, nil
}

// topicID is the topic's id of an incarnation; zero where its cluster tells none.
func topicID(incarnation string) (id [16]byte) {
	_, text, _ := strings.Cut(incarnation, "/")
	text, _, _ = strings.Cut(text, "~")
	if len(text) == hex.EncodedLen(len(id)) {
		if _, err := hex.Decode(id[:], []byte(text)); err != nil {
			return [16]byte{}
		}
	}
	return id
}

// fetchVersions are the highest versions of the fetch that the brokers understand. kafka-go tells them only as far as it knows
// versions itself. The zero value knows none yet. It is safe for concurrent use.
type fetchVersions struct {
	mu      sync.Mutex
	highest map[int32]int16 // by broker
}

// of asks the broker at the other end of rw, unless it is known.
func (v *fetchVersions) of(broker int32, rw io.ReadWriter) (int16, error) {
	v.mu.Lock()
	highest, ok := v.highest[broker]
	v.mu.Unlock()
	if ok {
		return highest, nil
	}
	highest, err := askVersion(rw, protocol.Fetch)
	if err != nil {
		return 0, fmt.Errorf("api versions: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.highest == nil {
		v.highest = map[int32]int16{}
	}
	v.highest[broker] = highest
	return highest, nil
}

func (v *fetchVersions) forget(broker int32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.highest, broker)
}

// askVersion asks for the highest version of a request that the broker understands; -1 where it knows no such request.
func askVersion(rw io.ReadWriter, of protocol.ApiKey) (int16, error) {
	m, err := protocol.RoundTrip(rw, 0, 1, clientName, &apiversions.Request{})
	if err != nil {
		return 0, err
	}
	res, ok := m.(*apiversions.Response)
	if !ok {
		return 0, errFrame
	}
	if res.ErrorCode != 0 {
		return 0, kafka.Error(res.ErrorCode)
	}
	for _, k := range res.ApiKeys {
		if protocol.ApiKey(k.ApiKey) == of {
			return k.MaxVersion, nil
		}
	}
	return -1, nil
}
