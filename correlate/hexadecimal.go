package correlate

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// An id128 is 16 bytes, as two numbers that order as the bytes do.
type id128 struct{ high, low uint64 }

func idOf(b [16]byte) id128 {
	return id128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (d id128) bytes() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], d.high)
	binary.BigEndian.PutUint64(b[8:], d.low)
	return b
}

// hex is d in lower-case hex.
func (d id128) hex() string {
	b := d.bytes()
	return hex.EncodeToString(b[:])
}

func (d id128) compare(o id128) int {
	return cmp.Or(cmp.Compare(d.high, o.high), cmp.Compare(d.low, o.low))
}

// hexInto decodes 32 digits of lower-case hex, eight at once. It leaves zero where text is something else.
func hexInto(dst *id128, text string) bool {
	if len(text) != hexName {
		return false
	}
	a, notA := eightDigits(binary.LittleEndian.Uint64([]byte(text[:8])))
	b, notB := eightDigits(binary.LittleEndian.Uint64([]byte(text[8:16])))
	c, notC := eightDigits(binary.LittleEndian.Uint64([]byte(text[16:24])))
	d, notD := eightDigits(binary.LittleEndian.Uint64([]byte(text[24:32])))
	if notA|notB|notC|notD != 0 {
		*dst = id128{}
		return false
	}
	dst.high, dst.low = bits.ReverseBytes64(a|b<<32), bits.ReverseBytes64(c|d<<32)
	return true
}

// The lowest bit of eight bytes.
const units = 0x0101010101010101

// eightDigits is what eight digits say, the first in the lowest of four bytes; not is zero where they are digits.
func eightDigits(x uint64) (v, not uint64) {
	n := x&(15*units) + 9*(x>>6&units)
	text := n + '0'*units + ((n+6*units)>>4&units)*('a'-'0'-10)
	not = n&(0xf0*units) | (text ^ x)
	n = (n<<4 | n>>8) & 0x00ff00ff00ff00ff
	n = (n | n>>8) & 0x0000ffff0000ffff
	return (n | n>>16) & 0xffffffff, not
}

// hexOf writes src, a multiple of four bytes, in lower-case hex, eight digits at once.
func hexOf(dst, src []byte) {
	for i := 0; i+4 <= len(src); i += 4 {
		binary.LittleEndian.PutUint64(dst[2*i:], eightTexts(binary.LittleEndian.Uint32(src[i:])))
	}
}

// eightTexts is the digits of four bytes, the lowest byte's first.
func eightTexts(v uint32) uint64 {
	n := uint64(v)
	n = (n | n<<16) & 0x0000ffff0000ffff
	n = (n | n<<8) & 0x00ff00ff00ff00ff
	n = n>>4&0x000f000f000f000f | n&0x000f000f000f000f<<8
	letters := (n + 6*units) >> 4 & units
	return n + '0'*units + letters*('a'-'0'-10)
}
