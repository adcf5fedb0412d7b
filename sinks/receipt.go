package sinks

import (
	"time"

	"tocsin"
)

// Judge says what became of an alert whose id is taken, given the coordinates and the digest of the alert that is
// stored under it: the same content is [tocsin.Stored] from the same coordinates (we wrote it before a restart) and
// [tocsin.Duplicate] from others; other content is [tocsin.Resent], or of an alert whose id is
// shared a [tocsin.Duplicate] too.
func Judge(a *tocsin.Alert, ref tocsin.Ref, digest [32]byte) tocsin.ReceiptVerdict {
	switch {
	case digest != a.SHA256 && a.Shared:
		return tocsin.Duplicate
	case digest != a.SHA256:
		return tocsin.Resent
	case ref == a.Ref:
		return tocsin.Stored
	default:
		return tocsin.Duplicate
	}
}

// Resend is the alert as it is stored where its own id was taken by other content: under an id made of coordinates
// and content, naming in ResendOf the id it came with (engine.md, ruling 13).
func Resend(a tocsin.Alert) tocsin.Alert {
	a.ResendOf, a.ID = a.ID, tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
	return a
}

// How far an event time may lie from the receive time to name the alert's month (register.md, ruling 6 of section 0).
const (
	oldest   = 400 * 24 * time.Hour
	earliest = 5 * time.Minute
)

// Month is the month that an alert is filed under, e.g. "2026.11": that of its event time where this lies within 400
// days before and 5 minutes after it was received, else that of the receive time. It never depends on the clock, so a
// repeated write meets the first one.
func Month(a *tocsin.Alert) string {
	at := a.Time
	if !a.Received.IsZero() && (at.Before(a.Received.Add(-oldest)) || at.After(a.Received.Add(earliest))) {
		at = a.Received
	}
	return at.UTC().Format("2006.01")
}
