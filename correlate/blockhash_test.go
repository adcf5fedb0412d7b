package correlate

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// What a block hash says is SHA-256 of the time and the digest, however often it was asked before.
func TestBlockHash(t *testing.T) {
	b := newBlockHash()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64().Draw(t, "at")
		digest := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
		want := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, uint64(at)), digest[:]...))
		if got := b.sum(at, &digest); got != want {
			t.Fatalf("%x at %d: %x instead of %x", digest, at, got, want)
		}
	})
}
