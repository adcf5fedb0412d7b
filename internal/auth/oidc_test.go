package auth_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/internal/auth"
)

// A provider is an identity provider that signs what the test says.
type provider struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	issuer string         // of the discovery document; "" is the true one
	claims map[string]any // that differ from a good ID token
	sign   func(p *provider, claims map[string]any) string

	mu        sync.Mutex
	challenge map[string]string // by code
	nonce     map[string]string
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newProvider(t *testing.T, key *rsa.PrivateKey) *provider {
	t.Helper()
	p := &provider{t: t, key: key, claims: map[string]any{}, sign: (*provider).rs256, challenge: map[string]string{}, nonce: map[string]string{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		issuer := p.server.URL
		if p.issuer != "" {
			issuer = p.issuer
		}
		answer(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token", "jwks_uri": p.server.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, // a provider's word is not ours
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "k1", "use": "sig", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", p.token(answer))
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// token redeems a code once, by the verifier of its challenge.
func (p *provider) token(answer func(http.ResponseWriter, any)) http.HandlerFunc {
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
			"iss": p.server.URL, "aud": "tocsin", "sub": "u-1", "preferred_username": "ann", "groups": []string{"staff", "soc", "leads"}, "tenant": "t1",
			"nonce": p.nonce[code], "iat": noon.Add(-time.Minute).Unix(), "exp": noon.Add(5 * time.Minute).Unix(),
		}
		for name, v := range p.claims {
			if v == nil {
				delete(claims, name)
			} else {
				claims[name] = v
			}
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.sign(p, claims)})
	}
}

func jwt(alg string, claims map[string]any, sign func(text []byte) []byte) string {
	part := func(v any) string { text, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(text) }
	text := part(map[string]any{"alg": alg, "kid": "k1", "typ": "JWT"}) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func (p *provider) rs256(claims map[string]any) string {
	return jwt("RS256", claims, func(text []byte) []byte {
		sum := sha256.Sum256(text)
		signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
		if err != nil {
			p.t.Error(err)
		}
		return signature
	})
}

// authorize is what the provider does when somebody consents: the browser is sent back with a code and the state.
func (p *provider) authorize(location string) (state, code string) {
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

func (p *provider) oidc(change func(*auth.OIDCConfig)) *auth.OIDC {
	cfg := auth.OIDCConfig{
		Issuer: p.server.URL, ClientID: "tocsin", ClientSecret: "s", RedirectURL: "https://tocsin.example/login/oidc/callback", Scopes: []string{"profile"},
		Algorithms: []string{"RS256", "ES256"}, NameClaim: "preferred_username", RolesClaim: "groups", Roles: map[string]string{"soc": "analyst", "leads": "lead", "x": "emperor"},
		Ranks: []string{"viewer", "analyst", "coordinator", "lead", "admin"}, Now: func() time.Time { return noon },
	}
	if change != nil {
		change(&cfg)
	}
	return auth.NewOIDC(cfg)
}

func TestOIDC(t *testing.T) {
	hs256 := func(p *provider, claims map[string]any) string { // signed by the public key, as a secret
		der, _ := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
		return jwt("HS256", claims, func(text []byte) []byte { m := hmac.New(sha256.New, der); m.Write(text); return m.Sum(nil) })
	}
	none := func(_ *provider, claims map[string]any) string {
		return jwt("none", claims, func([]byte) []byte { return nil })
	}
	key, stranger := newKey(t), newKey(t) // making one takes a while
	another := func(_ *provider, claims map[string]any) string { return (&provider{key: stranger}).rs256(claims) }
	for name, c := range map[string]struct {
		claims map[string]any
		sign   func(*provider, map[string]any) string
		change func(*auth.OIDCConfig)
		want   string // id role tenant; "" where it is refused
	}{
		"good":                 {want: "ann lead "},
		"one group":            {claims: map[string]any{"groups": "soc"}, want: "ann analyst "},
		"no name":              {claims: map[string]any{"preferred_username": nil}, want: "u-1 lead "},
		"tenant":               {change: func(c *auth.OIDCConfig) { c.TenantClaim = "tenant" }, want: "ann lead t1"},
		"no tenant":            {claims: map[string]any{"tenant": nil}, change: func(c *auth.OIDCConfig) { c.TenantClaim = "tenant" }},
		"tenant of no text":    {claims: map[string]any{"tenant": 7}, change: func(c *auth.OIDCConfig) { c.TenantClaim = "tenant" }},
		"no role":              {claims: map[string]any{"groups": []string{"staff"}}},
		"no groups":            {claims: map[string]any{"groups": nil}},
		"a role of no name":    {claims: map[string]any{"groups": []string{"x"}}},
		"alg none":             {sign: none},
		"HS256 by public key":  {sign: hs256},
		"another key":          {sign: another},
		"algorithm not listed": {change: func(c *auth.OIDCConfig) { c.Algorithms = []string{"ES256"} }},
		"wrong audience":       {claims: map[string]any{"aud": "other"}},
		"no audience":          {claims: map[string]any{"aud": nil}},
		"wrong issuer":         {claims: map[string]any{"iss": "https://evil.example"}},
		"issuer with a slash":  {change: func(c *auth.OIDCConfig) { c.Issuer += "/" }},
		"wrong nonce":          {claims: map[string]any{"nonce": "x"}},
		"no nonce":             {claims: map[string]any{"nonce": nil}},
		"expired":              {claims: map[string]any{"exp": noon.Add(-time.Minute).Unix()}},
		"not yet":              {claims: map[string]any{"nbf": noon.Add(time.Hour).Unix()}},
		"no ID token":          {sign: func(*provider, map[string]any) string { return "" }},
		"cut ID token":         {sign: func(p *provider, c map[string]any) string { text := p.rs256(c); return text[:len(text)-9] }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, key)
			p.claims = c.claims
			if c.sign != nil {
				p.sign = c.sign
			}
			o := p.oidc(c.change)
			location, cookie, err := o.Begin(t.Context(), "/rules")
			if err != nil {
				if c.want != "" {
					t.Fatal(err)
				}
				return
			}
			state, code := p.authorize(location)
			id, next, err := o.Finish(t.Context(), cookie, state, code, "")
			got := strings.Join([]string{id.Actor.ID, id.Actor.Role, id.Tenant}, " ")
			if c.want == "" {
				if !errors.Is(err, auth.ErrRefused) || got != "  " {
					t.Errorf("not refused: %q %v", got, err)
				}
				return
			}
			if err != nil || got != c.want || next != "/rules" || id.Actor.Kind != "person" {
				t.Errorf("%q to %q (%v), want %q", got, next, err, c.want)
			}
		})
	}
}

func TestOIDCAttempts(t *testing.T) {
	p := newProvider(t, newKey(t))
	now := noon
	o := p.oidc(func(c *auth.OIDCConfig) { c.Now = func() time.Time { return now } })
	begin := func() (cookie, state, code string) {
		location, cookie, err := o.Begin(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		state, code = p.authorize(location)
		return cookie, state, code
	}
	refused := func(what, cookie, state, code, failure string) {
		t.Helper()
		if _, _, err := o.Finish(t.Context(), cookie, state, code, failure); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	cookie, state, code := begin()
	other, otherState, otherCode := begin()
	refused("another browser's state", cookie, otherState, code, "")
	refused("once more, after a wrong one", cookie, state, code, "")
	refused("another's code: the verifier does not fit", other, otherState, code, "")
	refused("no cookie", "", otherState, otherCode, "")
	cookie, state, code = begin()
	if _, _, err := o.Finish(t.Context(), cookie, state, code, ""); err != nil {
		t.Fatal(err)
	}
	refused("a replay", cookie, state, code, "")
	cookie, state, _ = begin()
	refused("a replayed code in a new attempt", cookie, state, code, "")
	cookie, state, _ = begin()
	refused("a denial", cookie, state, "", "access_denied")
	cookie, state, code = begin()
	now = now.Add(11 * time.Minute)
	refused("too late", cookie, state, code, "")
}

// TestOIDCProviderAway: a provider that is away is no refusal, and is asked again the next time.
func TestOIDCProviderAway(t *testing.T) {
	p := newProvider(t, newKey(t))
	p.issuer = "https://evil.example"
	o := p.oidc(nil)
	if _, _, err := o.Begin(t.Context(), "/"); err == nil || errors.Is(err, auth.ErrRefused) {
		t.Errorf("a document of another issuer: %v", err)
	}
	p.issuer = ""
	if _, _, err := o.Begin(t.Context(), "/"); err != nil {
		t.Errorf("once it is as it should be: %v", err)
	}
}
