package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks"
)

// A Disposing is a request to delete the originals that incidents stand on; which, a [Keeper] finds.
type Disposing = register.Disposing

// An EvidenceOfIncident is what a run of retention decided about the originals of one incident.
type EvidenceOfIncident struct {
	Incident string `json:"incident"`
	Number   string `json:"number"`
	Exhibits int    `json:"exhibits"` // whose originals go
	Bytes    int64  `json:"bytes"`
	Held     string `json:"held,omitempty"` // number of the incident whose legal hold keeps them
	Odd      int    `json:"odd,omitempty"`  // originals that are not what their manifests say: they stay
}

// Past is the time so long ago.
func (k *Keeper) Past(age time.Duration) time.Time { return k.now().Add(-age) }

// DisposeEvidence deletes the originals of all incidents that ended before a time and are not held, each after its custody
// says so; dry: it only tells. What it returns beside an error is what was done until then.
func (k *Keeper) DisposeEvidence(ctx context.Context, q Disposing, dry bool) ([]EvidenceOfIncident, error) {
	if !dry {
		if err := k.Entitled(ctx, sinks.RoleEraser); err != nil {
			return nil, err
		}
	}
	r := register.New(register.Options{Store: k.Reader, Now: k.now, Logger: slog.New(slog.DiscardHandler)})
	var all []EvidenceOfIncident
	page := tocsin.Query{Limit: 500}
	for {
		some, err := k.Incidents(ctx, page)
		if err != nil {
			return all, fmt.Errorf("list the incidents: %w", err)
		}
		for n := range some.Items {
			i := &some.Items[n]
			if i.Evidence == 0 || !i.Status.IsOver() {
				continue
			}
			var d register.Disposable
			if q.Incident = i.ID; dry {
				d, err = r.Disposable(ctx, k, i.ID, q.Before)
			} else {
				d, err = r.Dispose(ctx, k, q)
			}
			if err != nil {
				return all, err
			}
			if len(d.Exhibits) > 0 || d.Odd > 0 {
				all = append(all, EvidenceOfIncident{Incident: i.ID, Number: i.Number, Exhibits: len(d.Exhibits), Bytes: d.Size(), Held: d.Held, Odd: d.Odd})
			}
		}
		if page.Cursor = some.Cursor; page.Cursor == "" {
			return all, nil
		}
	}
}
