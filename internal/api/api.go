// Package api is the HTTP API of the register: OpenAPI 3.1 from Go types, problem details (RFC 9457), a token's role on
// every route, If-Match and command ids on every write.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
	"tocsin/internal/measure"
	"tocsin/internal/reports"
	"tocsin/register"
)

// A Register takes people's commands.
type Register interface {
	Do(ctx context.Context, cmd register.Command) (tocsin.Incident, error)
	Incident(ctx context.Context, id string) (tocsin.Incident, error)
}

// A Store is the register as the caller may see it: who that is comes from the context, see package needtoknow.
type Store interface {
	Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error)
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
	// Known tells which of some incidents the caller may know of.
	Known(ctx context.Context, incidents []string) (map[string]bool, error)
	Verdict(ctx context.Context, event string) (tocsin.Verdict, error)
	register.Evidence
}

// DeadLetters list and show what could not become an alert.
type DeadLetters interface {
	Rejection(ctx context.Context, id string) (tocsin.Rejection, error)
	Rejections(ctx context.Context, q DeadLetterQuery) (tocsin.Page[tocsin.Rejection], error)
	// Dispositions tells what was done with some of them, by id.
	Dispositions(ctx context.Context, letters []string) (map[string][]tocsin.Disposition, error)
}

// A Disposer does something with a dead letter and keeps who did it, and why. The error wraps [ErrNoBytes].
type Disposer func(ctx context.Context, letter tocsin.Rejection, action tocsin.DispositionAction, by tocsin.Actor, why string) (tocsin.Disposition, error)

// ErrNoBytes says that a dead letter cannot be sent again, as its record's bytes were not kept.
var ErrNoBytes = errors.New("the record's bytes were not kept: it cannot be sent again")

// A DeadLetterQuery selects dead letters; zero fields select nothing away.
type DeadLetterQuery struct {
	Tenant, Source, Reason, Cursor string
	Since                          time.Time
	Limit                          int
}

// A Rule is what the API tells of a rule in force.
type Rule struct {
	ID          string           `json:"id"`
	Title       string           `json:"title"`
	Version     string           `json:"version"`
	Status      string           `json:"status"`
	Level       string           `json:"level"`
	Kind        string           `json:"kind"`
	Category    string           `json:"category"`
	Matches     int64            `json:"matches"`
	Hidden      int64            `json:"hidden" doc:"matches that an exception hides"`
	Errors      int64            `json:"errors"`
	LastError   string           `json:"last_error,omitempty"`
	Quarantined bool             `json:"quarantined"`
	Absent      map[string]int64 `json:"absent_fields"`
	Cost        int64            `json:"cost_ns" doc:"nanoseconds that matching the rule took an alert, over a sample; 0: nothing was measured"`
	Keys        int              `json:"keys" doc:"group keys that the engines of this daemon hold"`
	Bytes       int64            `json:"bytes" doc:"of their state"`
	OpenEvents  int              `json:"open_events"`
	Late        int64            `json:"late" doc:"matches beyond lateness, which were not correlated"`
	Evicted     int64            `json:"evicted" doc:"group keys that a limit made the rule forget"`
	Degraded    []string         `json:"degraded" doc:"why events that open now are not surely whole: evicted, flood, reload, gap"`
	Blind       []Blind          `json:"blind" doc:"what keeps the rule from seeing all that it is for"`
}

// A Blind is one reason why a rule does not see all that it is for.
type Blind struct {
	Reason string    `json:"reason" doc:"absent: a source stopped sending a field that the rule requires; full: a limit keeps it from learning"`
	Source string    `json:"source,omitempty"`
	Field  string    `json:"field,omitempty"`
	Since  time.Time `json:"since,omitzero" doc:"event time at which the source last sent the field"`
	Text   string    `json:"text" doc:"the same in words"`
}

// A Rules is the state of the rules: those in force, and the faults of a reading that failed since.
type Rules struct {
	Set    string `json:"set" doc:"content hash of the set in force"`
	Stale  bool   `json:"stale" doc:"the folders were read again and have faults; the old rules stay in force"`
	Faults string `json:"faults,omitempty"`
	Rules  []Rule `json:"rules"`
}

// Options are what the API works with.
type Options struct {
	Register Register
	Store    Store
	// Whole lists all incidents, for what counts them and names none that is restricted; nil: Store.
	Whole       dossier.Lister
	Press       *dossier.Press // writes reports of incidents
	Reports     *reports.Desk  // takes what people report
	OpenReports bool           // reporting needs no token, where reading needs none
	DeadLetters DeadLetters
	Dispose     Disposer
	Rules       func() Rules
	// Quality works out how events turned out that were detected since a time, by rule and version; tenant "" is all.
	Quality  func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error)
	Regimes  func() []register.Regime // whose clocks may be started; nil: none
	Notifier Notifier                 // nil: there are no notifications
	// WhyNot tells how a group key of a rule in force stands, by the values of its fields. The error wraps
	// [tocsin.ErrNotFound], [tocsin.ErrKey], [tocsin.ErrElsewhere] or [tocsin.ErrStarting].
	WhyNot func(rule, tenant string, key map[string]string) (tocsin.Standing, error)
	// Measures answer what statistics ask.
	Measures measure.Store
	Health   func() any
	Search   Searcher
	// Exceptions and Sources tell of the rules' exceptions and of the inputs of this daemon.
	Exceptions func() []Exception
	Sources    func() []Source
	Audit      AuditReader
	Trail      auth.Trail
	Custodian  Custodian
	Tokens     *auth.Tokens
	// Directory keeps local users and tokens; nil: none are kept.
	Directory *auth.Directory
	// Limits bound what one caller asks for a second, Failures how often one address is refused; nil: nothing does.
	Limits, Failures *auth.Limits
	OpenReads        bool // reading needs no token: the listener is on loopback
	Version          string
	Now              func() time.Time
	Log              *slog.Logger
}

// New makes the handler of everything below /api/v1 but the intake, and of the OpenAPI description at
// /api/v1/openapi.json.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("tocsin", o.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/v1/openapi", "", "/api/v1/schemas"
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Formats = formats()
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	a := &routes{Options: o, api: humago.New(mux, cfg)}
	a.api.UseMiddleware(a.authenticate, a.audited, a.packed, a.given)
	a.incidents()
	a.commands()
	a.bulk()
	a.reports()
	a.papers()
	a.events()
	a.system()
	a.letters()
	a.standing()
	a.inputs()
	a.people()
	a.audit()
	a.trends()
	a.regimes()
	a.notices()
	a.exhibits()
	a.intake()
	a.describe()
	return limitBody(known(mux))
}

// describe says what the types cannot: that If-Match must be there, though its absence is told by 428 and not by 422,
// and that reading needs no token on loopback.
func (a *routes) describe() {
	for _, path := range a.api.OpenAPI().Paths {
		if path.Post != nil {
			for _, p := range path.Post.Parameters {
				if p.Name == "If-Match" {
					p.Required = true
				}
			}
		}
		if path.Get != nil {
			describeKey(path.Get)
		}
		if path.Get != nil && a.OpenReads {
			path.Get.Security = []map[string][]string{{"token": {}}, {}}
		}
	}
}

// known answers what no route is for with problem details, as everything here is refused with.
func known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		plain := &status{header: http.Header{}, code: http.StatusOK}
		mux.ServeHTTP(plain, r) // tells an unknown path from a method that the path does not have
		if allow := plain.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(plain.code)
		_ = json.NewEncoder(w).Encode(huma.ErrorModel{
			Status: plain.code, Title: http.StatusText(plain.code), Detail: "no operation has this path and method; /api/v1/openapi.json lists them",
		})
	})
}

// A status keeps an answer's code and header, and forgets its body.
type status struct {
	header http.Header
	code   int
}

// Header implements [http.ResponseWriter].
func (s *status) Header() http.Header { return s.header }

// Write implements [http.ResponseWriter].
func (s *status) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) { s.code = code }

// limitBody bounds what a command may carry: 1 MiB (security.md).
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next.ServeHTTP(w, r)
	})
}

type routes struct {
	Options
	api huma.API
}

// Roles of the routes that read.
const (
	viewer  = "viewer"
	analyst = "analyst"
	lead    = "lead"
	admin   = "admin"
)

// A needs names the role that a route asks for, in its operation's metadata. A route without one is refused to all.
const needs = "role"

// operation describes a route.
func operation(id, method, path, role, summary string, errors ...int) huma.Operation {
	if method == http.MethodPost { // what is wrong with a body before it is looked into
		errors = append(errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if !slices.Contains(errors, http.StatusUnprocessableEntity) { // a parameter that it does not have
		errors = append(errors, http.StatusUnprocessableEntity)
	}
	if method != http.MethodGet && !slices.Contains(errors, http.StatusServiceUnavailable) { // the audit log comes first
		errors = append(errors, http.StatusServiceUnavailable)
	}
	return huma.Operation{
		OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary,
		Errors:   append(errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests),
		Metadata: map[string]any{needs: role}, Extensions: map[string]any{"x-role": role},
	}
}

// authenticate refuses who may not use the route, and who asks too often. Deny by default: a route that names no role
// is nobody's.
func (a *routes) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	id, ok := a.Tokens.Identify(r)
	ctx.SetHeader("Cache-Control", "no-store") // a browser keeps nothing of it on disk
	role, _ := ctx.Operation().Metadata[needs].(string)
	switch {
	case !ok:
		a.forbid(ctx, id, http.StatusUnauthorized, "the token is not known")
		return
	case role == viewer && a.OpenReads && id.Actor.ID == "":
		id = auth.Identity{Actor: tocsin.Actor{Kind: "person", ID: "local", Role: viewer}, Open: true}
	case id.Actor.ID == "":
		a.forbid(ctx, id, http.StatusUnauthorized, "a token is needed: Authorization: Bearer …")
		return
	}
	if !a.Limits.Allow(id.Actor.Kind + " " + id.Actor.ID) {
		a.tooMany(ctx)
		return
	}
	if !allowed(id.Actor.Role, role) {
		a.forbid(ctx, id, http.StatusForbidden, "this needs the role "+role+", the token has "+id.Actor.Role)
		return
	}
	next(huma.WithContext(ctx, auth.With(ctx.Context(), id)))
}

// tooMany tells a caller to wait.
func (a *routes) tooMany(ctx huma.Context) {
	ctx.SetHeader("Retry-After", "1")
	a.refuse(ctx, http.StatusTooManyRequests, "too many requests: wait a second")
}

// forbid refuses somebody, and notes it: as often as one address may be refused, so that nobody fills the audit log.
func (a *routes) forbid(ctx huma.Context, id auth.Identity, status int, why string) {
	if id.Actor.ID == "" && !a.Failures.Allow(auth.Address(ctx.RemoteAddr())) {
		a.tooMany(ctx)
		return
	}
	a.Trail.Notes(auth.With(ctx.Context(), id), ctx.Operation().OperationID, objectOf(ctx), tocsin.AuditRefused, why)
	if status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer") // RFC 9110, 15.5.2
	}
	a.refuse(ctx, status, why)
}

func (a *routes) refuse(ctx huma.Context, status int, detail string) {
	if err := huma.WriteErr(a.api, ctx, status, detail); err != nil {
		a.Log.Debug("answer was not written", "err", err)
	}
}

// allowed reports whether a role is at least the one that a route asks for.
func allowed(has, wants string) bool {
	rank := map[string]int{}
	for i, role := range register.Roles() {
		rank[role] = i + 1
	}
	return rank[wants] > 0 && rank[has] >= rank[wants]
}
