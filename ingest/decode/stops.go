package decode

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Stops are the places of a record that a string cannot pass: quotes, backslashes and control characters, found for the
// whole record before it is read. Bit i%64 of word i/64 is the byte at i; those beyond the record are stops too.
type stops []uint64

// keptStops is the most that is kept for the next record: that of 256 KiB.
const keptStops = 4 << 10

// find finds the stops of text, and tells whether all of it is ASCII.
func (s stops) find(text []byte) (found stops, ascii bool) {
	n := len(text)/64 + 1
	if cap(s) < n || cap(s) > max(n, keptStops) {
		s = make(stops, n+n/4)
	}
	s = s[:n]
	high := uint64(0)
	if n > 1 {
		high = stopsOf(s[:n-1], text)
	}
	var rest [64]byte // zeros are stops
	copy(rest[:], text[(n-1)*64:])
	high |= stopsOf(s[n-1:], rest[:])
	return s, high == 0
}

// next is the first stop from i on; i is not beyond the end of the record.
func (s stops) next(i int) int {
	w := i >> 6
	if found := s[w] >> (uint(i) & 63); found != 0 {
		return i + bits.TrailingZeros64(found)
	}
	for w++; w < len(s)-1 && s[w] == 0; {
		w++
	}
	return w<<6 + bits.TrailingZeros64(s[w])
}

// stopsOfWords is what [stopsOf] does, on any machine: eight bytes at once.
func stopsOfWords(found []uint64, text []byte) (high uint64) {
	for i := range found {
		block, all := text[i*64:i*64+64], uint64(0)
		for j := 0; j < 64; j += 8 {
			w := binary.LittleEndian.Uint64(block[j:])
			high |= w & highs
			all |= (special(w) >> 7 * 0x0102040810204080 >> 56) << j
		}
		found[i] = all
	}
	return high
}

// special has the high bit of each byte in w that is a quote, a backslash or a control character.
func special(w uint64) uint64 {
	const low = ^uint64(highs)
	ascii := w & low // no sum below carries into the next byte
	quote, slash := ascii^(ones*'"'), ascii^(ones*'\\')
	other := (quote + low) & (slash + low) & (ascii + ones*(0x80-0x20)) // high where the byte is none of them
	return ^(other | w) & highs
}
