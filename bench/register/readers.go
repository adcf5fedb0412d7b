package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"tocsin/internal/auth"
	"tocsin/register"
)

// A reader is somebody who asks, with a token.
type reader struct{ name, role, token string }

// readers are those who ask: an analyst, who may see every page, and where something is restricted a lead before, who may
// know of that too.
func (o options) readers() []reader {
	all := []reader{{"lena", "lead", "token-of-a-lead"}, {"ann", "analyst", "token-of-an-analyst"}}
	if o.restricted == 0 {
		return all[1:]
	}
	return all
}

// people knows the tokens.
func (o options) people() (*auth.Tokens, error) {
	var file strings.Builder
	for _, r := range o.readers() {
		sum := sha256.Sum256([]byte(r.token))
		fmt.Fprintf(&file, "- {name: %s, role: %s, sha256: %s}\n", r.name, r.role, hex.EncodeToString(sum[:]))
	}
	tokens := &auth.Tokens{}
	return tokens, tokens.Load("tokens.yaml", []byte(file.String()), register.Roles())
}

// restricts reports whether the n-th incident is one of those that are restricted.
func (o options) restricts(n int) bool {
	return o.restricted > 0 && n%max(o.incidents/o.restricted, 1) == 0
}

// known are the incidents of which everybody who asks may know.
func (o options) known(ids []string) (all []string) {
	for n, id := range ids {
		if !o.restricts(n) {
			all = append(all, id)
		}
	}
	return all
}

// stock stores events and alerts of the first incidents and of all that are restricted. It returns those that everybody who
// asks may know of, and the event of each.
func (o options) stock(ctx context.Context, s store, ids []string) (known, events []string, err error) {
	var kept []string
	for n, id := range ids {
		switch {
		case o.restricts(n):
			kept = append(kept, id)
		case n < stocked:
			known = append(known, id)
		}
	}
	if _, err := stock(ctx, s, kept); err != nil {
		return nil, nil, err
	}
	events, err = stock(ctx, s, known)
	return known, events, err
}
