package kafka

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"tocsin/ingest"
)

// What is kept of the headers that producers put beside a record.
const (
	maxForeign      = 32
	maxForeignBytes = 8 << 10
)

// A foreign is the headers of a record that are not ours, as texts "name: value". It refers to the batch's bytes.
type foreign struct {
	headers []recordHeader
	size    int
	beyond  int // headers that are not kept
}

func (f *foreign) add(key, value []byte) {
	size := len(key) + len(value)
	if len(f.headers) >= maxForeign || f.size+size > maxForeignBytes {
		f.beyond++
		return
	}
	f.size += size
	f.headers = append(f.headers, recordHeader{key: string(key), value: value})
}

// beside is what goes with the record: kafka.headers, and how many were left out.
func (f *foreign) beside() []ingest.Beside {
	if len(f.headers)+f.beyond == 0 {
		return nil
	}
	texts := make([]string, 0, len(f.headers))
	for _, h := range f.headers {
		texts = append(texts, strings.ToValidUTF8(h.key+": "+string(h.value), "\uFFFD"))
	}
	out := []ingest.Beside{{Field: "kafka.headers", Texts: texts}}
	if f.beyond > 0 {
		out = append(out, ingest.Beside{Field: "kafka.headers_left_out", Texts: []string{strconv.Itoa(f.beyond)}})
	}
	return out
}

// faultSchema is a record that only a schema registry could read.
const faultSchema = "schema"

// unwrap looks for the prefix of a schema registry's serialisers: a zero byte and the number of a schema. JSON behind it
// is read as it is; Avro and Protobuf, which say nothing without their schema, are refused.
func unwrap(r *ingest.Record) {
	const prefix = 5
	if len(r.Value) <= prefix || r.Value[0] != 0 {
		return
	}
	schema := binary.BigEndian.Uint32(r.Value[1:])
	if next := r.Value[prefix]; next == '{' || next == '[' {
		r.Value = r.Value[prefix:]
		r.Beside = append(r.Beside, ingest.Beside{Field: "kafka.schema_id", Texts: []string{strconv.FormatUint(uint64(schema), 10)}})
		return
	}
	r.Fault = faultSchema
	r.Detail = fmt.Sprintf("Avro or Protobuf with schema %d of a schema registry: tocsin asks no registry; let the producer write JSON, or a connector convert it", schema)
}
