package web

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// How long a session lives (ASVS 7.3.1, 7.3.2).
const (
	idle     = 30 * time.Minute
	absolute = 12 * time.Hour
	most     = 10_000 // sessions kept; the one that was idle longest makes room
)

// sessions are kept in memory by the hash of their id: they end with the daemon.
type sessions struct {
	now func() time.Time

	mu   sync.Mutex
	open map[[32]byte]*session
}

type session struct {
	who         auth.Identity
	began, used time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, open: map[[32]byte]*session{}}
}

// begin opens a session and returns its id.
func (s *sessions) begin(who auth.Identity) string {
	id, now := rand.Text()+rand.Text(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest [32]byte
	for key, o := range s.open {
		if o.over(now) {
			delete(s.open, key)
		} else if first, ok := s.open[oldest]; !ok || o.used.Before(first.used) {
			oldest = key
		}
	}
	if len(s.open) >= most {
		delete(s.open, oldest)
	}
	s.open[sha256.Sum256([]byte(id))] = &session{who, now, now}
	return id
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.used) > idle || now.Sub(s.began) > absolute
}

// of returns whose session a request belongs to, and notes that it was used.
func (s *sessions) of(r *http.Request) (auth.Identity, bool) {
	key, ok := sessionKey(r)
	if !ok {
		return auth.Identity{}, false
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.open[key]
	switch {
	case !ok:
		return auth.Identity{}, false
	case o.over(now):
		delete(s.open, key)
		return auth.Identity{}, false
	}
	o.used = now
	return o.who, true
}

// end forgets the session of a request.
func (s *sessions) end(r *http.Request) {
	if key, ok := sessionKey(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, key)
	}
}

// The names of the cookie. The first is accepted by browsers from TLS and for this host alone.
const (
	secureCookie = "__Host-tocsin"
	plainCookie  = "tocsin_session"
)

func sessionKey(r *http.Request) ([32]byte, bool) {
	for _, name := range []string{secureCookie, plainCookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return sha256.Sum256([]byte(c.Value)), true
		}
	}
	return [32]byte{}, false
}

func (p *pages) cookie(value string, seconds int) *http.Cookie {
	c := &http.Cookie{Name: plainCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Secure}
	if p.Secure {
		c.Name = secureCookie
	}
	return c
}

// A loginView is the form that takes a token.
type loginView struct {
	Next  string
	Wrong bool
}

func (p *pages) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
		p.render(w, r, http.StatusUnauthorized, "error", "Sign in", "", errorView{"You are not signed in", "Sign in with a token and do it again."})
		return
	}
	http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}

func (p *pages) loginForm(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusOK, "login", "Sign in", "", loginView{Next: local(r.URL.Query().Get("next"))})
}

func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	next := local(r.PostFormValue("next"))
	who, ok := p.Tokens.Of(strings.TrimSpace(r.PostFormValue("token")))
	if !ok {
		p.Log.WarnContext(r.Context(), "sign-in refused", "remote", r.RemoteAddr)
		p.Trail.Notes(r.Context(), "sign-in", "/login", tocsin.AuditRefused, "the token is not known")
		p.render(w, r, http.StatusUnauthorized, "login", "Sign in", "", loginView{Next: next, Wrong: true})
		return
	}
	p.sessions.end(r) // a new id at each sign-in
	p.Trail.Notes(auth.With(r.Context(), who), "sign-in", "/login", tocsin.AuditDone, "")
	http.SetCookie(w, p.cookie(p.sessions.begin(who), int(absolute/time.Second)))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (p *pages) logout(w http.ResponseWriter, r *http.Request) {
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
