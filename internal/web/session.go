package web

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

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
	still       func() bool // whether they are still who they were; nil: nothing can have changed
	began, used time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, open: map[[32]byte]*session{}}
}

// begin opens a session and returns its id. It ends early once still is false.
func (s *sessions) begin(who auth.Identity, still func() bool) string {
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
	s.open[sha256.Sum256([]byte(id))] = &session{who, still, now, now}
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
	case o.over(now), o.still != nil && !o.still():
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
