package app_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/internal/auth/authtest"
	"tocsin/internal/config"
)

// A browser keeps cookies and follows redirects, and remembers where it was sent.
type browser struct {
	t      *testing.T
	client *http.Client
	went   []string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		b.went = append(b.went, r.URL.String())
		return nil
	}}
	return b
}

// opens opens a page and returns how it was answered in the end.
func (b *browser) opens(address string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// callback is the address by which the provider last sent the browser back.
func (b *browser) callback() string {
	b.t.Helper()
	for _, address := range slices.Backward(b.went) {
		if strings.Contains(address, "/login/oidc/callback?") {
			return address
		}
	}
	b.t.Fatalf("the provider was not asked: %q", b.went)
	return ""
}

// Somebody signs on to a running daemon by an identity provider. The answer that made it so makes nothing the second time, be it
// in the same browser or in another one; neither does an ID token of an earlier sign-on (its nonce), nor the state of
// somebody else's. Each refusal stands in the audit log, and the one that was good alone has a session.
func TestSignOnByAProvider(t *testing.T) {
	p := authtest.New(t, authtest.NewKey(t), time.Now)
	h := newHouse(t)
	h.cfg.HTTP.Listen = freeAddress(t)
	h.cfg.OIDC = config.OIDC{
		Issuer: p.URL, ClientID: "tocsin", RedirectURL: "http://" + h.cfg.HTTP.Listen + "/login/oidc/callback", Algorithms: []string{"RS256"},
		NameClaim: "preferred_username", RolesClaim: "groups", Roles: []string{"soc=analyst", "leads=lead"},
	}
	_, stop := h.open()
	defer stop()
	ann, mallory := newBrowser(t), newBrowser(t)
	signedOn := func(b *browser) bool {
		_, text := b.opens(h.url + "/rules")
		return strings.Contains(text, "Sign out")
	}
	var nonce string
	good := p.Sign
	p.Sign = func(p *authtest.Provider, claims map[string]any) string {
		nonce, _ = claims["nonce"].(string)
		return good(p, claims)
	}
	if code, text := ann.opens(h.url + "/login/oidc?next=/rules"); code != http.StatusOK || !strings.HasSuffix(ann.went[len(ann.went)-1], "/rules") || !strings.Contains(text, "ann") {
		t.Fatalf("%d by %q: %.500s", code, ann.went, text)
	}
	if !signedOn(ann) {
		t.Error("ann is not signed on")
	}
	callback := ann.callback()
	for name, b := range map[string]*browser{"the same browser": newBrowser(t), "another browser": mallory} {
		if name == "the same browser" {
			b.client.Jar = ann.client.Jar
		}
		if code, _ := b.opens(callback); code != http.StatusUnauthorized {
			t.Errorf("the answer comes again in %s: %d", name, code)
		}
	}
	if signedOn(mallory) {
		t.Error("mallory is signed on by ann's answer")
	}

	p.Claims["nonce"] = nonce // of the sign-on before
	if code, _ := mallory.opens(h.url + "/login/oidc"); code != http.StatusUnauthorized || signedOn(mallory) {
		t.Errorf("an ID token of an earlier sign-on: %d", code)
	}
	delete(p.Claims, "nonce")

	bert := newBrowser(t) // who is sent to the provider, and whose way back mallory goes
	bert.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		bert.went = append(bert.went, r.URL.String())
		if strings.Contains(r.URL.Path, "callback") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	bert.opens(h.url + "/login/oidc")
	mallory.client.CheckRedirect = bert.client.CheckRedirect
	mallory.opens(h.url + "/login/oidc") // has an attempt of its own
	mallory.client.CheckRedirect = nil
	stolen, err := url.Parse(bert.went[1])
	if err != nil || stolen.Query().Get("state") == "" {
		t.Fatalf("%v in %q", err, bert.went)
	}
	if code, _ := mallory.opens(stolen.String()); code != http.StatusUnauthorized || signedOn(mallory) {
		t.Errorf("somebody else's state: %d", code)
	}
	_, text := called(t, http.MethodGet, h.url+"/api/v1/audit?action=sign-in&limit=100", read(t, h.cfg.DataDir, "token"), "")
	if refused, done := strings.Count(text, `"outcome":"refused"`), strings.Count(text, `"outcome":"done"`); refused != 4 || done != 1 {
		t.Errorf("%d refused and %d done in the audit log: %s", refused, done, text)
	}
}
