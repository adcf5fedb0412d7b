// Package notify tells people and systems of what happens to incidents. It turns entries of incidents' logs into notices,
// one for each receiver that a route names, keeps them in an outbox, and delivers them: at least once, under an id by
// which a receiver tells that it has one already.
package notify
