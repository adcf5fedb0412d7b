package decode

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestStops holds that stops are found as one looks for them byte by byte, in blocks of 64 bytes and what is left over.
func TestStops(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var s stops
	for range 2_000 {
		text := make([]byte, r.IntN(300))
		for i := range text {
			if text[i] = byte(r.IntN(256)); r.IntN(3) > 0 {
				text[i] = "\"\\\x00\x1f !#[]^\x7f\x80\xa2\xdc\xff"[r.IntN(15)]
			}
		}
		stop := func(i int) bool { return i >= len(text) || text[i] == '"' || text[i] == '\\' || text[i] < 0x20 }
		var ascii bool
		s, ascii = s.find(text)
		if want := !slices.ContainsFunc(text, func(c byte) bool { return c >= 0x80 }); ascii != want {
			t.Fatalf("ascii is %t, want %t: %q", ascii, want, text)
		}
		next := len(text)
		for i := len(text); i >= 0; i-- {
			if stop(i) {
				next = i
			}
			if got := s.next(i); got != next {
				t.Fatalf("the stop from %d on is %d, want %d: %q", i, got, next, text)
			}
		}
		words := make([]uint64, len(text)/64)
		if high := stopsOfWords(words, text); !slices.Equal(words, s[:len(words)]) || (high != 0) != slices.ContainsFunc(text[:64*len(words)], func(c byte) bool { return c >= 0x80 }) {
			t.Fatalf("by words they are %x, high %x, want %x: %q", words, high, s[:len(words)], text)
		}
	}
}
