package register

import (
	"context"

	"tocsin"
)

// rival is a store in which another writer always takes our place, with our command and a text of its own.
type rival struct{ *memory }

func (s rival) Append(ctx context.Context, e tocsin.LogEntry) error {
	e.Text = "something else"
	e.Hash, _ = EntryHash(e)
	if err := s.memory.Append(ctx, e); err != nil {
		return err
	}
	return tocsin.ErrConflict
}
