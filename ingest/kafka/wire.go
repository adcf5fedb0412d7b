package kafka

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// kafka-go reads a fetch's answer in ways that hurt here: it checks no CRC, unpacks without a limit, hides a batch's
// attributes and offsets, and panics on some compacted logs. Its Transport lets a request speak for itself on a
// connection that the Transport found, opened and logged in ([protocol.RawExchanger]): that is what fetches do.

const (
	metadataVersion = 10 // the least that tells topic ids; Kafka 2.8 and later
	clientName      = "tocsin"
)

var errFrame = errors.New("answer of the broker is malformed")

// A request is a request being written.
type request struct{ b []byte }

func (q *request) begin(key protocol.ApiKey, version int16) {
	q.b = make([]byte, 4, 128) // the length, set at the end
	q.i16(int16(key))
	q.i16(version)
	q.i32(1) // correlation: one request at a time
	q.str(clientName)
}

func (q *request) i8(v int8)   { q.b = append(q.b, byte(v)) }
func (q *request) i16(v int16) { q.b = binary.BigEndian.AppendUint16(q.b, uint16(v)) }
func (q *request) i32(v int32) { q.b = binary.BigEndian.AppendUint32(q.b, uint32(v)) }
func (q *request) i64(v int64) { q.b = binary.BigEndian.AppendUint64(q.b, uint64(v)) }
func (q *request) str(s string) {
	q.i16(int16(len(s)))
	q.b = append(q.b, s...)
}

// exchange sends the request and returns the answer's frame behind its correlation id.
func (q *request) exchange(rw io.ReadWriter) (*reply, error) {
	binary.BigEndian.PutUint32(q.b, uint32(len(q.b)-4))
	if _, err := rw.Write(q.b); err != nil {
		return nil, err
	}
	in := &reply{r: rw, left: 4}
	in.left = int64(in.i32())
	if id := in.i32(); in.err == nil && id != 1 {
		return nil, in.bad()
	}
	return in, in.err
}

// A reply is an answer being read. The first error stays.
type reply struct {
	r    io.Reader
	left int64 // bytes of the frame
	err  error
	word [16]byte
}

func (r *reply) bad() error {
	if r.err == nil {
		r.err = errFrame
	}
	return r.err
}

func (r *reply) read(b []byte) []byte {
	if r.err == nil && int64(len(b)) > r.left {
		r.err = errFrame
	}
	if r.err != nil {
		clear(b)
		return b
	}
	n, err := io.ReadFull(r.r, b)
	r.left -= int64(n)
	if r.err = err; errors.Is(err, io.EOF) {
		r.err = io.ErrUnexpectedEOF
	}
	return b
}

func (r *reply) i16() int16 { return int16(binary.BigEndian.Uint16(r.read(r.word[:2]))) }
func (r *reply) i32() int32 { return int32(binary.BigEndian.Uint32(r.read(r.word[:4]))) }
func (r *reply) i64() int64 { return int64(binary.BigEndian.Uint64(r.read(r.word[:8]))) }

func (r *reply) take(n int) []byte { return r.read(make([]byte, n)) }

func (r *reply) skip(n int64) {
	if r.err == nil && (n < 0 || n > r.left) {
		r.err = errFrame
	}
	if r.err != nil {
		return
	}
	n, r.err = io.CopyN(io.Discard, r.r, n)
	r.left -= n
}

// end reads the frame to its end, so that the connection can be used again.
func (r *reply) end() error {
	r.skip(r.left)
	return r.err
}

// uvarint reads an unsigned number of the compact encoding.
func (r *reply) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.read(r.word[:1])[0]
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	if r.err == nil {
		r.err = errFrame
	}
	return 0
}

// count reads how many members follow, or bytes: less than zero for null.
func (r *reply) count(compact bool) int64 {
	if compact {
		return int64(r.uvarint()) - 1
	}
	return int64(r.i32())
}

// compact reads a compact string; "" for null.
func (r *reply) compact() string {
	n := int64(r.uvarint()) - 1
	if r.err == nil && n > r.left {
		r.err = errFrame
	}
	if n <= 0 || r.err != nil {
		return ""
	}
	return string(r.take(int(n)))
}

// tags skips the tagged fields that close a structure.
func (r *reply) tags() {
	for range r.uvarint() {
		r.uvarint()
		r.skip(int64(r.uvarint()))
		if r.err != nil {
			return
		}
	}
}

// A topicIDs request asks any broker for the cluster's id and the ids of topics, which tell one life of a topic from
// the next. kafka-go's own metadata request is too old to carry them.
type topicIDs struct{ topics []string }

// clusterIDs answers it: by topic, 32 hex digits.
type clusterIDs struct {
	cluster string
	topics  map[string]string // only topics that are there
	counts  map[string]int    // partitions, of these
	codes   map[string]kafka.Error
	rights  map[string]int32 // bits of what is allowed
	old     bool             // the broker tells no topic ids
}

func (*topicIDs) ApiKey() protocol.ApiKey   { return protocol.Metadata } //nolint:revive // the name is the interface's
func (*clusterIDs) ApiKey() protocol.ApiKey { return protocol.Metadata } //nolint:revive // the name is the interface's

// Required implements [protocol.RawExchanger].
func (*topicIDs) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange writes the request and reads the answer.
func (t *topicIDs) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	var q request
	q.begin(protocol.Metadata, metadataVersion)
	q.i8(0) // tags of the request's header
	q.b = binary.AppendUvarint(q.b, uint64(len(t.topics)+1))
	for _, name := range t.topics {
		q.b = append(q.b, make([]byte, 16)...) // id: asked by name
		q.b = binary.AppendUvarint(q.b, uint64(len(name)+1))
		q.b = append(q.b, name...)
		q.i8(0)
	}
	q.b = append(q.b, 0, 0, 1, 0) // create nothing, tell no rights on the cluster, but on topics; no tags
	in, err := q.exchange(rw)
	if err != nil {
		return nil, err
	}
	ids, err := readTopicIDs(in)
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	return ids, nil
}

func readTopicIDs(in *reply) (*clusterIDs, error) {
	in.tags()
	in.skip(4) // throttle
	in.array(func() {
		in.skip(4) // broker
		in.compact()
		in.skip(4)
		in.compact()
		in.tags()
	})
	ids := &clusterIDs{
		cluster: in.compact(), topics: map[string]string{}, counts: map[string]int{}, codes: map[string]kafka.Error{}, rights: map[string]int32{},
	}
	in.skip(4) // controller
	in.array(func() {
		code := in.i16()
		name := in.compact()
		id := [16]byte(in.read(in.word[:16]))
		in.skip(1) // internal
		count := 0
		in.array(func() {
			in.skipPartition()
			count++
		})
		ids.rights[name] = in.i32()
		in.tags()
		if code != 0 {
			ids.codes[name] = kafka.Error(code)
			return
		}
		ids.counts[name] = count
		if id != [16]byte{} {
			ids.topics[name] = hex.EncodeToString(id[:])
		}
	})
	return ids, in.end()
}

func (r *reply) skipPartition() {
	r.skip(2 + 4 + 4 + 4)
	for range 3 { // replicas, those in sync, those offline
		r.array(func() { r.skip(4) })
	}
	r.tags()
}

// array reads a compact array, one member by each call of item.
func (r *reply) array(item func()) {
	n := r.uvarint()
	for i := uint64(1); i < n && r.err == nil; i++ {
		item()
	}
}
