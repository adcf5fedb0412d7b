package register

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tocsin"
)

// An Outcome is what became of one emission of an event.
type Outcome struct {
	Verdict  tocsin.Verdict  // as stored
	Incident tocsin.Incident // that the event is in, as of now; ID "" for none
	Changed  bool            // false: all of it was in the register before
}

// registrarTries bounds how often an event is judged anew after losing to another writer; each loss is another's gain.
const registrarTries = 16

// Apply is the registrar: it judges one emission of an event, with the assessment the scale makes of it, and writes
// what follows, in this order: slots, verdict, log entry, projection. Each write can be repeated: an emission that was
// applied before changes nothing, and one that was cut short at any point is completed. Emissions of one event come in
// the order of their revisions. Times come from the event, so that the same events give the same register but for what
// is declared volatile: recorded times, numbers and hashes.
func (r *Register) Apply(ctx context.Context, e tocsin.Event, a tocsin.Assessment) (Outcome, error) {
	r = r.current()
	for range registrarTries {
		out, err := r.apply(ctx, e, a)
		if !errors.Is(err, tocsin.ErrConflict) {
			if err != nil {
				return out, fmt.Errorf("event %s, revision %d: %w", e.ID, e.Revision, err)
			}
			return out, nil
		}
		r.metrics.conflicts.WithLabelValues("verdict_or_slot").Inc()
	}
	return Outcome{}, fmt.Errorf("event %s, revision %d: %d attempts: %w", e.ID, e.Revision, registrarTries, tocsin.ErrConflict)
}

func (r *Register) apply(ctx context.Context, e tocsin.Event, a tocsin.Assessment) (Outcome, error) {
	v, err := r.store.Verdict(ctx, e.ID)
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
		v = tocsin.Verdict{}
	case err != nil:
		return Outcome{}, fmt.Errorf("verdict: %w", err)
	case e.Revision < v.Revision:
		return Outcome{Verdict: v}, nil
	case v.Incident != "":
		return r.follow(ctx, v, e, a, eventCommand(e))
	case v.Revision == e.Revision || isPerson(v.By):
		return Outcome{Verdict: v}, nil
	}
	next := renew(v, e, a, machine(a))
	switch {
	case e.Activity == tocsin.Withdrawn:
		next.Assessment.State, next.Assessment.Reason = tocsin.NotIncident, withdrawn
		if err := r.dropProposal(ctx, v, registrar, moment(e), "withdrawn: the condition never held"); err != nil {
			return Outcome{}, err
		}
		return r.decided(ctx, next)
	case e.Activity == tocsin.Merged:
		return r.absorbed(ctx, next, e)
	case promotes(a):
		return r.promote(ctx, next, e, eventCommand(e))
	}
	if next.Assessment.State != tocsin.NotIncident {
		next.Assessment.State = tocsin.Pending
	}
	return r.decided(ctx, next)
}

// withdrawn is the reason of a rejection that no person made: the condition never held.
const withdrawn = "withdrawn"

// promotes reports whether an assessment makes an incident.
func promotes(a tocsin.Assessment) bool {
	return a.State == tocsin.Promoted && a.Mode != tocsin.ModeManual && a.Mode != tocsin.ModeDismiss
}

// machine is the actor behind a decision of the scale.
func machine(a tocsin.Assessment) tocsin.Actor {
	if a.Policy == "" {
		return registrar
	}
	return tocsin.Actor{Kind: "policy", ID: a.Policy + "@" + a.Scale}
}

// registrar is the actor of what follows from no policy.
var registrar = tocsin.Actor{Kind: "system", ID: "registrar"}

func isPerson(a tocsin.Actor) bool { return a.Kind == "person" || a.Kind == "token" }

// eventCommand is the command id of one emission.
func eventCommand(e tocsin.Event) string { return fmt.Sprintf("event:%s:%d", e.ID, e.Revision) }

// renew is the verdict that follows v for a new revision.
func renew(v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, by tocsin.Actor) tocsin.Verdict {
	return tocsin.Verdict{
		Event: e.ID, Tenant: e.Tenant, Revision: e.Revision, Assessment: a, RecursOf: v.RecursOf, By: by, At: moment(e),
		Version: v.Version + 1, Detected: or(e.Detected, e.Opened), Rule: e.Rule.ID, RuleVersion: e.Rule.Version, Title: e.Rule.Title,
		Decisions: v.Decisions,
	}
}

// decided stores a verdict that ends the matter for this emission.
func (r *Register) decided(ctx context.Context, v tocsin.Verdict) (Outcome, error) {
	err := r.putVerdict(ctx, v)
	return Outcome{Verdict: v, Changed: true}, err
}

func (r *Register) putVerdict(ctx context.Context, v tocsin.Verdict) error {
	v.Recorded = r.now()
	if err := r.store.PutVerdict(ctx, v); err != nil {
		return fmt.Errorf("verdict: %w", err)
	}
	r.metrics.verdicts.WithLabelValues(string(v.Assessment.State)).Inc()
	return nil
}

// promote places an event that the verdict promotes, and writes it: into an open incident, as a proposal to reopen one
// that is over, or as a new incident.
func (r *Register) promote(ctx context.Context, v tocsin.Verdict, e tocsin.Event, command string) (Outcome, error) {
	held, err := r.survey(ctx, e, v.Assessment.Shared)
	if err != nil {
		return Outcome{}, err
	}
	fresh := tocsin.IncidentID(e.Tenant, e.ID, founded(e), 0)
	if isPerson(v.By) {
		if fresh, err = r.fresh(ctx, e); err != nil {
			return Outcome{}, err
		}
	}
	p := place(held, fresh, isPerson(v.By))
	v.RecursOf = p.recursOf
	switch {
	case p.reopen != "":
		return r.proposeReopening(ctx, v, e, p.reopen)
	case p.refuted:
		v.Assessment.State = tocsin.Pending
		v.Assessment.Why = append(v.Assessment.Why, fmt.Sprintf("stays pending: recurs from incident %s, closed as no incident", p.recursOf))
		return r.decided(ctx, v)
	}
	v.Assessment.State, v.Incident = tocsin.Promoted, p.incident
	l, err := r.claim(ctx, held, p.incident, e, p.has)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.putVerdict(ctx, v); err != nil {
		return Outcome{}, err
	}
	return r.record(ctx, v, e, v.Assessment, command, l, p.incident == fresh)
}

// fresh is the id of the incident that the event would found: ordinal 0, or the next one where a person promotes an
// event anew whose incident was rejected.
func (r *Register) fresh(ctx context.Context, e tocsin.Event) (string, error) {
	for ordinal := range maxHops {
		id := tocsin.IncidentID(e.Tenant, e.ID, founded(e), ordinal)
		i, err := r.Incident(ctx, id)
		if errors.Is(err, tocsin.ErrNotFound) {
			return id, nil
		}
		if err != nil {
			return "", err
		}
		if i.Status != tocsin.Rejected {
			return id, nil
		}
	}
	return "", fmt.Errorf("event founded %d incidents that were rejected: %w", maxHops, tocsin.ErrConflict)
}

// proposeReopening leaves the event pending and writes the proposal into the log of the incident that is over. The
// proposal goes first: a crash before the verdict repeats both.
func (r *Register) proposeReopening(ctx context.Context, v tocsin.Verdict, e tocsin.Event, incident string) (Outcome, error) {
	proposal := "reopen:" + e.ID
	i, _, err := r.write(ctx, incident, "propose:"+proposal, func(now view) (*tocsin.LogEntry, error) {
		if now.incident.Status.IsOpen() {
			return nil, fmt.Errorf("incident %s was reopened meanwhile: %w", incident, tocsin.ErrConflict)
		}
		data, err := pack(link{Proposal: proposal})
		return &tocsin.LogEntry{
			Tenant: e.Tenant, Action: tocsin.ActPropose, By: v.By, Effective: moment(e), Event: e.ID, Data: data,
			Text: fmt.Sprintf("reopening proposed: %s again", e.Rule.Title),
		}, err
	})
	if err != nil {
		return Outcome{}, err
	}
	r.shown(incident)
	v.Assessment.State = tocsin.Pending
	v.Assessment.Why = append(v.Assessment.Why, fmt.Sprintf("stays pending: reopening of incident %s is proposed", incident))
	out, err := r.decided(ctx, v)
	out.Incident = i
	return out, err
}

// shown stores the projection of an incident ahead of the verdict that follows: once that is stored, the same emission
// again has nothing to do.
func (r *Register) shown(incident string) {
	if b, ok := r.store.(*batch); ok {
		b.ShowIncident(incident)
	}
}

// follow writes an emission of an event that is in an incident, and completes what was cut short.
func (r *Register) follow(ctx context.Context, v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, command string) (Outcome, error) {
	id := v.Incident
	var known bool
	var i tocsin.Incident
	for hop := 0; ; hop++ {
		moved := ""
		err := r.look(ctx, id, func(now view) {
			moved = now.moved[e.ID]
			_, known = now.commands[command]
			known = known || now.seq > 0 && now.events[e.ID].Revision >= e.Revision
			i = now.incident
		})
		if err != nil {
			return Outcome{}, err
		}
		if known || i.Into == "" && moved == "" {
			break
		}
		if hop == maxHops {
			return Outcome{}, fmt.Errorf("incident %s: too many mergers: %w", v.Incident, errLog)
		}
		if moved != "" {
			if err := r.arrived(ctx, id, moved); err != nil {
				return Outcome{}, err
			}
		}
		id = or(moved, i.Into)
	}
	if v.Revision == e.Revision {
		a = v.Assessment // what was decided then is written now: the survivor's, or whatever the scale has become
	}
	var l links
	if !known && (i.ID == "" || i.Status.IsOpen()) {
		held, err := r.survey(ctx, e, a.Shared, i)
		if err != nil {
			return Outcome{}, err
		}
		if l, err = r.claim(ctx, held, id, e, i.Slots); err != nil {
			return Outcome{}, err
		}
	}
	w := v
	w.Incident = id
	out, err := r.record(ctx, w, e, a, command, l, false)
	out.Verdict.Incident = v.Incident
	return out, err
}

// record writes the emission's log entry and projection, and what follows in other incidents.
func (r *Register) record(ctx context.Context, v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, command string, l links, founds bool) (Outcome, error) {
	var related []string // before
	c, err := r.returning(ctx, v, founds)
	if err != nil {
		return Outcome{}, err
	}
	emission := r.emission(ctx, v, e, a, l, c)
	write := r.write
	if founds {
		write = r.found
	}
	i, done, err := write(ctx, v.Incident, command, func(now view) (*tocsin.LogEntry, error) {
		related = now.incident.Related
		return emission(now)
	})
	if err != nil {
		return Outcome{}, err
	}
	ties := func(other string) bool { return !slices.Contains(related, other) }
	if !done && len(i.Related) > 0 { // it may have been cut short: what it brought is told by it, and by no other
		if ties, err = r.tied(ctx, i.ID, command); err != nil {
			return Outcome{}, err
		}
	}
	if i, err = r.collect(ctx, i, e); err != nil {
		return Outcome{}, err
	}
	for _, other := range i.Related {
		if !ties(other) {
			continue
		}
		if err := r.relate(ctx, other, i, e); err != nil {
			return Outcome{}, err
		}
	}
	if i.RecursOf != "" && len(i.Events) > 0 && i.Events[0] == e.ID && (founds || !done) {
		if err := r.recurs(ctx, i.RecursOf, i, e); err != nil {
			return Outcome{}, err
		}
	}
	if e.Activity == tocsin.Merged {
		if v, err = r.takeSurvivors(ctx, v, e, i); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Verdict: v, Incident: i, Changed: done}, nil
}

// tied tells which of an incident's relations the entry of a command brought.
func (r *Register) tied(ctx context.Context, id, command string) (func(other string) bool, error) {
	var brought []string
	err := r.peek(ctx, id, func(s *state) {
		for other, by := range s.ties {
			if by == command {
				brought = append(brought, other)
			}
		}
	})
	return func(other string) bool { return slices.Contains(brought, other) }, err
}

// relate tells another incident that it is related to this one; once per pair.
func (r *Register) relate(ctx context.Context, other string, to tocsin.Incident, e tocsin.Event) error {
	_, _, err := r.write(ctx, other, "relate:"+to.ID, func(now view) (*tocsin.LogEntry, error) {
		if now.seq == 0 || slices.Contains(now.incident.Related, to.ID) {
			return nil, nil
		}
		data, err := pack(link{Incident: to.ID})
		return &tocsin.LogEntry{
			Tenant: e.Tenant, Action: tocsin.ActRelate, By: registrar, Effective: moment(e), Event: e.ID, Data: data,
			Text: "related to incident " + to.ID,
		}, err
	})
	return err
}
