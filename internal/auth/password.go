package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"

	"golang.org/x/crypto/argon2"
)

// A password is kept as its hash by Argon2id and what it was made with.
type password struct {
	Salt    []byte `json:"salt"`
	Hash    []byte `json:"hash"`
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
}

func (p password) same(o password) bool {
	return bytes.Equal(p.Salt, o.Salt) && bytes.Equal(p.Hash, o.Hash)
}

// What passwords are hashed with now: the least that OWASP asks for, some 30 ms and 19 MiB.
const (
	argonTime    = 2
	argonMemory  = 19 << 10
	argonThreads = 1
	argonAtOnce  = 2 // hashes under way: 38 MiB
)

// A hasher hashes few passwords at once, so that a crowd at the door takes time and not memory.
type hasher struct {
	places chan struct{}
	decoy  password // of nobody: an unknown name takes as long as a known one
}

func newHasher() hasher {
	h := hasher{places: make(chan struct{}, argonAtOnce)}
	h.decoy = password{Salt: make([]byte, 16), Hash: make([]byte, 32), Time: argonTime, Memory: argonMemory, Threads: argonThreads}
	return h
}

func (h hasher) hash(secret string) password {
	p := password{Salt: make([]byte, 16), Time: argonTime, Memory: argonMemory, Threads: argonThreads}
	_, _ = rand.Read(p.Salt) // never fails
	p.Hash = h.derive(secret, p)
	return p
}

// fits reports whether the password is the one that was hashed; the zero password fits nobody.
func (h hasher) fits(secret string, p password) bool {
	if len(secret) > 1024 {
		return false
	}
	known := len(p.Hash) > 0
	if !known {
		p = h.decoy
	}
	return subtle.ConstantTimeCompare(h.derive(secret, p), p.Hash) == 1 && known
}

func (h hasher) derive(secret string, p password) []byte {
	h.places <- struct{}{}
	defer func() { <-h.places }()
	return argon2.IDKey([]byte(secret), p.Salt, p.Time, p.Memory, p.Threads, 32)
}
