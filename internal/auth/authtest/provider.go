// Package authtest is an identity provider for tests of sign-on: OpenID Connect by HTTP, with ID tokens that say, and are
// signed by, what the test likes.
package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Provider is an identity provider that signs what the test says. Its fields may be changed between sign-ons.
type Provider struct {
	URL    string
	Key    *rsa.PrivateKey
	Issuer string         // of the discovery document; "" is the true one
	Claims map[string]any // that differ from a good ID token; nil takes one out
	Sign   func(p *Provider, claims map[string]any) string

	t   *testing.T
	now func() time.Time

	mu        sync.Mutex
	challenge map[string]string // by code
	nonce     map[string]string
}

// NewKey makes a key, which takes a while.
func NewKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// New starts a provider whose ID tokens are of now; it ends with the test.
func New(t *testing.T, key *rsa.PrivateKey, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, now: now, Key: key, Claims: map[string]any{}, Sign: (*Provider).RS256, challenge: map[string]string{}, nonce: map[string]string{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		issuer := p.URL
		if p.Issuer != "" {
			issuer = p.Issuer
		}
		answer(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, // a provider's word is not ours
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "k1", "use": "sig", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", p.token(answer))
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) { // everybody consents
		state, code := p.Authorize(p.URL + r.URL.String())
		back := r.URL.Query().Get("redirect_uri") + "?" + url.Values{"state": {state}, "code": {code}}.Encode()
		http.Redirect(w, r, back, http.StatusFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// token redeems a code once, by the verifier of its challenge.
func (p *Provider) token(answer func(http.ResponseWriter, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		code := r.PostFormValue("code")
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		challenge, ok := p.challenge[code]
		delete(p.challenge, code)
		if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{
			"iss": p.URL, "aud": "tocsin", "sub": "u-1", "preferred_username": "ann", "groups": []string{"staff", "soc", "leads"}, "tenant": "t1",
			"nonce": p.nonce[code], "iat": p.now().Add(-time.Minute).Unix(), "exp": p.now().Add(5 * time.Minute).Unix(),
		}
		for name, v := range p.Claims {
			if v == nil {
				delete(claims, name)
			} else {
				claims[name] = v
			}
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.Sign(p, claims)})
	}
}

// JWT is a token of some claims, signed as the test likes.
func JWT(alg string, claims map[string]any, sign func(text []byte) []byte) string {
	part := func(v any) string { text, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(text) }
	text := part(map[string]any{"alg": alg, "kid": "k1", "typ": "JWT"}) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

// RS256 signs claims by the provider's key.
func (p *Provider) RS256(claims map[string]any) string {
	return JWT("RS256", claims, func(text []byte) []byte {
		sum := sha256.Sum256(text)
		signature, err := rsa.SignPKCS1v15(rand.Reader, p.Key, crypto.SHA256, sum[:])
		if err != nil {
			p.t.Error(err)
		}
		return signature
	})
}

// Authorize is what the provider does when somebody consents: the browser is sent back with a code and the state.
func (p *Provider) Authorize(location string) (state, code string) {
	p.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("nonce") == "" || q.Get("state") == "" || !strings.Contains(q.Get("scope"), "openid") {
		p.t.Errorf("asked for %s", location)
	}
	code = rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.challenge[code], p.nonce[code] = q.Get("code_challenge"), q.Get("nonce")
	return q.Get("state"), code
}
