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
	// Foresee tells what a command would be refused for, without giving it.
	Foresee(i tocsin.Incident, cmd register.Command) error
}

// A Store is the register as the reader may see it: who that is comes from the context, see package needtoknow.
type Store interface {
	Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error)
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
	Verdict(ctx context.Context, event string) (tocsin.Verdict, error)
	// Originals reads the alerts that are referred to; those not there are left out.
	Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error)
	register.Evidence
}

// A Counter says how many incidents, or events, each query selects, by one question to the store, and gives a mark that
// is another one once an incident of a tenant ("": of any) was written.
type Counter interface {
	Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error)
	EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error)
	Mark(ctx context.Context, tenant string) (string, error)
}

// Options are what the page works with. All functions must be safe for concurrent use.
type Options struct {
	Entrance
	Register Register
	Store    Store
	// DeadLetters lists records that could not become alerts. The error wraps [tocsin.ErrQuery].
	DeadLetters func(ctx context.Context, q LetterQuery) (tocsin.Page[Letter], error)
	// Dispose sends a dead letter to the intake again or says that nothing more is to be done with it; nil: nobody may.
	// Letters of other tenants are not found; tenant "" is all.
	Dispose func(ctx context.Context, id, tenant string, action tocsin.DispositionAction, by tocsin.Actor, why string) error
	Rules   func() Rules
	Health  func(ctx context.Context) Health
	// Quality tells how events turned out that were detected since a time; tenant "" is all.
	Quality func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error)
	// WhyNot tells how a group key stands; its errors wrap [tocsin.ErrKey], [tocsin.ErrElsewhere], [tocsin.ErrStarting] or [tocsin.ErrNotFound].
	WhyNot func(rule, tenant string, key map[string]string) (tocsin.Standing, error)
	// NovelHosts tells how the hosts of a name stand in scopes of kind novelty.
	NovelHosts func(tenant, host string) []tocsin.NoveltyHost
	// Workshop knows rules' texts and tests and tries drafts; nil: there is none.
	Workshop Workshop
	Peers    []string // addresses of other daemons' pages, which have the engines that do not run here
	Trail    auth.Trail
	// Custodian tells of the copies of alerts that incidents stand on, and hands them out.
	Custodian Custodian
	// Counts answers how much there is of what the pages ask, and whether it has changed.
	Counts Counter
	// Measures answer what statistics ask.
	Measures    measure.Store
	Search      Search
	Regimes     func() []register.Regime // whose clocks may be started; nil: none
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
	pulse    *pulse
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
	p := &pages{Options: o, views: v, pulse: newPulse(o.Counts), sessions: newSessions(o.Now)}
	r := &router{pages: p, mux: http.NewServeMux()}
	p.routes(r)
	return headers(r.mux), nil
}

// routes registers every page with the least role that may see it; what a command needs is checked where it is carried
// out. docs/roles.md is made of them.
func (p *pages) routes(r *router) {
	r.page("viewer", "GET /{$}", p.incidents)
	r.page("viewer", "GET /live", p.live)
	r.page("viewer", "POST /incidents", p.bulk)
	r.page("viewer", "GET /incidents/{id}", p.incident)
	r.page("analyst", "GET /incidents/{id}/evidence/{exhibit}", p.exhibit)
	r.page("analyst", "GET /incidents/{id}/evidence/{exhibit}/record", p.exhibitRecord)
	r.page("viewer", "POST /incidents/{id}/{action}", p.command)
	r.page("viewer", "GET /incidents/{id}/report", p.paper)
	r.page("viewer", "GET /dead-letters", p.letters)
	r.page("lead", "POST /dead-letters", p.disposeOf)
	r.page("viewer", "GET /entities", p.entity)
	r.page("viewer", "GET /events/{id}", p.event)
	r.page("viewer", "GET /alerts/{id}", p.alert)
	r.page("viewer", "GET /alerts/{id}/record", p.record)
	r.page("viewer", "GET /health", p.health)
	r.page("viewer", "GET /rules", p.rules)
	r.page("viewer", "GET /rules/{id}", p.rule)
	r.page("analyst", "GET /rules/{id}/draft", p.draft)
	r.page("analyst", "POST /rules/{id}/draft", p.draft)
	r.page("viewer", "GET /trends", p.trends)
	r.open("GET /report", p.reportForm)
	r.open("POST /report", p.report)
	r.open("GET /login", p.loginForm)
	r.open("POST /login", p.login)
	r.open("GET /login/oidc", p.beginOIDC)
	r.open("GET /login/oidc/callback", p.finishOIDC)
	r.open("POST /logout", p.logout)
	r.open("GET "+p.views.static+"{name}", p.views.file)
	r.page("viewer", "/", func(w http.ResponseWriter, r *http.Request) error { return tocsin.ErrNotFound })
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

// needs lets in who has the role, or one above it: by session or token, or, where reads are open, somebody on this
// machine as viewer.
func (p *pages) needs(role string, serve page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := p.identify(r)
		if !ok {
			p.askToSignIn(w, r)
			return
		}
		if !p.Limits.Allow(id.Actor.Kind + " " + id.Actor.ID) {
			w.Header().Set("Retry-After", "1")
			p.render(w, r, http.StatusTooManyRequests, "error", "Too many requests", "", errorView{Heading: "Too many requests", Advice: "Wait a second and load the page again."})
			return
		}
		ctx := auth.With(r.Context(), id)
		r = r.WithContext(ctx)
		if !enough(id.Actor.Role, role) {
			p.Trail.Notes(ctx, "page", r.URL.Path, tocsin.AuditRefused, "this needs the role "+role)
			p.render(w, r, http.StatusForbidden, "error", "Not for you", "", errorView{Heading: "This needs the role " + role, Advice: "Sign in as somebody who has it."})
			return
		}
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
		return auth.Identity{Actor: tocsin.Actor{Kind: "person", ID: "local", Role: "viewer"}, Open: true}, true
	}
	return auth.Identity{}, false
}

// hidden reports whether a document of a tenant is none of the reader's business.
func hidden(ctx context.Context, tenant string) bool {
	own := auth.From(ctx).Tenant
	return own != "" && own != tenant
}
