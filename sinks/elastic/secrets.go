package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

// kindUsers is the index of the hashes that users and tokens are known by. It has one document for each kind, so that it
// is read by id, never stale, and a removal needs no right to delete.
const kindUsers = "users"

var _ sinks.Secrets = (*Store)(nil)

// secrets is the document of a kind. A fresh one has version 0.
type secrets struct {
	Version int64             `json:"version"`
	Values  map[string][]byte `json:"values"`
}

func (s *Store) secretsAt(kind string) name { return name{s.index(kindUsers), "secrets-" + kind} }

func (s *Store) secrets(ctx context.Context, kind string) (all secrets, err error) {
	if _, err = s.one(ctx, s.secretsAt(kind), &all); errors.Is(err, tocsin.ErrNotFound) {
		err = nil
	}
	if all.Values == nil {
		all.Values = map[string][]byte{}
	}
	return all, err
}

// PutSecret puts a value in the place of another; see [sinks.Secrets].
func (s *Store) PutSecret(ctx context.Context, kind, name string, was, value []byte) error {
	return s.changeSecrets(ctx, kind, func(values map[string][]byte) error {
		old, there := values[name]
		if there != (was != nil) || !bytes.Equal(old, was) {
			return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrConflict)
		}
		values[name] = value
		return nil
	})
}

// Secrets returns the values of a kind by name.
func (s *Store) Secrets(ctx context.Context, kind string) (map[string][]byte, error) {
	all, err := s.secrets(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("%ss: %w", kind, err)
	}
	return all.Values, nil
}

// DeleteSecret removes a value; see [sinks.Secrets].
func (s *Store) DeleteSecret(ctx context.Context, kind, name string) error {
	return s.changeSecrets(ctx, kind, func(values map[string][]byte) error {
		if _, there := values[name]; !there {
			return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrNotFound)
		}
		delete(values, name)
		return nil
	})
}

// secretTries bounds how often a change is decided again because another daemon changed the same document.
const secretTries = 20

// changeSecrets changes the document of a kind, deciding again whenever another writer was faster.
func (s *Store) changeSecrets(ctx context.Context, kind string, change func(map[string][]byte) error) error {
	for range secretTries {
		all, err := s.secrets(ctx, kind)
		if err != nil {
			return err
		}
		if err := change(all.Values); err != nil {
			return err
		}
		all.Version++
		doc, err := json.Marshal(object{"tocsin": object{"kind": "secrets"}, "doc": all})
		if err != nil {
			return err
		}
		if err := s.succeed(ctx, s.secretsAt(kind), all.Version, doc); !errors.Is(err, tocsin.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%ss are changed by others all the time: %w", kind, tocsin.ErrConflict)
}
