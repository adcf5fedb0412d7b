package sinks

import (
	"context"

	"tocsin"
)

// An AuditLog keeps who did what; it only grows. Audit creates an entry: the same again changes nothing, and another
// one of the same id is [tocsin.ErrConflict]. AuditEntries lists them, newest first, and may lag behind by a second.
// All stores have it.
type AuditLog interface {
	Audit(ctx context.Context, e tocsin.AuditEntry) error
	AuditEntries(ctx context.Context, q tocsin.AuditQuery) (tocsin.Page[tocsin.AuditEntry], error)
}

// AuditKey is the place of an entry in the listing.
func AuditKey(e *tocsin.AuditEntry) Key { return Key{At: Nanos(e.At), ID: e.ID} }
