package integrity

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// showPublic adds to a file of public keys those of the signing keys that are not in it.
func (s Signing) showPublic(file string) error {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("public key: %w", err)
	}
	known := map[string]bool{}
	for _, line := range keyLines(string(text)) {
		known[line] = true
	}
	missing := slices.DeleteFunc(slices.Clone(s.Public), func(key string) bool { return known[key] })
	if len(missing) == 0 {
		return nil
	}
	more := strings.Join(missing, "\n") + "\n"
	if len(text) > 0 && text[len(text)-1] != '\n' {
		more = "\n" + more
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	_, err = out.WriteString(more)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	return nil
}

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
