package enrich

import (
	"encoding/binary"
	"math/bits"
)

// A sipKey makes SipHash-2-4 (Aumasson, Bernstein 2012) a function that nobody who lacks the key can tell from a random one.
type sipKey [2]uint64

// of is the hash of eight bytes, as a number, and those behind them.
func (k *sipKey) of(first uint64, rest []byte) uint64 {
	s := sip{k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d, k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573}
	s.block(first)
	size := uint64(8 + len(rest))
	for ; len(rest) >= 8; rest = rest[8:] {
		s.block(binary.LittleEndian.Uint64(rest))
	}
	last := size << 56
	for i, c := range rest {
		last |= uint64(c) << (8 * i)
	}
	s.block(last)
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

// A sip is the state within a hash.
type sip struct{ v0, v1, v2, v3 uint64 }

func (s *sip) block(m uint64) {
	s.v3 ^= m
	s.round()
	s.round()
	s.v0 ^= m
}

func (s *sip) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}
