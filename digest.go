package tocsin

import (
	"encoding/hex"
	"fmt"
)

// A Digest is the SHA-256 of a record's original bytes. The zero value says that nobody knows it; its text is "", that of
// others 64 hex digits in lower case.
type Digest [32]byte

// IsZero reports whether the digest is not known.
func (d Digest) IsZero() bool { return d == Digest{} }

// String is the digest's text.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	var text [2 * len(d)]byte
	hex.Encode(text[:], d[:])
	return string(text[:])
}

// ParseDigest reads what [Digest.String] writes; 64 zeros are the zero value too. Anything else is an error.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	if text == "" {
		return d, nil
	}
	if len(text) != 2*len(d) {
		return Digest{}, fmt.Errorf("digest of %d characters: it has %d hex digits", len(text), 2*len(d))
	}
	if _, err := hex.Decode(d[:], []byte(text)); err != nil {
		return Digest{}, fmt.Errorf("digest %q: %w", text, err)
	}
	if !d.IsZero() && d.String() != text {
		return Digest{}, fmt.Errorf("digest %q: not as it is written", text)
	}
	return d, nil
}
