// Package auth tells who a request comes from: tokens, kept as hashes and bound to a role, and the token of the local
// daemon that stands in a file only its user can read.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/fault"
)

// Anyone is the role of a request without a token.
const Anyone = ""

// An Identity is who a request comes from. The zero Identity is nobody.
type Identity struct {
	Actor  tocsin.Actor
	Tenant string // the only tenant it may see; "" for all
	Open   bool   // nobody in particular: reading is open to this machine, and needs no token
}

// Tokens tell identities by the SHA-256 of their token, or by the name in a client certificate that the listener has
// verified. The zero value knows nobody. It is safe for concurrent use.
type Tokens struct {
	// Now decides what has expired; nil: the machine's clock.
	Now func() time.Time

	mu    sync.Mutex
	known map[[32]byte]*known
	certs map[string]*known // by the certificate's common name
}

// A known is whom a token or certificate stands for.
type known struct {
	id      Identity
	expires time.Time // zero: never
	used    time.Time
	file    bool // it stands in the file of tokens
}

// Local is the file in the data folder that holds the local daemon's token, mode 0600.
const Local = "token"

// OpenLocal reads the local token from dir, or makes one where there is none, and lets it act as admin.
func (t *Tokens) OpenLocal(dir, user string) error {
	name := filepath.Join(dir, Local)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte("tocsin_" + rand.Text() + "\n")
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("local token: %w", err)
	}
	t.add(sha256.Sum256([]byte(strings.TrimSpace(string(text)))), Identity{Actor: tocsin.Actor{Kind: "person", ID: user, Role: "admin"}}, time.Time{})
	return nil
}

func (t *Tokens) add(hash [32]byte, id Identity, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[[32]byte]*known{}
	}
	t.known[hash] = &known{id: id, expires: expires}
}

func (t *Tokens) addCertificate(name string, id Identity, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.certs == nil {
		t.certs = map[string]*known{}
	}
	t.certs[name] = &known{id: id, expires: expires}
}

func (t *Tokens) remove(hash [32]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.known, hash)
}

// used is when a token was used last.
func (t *Tokens) used(hash [32]byte) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.known[hash]; k != nil {
		return k.used
	}
	return time.Time{}
}

// current is whom a key of known or certs stands for now. The lock is held.
func (t *Tokens) current(k *known) (Identity, bool) {
	if k == nil {
		return Identity{}, false
	}
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	at := now()
	if !k.expires.IsZero() && !at.Before(k.expires) {
		return Identity{}, false
	}
	k.used = at.UTC()
	return k.id, true
}

// entry is one token of a file.
type entry struct {
	Name   string `yaml:"name"`
	Role   string `yaml:"role"`
	Tenant string `yaml:"tenant"`
	SHA256 string `yaml:"sha256"`
	// Certificate is a client certificate's common name, in the place of a hash.
	Certificate string    `yaml:"certificate"`
	Expires     time.Time `yaml:"expires"`
}

// Load adds the tokens of a YAML file: a list of {name, role, sha256, tenant, expires}, sha256 being the hash of the
// token in hex, or certificate in its place. roles are the words that role may be. The error is a [fault.List]; it never holds a hash.
func (t *Tokens) Load(name string, src []byte, roles []string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return fault.List{{File: name, Message: "not YAML: " + err.Error()}}
	}
	if len(doc.Content) == 0 {
		return nil
	}
	var faults fault.List
	for _, n := range doc.Content[0].Content {
		var e entry
		if err := n.Decode(&e); err != nil {
			faults = append(faults, fault.Fault{File: name, Line: n.Line, Column: n.Column, Message: "no token: write {name, role, sha256}"})
			continue
		}
		hash, err := hex.DecodeString(e.SHA256)
		switch {
		case e.Name == "":
			faults = append(faults, fault.Fault{File: name, Line: n.Line, Column: n.Column, Message: "a token without a name"})
		case !slices.Contains(roles, e.Role):
			faults = append(faults, fault.Fault{File: name, Line: n.Line, Column: n.Column, Message: fmt.Sprintf("token %s: unknown role %q", e.Name, e.Role), Remedy: fault.DidYouMean(e.Role, roles)})
		case e.Certificate != "" && e.SHA256 == "":
			t.addCertificate(e.Certificate, Identity{Actor: tocsin.Actor{Kind: "token", ID: e.Name, Role: e.Role}, Tenant: e.Tenant}, e.Expires)
		case err != nil || len(hash) != 32:
			faults = append(faults, fault.Fault{File: name, Line: n.Line, Column: n.Column, Message: fmt.Sprintf("token %s: sha256 is not 64 hex digits", e.Name), Remedy: "printf %s TOKEN | sha256sum"})
		default:
			t.add([32]byte(hash), Identity{Actor: tocsin.Actor{Kind: "token", ID: e.Name, Role: e.Role}, Tenant: e.Tenant}, e.Expires)
		}
	}
	return faults.Err()
}

// Of returns whose token this is.
func (t *Tokens) Of(token string) (Identity, bool) {
	hash := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current(t.known[hash])
}

// SignIn is as [Tokens.Of]; still tells, later, whether the token is still good, and for the same.
func (t *Tokens) SignIn(token string) (id Identity, still func() bool, ok bool) {
	id, ok = t.Of(token)
	hash := sha256.Sum256([]byte(token))
	return id, func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		now, ok := t.current(t.known[hash])
		return ok && now == id
	}, ok
}

// Identify reads a request's bearer token, or, where it has none, the client certificate of its connection. ok is false
// for a token or certificate that is not known; a request without either is nobody.
func (t *Tokens) Identify(r *http.Request) (id Identity, ok bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return t.certified(r)
	}
	token, found := strings.CutPrefix(header, "Bearer ")
	if !found {
		return Identity{}, false
	}
	return t.Of(strings.TrimSpace(token))
}

func (t *Tokens) certified(r *http.Request) (Identity, bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return Identity{}, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current(t.certs[r.TLS.VerifiedChains[0][0].Subject.CommonName])
}

type key struct{}

type memoKey struct{}

// With puts an identity into a context, and a place for what is looked up once in a request of it, see [Memo].
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(context.WithValue(ctx, key{}, id), memoKey{}, new(sync.Map))
}

// Memo is where a request keeps what it has looked up; nil outside of one. It ends with the request.
func Memo(ctx context.Context) *sync.Map {
	memo, _ := ctx.Value(memoKey{}).(*sync.Map)
	return memo
}

// From takes the identity out of a context, nobody where there is none.
func From(ctx context.Context) Identity {
	id, _ := ctx.Value(key{}).(Identity)
	return id
}
