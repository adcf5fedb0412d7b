package elastic

import (
	"context"
	"fmt"

	"tocsin"
)

// kindInformants is the index of who reported something: the only one that names them, for a role of its own.
const kindInformants = "informants"

// PutInformant keeps an informant; see [sinks.Informants].
func (s *Store) PutInformant(ctx context.Context, i tocsin.Informant) error {
	doc, err := stored(i.At, "state", object{"id": i.Token, "tenant": i.Tenant, "event": i.Event}, i)
	if err != nil {
		return fmt.Errorf("informant %s: %w", i.Token, err)
	}
	ledger, err := s.put(ctx, action{op: "create", index: s.index(kindInformants), id: i.Token, doc: doc})
	if err != nil || ledger[0].verdict() != conflict {
		return err
	}
	there, err := s.Informant(ctx, i.Token)
	if err == nil && there != i {
		err = fmt.Errorf("informant %s: %w", i.Token, tocsin.ErrConflict)
	}
	return err
}

// Informant tells who it is; see [sinks.Informants].
func (s *Store) Informant(ctx context.Context, token string) (i tocsin.Informant, err error) {
	_, err = s.one(ctx, name{s.index(kindInformants), token}, &i)
	return i, err
}

// EraseInformant forgets who it is; see [sinks.Informants]. The older version of the document is gone from its index
// with the next merge of segments.
func (s *Store) EraseInformant(ctx context.Context, token string, e tocsin.Erasure) (tocsin.Informant, error) {
	i, err := s.Informant(ctx, token)
	if err != nil || !i.Erased.At.IsZero() {
		return i, err
	}
	i = i.Erase(e)
	doc, err := stored(i.At, "state", object{"id": i.Token, "tenant": i.Tenant, "event": i.Event}, i)
	if err != nil {
		return i, fmt.Errorf("informant %s: %w", token, err)
	}
	second := int64(2) // after the one that created it
	ledger, err := s.put(ctx, action{op: "index", index: s.index(kindInformants), id: token, version: &second, doc: doc})
	if err != nil || ledger[0].verdict() != conflict {
		return i, err
	}
	return s.Informant(ctx, token) // another one erased it first
}
