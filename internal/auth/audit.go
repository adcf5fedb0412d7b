package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tocsin"
)

// An Auditor keeps who did what, for ever. An error means that the entry is not kept.
type Auditor interface {
	Audit(ctx context.Context, e tocsin.AuditEntry) error
}

// A Trail writes the audit log: who comes from the context, see [With], and so does the request, see [Requests]. A
// Trail without a store writes nothing.
type Trail struct {
	Store Auditor
	Now   func() time.Time
	Log   *slog.Logger
	// Failures counts the entries that were not kept; nil: nobody does.
	Failures interface{ Inc() }
}

// auditWithin bounds how long an entry may take to be kept.
const auditWithin = 10 * time.Second

// Shows notes that somebody is about to be given something restricted: on an error it must not be given.
func (t Trail) Shows(ctx context.Context, action, object string) error {
	return t.write(ctx, action, object, tocsin.AuditShown, "")
}

// ShowsBecause is [Trail.Shows] with what makes it restricted.
func (t Trail) ShowsBecause(ctx context.Context, action, object, why string) error {
	return t.write(ctx, action, object, tocsin.AuditShown, why)
}

// Begins keeps that a write is about to be done: on an error it must not be done. So every write that was done has an
// entry, whatever becomes of the daemon behind it; [Trail.Notes] says how it ended, under the same request.
func (t Trail) Begins(ctx context.Context, action, object string) error {
	return t.write(ctx, action, object, tocsin.AuditBegun, "")
}

// Notes keeps what became of a write, or that something was refused. As it is done already, an entry that cannot be
// kept is told to the log of the daemon, whole.
func (t Trail) Notes(ctx context.Context, action, object string, outcome tocsin.AuditOutcome, reason string) {
	if err := t.write(ctx, action, object, outcome, reason); err != nil {
		id, r := From(ctx), requestOf(ctx)
		t.Log.ErrorContext(ctx, "audit entry was not kept", "err", err, "action", action, "object", object, "outcome", outcome, "by", id.Actor.ID, "request", r.id, "remote", r.remote)
	}
}

func (t Trail) write(ctx context.Context, action, object string, outcome tocsin.AuditOutcome, reason string) error {
	if t.Store == nil {
		return nil
	}
	id, r := From(ctx), requestOf(ctx)
	const most = 500 // of what a request says: an object is a path with an id of at most 100 letters
	e := tocsin.AuditEntry{
		At: t.Now().UTC().Round(0), By: id.Actor, Tenant: id.Tenant, Action: action, Object: object[:min(len(object), most)], Outcome: outcome,
		Reason: reason, Request: cmp.Or(r.id, rand.Text()), Remote: r.remote,
	}
	e.Seal()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditWithin) // who goes away is audited too
	defer cancel()
	err := t.Store.Audit(ctx, e)
	if err != nil && t.Failures != nil {
		t.Failures.Inc()
	}
	return err
}

type request struct{ id, remote string }

type requestKey struct{}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// Requested is ctx with the request that the audit log names: its id, and where it came from.
func Requested(ctx context.Context, id, remote string) context.Context {
	return context.WithValue(ctx, requestKey{}, request{id, remote})
}

// Requests gives each request an id, which the answer's X-Request-Id tells and the audit log names.
func Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(Requested(r.Context(), id, Address(r.RemoteAddr))))
	})
}

// Address is the host of an address, without its port.
func Address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
