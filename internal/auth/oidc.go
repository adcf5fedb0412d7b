package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tocsin"
)

// An OIDCConfig says whom to trust for sign-on and what their word means.
type OIDCConfig struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	RedirectURL  string // this daemon's /login/oidc/callback, as people reach it
	Scopes       []string
	Algorithms   []string // that ID tokens may be signed by; asymmetric ones
	NameClaim    string   // who it is: "" or absent is sub
	RolesClaim   string   // a text or a list of texts
	TenantClaim  string   // "": everybody sees all tenants
	Roles        map[string]string
	Ranks        []string // all roles, the least first
	Client       *http.Client
	Now          func() time.Time
}

// An OIDC signs people on by an identity provider: authorization code with PKCE, state and nonce.
type OIDC struct {
	cfg OIDCConfig

	mu       sync.Mutex
	provider *oidc.Provider // nil until it answered once
	begun    map[[32]byte]attempt
}

// An attempt is a sign-on that was begun, by the hash of the cookie that its browser has.
type attempt struct {
	state, nonce, verifier, next string
	until                        time.Time
}

// What a sign-on may take, and how many may be under way.
const (
	attemptFor  = 10 * time.Minute
	mostBegun   = 10_000
	answerLimit = 15 * time.Second
)

// ErrRefused says that a sign-on was refused; its text says why and holds no secret.
var ErrRefused = errors.New("sign-on refused")

// NewOIDC does not ask the provider anything yet: it may be away when the daemon starts.
func NewOIDC(cfg OIDCConfig) *OIDC {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: answerLimit}
	}
	return &OIDC{cfg: cfg, begun: map[[32]byte]attempt{}}
}

// discover asks the provider where its ends are, once.
func (o *OIDC) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	known := o.provider
	o.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Keys are read later too: not with the context of this request.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), o.cfg.Client), o.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.provider = p
	return p, nil
}

func (o *OIDC) flow(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: o.cfg.ClientID, ClientSecret: o.cfg.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: o.cfg.RedirectURL,
		Scopes: append([]string{oidc.ScopeOpenID}, o.cfg.Scopes...),
	}
}

// Begin begins a sign-on: where to send the browser, and the cookie that it is to bring back. next is where it leads.
func (o *OIDC) Begin(ctx context.Context, next string) (location, cookie string, err error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", "", err
	}
	cookie = rand.Text() + rand.Text()
	now := o.cfg.Now()
	a := attempt{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), next: next, until: now.Add(attemptFor)}
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, old := range o.begun {
		if now.After(old.until) {
			delete(o.begun, key)
		}
	}
	if len(o.begun) >= mostBegun {
		return "", "", fmt.Errorf("%w: too many are under way, try again in a few minutes", ErrRefused)
	}
	o.begun[sha256.Sum256([]byte(cookie))] = a
	return o.flow(p).AuthCodeURL(a.state, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)), cookie, nil
}

// Finish takes what the provider sent the browser back with. Each attempt can be finished once. The error wraps
// [ErrRefused] where it is not the provider that could not be reached.
func (o *OIDC) Finish(ctx context.Context, cookie, state, code, failure string) (id Identity, next string, err error) {
	o.mu.Lock()
	key := sha256.Sum256([]byte(cookie))
	a, ok := o.begun[key]
	delete(o.begun, key)
	o.mu.Unlock()
	switch {
	case !ok || o.cfg.Now().After(a.until):
		return id, "", fmt.Errorf("%w: it was not begun here, or too long ago, or is finished already", ErrRefused)
	case subtle.ConstantTimeCompare([]byte(a.state), []byte(state)) != 1:
		return id, "", fmt.Errorf("%w: the answer is to another question (state)", ErrRefused)
	case failure != "":
		return id, "", fmt.Errorf("%w: the identity provider says %.100q", ErrRefused, failure)
	case code == "":
		return id, "", fmt.Errorf("%w: the answer has no code", ErrRefused)
	}
	p, err := o.discover(ctx)
	if err != nil {
		return id, "", err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, o.cfg.Client), answerLimit)
	defer cancel()
	answer, err := o.flow(p).Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			return id, "", fmt.Errorf("%w: the identity provider does not take the code (%.60q)", ErrRefused, refused.ErrorCode)
		}
		return id, "", fmt.Errorf("identity provider: %w", err)
	}
	raw, _ := answer.Extra("id_token").(string)
	id, err = o.identify(ctx, p, raw, a.nonce)
	return id, a.next, err
}

// identify checks an ID token: signature by an allowed algorithm and a key of the provider, issuer, audience, times,
// nonce; and reads who it is about.
func (o *OIDC) identify(ctx context.Context, p *oidc.Provider, raw, nonce string) (id Identity, err error) {
	verifier := p.Verifier(&oidc.Config{ClientID: o.cfg.ClientID, SupportedSigningAlgs: o.cfg.Algorithms, Now: o.cfg.Now})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return id, fmt.Errorf("%w: the ID token is not good: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return id, fmt.Errorf("%w: the ID token is for another sign-on (nonce)", ErrRefused)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return id, fmt.Errorf("%w: the ID token's claims: %w", ErrRefused, err)
	}
	id.Actor = tocsin.Actor{Kind: "person", ID: token.Subject, Role: o.role(claims)}
	if name, ok := claims[o.cfg.NameClaim].(string); ok && name != "" {
		id.Actor.ID = name
	}
	if len(id.Actor.ID) > 200 {
		return Identity{}, fmt.Errorf("%w: the name has %d bytes", ErrRefused, len(id.Actor.ID))
	}
	if o.cfg.TenantClaim != "" {
		if id.Tenant, _ = claims[o.cfg.TenantClaim].(string); id.Tenant == "" {
			return Identity{}, fmt.Errorf("%w: %.200q has no tenant: the claim %s is missing", ErrRefused, id.Actor.ID, o.cfg.TenantClaim)
		}
	}
	if id.Actor.Role == "" {
		return Identity{}, fmt.Errorf("%w: %.200q has no role here: none of the claim %s is mapped to one", ErrRefused, id.Actor.ID, o.cfg.RolesClaim)
	}
	return id, nil
}

// role is the highest that the claim is mapped to.
func (o *OIDC) role(claims map[string]any) string {
	var groups []string
	switch v := claims[o.cfg.RolesClaim].(type) {
	case string:
		groups = []string{v}
	case []any:
		for _, g := range v {
			if text, ok := g.(string); ok {
				groups = append(groups, text)
			}
		}
	}
	best := -1
	for _, g := range groups {
		best = max(best, slices.Index(o.cfg.Ranks, o.cfg.Roles[g]))
	}
	if best < 0 {
		return ""
	}
	return o.cfg.Ranks[best]
}
