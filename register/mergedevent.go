package register

import (
	"context"
	"errors"
	"fmt"

	"tocsin"
)

// duplicate is the reason for which an event merged into another leaves the queue.
const duplicate = "duplicate"

// absorbed judges a pending event that was merged into another: it takes the survivor's assessment and leaves the queue.
func (r *Register) absorbed(ctx context.Context, v tocsin.Verdict, e tocsin.Event) (Outcome, error) {
	s, err := r.store.Verdict(ctx, e.MergedInto)
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
	case err != nil:
		return Outcome{}, fmt.Errorf("verdict on %s: %w", e.MergedInto, err)
	default:
		v.Assessment = s.Assessment
	}
	if err := r.dropProposal(ctx, v, registrar, moment(e), "merged into "+e.MergedInto); err != nil {
		return Outcome{}, err
	}
	if s.Incident == "" {
		if v.Assessment.State != tocsin.NotIncident {
			v.Assessment.State, v.Assessment.Reason = tocsin.NotIncident, duplicate
		}
		return r.decided(ctx, v)
	}
	v.Incident = s.Incident
	if err := r.putVerdict(ctx, v); err != nil {
		return Outcome{}, err
	}
	return r.follow(ctx, v, e, v.Assessment, eventCommand(e))
}

// takeSurvivors gives a merged event in an incident its survivor's assessment. Where the survivor is in another
// incident, the two become related and a merger is proposed, never done.
func (r *Register) takeSurvivors(ctx context.Context, v tocsin.Verdict, e tocsin.Event, i tocsin.Incident) (tocsin.Verdict, error) {
	if v.Revision >= e.Revision { // done before: the survivor may have come into an incident since
		return v, nil
	}
	s, err := r.store.Verdict(ctx, e.MergedInto)
	if errors.Is(err, tocsin.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("verdict on %s: %w", e.MergedInto, err)
	}
	if s.Incident != "" {
		other, err := r.survivor(ctx, s.Incident)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return v, err
		}
		if err == nil && other.ID != i.ID {
			if err := r.proposeMerger(ctx, i, other, e); err != nil {
				return v, err
			}
			r.shown(i.ID)
			r.shown(other.ID)
		}
	}
	stored, err := r.store.Verdict(ctx, e.ID)
	if err != nil {
		return v, fmt.Errorf("verdict: %w", err)
	}
	stored.Assessment, stored.Revision, stored.Version = s.Assessment, e.Revision, stored.Version+1
	stored.Assessment.State = tocsin.Promoted
	return stored, r.putVerdict(ctx, stored)
}

func (r *Register) proposeMerger(ctx context.Context, i, other tocsin.Incident, e tocsin.Event) error {
	_, _, err := r.write(ctx, i.ID, "propose:merge:"+other.ID, func(now view) (*tocsin.LogEntry, error) {
		l := link{Incident: other.ID}
		if now.incident.Status.IsOpen() && other.Status.IsOpen() {
			l.Proposal = "merge:" + other.ID
		}
		data, err := pack(l)
		return &tocsin.LogEntry{
			Tenant: e.Tenant, Action: tocsin.ActPropose, By: registrar, Effective: moment(e), Event: e.ID, Data: data,
			Text: fmt.Sprintf("event %s was merged into %s of incident %s: the incidents are related", e.ID, e.MergedInto, other.ID),
		}, err
	})
	if err != nil {
		return err
	}
	return r.relate(ctx, other.ID, i, e)
}
