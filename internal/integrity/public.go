package integrity

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// publicOf is the public key of a signing key: PRIVATE+KEY+name+id+data, where data is base64 of the algorithm's number,
// 1 for Ed25519, and the seed.
func publicOf(private string) (string, error) {
	parts := strings.SplitN(private, "+", 5)
	if len(parts) != 5 {
		return "", errors.New("no signing key")
	}
	data, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(data) != 1+ed25519.SeedSize || data[0] != 1 {
		return "", errors.New("no Ed25519 signing key")
	}
	key, ok := ed25519.NewKeyFromSeed(data[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("no Ed25519 signing key")
	}
	return note.NewEd25519VerifierKey(parts[2], key)
}
