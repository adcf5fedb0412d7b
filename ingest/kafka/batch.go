package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// The layout of a record batch of format 2, the only one since Kafka 0.11. The length counts what follows it.
const (
	batchPrefix = 12 // base offset and length
	batchHeader = 61 // all up to the first record
	magicAt     = 16
	crcAt       = 17
	crcFrom     = 21 // the CRC covers everything from the attributes on

	attrCodec         = 0x07
	attrAppendTime    = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

// The faults of records that cannot be delivered as they are; see [ingest.Record].
const (
	faultTooBig = "too_big"
	faultBomb   = "bomb"
	faultCodec  = "codec"
)

// A header says what a record batch is before it is unpacked.
type header struct {
	base, last int64 // first and last offset
	size       int   // of the whole batch, in bytes
	magic      int8
	crc        uint32
	attrs      int16
	firstTime  int64 // Unix milliseconds
	maxTime    int64
	count      int32 // records it claims to hold
}

// readHeader reads the header of the first batch in b. ok is false where b does not hold all of it.
func readHeader(b []byte) (h header, ok bool) {
	if len(b) < magicAt+1 {
		return header{}, false
	}
	h.base = int64(binary.BigEndian.Uint64(b))
	h.size = batchPrefix + int(int32(binary.BigEndian.Uint32(b[8:])))
	h.magic = int8(b[magicAt])
	h.last = h.base
	if h.magic != 2 {
		return h, true
	}
	if len(b) < batchHeader {
		return header{}, false
	}
	h.crc = binary.BigEndian.Uint32(b[crcAt:])
	h.attrs = int16(binary.BigEndian.Uint16(b[crcFrom:]))
	h.last = h.base + int64(int32(binary.BigEndian.Uint32(b[23:])))
	h.firstTime = int64(binary.BigEndian.Uint64(b[27:]))
	h.maxTime = int64(binary.BigEndian.Uint64(b[35:]))
	h.count = int32(binary.BigEndian.Uint32(b[57:]))
	return h, true
}

// A record is one record of a batch. Its bytes are those of the batch.
type record struct {
	offset  int64
	at      time.Time // zero where the record has no timestamp
	value   []byte
	headers []recordHeader // our own, see ownHeaders
	foreign foreign        // the others
}

type recordHeader struct {
	key   string
	value []byte
}

// Few headers are kept: a record of 1 MiB could hold half a million of them.
const (
	ownHeaders = "tocsin-"
	maxHeaders = 16
)

// A batch is a record batch that is being read. Its records are made one by one, as one batch can hold millions of
// empty ones. Where it is damaged, fault is set once the records before the damage have been taken.
type batch struct {
	header
	rest   cursor
	taken  int32
	fault  string // too_big, bomb or codec: there is no further record
	detail string
	next   int64 // offset after the last record taken: where the fault begins
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openBatch checks and unpacks the whole batch b, whose header is h. What is wrong with it is in the batch's fault:
// it never fails otherwise, and allocates in proportion to what is there, at most the unpacker's limit.
func openBatch(u *unpacker, h header, b []byte) *batch {
	out := &batch{header: h, next: h.base}
	switch {
	case h.magic != 2:
		out.poison(faultCodec, "record batch of format %d, only format 2 is supported", h.magic)
		return out
	case len(b) < batchHeader || h.last < h.base:
		out.poison(faultCodec, "record batch with a broken header")
		return out
	}
	if sum := crc32.Checksum(b[crcFrom:], castagnoli); sum != h.crc {
		out.poison(faultCodec, "checksum %08x instead of %08x", sum, h.crc)
		return out
	}
	plain, err := u.unpack(int8(h.attrs&attrCodec), b[batchHeader:])
	switch {
	case errors.Is(err, errBomb):
		out.poison(faultBomb, "%d bytes unpack to more than %d", h.size, u.limit)
	case err != nil:
		out.poison(faultCodec, "%s", err)
	}
	out.rest = cursor{rest: plain}
	return out
}

func (b *batch) poison(fault, format string, args ...any) {
	b.fault, b.detail = fault, fmt.Sprintf(format, args...)
}

// take returns the next record; false at the end of the batch and where its fault begins.
func (b *batch) take() (record, bool) {
	if b.fault != "" || b.taken >= b.count {
		return record{}, false
	}
	r, err := b.rest.record(b.header)
	if err == nil && (r.offset < b.next || r.offset > b.last) {
		err = fmt.Errorf("record with offset %d where %d to %d may stand", r.offset, b.next, b.last)
	}
	if err != nil {
		b.poison(faultCodec, "%s", err)
		return record{}, false
	}
	b.taken++
	b.next = r.offset + 1
	return r, true
}

var errShort = errors.New("record batch ends within a record")

// A cursor reads records from what is left of an unpacked batch.
type cursor struct{ rest []byte }

func (c *cursor) record(h header) (record, error) {
	size, err := c.varint()
	if err != nil {
		return record{}, err
	}
	if size < 0 || size > int64(len(c.rest)) {
		return record{}, errShort
	}
	in := cursor{rest: c.rest[:size:size]}
	c.rest = c.rest[size:]
	return in.body(h)
}

// body reads the inside of one record: attributes, deltas of time and offset, key, value, headers.
func (c *cursor) body(h header) (record, error) {
	if len(c.rest) == 0 {
		return record{}, errShort
	}
	c.rest = c.rest[1:] // attributes: none are defined
	sinceFirst, err1 := c.varint()
	delta, err2 := c.varint()
	_, err3 := c.bytes() // key: where a record stands, not what it says
	value, err4 := c.bytes()
	count, err5 := c.varint()
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return record{}, errShort
	}
	r := record{offset: h.base + delta, value: value, at: stamp(h, sinceFirst)}
	if count < 0 || count > int64(len(c.rest)/2) {
		return record{}, errShort
	}
	for range count {
		key, err1 := c.bytes()
		value, err2 := c.bytes()
		if err1 != nil || err2 != nil {
			return record{}, errShort
		}
		switch own := bytes.HasPrefix(key, []byte(ownHeaders)); {
		case !own:
			r.foreign.add(key, value)
		case len(r.headers) < maxHeaders:
			r.headers = append(r.headers, recordHeader{key: string(key), value: value})
		}
	}
	return r, nil
}

// stamp is the record's time: the producer's, or the broker's where the topic says LogAppendTime.
func stamp(h header, sinceFirst int64) time.Time {
	ms := h.firstTime + sinceFirst
	if h.attrs&attrAppendTime != 0 {
		ms = h.maxTime
	}
	if ms <= 0 {
		return time.Time{} // -1: the producer gave none
	}
	return time.UnixMilli(ms).UTC()
}

func (c *cursor) varint() (int64, error) {
	v, n := binary.Varint(c.rest)
	if n <= 0 {
		return 0, errShort
	}
	c.rest = c.rest[n:]
	return v, nil
}

// bytes reads a byte string; nil for one of length -1.
func (c *cursor) bytes() ([]byte, error) {
	n, err := c.varint()
	switch {
	case err != nil:
		return nil, err
	case n < 0:
		return nil, nil
	case n > int64(len(c.rest)):
		return nil, errShort
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b, nil
}
