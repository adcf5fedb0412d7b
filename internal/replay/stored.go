package replay

import (
	"context"
	"io"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/enrich"
)

// An AlertLister is a store that gives its alerts back; see package sinks.
type AlertLister interface {
	Alerts(ctx context.Context, since time.Time, limit int, cursor string) (alerts []tocsin.Alert, next string, err error)
}

// Stored is a source of the original records of a store's alerts. Alerts whose original bytes are not kept are left out
// and counted.
type Stored struct {
	Store   AlertLister
	Since   time.Time // event time of the first alert
	Without int64     // alerts that were left out so far

	cursor string
	done   bool
}

// Read implements [ingest.Source].
func (s *Stored) Read(ctx context.Context) (ingest.Batch, error) {
	added := enrich.Added()
	for !s.done {
		alerts, next, err := s.Store.Alerts(ctx, s.Since, 500, s.cursor)
		if err != nil {
			return ingest.Batch{}, err
		}
		s.cursor, s.done = next, next == ""
		var b ingest.Batch
		for _, a := range alerts {
			if len(a.Raw) == 0 {
				s.Without++
				continue
			}
			b.Records = append(b.Records, ingest.Record{
				Source: a.Source, Tenant: a.Tenant, Format: a.Format, Ref: a.Ref, Received: a.Received, Value: a.Raw, Size: int64(len(a.Raw)),
				Enriched: enriched(&a, added),
			})
		}
		if len(b.Records) > 0 {
			b.Ack = func(context.Context) error { return nil }
			return b, nil
		}
	}
	return ingest.Batch{}, io.EOF
}

// enriched is what the alert got beside its record, by what was known then.
func enriched(a *tocsin.Alert, added map[string]bool) []tocsin.Field {
	fields := []tocsin.Field{}
	for name, v := range a.Fields.All() {
		if added[name] {
			fields = append(fields, tocsin.Field{Name: name, Value: v})
		}
	}
	return fields
}

// Close implements [ingest.Source]; the store stays open.
func (s *Stored) Close() error { return nil }
