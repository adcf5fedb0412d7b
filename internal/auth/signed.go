package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Signature is a message's proof of who wrote it. It holds no secret: the message is sealed by HMAC-SHA256 under the
// SHA-256 of the writer's token, which is what the daemon keeps of it.
type Signature struct {
	Name  string // of the token
	At    string // when it was signed, RFC 3339
	Value string // v1= and the HMAC in hex
}

// The errors of a signature.
var (
	ErrUnsigned  = errors.New("it is not signed")
	ErrSignature = errors.New("the signature is not that of a token that holds")
	ErrReplay    = errors.New("it was signed at another time than it was written: written again, it would be a replay")
)

// signedWithin is how far the times of signing and writing may be apart: that of the clocks of two machines.
const signedWithin = 5 * time.Minute

// Signed tells who signed a message for a place that was written at some time. That is the time of its record and not of
// our clock: what waited while we were down is as good as it was. A token signs as long as it holds.
func (t *Tokens) Signed(s Signature, place string, written time.Time, message []byte) (Identity, error) {
	if s == (Signature{}) {
		return Identity{}, ErrUnsigned
	}
	mac, err := hex.DecodeString(strings.TrimPrefix(s.Value, "v1="))
	if err != nil || !strings.HasPrefix(s.Value, "v1=") {
		return Identity{}, fmt.Errorf("%w: write v1= and an HMAC-SHA256 in hex", ErrSignature)
	}
	id, ok := t.signer(s, place, message, mac)
	if !ok {
		return Identity{}, ErrSignature
	}
	at, err := time.Parse(time.RFC3339, s.At)
	if err != nil || written.IsZero() || at.Sub(written).Abs() > signedWithin {
		return Identity{}, ErrReplay
	}
	return id, nil
}

// signer is whose token of that name the message was signed with.
func (t *Tokens) signer(s Signature, place string, message, mac []byte) (Identity, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for hash, k := range t.known {
		if k.id.Actor.Kind != "token" || k.id.Actor.ID != s.Name {
			continue
		}
		if hmac.Equal(mac, seal(hash, s, place, message)) {
			return t.current(k)
		}
	}
	return Identity{}, false
}

// Sign signs a message for a place by a token.
func Sign(token, name, place string, at time.Time, message []byte) Signature {
	s := Signature{Name: name, At: at.UTC().Format(time.RFC3339)}
	s.Value = "v1=" + hex.EncodeToString(seal(sha256.Sum256([]byte(token)), s, place, message))
	return s
}

// seal is the HMAC over the lines of what is signed.
func seal(key [32]byte, s Signature, place string, message []byte) []byte {
	h := hmac.New(sha256.New, key[:])
	for _, line := range []string{"v1", place, s.Name, s.At} {
		h.Write([]byte(line + "\n"))
	}
	h.Write(message)
	return h.Sum(nil)
}
