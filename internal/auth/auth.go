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
}

// Tokens tell identities by the SHA-256 of their token. The zero value knows nobody.
type Tokens struct{ known map[[32]byte]Identity }

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
	t.add(sha256.Sum256([]byte(strings.TrimSpace(string(text)))), Identity{Actor: tocsin.Actor{Kind: "person", ID: user, Role: "admin"}})
	return nil
}

func (t *Tokens) add(hash [32]byte, id Identity) {
	if t.known == nil {
		t.known = map[[32]byte]Identity{}
	}
	t.known[hash] = id
}

// entry is one token of a file.
type entry struct {
	Name   string `yaml:"name"`
	Role   string `yaml:"role"`
	Tenant string `yaml:"tenant"`
	SHA256 string `yaml:"sha256"`
}

// Load adds the tokens of a YAML file: a list of {name, role, sha256, tenant}, sha256 being the hash of the token in
// hex. roles are the words that role may be. The error is a [fault.List]; it never holds a hash.
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
		case err != nil || len(hash) != 32:
			faults = append(faults, fault.Fault{File: name, Line: n.Line, Column: n.Column, Message: fmt.Sprintf("token %s: sha256 is not 64 hex digits", e.Name), Remedy: "printf %s TOKEN | sha256sum"})
		default:
			t.add([32]byte(hash), Identity{Actor: tocsin.Actor{Kind: "token", ID: e.Name, Role: e.Role}, Tenant: e.Tenant})
		}
	}
	return faults.Err()
}

// Of returns whose token this is.
func (t *Tokens) Of(token string) (Identity, bool) {
	id, ok := t.known[sha256.Sum256([]byte(token))]
	return id, ok
}

// Identify reads a request's bearer token. ok is false for a token that is not known; a request without one is nobody.
func (t *Tokens) Identify(r *http.Request) (id Identity, ok bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Identity{}, true
	}
	token, found := strings.CutPrefix(header, "Bearer ")
	if !found {
		return Identity{}, false
	}
	return t.Of(strings.TrimSpace(token))
}

type key struct{}

// With puts an identity into a context.
func With(ctx context.Context, id Identity) context.Context { return context.WithValue(ctx, key{}, id) }

// From takes the identity out of a context, nobody where there is none.
func From(ctx context.Context) Identity {
	id, _ := ctx.Value(key{}).(Identity)
	return id
}
