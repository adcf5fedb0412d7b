package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin"
	"tocsin/ingest"
	ingesthttp "tocsin/ingest/http"
	"tocsin/internal/api"
	"tocsin/internal/config"
	"tocsin/sinks"
)

// deadLetters shows a store's dead letters to the API, and sends them to the intake again.
type deadLetters struct {
	store
	journal ingesthttp.Journal
	sources []config.Source
	now     func() time.Time
	gaps    *gapsTold // that health tells of until they are disposed of; nil: none
}

func (a *App) letters(s store, j ingesthttp.Journal) deadLetters {
	intake := config.Source{Name: intakeSource, Format: a.cfg.Intake.Format}
	return deadLetters{s, j, append([]config.Source{intake}, a.cfg.Sources...), a.now, a.gaps}
}

// Rejections implements [api.DeadLetters].
func (d deadLetters) Rejections(ctx context.Context, q api.DeadLetterQuery) (tocsin.Page[tocsin.Rejection], error) {
	return d.store.Rejections(ctx, sinks.RejectionQuery{Tenant: q.Tenant, Source: q.Source, Reason: q.Reason, Since: q.Since, Limit: q.Limit, Cursor: q.Cursor})
}

// dispose implements [api.Disposer]. A record is sent before it is noted that it was: sent once more it changes nothing.
func (d deadLetters) dispose(ctx context.Context, r tocsin.Rejection, action tocsin.DispositionAction, by tocsin.Actor, why string) (tocsin.Disposition, error) {
	for {
		done, err := d.Dispositions(ctx, []string{r.ID})
		if err != nil {
			return tocsin.Disposition{}, err
		}
		out := tocsin.Disposition{Letter: r.ID, Number: int64(len(done[r.ID])) + 1, Action: action, By: by, Why: why, At: d.now().UTC()}
		if action == tocsin.Redriven {
			if err := d.redrive(ctx, r, out.ID()); err != nil {
				return tocsin.Disposition{}, err
			}
		}
		if err := d.Dispose(ctx, out); !errors.Is(err, tocsin.ErrConflict) {
			if err == nil && d.gaps != nil {
				d.gaps.settle(r.ID)
			}
			return out, err
		}
	}
}

// disposeByID implements what the page asks: tenant "" is all of them.
func (d deadLetters) disposeByID(ctx context.Context, id, tenant string, action tocsin.DispositionAction, by tocsin.Actor, why string) error {
	r, err := d.Rejection(ctx, id)
	if err == nil && tenant != "" && tenant != r.Tenant {
		err = tocsin.ErrNotFound
	}
	if err != nil {
		return err
	}
	_, err = d.dispose(ctx, r, action, by, why)
	return err
}

// redrive sends the record of a dead letter to the intake with the place, the time and the source that it had, so that
// the alert that it becomes is the one that it would have been.
func (d deadLetters) redrive(ctx context.Context, r tocsin.Rejection, position string) error {
	if len(r.Raw) == 0 {
		return api.ErrNoBytes
	}
	record := ingest.Record{
		Source: r.Source, Tenant: r.Tenant, Origin: &r.Ref, Received: r.Received, Value: r.Raw, Size: int64(len(r.Raw)), Position: "redriven " + position,
	}
	for _, s := range d.sources {
		if s.Name == r.Source {
			record.Format = s.Format
		}
	}
	if _, err := d.journal.Append(ctx, []ingest.Record{record}); err != nil {
		return fmt.Errorf("send it to the intake: %w", err)
	}
	return nil
}
