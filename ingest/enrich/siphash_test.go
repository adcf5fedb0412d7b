package enrich

import "testing"

// The values are of the reference implementation's table: key 00 to 0f, message 00, 01 and so on.
func TestSipHash(t *testing.T) {
	key := sipKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	for rest, want := range map[string]uint64{
		"":                                     0x93f5f5799a932462,
		"\x08":                                 0x9e0082df0ba9e4b0,
		"\x08\x09\x0a\x0b\x0c\x0d\x0e":         0xa129ca6149be45e5,
		"\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f":     0x3f2acc7f57c29bdb,
		"\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10": 0x699ae9f52cbe4794,
	} {
		if got := key.of(0x0706050403020100, []byte(rest)); got != want {
			t.Errorf("%d bytes: %x, want %x", 8+len(rest), got, want)
		}
	}
}
