package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// An Entrance is how people sign in, beside by token. All of it may be left out.
type Entrance struct {
	Directory *auth.Directory // local users
	OIDC      *auth.OIDC      // the identity provider that is asked
	// Attempts bound how often one address, and one name from it, may try to sign in, Limits what one person asks for a
	// second.
	Attempts, Limits *auth.Limits
}

// A loginView is the form to sign in by.
type loginView struct {
	Next  string
	Local bool   // users have passwords here
	OIDC  bool   // and an identity provider is asked
	Name  string // as it was given
	Wrong string // why the last attempt was not taken
}

func (p *pages) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
		p.render(w, r, http.StatusUnauthorized, "error", "Sign in", "", errorView{
			Heading: "You are not signed in", Advice: "Nothing was done. Sign in and do it again.", SignIn: signIn(r), Kept: written(r), Again: true,
		})
		return
	}
	http.Redirect(w, r, signIn(r), http.StatusSeeOther)
}

// signIn is where one signs in who then comes back to the page that is asked for, or from which a form was sent.
func signIn(r *http.Request) string {
	next := r.URL.RequestURI()
	if id := r.PathValue("id"); r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/incidents/") {
		next = "/incidents/" + url.PathEscape(id)
	} else if r.Method == http.MethodPost {
		next = "/"
	}
	return "/login?next=" + url.QueryEscape(next)
}

func (p *pages) showLogin(w http.ResponseWriter, r *http.Request, status int, next, wrong string) {
	p.render(w, r, status, "login", "Sign in", "login", loginView{Next: local(next), Local: p.Directory != nil, OIDC: p.OIDC != nil, Name: cut(64, strings.TrimSpace(r.PostFormValue("name"))), Wrong: wrong})
}

func (p *pages) loginForm(w http.ResponseWriter, r *http.Request) {
	p.showLogin(w, r, http.StatusOK, r.URL.Query().Get("next"), "")
}

// login takes a name and a password, or a token.
func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	next, name := local(r.PostFormValue("next")), strings.TrimSpace(r.PostFormValue("name"))
	address := auth.Address(r.RemoteAddr)
	if !p.Attempts.Allow(address) || name != "" && !p.Attempts.Allow(address+" "+name) {
		w.Header().Set("Retry-After", "60")
		p.showLogin(w, r, http.StatusTooManyRequests, next, "Too many attempts: wait a few minutes.")
		return
	}
	var who auth.Identity
	var still func() bool
	var ok bool
	wrong := "This token is not known."
	switch token := strings.TrimSpace(r.PostFormValue("token")); {
	case token != "":
		who, still, ok = p.Tokens.SignIn(token)
	case p.Directory != nil:
		wrong = "Name and password do not belong together."
		who, still, ok = p.Directory.SignIn(name, r.PostFormValue("password"))
	}
	if !ok {
		p.refuseLogin(w, r, name, wrong)
		return
	}
	p.enter(w, r, who, still, next)
}

// refuseLogin notes an attempt that was not taken, and shows the form again.
func (p *pages) refuseLogin(w http.ResponseWriter, r *http.Request, name, why string) {
	p.Log.WarnContext(r.Context(), "sign-in refused", "remote", r.RemoteAddr)
	if !p.Directory.Knows(name) { // it may be a password in the wrong place
		name = ""
	}
	ctx := auth.With(r.Context(), auth.Identity{Actor: tocsin.Actor{ID: name}})
	p.Trail.Notes(ctx, "sign-in", "/login", tocsin.AuditRefused, why)
	p.showLogin(w, r, http.StatusUnauthorized, r.PostFormValue("next"), why)
}

// enter begins a session, of a new id, and leads on.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, who auth.Identity, still func() bool, next string) {
	p.sessions.end(r)
	p.Trail.Notes(auth.With(r.Context(), who), "sign-in", "/login", tocsin.AuditDone, "")
	http.SetCookie(w, p.cookie(p.sessions.begin(who, still), int(absolute/time.Second)))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// The cookie that a browser brings back from the identity provider, for as long as that may take.
const (
	secureBegun = "__Host-tocsin_begun"
	plainBegun  = "tocsin_begun"
	begunFor    = 600 // seconds
)

func (p *pages) begun(value string, seconds int) *http.Cookie {
	c := p.cookie(value, seconds)
	if c.Name = plainBegun; p.Secure {
		c.Name = secureBegun
	}
	return c
}

// beginOIDC sends the browser to the identity provider.
func (p *pages) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if p.OIDC == nil {
		p.fail(w, r, tocsin.ErrNotFound)
		return
	}
	if !p.Attempts.Allow(auth.Address(r.RemoteAddr)) {
		p.showLogin(w, r, http.StatusTooManyRequests, "", "Too many attempts: wait a few minutes.")
		return
	}
	location, cookie, err := p.OIDC.Begin(r.Context(), local(r.URL.Query().Get("next")))
	if err != nil {
		p.Log.ErrorContext(r.Context(), "sign-on was not begun", "err", err)
		p.showLogin(w, r, http.StatusBadGateway, "", "The identity provider cannot be reached now.")
		return
	}
	http.SetCookie(w, p.begun(cookie, begunFor))
	http.Redirect(w, r, location, http.StatusSeeOther)
}

// finishOIDC takes the browser back from the identity provider.
func (p *pages) finishOIDC(w http.ResponseWriter, r *http.Request) {
	if p.OIDC == nil {
		p.fail(w, r, tocsin.ErrNotFound)
		return
	}
	cookie, _ := r.Cookie(p.begun("", 0).Name)
	if cookie == nil {
		cookie = &http.Cookie{}
	}
	http.SetCookie(w, p.begun("", -1))
	q := r.URL.Query()
	who, next, err := p.OIDC.Finish(r.Context(), cookie.Value, q.Get("state"), q.Get("code"), q.Get("error"))
	if errors.Is(err, auth.ErrRefused) {
		p.refuseLogin(w, r, "", err.Error())
		return
	}
	if err != nil {
		p.Log.ErrorContext(r.Context(), "sign-on was not finished", "err", err)
		p.showLogin(w, r, http.StatusBadGateway, "", "The identity provider cannot be reached now.")
		return
	}
	p.enter(w, r, who, nil, local(next))
}

func (p *pages) logout(w http.ResponseWriter, r *http.Request) {
	if who, ok := p.sessions.of(r); ok {
		p.Trail.Notes(auth.With(r.Context(), who), "sign-out", "/logout", tocsin.AuditDone, "")
	}
	p.sessions.end(r)
	http.SetCookie(w, p.cookie("", -1))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// local is a path of ours to go on to, / for anything else: a link must not lead away through the sign-in.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\t\r\n") {
		return "/"
	}
	return cmp.Or(u.RequestURI(), "/")
}
