// Package web is the page: incidents, their timelines and evidence, and how the pipeline does, as plain HTML that works
// without a script; ours adds the keyboard, the reader's time zone and what changes while one looks. What sensors report is shown as text and never as markup; nothing is loaded from elsewhere.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
	"tocsin/internal/measure"
	"tocsin/internal/reports"
	"tocsin/register"
)

// A Register reads incidents and takes people's commands.
type Register interface {
	Do(ctx context.Context, cmd register.Command) (tocsin.Incident, error)
	Incident(ctx context.Context, id string) (tocsin.Incident, error)
}

// Options are what the page works with. All functions must be safe for concurrent use.
type Options struct {
	Entrance
	Register Register
	Store    register.Store
	// DeadLetters lists records that could not become alerts. The error wraps [tocsin.ErrQuery].
	DeadLetters func(ctx context.Context, q LetterQuery) (tocsin.Page[Letter], error)
	// Dispose sends a dead letter to the intake again or says that nothing more is to be done with it; nil: nobody may.
	// Letters of other tenants are not found; tenant "" is all.
	Dispose func(ctx context.Context, id, tenant string, action tocsin.DispositionAction, by tocsin.Actor, why string) error
	Rules   func() Rules
	Health  func(ctx context.Context) Health
	// Quality tells how events turned out that were detected since a time; tenant "" is all.
	Quality func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error)
	// WhyNot tells how a group key stands; its errors wrap [tocsin.ErrKey], [tocsin.ErrElsewhere] or [tocsin.ErrNotFound].
	WhyNot func(rule, tenant string, key map[string]string) (tocsin.Standing, error)
	Trail  auth.Trail
	// Measures answer what statistics ask.
	Measures    measure.Store
	Search      Search
	Tokens      *auth.Tokens
	OpenReads   bool // reading needs no sign-in: the listener is on loopback
	Secure      bool // the listener speaks TLS: the session cookie is for TLS alone
	Now         func() time.Time
	Log         *slog.Logger
	Press       *dossier.Press  // writes reports of incidents
	Reports     *reports.Desk   // takes what people report
	OpenReports bool            // reporting needs no sign-in where reading needs none
	ReportLink  string          // with which anybody may report; "" for none
	Stopping    <-chan struct{} // closed when answers must come to an end; nil: never
}

// policy lets a page load nothing but our own style sheet and script (security.md, HTML/JS).
const policy = "default-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

type pages struct {
	Options
	views    *views
	sessions *sessions
	reported quota
	watching atomic.Int64 // readers that wait for what changes
}

// New makes the handler of all that is neither API nor intake. It answers any path: unknown ones with a page that says
// so. The error says that a template of the package is broken.
func New(o Options) (http.Handler, error) {
	v, err := newViews()
	if err != nil {
		return nil, err
	}
	p := &pages{Options: o, views: v, sessions: newSessions(o.Now)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.reads(p.incidents))
	mux.HandleFunc("GET /live", p.reads(p.live))
	mux.HandleFunc("POST /incidents", p.reads(p.bulk))
	mux.HandleFunc("GET /incidents/{id}", p.reads(p.incident))
	mux.HandleFunc("POST /incidents/{id}/{action}", p.reads(p.command))
	mux.HandleFunc("GET /dead-letters", p.reads(p.letters))
	mux.HandleFunc("POST /dead-letters", p.reads(p.disposeOf))
	mux.HandleFunc("GET /entities", p.reads(p.entity))
	mux.HandleFunc("GET /events/{id}", p.reads(p.event))
	mux.HandleFunc("GET /alerts/{id}", p.reads(p.alert))
	mux.HandleFunc("GET /health", p.reads(p.health))
	mux.HandleFunc("GET /rules", p.reads(p.rules))
	mux.HandleFunc("GET /rules/{id}", p.reads(p.rule))
	mux.HandleFunc("GET /trends", p.reads(p.trends))
	mux.HandleFunc("GET /report", p.reportForm)
	mux.HandleFunc("GET /incidents/{id}/report", p.reads(p.paper))
	mux.HandleFunc("POST /report", p.report)
	mux.HandleFunc("GET /login", p.loginForm)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("GET /login/oidc", p.beginOIDC)
	mux.HandleFunc("GET /login/oidc/callback", p.finishOIDC)
	mux.HandleFunc("POST /logout", p.logout)
	mux.HandleFunc("GET "+v.static+"{name}", v.file)
	mux.HandleFunc("/", p.reads(func(w http.ResponseWriter, r *http.Request) error { return tocsin.ErrNotFound }))
	return headers(mux), nil
}

// headers sets what every answer has.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20) // as commands of the API
		next.ServeHTTP(w, r)
	})
}

// A page is what a handler writes; its error becomes a page that says what went wrong.
type page func(w http.ResponseWriter, r *http.Request) error

// reads lets in who may read: everybody where reads are open, else who is signed in or sends a token.
func (p *pages) reads(serve page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := p.identify(r)
		if !ok {
			p.askToSignIn(w, r)
			return
		}
		if !p.Limits.Allow(id.Actor.Kind + " " + id.Actor.ID) {
			w.Header().Set("Retry-After", "1")
			p.render(w, r, http.StatusTooManyRequests, "error", "Too many requests", "", errorView{"Too many requests", "Wait a second and load the page again."})
			return
		}
		r = r.WithContext(auth.With(r.Context(), id))
		if err := serve(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

// identify tells who a request comes from: by session, by token, or, where reads are open, somebody on this machine.
func (p *pages) identify(r *http.Request) (auth.Identity, bool) {
	if id, ok := p.sessions.of(r); ok {
		return id, true
	}
	id, known := p.Tokens.Identify(r)
	switch {
	case !known:
		return auth.Identity{}, false
	case id.Actor.ID != "":
		return id, true
	case p.OpenReads:
		return auth.Identity{Actor: tocsin.Actor{Kind: "person", ID: "local", Role: "viewer"}}, true
	}
	return auth.Identity{}, false
}

// hidden reports whether a document of a tenant is none of the reader's business.
func hidden(ctx context.Context, tenant string) bool {
	own := auth.From(ctx).Tenant
	return own != "" && own != tenant
}
