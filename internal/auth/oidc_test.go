package auth_test

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"tocsin/internal/auth"
	"tocsin/internal/auth/authtest"
)

func newProvider(t *testing.T, key *rsa.PrivateKey) *authtest.Provider {
	t.Helper()
	return authtest.New(t, key, func() time.Time { return noon })
}

// signOn signs on by a provider.
func signOn(p *authtest.Provider, change func(*auth.OIDCConfig)) *auth.OIDC {
	cfg := auth.OIDCConfig{
		Issuer: p.URL, ClientID: "tocsin", ClientSecret: "s", RedirectURL: "https://tocsin.example/login/oidc/callback", Scopes: []string{"profile"},
		Algorithms: []string{"RS256", "ES256"}, NameClaim: "preferred_username", RolesClaim: "groups", Roles: map[string]string{"soc": "analyst", "leads": "lead", "x": "emperor"},
		Ranks: []string{"viewer", "analyst", "coordinator", "lead", "admin"}, Now: func() time.Time { return noon },
	}
	if change != nil {
		change(&cfg)
	}
	return auth.NewOIDC(cfg)
}

func TestOIDC(t *testing.T) {
	hs256 := func(p *authtest.Provider, claims map[string]any) string { // signed by the public key, as a secret
		der, _ := x509.MarshalPKIXPublicKey(&p.Key.PublicKey)
		return authtest.JWT("HS256", claims, func(text []byte) []byte { m := hmac.New(sha256.New, der); m.Write(text); return m.Sum(nil) })
	}
	none := func(_ *authtest.Provider, claims map[string]any) string {
		return authtest.JWT("none", claims, func([]byte) []byte { return nil })
	}
	key, stranger := authtest.NewKey(t), authtest.NewKey(t) // making one takes a while
	another := func(_ *authtest.Provider, claims map[string]any) string {
		return (&authtest.Provider{Key: stranger}).RS256(claims)
	}
	for name, c := range map[string]struct {
		claims map[string]any
		sign   func(*authtest.Provider, map[string]any) string
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
		"no ID token":          {sign: func(*authtest.Provider, map[string]any) string { return "" }},
		"cut ID token":         {sign: func(p *authtest.Provider, c map[string]any) string { text := p.RS256(c); return text[:len(text)-9] }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, key)
			p.Claims = c.claims
			if c.sign != nil {
				p.Sign = c.sign
			}
			o := signOn(p, c.change)
			location, cookie, err := o.Begin(t.Context(), "/rules")
			if err != nil {
				if c.want != "" {
					t.Fatal(err)
				}
				return
			}
			state, code := p.Authorize(location)
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
	p := newProvider(t, authtest.NewKey(t))
	now := noon
	o := signOn(p, func(c *auth.OIDCConfig) { c.Now = func() time.Time { return now } })
	begin := func() (cookie, state, code string) {
		location, cookie, err := o.Begin(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		state, code = p.Authorize(location)
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
	p := newProvider(t, authtest.NewKey(t))
	p.Issuer = "https://evil.example"
	o := signOn(p, nil)
	if _, _, err := o.Begin(t.Context(), "/"); err == nil || errors.Is(err, auth.ErrRefused) {
		t.Errorf("a document of another issuer: %v", err)
	}
	p.Issuer = ""
	if _, _, err := o.Begin(t.Context(), "/"); err != nil {
		t.Errorf("once it is as it should be: %v", err)
	}
}
