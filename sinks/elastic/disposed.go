package elastic

import (
	"context"
	"fmt"

	"tocsin"
)

// kindDisposed is the index of what people did with dead letters, which only grows.
const kindDisposed = "audit-deadletter"

// Dispose creates a disposition; see [sinks.Dispositions].
func (s *Store) Dispose(ctx context.Context, d tocsin.Disposition) error {
	if d.Number < 1 {
		return fmt.Errorf("disposition %.80q: %w", d.ID(), tocsin.ErrConflict)
	}
	if d.Number > 1 { // no gaps
		before := tocsin.Disposition{Letter: d.Letter, Number: d.Number - 1}
		if docs, err := s.mget(ctx, []name{{s.index(kindDisposed), before.ID()}}); err != nil {
			return err
		} else if !docs[0].found {
			return fmt.Errorf("disposition %.80q: %w", d.ID(), tocsin.ErrConflict)
		}
	}
	doc, err := stored(d.At, "event", object{"id": d.ID(), "by": object{"kind": d.By.Kind, "id": d.By.ID}, "action": d.Action}, d)
	if err != nil {
		return fmt.Errorf("disposition %s: %w", d.ID(), err)
	}
	at := name{s.index(kindDisposed), d.ID()}
	ledger, err := s.put(ctx, action{op: "create", index: at.index, id: at.id, doc: doc})
	if err != nil || ledger[0].verdict() != conflict {
		return err
	}
	var there tocsin.Disposition
	if _, err := s.one(ctx, at, &there); err != nil {
		return err
	}
	if !there.At.Equal(d.At) || there.By != d.By || there.Action != d.Action || there.Why != d.Why {
		return fmt.Errorf("disposition %s: %w", d.ID(), tocsin.ErrConflict)
	}
	return nil
}

// Dispositions tells those of some letters; see [sinks.Dispositions].
func (s *Store) Dispositions(ctx context.Context, letters []string) (map[string][]tocsin.Disposition, error) {
	out := map[string][]tocsin.Disposition{}
	for n := int64(1); len(letters) > 0; n++ { // most have none, and hardly one has more than two
		names := make([]name, len(letters))
		for i, letter := range letters {
			names[i] = name{s.index(kindDisposed), (&tocsin.Disposition{Letter: letter, Number: n}).ID()}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		var more []string
		for i := range docs {
			if !docs[i].found {
				continue
			}
			var d tocsin.Disposition
			if err := docs[i].decode(&d); err != nil {
				return nil, fmt.Errorf("disposition %s: %w", names[i].id, err)
			}
			out[letters[i]], more = append(out[letters[i]], d), append(more, letters[i])
		}
		letters = more
	}
	return out, nil
}
