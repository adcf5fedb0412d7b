package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
)

// Scaled finds the registrar stage by the hash of its scales, within a transaction; the error wraps [tocsin.ErrNotFound]
// where nobody has them.
type Scaled func(ctx context.Context, hash string, s register.Store) (Registrar, error)

func (q *Quiet) rescales() bool { return q != nil && q.Scales != "" }

// uniform cuts rows where other scales come into force: what one transaction registers is judged by one set of scales.
func (p *Embedded) uniform(rows []Row) []Row {
	if p.Scaled == nil {
		return rows
	}
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Quiet.rescales() }); i > 0 {
		return rows[:i]
	} else if i == 0 {
		return rows[:1]
	}
	return rows
}

// rescale puts the scales in force that the rows name, and has the engine saved with them: a restart must not have earlier
// rows judged by later scales.
func (p *Embedded) rescale(rows []Row) {
	if p.Scaled != nil && rows[0].Quiet.rescales() {
		p.scales, p.snapshot = rows[0].Quiet.Scales, time.Time{}
	}
}

// registrar is the stage by the scales that the journal has named last; by those in force where it named none, or such as
// nobody has.
func (p *Embedded) registrar(ctx context.Context, s register.Store) (Registrar, error) {
	if p.Scaled == nil || p.scales == "" {
		return p.Registrar(s), nil
	}
	by, err := p.Scaled(ctx, p.scales, s)
	if errors.Is(err, tocsin.ErrNotFound) {
		p.Log.ErrorContext(ctx, "scales are not known, events are judged by those in force", "scales", p.scales)
		return p.Registrar(s), nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the scales %s: %w", p.scales, err)
	}
	return by, nil
}
