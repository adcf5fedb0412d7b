package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func testUnpacker(t testing.TB, limit int) *unpacker {
	t.Helper()
	u, err := newUnpacker(limit)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func takeAll(b *batch) (values []string, offsets []int64) {
	for r, ok := b.take(); ok; r, ok = b.take() {
		values, offsets = append(values, string(r.value)), append(offsets, r.offset)
	}
	return values, offsets
}

// What a batch holds comes out of it, whatever packs it.
func TestBatchKeepsRecords(t *testing.T) {
	u := testUnpacker(t, 1<<20)
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 20).Draw(rt, "values")
		codec := compress.Compression(rapid.IntRange(0, 4).Draw(rt, "codec"))
		var records []testRecord
		var want []string
		for _, v := range values {
			records, want = append(records, testRecord{value: v}), append(want, string(v))
		}
		if len(records) == 0 {
			return
		}
		raw := encodeBatch(t, 100, codec, noon, records...)
		h, ok := readHeader(raw)
		if !ok || h.size != len(raw) || h.base != 100 || h.last != 100+int64(len(records))-1 {
			rt.Fatalf("%+v", h)
		}
		b := openBatch(u, h, raw)
		got, offsets := takeAll(b)
		if b.fault != "" || offsets[0] != 100 || offsets[len(offsets)-1] != h.last {
			rt.Fatal(b.fault, b.detail, offsets)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// Damage of every kind is a fault with its reason, behind the records that are whole.
func TestBatchFaults(t *testing.T) {
	u := testUnpacker(t, 64<<10)
	two := appendRecord(appendRecord(nil, testRecord{value: []byte("a")}), testRecord{delta: 1, value: []byte("b")})
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	many := make([]byte, 0, 1<<20)
	for i := range 100_000 {
		many = appendRecord(many, testRecord{delta: int64(i)})
	}
	liar := binary.AppendUvarint(nil, 1<<31) // a snappy block that says it holds 2 GiB
	xerial := append([]byte(xerialMagic), 0, 0, 0, 1, 0, 0, 0, 1)
	for name, test := range map[string]struct {
		raw    []byte
		values []string
		fault  string
		detail string
	}{
		"whole":                {raw: seal(5, 0, noon, 1, 2, two), values: []string{"a", "b"}},
		"a flipped bit":        {raw: flip(seal(5, 0, noon, 1, 2, two), 65), fault: "codec", detail: "checksum"},
		"cut off":              {raw: seal(5, 0, noon, 1, 2, two[:len(two)-2]), values: []string{"a"}, fault: "codec", detail: "ends within"},
		"fewer than claimed":   {raw: seal(5, 0, noon, 7, 7, two), values: []string{"a", "b"}, fault: "codec", detail: "ends within"},
		"more than its header": {raw: seal(5, 0, noon, 0, 2, two), values: []string{"a"}, fault: "codec", detail: "offset 6"},
		"unknown compression":  {raw: seal(5, 6, noon, 1, 2, two), fault: "codec", detail: "unknown compression 6"},
		"no gzip":              {raw: seal(5, 1, noon, 1, 2, two), fault: "codec", detail: "gzip"},
		"no snappy":            {raw: seal(5, 2, noon, 1, 2, []byte{0xff}), fault: "codec", detail: "snappy"},
		"no lz4":               {raw: seal(5, 3, noon, 1, 2, two), fault: "codec"},
		"no zstd":              {raw: seal(5, 4, noon, 1, 2, two), fault: "codec"},
		"gzip bomb":            {raw: seal(5, 1, noon, 0, 1, pack(t, compress.Gzip, make([]byte, 1<<20))), fault: "bomb", detail: "65536"},
		"snappy bomb":          {raw: seal(5, 2, noon, 0, 1, snappy.Encode(nil, make([]byte, 1<<20))), fault: "bomb"},
		"snappy that lies":     {raw: seal(5, 2, noon, 0, 1, liar), fault: "bomb"},
		"snappy, framed, lies": {raw: seal(5, 2, noon, 0, 1, append(xerial, 0xff, 0xff, 0xff, 0xff, 1)), fault: "codec", detail: "short block"},
		"lz4 bomb":             {raw: seal(5, 3, noon, 0, 1, pack(t, compress.Lz4, make([]byte, 1<<20))), fault: "bomb"},
		"zstd bomb":            {raw: seal(5, 4, noon, 0, 1, pack(t, compress.Zstd, make([]byte, 1<<20))), fault: "bomb"},
		"old format":           {raw: append(make([]byte, 16), 1, 0, 0, 0, 0, 0), fault: "codec", detail: "format 1"},
		"negative count":       {raw: seal(5, 0, noon, 1, -1, two)},
	} {
		t.Run(name, func(t *testing.T) {
			h, ok := readHeader(test.raw)
			if !ok {
				t.Fatal("no header")
			}
			b := openBatch(u, h, test.raw)
			values, _ := takeAll(b)
			if b.fault != test.fault || !strings.Contains(b.detail, test.detail) {
				t.Errorf("%s: %s", b.fault, b.detail)
			}
			if diff := cmp.Diff(test.values, values); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStamp(t *testing.T) {
	raw := encodeBatch(t, 0, compress.None, noon, testRecord{})
	for name, test := range map[string]struct {
		attrs      int16
		first, max int64
		want       time.Time
	}{
		"the producer's": {first: noon.UnixMilli(), max: noon.UnixMilli() + 5000, want: noon},
		"the broker's":   {attrs: attrAppendTime, first: noon.UnixMilli(), max: noon.UnixMilli() + 5000, want: noon.Add(5 * time.Second)},
		"none":           {first: -1, max: -1},
	} {
		h, _ := readHeader(raw)
		h.attrs, h.firstTime, h.maxTime = test.attrs, test.first, test.max
		if got := stamp(h, 0); !got.Equal(test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Only our own headers are kept, and few of them.
func TestHeaders(t *testing.T) {
	r := testRecord{value: []byte("x")}
	for range 100 {
		r.headers = append(r.headers, recordHeader{"other", []byte("o")}, recordHeader{"tocsin-source", []byte("s")})
	}
	raw := encodeBatch(t, 0, compress.None, noon, r)
	h, _ := readHeader(raw)
	got, ok := openBatch(testUnpacker(t, 1<<20), h, raw).take()
	if !ok || len(got.headers) != maxHeaders || got.headers[0].key != "tocsin-source" || string(got.headers[0].value) != "s" {
		t.Errorf("%v %+v", ok, got.headers)
	}
}

func FuzzBatch(f *testing.F) {
	for codec := range compress.Compression(5) {
		f.Add(encodeBatch(f, 7, codec, noon, testRecord{value: []byte("abc"), headers: []recordHeader{{"tocsin-a", nil}}}, testRecord{}))
	}
	u := testUnpacker(f, 64<<10)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, ok := readHeader(raw); !ok || len(raw) < batchHeader {
			return
		}
		binary.BigEndian.PutUint32(raw[crcAt:], crc32.Checksum(raw[crcFrom:], castagnoli)) // past the first guard
		h, _ := readHeader(raw)
		b := openBatch(u, h, raw)
		next := h.base
		for r, ok := b.take(); ok; r, ok = b.take() {
			if r.offset < next || r.offset > h.last {
				t.Fatalf("offset %d after %d, the batch ends at %d", r.offset, next, h.last)
			}
			next = r.offset + 1
			if len(r.headers) > maxHeaders {
				t.Fatal("too many headers")
			}
		}
	})
}

// reply makes the answer that holds b behind its correlation id.
func replyOf(b []byte) *reply { return &reply{r: bytes.NewReader(b), left: int64(len(b))} }

// fetchBytes is an answer for one partition.
func fetchBytes(code int16, batches []byte) []byte {
	var q request
	q.i32(0)
	q.i16(0)
	q.i32(0)
	q.i32(1)
	q.str("topic")
	q.i32(1)
	q.i32(3)
	q.i16(code)
	q.i64(1000)
	q.i64(1000)
	q.i64(10)
	q.i32(1) // an aborted transaction
	q.i64(1)
	q.i64(2)
	q.i32(int32(len(batches)))
	return append(q.b, batches...)
}

// fetchBytesByID is the same of a topic named by its id.
func fetchBytesByID(code int16, batches []byte) []byte {
	var q request
	q.i8(0) // tags of the header
	q.i32(0)
	q.i16(0)
	q.i32(0)
	q.i8(2)
	q.b = append(q.b, "0123456789abcdef"...)
	q.i8(2)
	q.i32(3)
	q.i16(code)
	q.i64(1000)
	q.i64(1000)
	q.i64(10)
	q.i8(2) // an aborted transaction
	q.i64(1)
	q.i64(2)
	q.b = append(q.b, 1, 7, 2, 'a', 'b') // with a tag
	q.i32(-1)                            // no other replica
	q.b = binary.AppendUvarint(q.b, uint64(len(batches)+1))
	q.b = append(q.b, batches...)
	return append(q.b, 0, 0, 0)
}

func TestReadFetch(t *testing.T) {
	t.Run("by name", func(t *testing.T) { testReadFetch(t, fetchBytes, false) })
	t.Run("by id", func(t *testing.T) { testReadFetch(t, fetchBytesByID, true) })
}

func testReadFetch(t *testing.T, fetchBytes func(code int16, batches []byte) []byte, byID bool) {
	one := encodeBatch(t, 0, compress.None, noon, testRecord{value: bytes.Repeat([]byte("x"), 1000)})
	for name, test := range map[string]struct {
		raw      []byte
		code     kafka.Error
		batches  int
		oversize int
		fails    bool
	}{
		"nothing new":        {raw: fetchBytes(0, nil)},
		"a batch":            {raw: fetchBytes(0, one), batches: len(one)},
		"more than the cap":  {raw: fetchBytes(0, bytes.Repeat(one, 5)), batches: 2500},
		"a batch above it":   {raw: fetchBytes(0, encodeBatch(t, 0, 0, noon, testRecord{value: make([]byte, 3000)})), batches: batchHeader, oversize: 3000 + len(one) - 1000},
		"out of range":       {raw: fetchBytes(1, nil), code: kafka.OffsetOutOfRange},
		"cut off":            {raw: fetchBytes(0, one)[:60], fails: true},
		"empty":              {fails: true},
		"a wrong size":       {raw: fetchBytes(0, one)[:len(fetchBytes(0, one))-1], fails: true},
		"more than one part": {raw: append(fetchBytes(0, one), 1, 2, 3), batches: len(one)},
	} {
		t.Run(name, func(t *testing.T) {
			in := replyOf(test.raw)
			got, err := readFetch(in, 2500, byID)
			if (err != nil) != test.fails {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			if got.code != test.code || len(got.batches) != test.batches || got.oversize != test.oversize || in.left != 0 {
				t.Errorf("%v: %d bytes, oversize %d, left %d", got.code, len(got.batches), got.oversize, in.left)
			}
			if got.code == 0 && (got.high != 1000 || got.logStart != 10) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func FuzzReadFetch(f *testing.F) {
	f.Add(fetchBytes(0, encodeBatch(f, 0, compress.None, noon, testRecord{value: []byte("x")})))
	f.Add(fetchBytes(1, nil))
	f.Add(fetchBytesByID(0, encodeBatch(f, 0, compress.None, noon, testRecord{value: []byte("x")})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, byID := range []bool{false, true} {
			if got, err := readFetch(replyOf(raw), 100, byID); err == nil && len(got.batches) > 100 {
				t.Fatal("more than the limit")
			}
		}
	})
}

func FuzzReadTopicIDs(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x02x\x00\x00\x00\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if ids, err := readTopicIDs(replyOf(raw)); err == nil && len(ids.topics) > len(raw) {
			t.Fatal("more than was sent")
		}
	})
}
