package tocsin

import (
	"crypto/sha256"
	"strconv"
	"time"
)

// A TreeLeaf is a log entry's place in the register's tree of hashes: each entry has one.
type TreeLeaf struct {
	Incident string `json:"incident"`
	Seq      int64  `json:"seq"`
	Hash     string `json:"hash"` // of the entry
}

// Text is the leaf as the tree hashes it.
func (l TreeLeaf) Text() []byte {
	b := append(make([]byte, 0, len(l.Incident)+len(l.Hash)+24), l.Incident...)
	b = strconv.AppendInt(append(b, ' '), l.Seq, 10)
	return append(append(append(b, ' '), l.Hash...), '\n')
}

// A Stretch is a run of leaves that came into the tree together. It is stored whole, once, under the number of its first
// leaf: so one writer at a time extends the tree, and one that was killed leaves nothing half-done.
type Stretch struct {
	First  int64      `json:"first"` // number of its first leaf, from 0
	Leaves []TreeLeaf `json:"leaves"`
	Hashes []byte     `json:"hashes"` // of the tree: those that its leaves complete, in the order of their storing
	At     time.Time  `json:"at"`
}

// End is the size of the tree with the stretch.
func (s *Stretch) End() int64 { return s.First + int64(len(s.Leaves)) }

// HashAt is the n-th of its hashes, false where it has none.
func (s *Stretch) HashAt(n int64) (h [sha256.Size]byte, ok bool) {
	if n < 0 || (n+1)*sha256.Size > int64(len(s.Hashes)) {
		return h, false
	}
	copy(h[:], s.Hashes[n*sha256.Size:])
	return h, true
}

// A Checkpoint is a signed statement of the tree's size and root.
type Checkpoint struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	Note string    `json:"note"` // text and signatures
}

// A LogHead says how much of an incident's log is known: its entries up to Seq.
type LogHead struct {
	Incident string `json:"incident"`
	Seq      int64  `json:"seq"`
}
