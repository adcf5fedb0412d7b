package sinks

import "context"

// Secrets keep what people and machines are known by, such as the hash of a token, by kind and name, as it is given:
// callers hash what must not be read. PutSecret puts value in the place of was, nil being nothing; the error wraps
// [tocsin.ErrConflict] where something else stands there, and nothing is changed. Secrets reads what was written, never
// a stale index. DeleteSecret removes; the error wraps [tocsin.ErrNotFound].
type Secrets interface {
	PutSecret(ctx context.Context, kind, name string, was, value []byte) error
	Secrets(ctx context.Context, kind string) (map[string][]byte, error)
	DeleteSecret(ctx context.Context, kind, name string) error
}
