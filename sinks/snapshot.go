package sinks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"time"

	"github.com/klauspost/compress/zstd"

	"tocsin"
)

// MaxSnapshot is the largest state, in bytes, that a snapshot may hold: it bounds what a restart must load.
const MaxSnapshot = 512 << 20

// A Manifest describes a stored snapshot whose state lies beside it, compressed. It is written last: a snapshot
// without its manifest does not exist (delivery.md 3.3, 8).
type Manifest struct {
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Set       string    `json:"set"`
	Order     int64     `json:"order,omitempty"`
	Log       string    `json:"log,omitempty"`
	Life      int64     `json:"life,omitempty"`
	Scales    string    `json:"scales,omitempty"`
	Format    int       `json:"format"`
	Watermark time.Time `json:"watermark"`
	Taken     time.Time `json:"taken"`
	Size      int64     `json:"size"`   // of the state, in bytes
	SHA256    string    `json:"sha256"` // of the state, hex
	Chunks    int       `json:"chunks"` // into which the compressed state was cut
}

// Pack compresses a snapshot's state with zstd and describes it. The error wraps [ErrTooBig] above [MaxSnapshot].
func Pack(s tocsin.Snapshot) (Manifest, []byte, error) {
	if len(s.State) > MaxSnapshot {
		return Manifest{}, nil, fmt.Errorf("snapshot of partition %d has %d bytes, the limit is %d: %w", s.Partition, len(s.State), MaxSnapshot, ErrTooBig)
	}
	// A small state needs no large window, and an encoder's memory is most of what packing it costs.
	window := max(zstd.MinWindowSize, min(1<<bits.Len(uint(len(s.State))), 8<<20))
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("zstd: %w", err)
	}
	defer enc.Close()
	sum := sha256.Sum256(s.State)
	m := Manifest{
		Partition: s.Partition, Offset: s.Offset, Set: s.Set, Order: s.Order, Log: s.Log, Life: s.Life, Scales: s.Scales, Format: s.Format, Watermark: s.Watermark, Taken: s.Taken,
		Size: int64(len(s.State)), SHA256: hex.EncodeToString(sum[:]), Chunks: 1,
	}
	return m, enc.EncodeAll(s.State, nil), nil
}

// Unpack gives the snapshot back. The error wraps [ErrDamaged] where the bytes are not what m describes.
func Unpack(m Manifest, packed []byte) (tocsin.Snapshot, error) {
	if m.Size < 0 || m.Size > MaxSnapshot {
		return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d claims %d bytes: %w", m.Partition, m.Size, ErrDamaged)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(m.Size)+1<<20))
	if err != nil {
		return tocsin.Snapshot{}, fmt.Errorf("zstd: %w", err)
	}
	defer dec.Close()
	state, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d at offset %d: %v: %w", m.Partition, m.Offset, err, ErrDamaged)
	}
	if sum := sha256.Sum256(state); hex.EncodeToString(sum[:]) != m.SHA256 {
		return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d at offset %d has another checksum: %w", m.Partition, m.Offset, ErrDamaged)
	}
	return tocsin.Snapshot{
		Partition: m.Partition, Offset: m.Offset, Set: m.Set, Order: m.Order, Log: m.Log, Life: m.Life, Scales: m.Scales, Format: m.Format, Watermark: m.Watermark, Taken: m.Taken, State: state,
	}, nil
}
