package elastic

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

// The definitions that are kept by their content hash, so that whoever reads a log has those that it was written by.
const (
	ruleSets  = "ruleset"
	scaleSets = "scales"
)

// StoreRuleSet keeps the text of a rule set under its content hash: the same set again changes nothing.
func (s *Store) StoreRuleSet(ctx context.Context, hash string, text []byte) error {
	return s.define(ctx, ruleSets, hash, text)
}

// StoreScales keeps the text of scales and assets likewise.
func (s *Store) StoreScales(ctx context.Context, hash string, text []byte) error {
	return s.define(ctx, scaleSets, hash, text)
}

// define stores a definition. The chunks come first, so that one that can be found is whole.
func (s *Store) define(ctx context.Context, kind, hash string, text []byte) error {
	at := name{s.index(kindState), definitionID(kind, hash)}
	if _, err := s.one(ctx, at, &sinks.Manifest{}); !errors.Is(err, tocsin.ErrNotFound) {
		return err
	}
	manifest, packed, err := sinks.Pack(tocsin.Snapshot{Set: hash, State: text})
	if err != nil {
		return err
	}
	manifest.Chunks = (len(packed) + chunkBytes - 1) / chunkBytes
	for n := range manifest.Chunks {
		part := packed[n*chunkBytes : min((n+1)*chunkBytes, len(packed))]
		doc := fmt.Appendf(nil, `{"tocsin":{"kind":%q},"doc":{"data":%q}}`, kind+"-chunk", base64.StdEncoding.EncodeToString(part))
		if _, err := s.put(ctx, action{op: "index", index: at.index, id: chunkOf(kind, hash, n), doc: doc}); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(object{"tocsin": object{"kind": kind}, "doc": manifest})
	if err != nil {
		return err
	}
	_, err = s.put(ctx, action{op: "index", index: at.index, id: at.id, doc: doc})
	return err
}

func definitionID(kind, hash string) string { return kind + "-" + tocsin.Hash(hash) }

func chunkOf(kind, hash string, n int) string { return tocsin.Hash(kind, hash, strconv.Itoa(n)) }

// RuleSet returns the text that was stored under a hash; the error wraps [tocsin.ErrNotFound] where none was, and
// [sinks.ErrDamaged] where it does not read back.
func (s *Store) RuleSet(ctx context.Context, hash string) ([]byte, error) {
	text, err := s.definition(ctx, ruleSets, hash)
	if err != nil {
		return nil, fmt.Errorf("rule set %.40q: %w", hash, err)
	}
	return text, nil
}

// ScalesOf returns the text of scales and assets likewise.
func (s *Store) ScalesOf(ctx context.Context, hash string) ([]byte, error) {
	text, err := s.definition(ctx, scaleSets, hash)
	if err != nil {
		return nil, fmt.Errorf("scales %.40q: %w", hash, err)
	}
	return text, nil
}

func (s *Store) definition(ctx context.Context, kind, hash string) ([]byte, error) {
	var m sinks.Manifest
	if _, err := s.one(ctx, name{s.index(kindState), definitionID(kind, hash)}, &m); err != nil {
		return nil, err
	}
	packed, err := s.pieces(ctx, &m, func(n int) string { return chunkOf(kind, hash, n) })
	if err != nil {
		return nil, err
	}
	snap, err := sinks.Unpack(m, packed)
	return snap.State, err
}

// enforced is which set was put in force last, and the how-manieth that was.
type enforced struct {
	Version int64  `json:"version"`
	Hash    string `json:"hash"`
}

// Enforce puts a rule set in force and returns the how-manieth enforcement that is, from 1. Where it is in force
// already, by whichever daemon, nothing changes.
func (s *Store) Enforce(ctx context.Context, hash string) (int64, error) {
	at := name{s.index(kindState), "ruleset-in-force"}
	for {
		var last enforced
		if _, err := s.one(ctx, at, &last); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return 0, err
		}
		if last.Hash == hash {
			return last.Version, nil
		}
		next := enforced{Version: last.Version + 1, Hash: hash}
		doc, err := json.Marshal(object{"tocsin": object{"kind": "ruleset-in-force"}, "doc": next})
		if err != nil {
			return 0, err
		}
		switch err := s.succeed(ctx, at, next.Version, doc); {
		case err == nil:
			return next.Version, nil
		case !errors.Is(err, tocsin.ErrConflict):
			return 0, err
		}
	}
}
