package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

// An AuditReader lists who did what.
type AuditReader interface {
	AuditEntries(ctx context.Context, q tocsin.AuditQuery) (tocsin.Page[tocsin.AuditEntry], error)
}

// restricted marks, in an operation's metadata, a route that gives out what not even its readers may look at unseen.
const restricted = "restricted"

// shown marks an operation as [restricted].
func shown(op huma.Operation) huma.Operation {
	op.Metadata[restricted] = true
	return op
}

// audited notes each write, before it and after, each look at what is restricted and each attempt that was refused. What
// is restricted is not given out, and no write is done, where the note cannot be kept.
func (a *routes) audited(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	object := objectOf(ctx)
	_, restricted := op.Metadata[restricted]
	writes := op.Method != http.MethodGet && op.Method != http.MethodHead
	if restricted {
		if err := a.Trail.Shows(ctx.Context(), op.OperationID, object); err != nil {
			a.Log.ErrorContext(ctx.Context(), "refused, as it cannot be audited", "err", err, "action", op.OperationID)
			a.refuse(ctx, http.StatusServiceUnavailable, "this is given out only where the audit log can be written, and it cannot be now")
			return
		}
	}
	if !writes {
		next(ctx)
		return
	}
	if err := a.Trail.Begins(ctx.Context(), op.OperationID, object); err != nil {
		a.Log.ErrorContext(ctx.Context(), "refused, as it cannot be audited", "err", err, "action", op.OperationID)
		a.refuse(ctx, http.StatusServiceUnavailable, "this is done only where the audit log can be written, and it cannot be now")
		return
	}
	next(ctx)
	outcome, reason := tocsin.AuditDone, ""
	if code := ctx.Status(); code >= http.StatusInternalServerError {
		outcome, reason = tocsin.AuditFailed, http.StatusText(code)
	} else if code >= http.StatusBadRequest {
		outcome, reason = tocsin.AuditRefused, http.StatusText(code)
	}
	a.Trail.Notes(ctx.Context(), op.OperationID, object, outcome, reason)
}

// objectOf is the path of the thing that a request is about, whatever is to be done with it.
func objectOf(ctx huma.Context) string {
	u := ctx.URL()
	pattern, path := strings.Split(ctx.Operation().Path, "/"), strings.Split(u.Path, "/")
	if n := slices.Index(pattern, "{id}") + 1; n > 0 && n <= len(path) {
		path = path[:n]
	}
	return strings.TrimPrefix(strings.Join(path, "/"), "/api/v1")
}

type auditQuery struct {
	By      string    `query:"by" maxLength:"200" doc:"name of who did it"`
	Action  string    `query:"action" maxLength:"100" doc:"an operation of this description, or sign-in, sign-out"`
	Object  string    `query:"object" maxLength:"500" doc:"what it was done on, as a path: /incidents/202611-…"`
	Outcome string    `query:"outcome" enum:"shown,begun,done,refused,failed" doc:"begun: a write that another entry of the same request tells the end of"`
	Since   time.Time `query:"since" doc:"at or after"`
	Until   time.Time `query:"until" doc:"before"`
	Limit   int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor  string    `query:"cursor" maxLength:"1000"`
}

type auditPage struct {
	Body tocsin.Page[tocsin.AuditEntry]
}

func (a *routes) audit() {
	op := shown(operation("list-audit", http.MethodGet, "/audit", lead, "List who did, looked at or tried what, newest first", 422, 503))
	huma.Register(a.api, op, func(ctx context.Context, in *auditQuery) (*auditPage, error) {
		page, err := a.Audit.AuditEntries(ctx, tocsin.AuditQuery{
			Tenant: auth.From(ctx).Tenant, By: in.By, Action: in.Action, Object: in.Object, Outcome: tocsin.AuditOutcome(in.Outcome),
			Since: in.Since, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor,
		})
		if page.Items == nil {
			page.Items = []tocsin.AuditEntry{}
		}
		return &auditPage{page}, a.problem(err)
	})
}
