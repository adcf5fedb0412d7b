package correlate

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"
)

// Only lower-case hex of the right length is read, and read as encoding/hex reads it.
func TestHexInto(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")))
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		want, err := hex.DecodeString(string(text))
		sound := err == nil && bytes.Equal(bytes.ToLower(text), text)
		var got id128
		if ok := hexInto(&got, string(text)); ok != sound || ok && got != idOf([16]byte(want)) || !ok && got != (id128{}) {
			t.Fatalf("%q: %x, %v; want %x, %v", text, got, ok, want, sound)
		}
	})
}

func TestHexOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "bytes")
		var got [64]byte
		if hexOf(got[:], data); string(got[:]) != hex.EncodeToString(data) {
			t.Fatalf("%x: %s", data, got)
		}
	})
}
