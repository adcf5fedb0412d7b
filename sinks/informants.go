package sinks

import (
	"context"

	"tocsin"
)

// Informants keep who reported something, the only place where a name stands. PutInformant creates: another one under
// the token is [tocsin.ErrConflict], the same again changes nothing. EraseInformant takes the name, the contact and the
// salt away for good; where that was done before, the first one stands. Informant returns [tocsin.ErrNotFound]. All
// stores have it.
type Informants interface {
	PutInformant(ctx context.Context, i tocsin.Informant) error
	Informant(ctx context.Context, token string) (tocsin.Informant, error)
	EraseInformant(ctx context.Context, token string, e tocsin.Erasure) (tocsin.Informant, error)
}
