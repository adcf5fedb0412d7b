package register

import (
	"context"
	"slices"

	"tocsin"
)

// maxRecurs bounds how many incidents are listed that came of what an incident was about; the log has all.
const maxRecurs = 100

// recurs tells an incident that was closed as a true positive that what it was about came back in another one
// (ISO/IEC 27035-1, 4.5.3 i: monitors for reoccurrence). Once per pair.
func (r *Register) recurs(ctx context.Context, of string, i tocsin.Incident, e tocsin.Event) error {
	_, _, err := r.write(ctx, of, "recur:"+i.ID, func(now view) (*tocsin.LogEntry, error) {
		if now.seq == 0 || !tocsin.IsTruePositive(now.incident.Disposition) || slices.Contains(now.incident.Recurs, i.ID) {
			return nil, nil
		}
		data, err := pack(link{Incident: i.ID})
		return &tocsin.LogEntry{
			Tenant: i.Tenant, Action: tocsin.ActRecur, By: registrar, Effective: later(moment(e), now.incident.StatusSince), Event: e.ID, Data: data,
			Text: "came back: " + e.Rule.Title + ", incident " + i.Number,
		}, err
	})
	return err
}

// recur takes such an entry in.
func (s *state) recur(_ tocsin.LogEntry, l link) {
	if i := &s.incident; len(i.Recurs) < maxRecurs {
		i.Recurs = union(i.Recurs, l.Incident)
	}
}
