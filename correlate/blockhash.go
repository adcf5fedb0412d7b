package correlate

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// A blockHash is SHA-256 of stampedSize bytes, over and over: they fit into one block with the padding that the standard puts
// behind them. Told so once, it need not be worked out each time, which costs as much as the block.
type blockHash struct {
	hash  hash.Hash
	state encoding.BinaryAppender
	block [sha256.BlockSize]byte
	said  []byte // scratch
}

// stampedSize is the length of an alert's time and digest.
const stampedSize = 8 + sha256.Size

// stateAt is where the hash's value stands in what it appends of its state.
const stateAt = len("sha\x03")

func newBlockHash() *blockHash {
	b := &blockHash{hash: sha256.New()}
	b.state = b.hash.(encoding.BinaryAppender) //nolint:forcetypeassert // as the standard library documents
	b.block[stampedSize] = 0x80
	binary.BigEndian.PutUint64(b.block[sha256.BlockSize-8:], 8*stampedSize)
	return b
}

// sum is the hash of an alert's time and digest.
func (b *blockHash) sum(at int64, digest *[sha256.Size]byte) (sum [sha256.Size]byte) {
	binary.BigEndian.PutUint64(b.block[:], uint64(at))
	copy(b.block[8:], digest[:])
	b.hash.Reset()
	b.hash.Write(b.block[:])
	b.said, _ = b.state.AppendBinary(b.said[:0]) // never an error
	copy(sum[:], b.said[stateAt:])
	return sum
}
