package correlate

import "encoding/binary"

// hexInto decodes lower-case hex of exactly len(dst) bytes, a multiple of four, eight digits at once.
func hexInto(dst []byte, text string) bool {
	if len(text) != 2*len(dst) || len(dst)%4 != 0 {
		return false
	}
	sound := uint64(tops)
	for i := 0; i < len(dst); i += 4 {
		v, ok := eightDigits(binary.LittleEndian.Uint64([]byte(text[2*i : 2*i+8])))
		sound &= ok
		binary.LittleEndian.PutUint32(dst[i:], v)
	}
	if sound != tops {
		clear(dst)
		return false
	}
	return true
}

// The same bit of eight bytes.
const (
	tops  = 0x8080808080808080
	units = 0x0101010101010101
)

// eightDigits is what eight digits say, the first in the lowest byte; ok has the top bit of each byte that is a digit.
func eightDigits(x uint64) (v uint32, ok uint64) {
	atLeast := func(c uint64) uint64 { return (x | tops) - c*units } // the top bit of each byte that is, of those below 0x80
	ok = (atLeast('0')&^atLeast('9'+1) | atLeast('a')&^atLeast('f'+1)) & tops &^ x
	n := x&(15*units) + 9*(x>>6&units)
	n = (n<<4 | n>>8) & 0x00ff00ff00ff00ff
	n = (n | n>>8) & 0x0000ffff0000ffff
	return uint32(n | n>>16), ok
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
